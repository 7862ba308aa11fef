import { Controller, Get, UseGuards } from '@nestjs/common';
import {
  OauthGuard,
  ProtectedResource,
  RequireAnyScope,
  RequireScopes,
  type ResourceServerOptions,
} from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUER } from '../support/echo.js';
import { ADAPTERS, newClient, openHost, type Adapter, type Host, type HostClient } from './host.js';

const ELSEWHERE = 'https://api.example.com:8443/v1?tenant=1';
const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const resources: ResourceServerOptions[] = [
  { identifier: '/api', scopes: ['read', 'write', 'shared'], default: true },
  { identifier: '/reports', scopes: ['report', 'shared'], accessTokenFormat: 'opaque' },
  { identifier: '/quiet', scopes: ['quiet'], metadata: false },
  { identifier: 'urn:example:api', scopes: ['urn'] },
  { identifier: ELSEWHERE, scopes: ['far'] },
  { identifier: 'https://bare.example', scopes: ['bare'] },
];
const scope = 'read write shared report quiet urn far bare';

/** Where each scope's resource has its metadata. */
const METADATA: [string, string | undefined][] = [
  ['read', `${ISSUER}${WELL_KNOWN}/api`],
  ['report', `${ISSUER}${WELL_KNOWN}/reports`],
  ['quiet', undefined],
  ['urn', undefined],
  ['far', `https://api.example.com:8443${WELL_KNOWN}/v1?tenant=1`],
  ['bare', `https://bare.example${WELL_KNOWN}`],
];

/** A controller with a handler for each scope, at its name. */
function controllers() {
  return METADATA.map(([each]) => {
    @Controller(each)
    @UseGuards(OauthGuard)
    class OneController {
      @Get()
      @RequireScopes(each)
      get() {
        return { reached: each };
      }
    }
    return OneController;
  });
}

@Controller('several')
@UseGuards(OauthGuard)
@ProtectedResource('/reports', `${ISSUER}/api`)
class SeveralController {
  @Get()
  any() {
    return {};
  }

  @Get('shared')
  @RequireScopes('shared')
  shared() {
    return {};
  }

  @Get('one')
  @ProtectedResource('/quiet', 'urn:example:api')
  other() {
    return {};
  }
}

/** The parameters of a challenge, each of which must stand there once. */
function parametersOf(challenge: string | null): Record<string, string> {
  const all = [...(challenge ?? '').matchAll(/(\w+)="([^"]*)"/g)];
  expect(challenge).toBe(`Bearer ${all.map(([text]) => text).join(', ')}`);
  expect(new Set(all.map(([, name]) => name)).size).toBe(all.length);
  return Object.fromEntries(all.map(([, name = '', value = '']) => [name, value]));
}

