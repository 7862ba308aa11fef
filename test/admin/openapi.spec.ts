import { RequestMethod, type INestApplication } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { OauthAdminModule } from 'nestjs-oauth-kit/admin';
import { describe, expect, it } from 'vitest';
import { ADAPTERS } from '../nest/host.js';
import { GUARDED, openAdmin } from './support.js';

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Record<string, unknown> }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags?: string[];
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema?: object; description?: string }[];
  readonly requestBody?: Content & { readonly required?: boolean };
  readonly responses: Readonly<Record<string, Content & { readonly description: string; readonly headers?: object }>>;
} // prettier-ignore

function documentOf(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder().setTitle('Administration').setVersion('1').build();
  return SwaggerModule.createDocument(app, config, { include: [OauthAdminModule] });
}

function operationsOf({ paths }: OpenAPIObject): [string, Operation][] {
  return Object.entries(paths).flatMap(([path, item]) =>
    ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'].flatMap((method) => {
      const operation = (item as unknown as Record<string, Operation | undefined>)[method];
      return operation ? [[`${method.toUpperCase()} ${path}`, operation] as [string, Operation]] : [];
    }),
  );
}

/** What Nest serves, found as Nest finds it. */
function routesOf(app: INestApplication): string[] {
  const scanner = new MetadataScanner();
  return app
    .get(DiscoveryService, { strict: false })
    .getControllers()
    .filter(({ host }) => host?.metatype === OauthAdminModule)
    .flatMap(({ metatype }) => {
      const prototype = metatype?.prototype as Record<string, object>;
      const base = Reflect.getMetadata(PATH_METADATA, metatype as object) as string;
      return scanner.getAllMethodNames(prototype).flatMap((name) => {
        const handler = prototype[name] as object;
        const path = Reflect.getMetadata(PATH_METADATA, handler) as string | undefined;
        if (path === undefined) return [];
        const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
        return [`${method} /${base}/${path.replace(/:(\w+)/g, '{$1}')}`];
      });
    });
}

