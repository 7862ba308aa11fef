import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic } from '../support/echo.js';
import { freePort, startSampleApp, type SampleApp } from '../support/sample-app.js';
import { KEY_ENCRYPTION_SECRET } from './support/assertions.js';
import { expectRefused, FORMATS, post, tokenOf, use } from './support/lookups.js';
import { bearer, command, json, OPEN, register, startCommand } from './support/registration.js';
import { expectError, expectToken, GRANT, openServer, type Server } from './support/server.js';
import { send, type Answer } from './support/wire.js';

const SLOW = { timeout: 60_000 };

interface Call {
  readonly body?: unknown;
  readonly ifMatch?: string;
  readonly port?: number;
  readonly token?: string;
}

describe('operators at two processes on one database', () => {
  let server: Server;
  let other: SampleApp;
  let ports: readonly [number, number];
  let token: string;
  let made = 0;

  beforeAll(async () => {
    const port = await freePort();
    const env = { ...OPEN, KEY_ENCRYPTION_SECRET, ISSUER: `http://127.0.0.1:${port}` };
    server = await openServer({ env, port, httpAdapter: 'express' });
    other = await startSampleApp({ databaseUrl: server.databaseUrl, env, httpAdapter: 'fastify' });
    ports = [server.port, other.port];
    const words = ['client', 'create', '--id', 'operator', '--scope', 'oauth:admin', '--json'];
    const { client_secret: secret } = (await operator(...words)).json();
    token = await tokenOf(server, 'oauth:admin', { basic: basic('operator', String(secret)) });
  });

  afterAll(async () => {
    await other.stop();
    await server.close();
  });

  const environment = () => {
    const { issuer: ISSUER, databaseUrl: DATABASE_URL } = server;
    return { DATABASE_URL, KEY_ENCRYPTION_SECRET, ISSUER };
  };
  const operator = (...words: string[]) => command(environment(), words);

  function call(method: string, path: string, options: Call = {}): Promise<Answer> {
    const { body, ifMatch, port = server.port, token: own = token } = options;
    const headers = {
      ...(body === undefined ? bearer(own) : json(own)),
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
    };
    const sent = body !== undefined && { body: JSON.stringify(body) };
    return send(port, { method, path: `/admin${path}`, headers, ...sent });
  }

  const etagOf = (answer: Answer | undefined) => answer?.headers.etag ?? '';

  /** A client made through the API. */
  async function newClient(metadata: object = {}): Promise<{ id: string; basic: { authorization: string } }> {
    const body = { client_id: `made-${(made += 1)}`, scope: 'catalog:read statistics:read', ...metadata };
    const answer = await call('POST', '/clients', { body });
    expect(answer.status, answer.text).toBe(201);
    const { client_id: id, client_secret: secret } = answer.json ?? {};
    return { id: String(id), basic: basic(String(id), String(secret)) };
  }

  it('the API is closed to everybody but operators', async () => {
    const catalog = await tokenOf(server, 'catalog:read');
    const opaque = await tokenOf(server, 'statistics:read');
    for (const port of ports) {
      for (const [method, path] of [
        ['GET', '/clients'], ['POST', '/clients'], ['PATCH', '/clients/operator'], ['DELETE', '/clients/operator'],
        ['GET', '/audit'], ['GET', '/keys'], ['POST', '/registration-tokens'], ['GET', '/resource-servers'],
      ] as const) {
        const none = await send(port, { method, path: `/admin${path}` });
        expect(none.status, `${method} ${path}`).toBe(401);
        expect(none.headers['www-authenticate']).toMatch(/^Bearer realm=/);
        for (const wrong of [catalog, opaque, 'wrong', `${token}x`]) {
          expect([401, 403]).toContain((await call(method, path, { port, token: wrong })).status);
        }
        const inQuery = await send(port, { method, path: `/admin${path}?access_token=${token}` });
        expect(inQuery.status).toBe(401);
      }
      expect((await call('GET', '/clients/operator', { port })).status).toBe(200);
    }
  }); // prettier-ignore

  it('threat 14 DCR-019 nobody gets the scope that opens it without an operator', async () => {
    const answer = await server.token(`${GRANT}&scope=oauth:admin`);
    expectError(answer, 400, 'invalid_scope');
    expect((await register(server.port, { scope: 'oauth:admin' })).status).toBe(400);
    const { json: metadata } = await server.send({ path: '/.well-known/oauth-authorization-server' });
    expect(JSON.stringify(metadata)).not.toContain(`${server.issuer}/admin`);
  });

  it('a client that was made through the API gets tokens at both', async () => {
    const client = await newClient();
    for (const port of ports) {
      for (const { scope, api } of FORMATS) {
        const answer = expectToken(await post(port, '/oauth/token', `${GRANT}&scope=${scope}`, client.basic));
        for (const each of ports) expect((await use(each, api, answer.access_token)).status).toBe(200);
      }
    }
  });

  it('of two operators who change what both have read, one finds that it was changed', async () => {
    const { id } = await newClient();
    for (let round = 0; round < 5; round++) {
      const read = await Promise.all(ports.map((port) => call('GET', `/clients/${id}`, { port })));
      expect(etagOf(read[0])).toMatch(/^"\d+"$/);
      expect(etagOf(read[1])).toBe(etagOf(read[0]));
      const bodies = ports.map((port) => ({ client_name: `${round} at ${port}`, owner: `${port}` }));
      const answers = await Promise.all(
        ports.map((port, index) =>
          call('PATCH', `/clients/${id}`, { port, body: bodies[index], ifMatch: etagOf(read[index]) }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
      const winner = answers.findIndex(({ status }) => status === 200);
      expect(answers[1 - winner]?.json).toMatchObject({ error: 'precondition_failed' });
      for (const port of ports) {
        const now = await call('GET', `/clients/${id}`, { port });
        expect(now.json).toMatchObject(bodies[winner] ?? {});
        expect(etagOf(now)).toBe(etagOf(answers[winner]));
        expect(etagOf(now)).not.toBe(etagOf(read[0]));
      }
    }
  });

  it('a deletion, too, is held to what was read', async () => {
    const { id } = await newClient();
    const before = etagOf(await call('GET', `/clients/${id}`));
    expect((await call('PATCH', `/clients/${id}`, { body: { owner: 'x' }, port: ports[1] })).status).toBe(
      200,
    );
    expect((await call('DELETE', `/clients/${id}`, { ifMatch: before })).status).toBe(412);
    expect((await call('POST', `/clients/${id}/disable`, { ifMatch: before })).status).toBe(412);
    const now = etagOf(await call('GET', `/clients/${id}`));
    expect((await call('DELETE', `/clients/${id}`, { ifMatch: now })).status).toBe(204);
    expect((await call('GET', `/clients/${id}`, { port: ports[1] })).status).toBe(404);
  });

  it('without a condition, changes of different members are merged and none is lost', async () => {
    const { id } = await newClient({ labels: { team: 'a' } });
    const changes = [
      { client_name: 'Name' }, { owner: 'payments' }, { description: 'Text' }, { access_token_ttl: 60 },
      { software_id: 'software' }, { contacts: ['a@example.com'] }, { default_scope: 'catalog:read' },
    ] as const;
    const answers = await Promise.all(
      changes.map((body, index) => call('PATCH', `/clients/${id}`, { body, port: ports[index % 2 === 0 ? 0 : 1] })),
    );
    const { json: now = {} } = await call('GET', `/clients/${id}`);
    for (const [index, { status, text }] of answers.entries()) {
      expect([200, 409], text).toContain(status);
      if (status === 200) expect(now).toMatchObject(changes[index] ?? {});
    }
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect(now).toMatchObject({ labels: { team: 'a' } });
  }); // prettier-ignore

  it('of two commands for one revision exactly one wins', SLOW, async () => {
    const { id } = await newClient();
    const { revision } = (await call('GET', `/clients/${id}`)).json ?? {};
    const names = ['One', 'Two'];
    const ended = await Promise.all(
      names.map((name) => {
        const words = ['client', 'update', id, '--name', name, '--revision', String(revision), '--json'];
        return startCommand(environment(), words).ended;
      }),
    );
    expect(ended.map(({ code }) => code).sort()).toEqual([0, 1]);
    const winner = ended.findIndex(({ code }) => code === 0);
    expect(ended[1 - winner]?.stderr).toMatch(/conflict|changed/);
    expect((await call('GET', `/clients/${id}`)).json).toMatchObject({ client_name: names[winner] });
  });

  it('threat 36 client disable ends its tokens in both formats at both, at once', SLOW, async () => {
    const client = await newClient();
    const tokens = await Promise.all(
      FORMATS.map(async ({ scope, api }) => ({ api, token: await tokenOf(server, scope, client) })),
    );
    for (const port of ports)
      for (const { api, token: own } of tokens) expect((await use(port, api, own)).status).toBe(200);
    await operator('client', 'disable', client.id);
    for (const port of ports)
      for (const { api, token: own } of tokens) expectRefused(await use(port, api, own));
    expect((await call('GET', `/clients/${client.id}`)).json).toMatchObject({ enabled: false });
  });

  it('an operator who is disabled has no more access, with a token that is not yet over', async () => {
    const { basic: credentials } = await newClient({ client_id: 'second-operator', scope: 'oauth:admin' });
    const own = await tokenOf(server, 'oauth:admin', { basic: credentials });
    expect((await call('GET', '/clients', { token: own })).status).toBe(200);
    expect((await call('POST', '/clients/second-operator/disable', { port: ports[1] })).status).toBe(200);
    for (const port of ports) expect((await call('GET', '/clients', { port, token: own })).status).toBe(401);
  });

  it('a resource server that is added is there at the other process, too', async () => {
    const identifier = 'https://orders.example';
    const body = { identifier, scopes: ['orders:read'] };
    expect((await call('POST', '/resource-servers', { body })).status).toBe(201);
    const client = await newClient({ scope: 'orders:read', default_scope: 'orders:read' });
    const status = async () => (await post(ports[1], '/oauth/token', GRANT, client.basic)).status;
    await expect.poll(status, { timeout: 20_000, interval: 250 }).toBe(200);
  });

  it('lists page by page, and refuses what is no page', async () => {
    for (let index = 0; index < 5; index++) await newClient({ owner: 'pages' });
    const ids: string[] = [];
    let after = '';
    do {
      const { json } = await call('GET', `/clients?owner=pages&limit=2${after}`);
      const page = json as unknown as Page;
      ids.push(...page.clients.map(({ client_id: id }) => id));
      after = page.next === undefined ? '' : `&after=${encodeURIComponent(page.next)}`;
    } while (after !== '');
    expect(ids).toHaveLength(5);
    expect(new Set(ids).size).toBe(5);
    for (const query of [
      'limit=0',
      'limit=x',
      'limit=-1',
      'after=x',
      'order=secret',
      'unknown=1',
      'limit=1&limit=2',
    ])
      expect((await call('GET', `/clients?${query}`)).status, query).toBe(400);
  });

  it('is described by an OpenAPI document, at both the same', async () => {
    const [document, same] = await Promise.all(
      ports.map((port) => send(port, { path: '/admin/openapi.json' })),
    );
    expect(document?.status).toBe(200);
    expect(same?.json).toEqual(document?.json);
    const openapi = document?.json as unknown as OpenApi;
    expect(openapi.openapi).toMatch(/^3\./);
    for (const path of [
      '/admin/clients',
      '/admin/clients/{id}',
      '/admin/audit',
      '/admin/keys',
      '/admin/registration-tokens',
    ])
      expect(Object.keys(openapi.paths)).toContain(path);
    expect(Object.keys(openapi.paths).filter((path) => !path.startsWith('/admin/'))).toEqual([]);
    for (const [path, methods] of Object.entries(openapi.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const where = `${method} ${path}`;
        expect(operation.security, where).toEqual([{ bearer: [] }]);
        expect(Object.keys(operation.responses), where).toEqual(expect.arrayContaining(['401', '403']));
        const named = (operation.parameters ?? [])
          .filter((each) => each.in === 'path')
          .map((each) => `{${each.name}}`);
        expect(named.sort(), where).toEqual((path.match(/\{[^}]+\}/g) ?? []).sort());
        // What is described is there.
        const target = path.replace('/admin', '').replace(/\{[^}]+\}/g, 'nobody');
        const answer = await send(server.port, { method: method.toUpperCase(), path: `/admin${target}` });
        expect(answer.status, where).toBe(401);
      }
    }
    const text = JSON.stringify(openapi);
    for (const [, name = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g))
      expect(Object.keys(openapi.components.schemas ?? {})).toContain(name);
  });
});

interface Page {
  readonly clients: readonly { readonly client_id: string }[];
  readonly next?: string;
}

interface OpenApi {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas?: Record<string, unknown> };
}

interface Operation {
  readonly responses: Record<string, unknown>;
  readonly security?: unknown;
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
}