describe.each(ADAPTERS)('the challenges of several resources on %s', (adapter) => {
  let host: Host;
  let client: HostClient;

  beforeAll(async () => {
    host = await openHost({
      adapter,
      controllers: [...controllers(), SeveralController],
      options: { resources },
    });
    client = await newClient(host, { scope });
  });

  afterAll(() => host.close());

  it.each(METADATA)('META-036 BEAR-012 BEAR-013 %s: resource_metadata is %s', async (path, metadata) => {
    const other = path === 'read' ? 'report' : 'read';
    const more = { realm: 'oauth', ...(metadata !== undefined && { resource_metadata: metadata }) };
    const none = await host.request(`/${path}`);
    expect([none.status, parametersOf(none.challenge)]).toEqual([401, { ...more, scope: path }]);
    const text = expect.any(String) as string;
    const bad = { ...more, error: 'invalid_token', error_description: text };
    for (const token of ['unknown', await client.token(other)]) {
      const answer = await host.get(`/${path}`, token);
      expect([answer.status, parametersOf(answer.challenge)]).toEqual([401, bad]);
    }
    const malformed = await host.request(`/${path}`, { headers: { authorization: 'Bearer a b' } });
    expect([malformed.status, parametersOf(malformed.challenge)]).toEqual([
      400,
      { ...more, error: 'invalid_request', error_description: text },
    ]);
    const good = await host.get(`/${path}`, await client.token(path));
    expect([good.status, good.challenge, good.body]).toEqual([200, null, { reached: path }]);
  });

  it('META-027 META-036 no header of a request changes where the metadata is said to stand', async () => {
    const hosts = { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example;proto=https', 'x-forwarded-proto': 'https' }; // prettier-ignore
    const { challenge } = await host.request('/read', { headers: hosts });
    expect(parametersOf(challenge)['resource_metadata']).toBe(`${ISSUER}${WELL_KNOWN}/api`);
  });

  it('@ProtectedResource with several: a token for any of them, and for no other', async () => {
    for (const [path, asked, status] of [
      ['/several', 'read', 200],
      ['/several', 'report', 200],
      ['/several', 'quiet', 401],
      ['/several/shared', 'read shared', 200],
      ['/several/shared', 'report shared', 200],
      ['/several/shared', 'read', 403],
      ['/several/shared', 'report', 403],
      ['/several/shared', 'far', 401],
      ['/several/one', 'quiet', 200],
      ['/several/one', 'urn', 200],
      ['/several/one', 'read', 401],
      ['/several/one', 'report', 401],
    ] as const) {
      const answer = await host.get(path, await client.token(asked));
      expect([path, asked, answer.status]).toEqual([path, asked, status]);
    }
  });

  it('META-036 without a token the first one is named; with one the resource that it is for', async () => {
    const named = async (answer: Promise<{ challenge: string | null }>) =>
      parametersOf((await answer).challenge)['resource_metadata'];
    const reports = `${ISSUER}${WELL_KNOWN}/reports`;
    expect(await named(host.request('/several/shared'))).toBe(reports);
    expect(await named(host.get('/several/shared', 'unknown'))).toBe(reports);
    expect(await named(host.get('/several/shared', await client.token('report')))).toBe(reports);
    const api = `${ISSUER}${WELL_KNOWN}/api`;
    expect(await named(host.get('/several/shared', await client.token('read')))).toBe(api);
    expect(await named(host.request('/several/one'))).toBeUndefined();
  });
});

describe.each(ADAPTERS)('the check at boot on %s', (adapter) => {
  it.each<[string, MethodDecorator[]]>([
    ['one of several is unknown', [ProtectedResource('/api', '/nowhere')]],
    ['a path that is nearly right', [ProtectedResource('/api', '/reports/')]],
    ['another case', [ProtectedResource('/API')]],
    ['a relative name', [ProtectedResource('api')]],
    ['a scope that only one of them has', [ProtectedResource('/api', '/reports'), RequireScopes('read')]],
    [
      'one of scopes that only one of them has',
      [ProtectedResource('/api', '/reports'), RequireAnyScope('read', 'write')],
    ],
    ['an empty name', [ProtectedResource('')]],
  ])('ROB-032 %s: the start is stopped, and the handler named', async (_, decorators) => {
    await expect(start(adapter, decorators)).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringContaining('HomeController.handler') as string,
    });
  });

  it.each<[string, MethodDecorator[]]>([
    ['several', [ProtectedResource('/api', '/reports', 'urn:example:api')]],
    ['the same twice', [ProtectedResource('/api', `${ISSUER}/api`)]],
    ['a scope that all have', [ProtectedResource('/api', '/reports'), RequireScopes('shared')]],
    [
      'one of scopes of which each has one',
      [ProtectedResource('/api', '/reports'), RequireAnyScope('read', 'report')],
    ],
  ])('%s: it starts', async (_, decorators) => {
    await (await start(adapter, decorators)).close();
  });
});

function start(adapter: Adapter, decorators: MethodDecorator[]): Promise<Host> {
  @Controller('home')
  @UseGuards(OauthGuard)
  class HomeController {
    @Get()
    handler() {
      return {};
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(HomeController.prototype, 'handler');
  if (!descriptor) throw new Error('no handler');
  for (const decorate of decorators) decorate(HomeController.prototype, 'handler', descriptor);
  return openHost({ adapter, controllers: [HomeController], options: { resources } });
}