describe.each(ADAPTERS)('the OpenAPI document of the admin API on %s', (adapter) => {
  it('has every route, with parameters, bodies, answers and refusals', async () => {
    const host = await openAdmin({ adapter });
    const document = documentOf(host.app);
    expect(document.openapi).toMatch(/^3\.\d+\.\d+$/);
    const operations = operationsOf(document);
    expect(operations.map(([name]) => name).sort()).toEqual(routesOf(host.app).sort());
    expect(operations).toHaveLength(25);
    for (const [name, operation] of operations) {
      const { parameters = [], requestBody, responses, summary, tags } = operation;
      expect([name, summary?.length]).toEqual([name, expect.any(Number)]);
      expect([name, tags?.length]).toEqual([name, 1]);
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, each]) => each);
      const declared = parameters.filter((each) => each.in === 'path');
      expect([name, declared.map((each) => each.name)]).toEqual([name, inPath]);
      for (const parameter of parameters) {
        expect([name, parameter]).toEqual([
          name,
          expect.objectContaining({
            schema: expect.any(Object) as object,
            description: expect.any(String) as string,
          }),
        ]);
        expect(parameter.required ?? false).toBe(parameter.in === 'path');
      }
      const takesBody = /^PATCH|^POST .*(?:clients|secrets|servers|keys|tokens)$/.test(name) && !/revoke/.test(name);
      expect([name, requestBody !== undefined]).toEqual([name, takesBody]);
      if (takesBody) expect(schemaOf(requestBody)).toMatchObject({ type: 'object', properties: expect.any(Object) as object });
      const good = Object.keys(responses).filter((status) => status.startsWith('2'));
      expect([name, good]).toEqual([name, [expect.stringMatching(/^20[014]$/)]]);
      const [status = ''] = good;
      if (status === '204') expect(schemaOf(responses[status])).toBeUndefined();
      else expect([name, schemaOf(responses[status])]).toEqual([name, expect.objectContaining({ type: 'object' })]);
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['400', '401', '403', '500', '503']));
      for (const [code, response] of Object.entries(responses)) {
        expect(response.description).not.toBe('');
        if (Number(code) < 400 || code === '401' || code === '403') continue;
        expect([name, code, schemaOf(response)]).toEqual([
          name,
          code,
          expect.objectContaining({ required: ['error', 'error_description'] }),
        ]);
      }
    } // prettier-ignore
    await host.close();
  });

  it('names every operation apart, with several modules, prefixes too', async () => {
    const host = await openAdmin({
      adapter,
      prefix: 'v1',
      metadata: { imports: [OauthAdminModule.forRoot({ ...GUARDED, path: 'ops/second' })] },
    });
    const operations = operationsOf(documentOf(host.app));
    expect(operations).toHaveLength(50);
    expect(new Set(operations.map(([, { operationId }]) => operationId)).size).toBe(50);
    expect(operations.map(([name]) => name)).toEqual(
      expect.arrayContaining(['GET /v1/admin/clients/{id}', 'GET /v1/ops/second/clients/{id}']),
    );
    await host.close();
  });

  it('describes what is answered, and has no example that looks like a secret', async () => {
    const host = await openAdmin({ adapter });
    const operations = new Map(operationsOf(documentOf(host.app)));
    const answers: [string, number, Promise<{ status: number; body: Readonly<Record<string, unknown>> }>][] = [
      ['GET /admin/clients', 200, host.call('GET', '/clients')],
      ['POST /admin/clients', 201, host.call('POST', '/clients', { body: { client_id: 'x', client_name: 'x', owner: 'o' } })],
      ['GET /admin/clients/{id}', 200, host.call('GET', '/clients/operator')],
      ['GET /admin/clients/{id}/secrets', 200, host.call('GET', '/clients/operator/secrets')],
      ['POST /admin/clients/{id}/secrets', 201, host.call('POST', '/clients/operator/secrets')],
      ['GET /admin/clients/{id}/tokens', 200, host.call('GET', '/clients/operator/tokens')],
      ['GET /admin/resource-servers', 200, host.call('GET', '/resource-servers')],
      ['POST /admin/resource-servers', 201, host.call('POST', '/resource-servers', { body: { identifier: 'https://a.example', scopes: ['a'] } })],
      ['GET /admin/keys', 200, host.call('GET', '/keys')],
      ['POST /admin/keys', 201, host.call('POST', '/keys')],
      ['GET /admin/registration-tokens', 200, host.call('GET', '/registration-tokens')],
      ['POST /admin/registration-tokens', 201, host.call('POST', '/registration-tokens', { body: { scopes: ['read'] } })],
      ['GET /admin/audit', 200, host.call('GET', '/audit')],
    ]; // prettier-ignore
    for (const [name, status, call] of answers) {
      const answer = await call;
      expect([name, answer.status]).toEqual([name, status]);
      const schema = schemaOf(operations.get(name)?.responses[status]);
      expect([name, undescribed(answer.body, schema)]).toEqual([name, []]);
    }
    const text = JSON.stringify(documentOf(host.app));
    const examples = [...text.matchAll(/"(?:example|default)":("(?:[^"\\]|\\.)*")/g)].map(([, each]) => each);
    expect(examples.filter((each) => /[\w-]{20,}/.test(each ?? ''))).toEqual([]);
    expect(text).not.toMatch(/"example":\{[^}]*(?:secret|registration_token)/);
    await host.close();
  });
});

function schemaOf(part: Content | undefined): Record<string, unknown> | undefined {
  return part?.content?.['application/json']?.schema;
}

/** The members of a value that its schema does not know, or that are missing. */
function undescribed(value: unknown, schema: unknown, at = ''): string[] {
  const {
    properties,
    required = [],
    items,
  } = Object(schema) as {
    properties?: Record<string, unknown>;
    required?: string[];
    items?: unknown;
  };
  if (Array.isArray(value)) return value.flatMap((each) => undescribed(each, items, `${at}[]`));
  if (typeof value !== 'object' || value === null || !properties) return [];
  const missing = required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${at}.${name} is missing`);
  const unknown = Object.entries(value).flatMap(([name, each]) =>
    properties[name] ? undescribed(each, properties[name], `${at}.${name}`) : [`${at}.${name} is unknown`],
  );
  return [...missing, ...unknown];
}
