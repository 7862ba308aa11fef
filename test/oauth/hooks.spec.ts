import {
  AccessTokenVerifier,
  type AccessTokenClaimsHook,
  type OauthOptions,
  type OpaqueTokenGenerator,
  type ScopePolicyHook,
} from 'nestjs-oauth-kit';
import { describe, expect, it } from 'vitest';
import { openKit } from '../support/echo.js';
import { claimsOf, faulty, granted, GRANT, refused, register, rendered } from './support.js';

const SECRET_TEXT = 'db password=hunter2';

/** One token request to a server with these options. */
async function ask(options: Partial<OauthOptions>, scope = 'read write') {
  const { persistence, faults } = faulty();
  const kit = await openKit({ ...options, persistence });
  const client = await register(kit);
  const outcome = await kit.token({ ...GRANT, scope }, client.basic);
  const verify = (token: string) => kit.get<AccessTokenVerifier>(AccessTokenVerifier).verify(token);
  await kit.close();
  return { outcome, inserts: faults.count('accessTokens.insert'), verify };
}

/** server_error without a word about the cause, and no token anywhere. */
async function serverError(options: Partial<OauthOptions>, scope?: string): Promise<void> {
  const { outcome, inserts } = await ask(options, scope);
  const failure = refused(outcome);
  expect(failure).toMatchObject({ status: 500, code: 'server_error' });
  expect(rendered(failure)).not.toContain('hunter2');
  expect(failure.cause).toBeInstanceOf(Error);
  expect(inserts).toBe(0);
}

describe('accessTokenClaims', () => {
  const returning =
    (value: unknown): AccessTokenClaimsHook =>
    () =>
      value as Record<string, unknown>;

  it('adds claims to both formats, also asynchronously, and gets what was decided', async () => {
    const claims = {
      tenant: 't1',
      roles: ['a', 'b'],
      nested: { deep: [1, null, true, 'ü"\\ 😀'] },
      groups: [],
    };
    const seen: Parameters<AccessTokenClaimsHook>[0][] = [];
    const hook: AccessTokenClaimsHook = async (grant) => {
      seen.push(grant);
      return Promise.resolve(claims);
    };
    for (const scope of ['write', 'report']) {
      const { outcome, verify } = await ask({ accessTokenClaims: hook }, scope);
      const token = await verify(granted(outcome).accessToken);
      expect(token?.claims).toEqual(claims);
    }
    expect(seen.map(({ scope, resource }) => [...scope, resource.identifier])).toEqual([
      ['write', 'http://127.0.0.1:3999/api'],
      ['report', 'http://127.0.0.1:3999/reports'],
    ]);
    expect(seen[0]?.client.tokenEndpointAuthMethod).toBe('client_secret_basic');
  });

  it.each([
    ...[
      'iss',
      'sub',
      'aud',
      'exp',
      'nbf',
      'iat',
      'jti',
      'client_id',
      'scope',
      'cnf',
      'act',
      'may_act',
      'azp',
    ],
    ...['auth_time', 'acr', 'amr', 'active', 'token_type', 'username', 'constructor', 'prototype'],
  ])('threat 17 the name %s is reserved', async (name) => {
    await serverError({ accessTokenClaims: returning({ ok: 1, [name]: 'x' }) });
    await serverError({ accessTokenClaims: returning({ [name]: 'x' }) }, 'report');
  });

  it('threat 26 __proto__ is refused and pollutes nothing', async () => {
    const evil: unknown = JSON.parse('{"__proto__":{"polluted":1},"ok":1}');
    await serverError({ accessTokenClaims: returning(evil) });
    await serverError({ accessTokenClaims: returning(evil) }, 'report');
    const nested: unknown = JSON.parse(
      '{"a":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
    );
    for (const scope of ['read', 'report']) {
      const { outcome, verify } = await ask({ accessTokenClaims: returning(nested) }, scope);
      await verify(granted(outcome).accessToken);
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'x'],
    ['a number', 1],
    ['an array', [1]],
    ['a Map', new Map([['a', 1]])],
    ['a Date', new Date(0)],
    [
      'an object of a class',
      new (class Claims {
        a = 1;
      })(),
    ],
    ['a function', () => ({})],
  ])('%s is no set of claims', async (_, value) => {
    await serverError({ accessTokenClaims: returning(value) });
  });

  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  it.each<[string, Record<string, unknown>]>([
    ['a BigInt', { a: 1n }],
    ['a circle', circular],
    ['NaN', { a: NaN }],
    ['Infinity', { a: [Infinity] }],
    ['a function', { a: () => 1 }],
    ['a symbol', { a: Symbol('x') }],
    ['undefined in a list', { a: [undefined] }],
    ['a Map', { a: new Map([[1, 2]]) }],
  ])('%s is nothing that JSON can hold', async (_, value) => {
    await serverError({ accessTokenClaims: returning(value) });
  });

  it('reserved names that toJSON brings in are seen', async () => {
    const sneaky = { toJSON: () => ({ sub: 'admin' }) };
    await serverError({ accessTokenClaims: returning(sneaky) });
  });

  it('more than 4096 characters of JSON are refused, 4096 are not', async () => {
    const fits = { a: 'x'.repeat(4096 - '{"a":""}'.length) };
    const { outcome, verify } = await ask({ accessTokenClaims: returning(fits) });
    expect(await verify(granted(outcome).accessToken)).toMatchObject({ claims: fits });
    await serverError({ accessTokenClaims: returning({ a: `${fits.a}x` }) });
    await serverError({ accessTokenClaims: returning({ a: `${fits.a}x` }) }, 'report');
  });

  it('a token that is issued is accepted, however many bytes its claims are', async () => {
    const { outcome, verify } = await ask({ accessTokenClaims: returning({ a: '漢'.repeat(4000) }) });
    if ('error' in outcome) expect(outcome.error.code).toBe('server_error');
    else expect(await verify(outcome.success.accessToken)).toBeDefined();
  });

  it('a token that is issued is accepted, however deep its claims are', async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 20; level++) deep = [deep];
    const { outcome, verify } = await ask({ accessTokenClaims: returning({ deep }) });
    if ('error' in outcome) expect(outcome.error.code).toBe('server_error');
    else expect(await verify(outcome.success.accessToken)).toBeDefined();
  });

  it('threat 37 a throw and a rejection fail the request', async () => {
    await serverError({
      accessTokenClaims: () => {
        throw new Error(SECRET_TEXT);
      },
    });
    await serverError({ accessTokenClaims: () => Promise.reject(new Error(SECRET_TEXT)) });
  });

  it('is not asked about a request that is refused', async () => {
    let asked = 0;
    const hook: AccessTokenClaimsHook = () => ((asked += 1), {});
    refused((await ask({ accessTokenClaims: hook }, 'nonsense')).outcome);
    expect(asked).toBe(0);
  });
});

describe('scopePolicy', () => {
  const returning =
    (value: unknown): ScopePolicyHook =>
    () =>
      value as string[];

  it('narrows, in response and token', async () => {
    for (const policy of [
      returning(['write']),
      returning(['write', 'write']),
      () => Promise.resolve(['write']),
    ]) {
      const response = granted((await ask({ scopePolicy: policy })).outcome);
      expect(response.scope).toBe('write');
      expect(claimsOf(response.accessToken)['scope']).toBe('write');
    }
  });

  it('gets client, resource and scope; what it does to its list changes nothing', async () => {
    const seen: unknown[] = [];
    const policy: ScopePolicyHook = ({ client, resource, scope }) => {
      seen.push(client.grantTypes, resource.identifier, [...scope].sort());
      (scope as string[]).push('admin');
      return ['read'];
    };
    expect(granted((await ask({ scopePolicy: policy })).outcome).scope).toBe('read');
    expect(seen).toEqual([['client_credentials'], 'http://127.0.0.1:3999/api', ['read', 'write']]);
  });

  it('threat 16 a policy that pushes its own scope onto the list it was given widens nothing', async () => {
    await serverError({ scopePolicy: ({ scope }) => ((scope as string[]).push('report'), scope) });
  });

  it.each<[string, unknown]>([
    ['a scope more', ['read', 'write', 'report']],
    ['another scope', ['report']],
    ['an unknown scope', ['read', 'admin']],
    ['another case', ['READ']],
    ['two in one', ['read write']],
    ['a text', 'read'],
    ['nothing', undefined],
    ['null', null],
    ['a Set', new Set(['read'])],
    ['something else in the list', ['read', 1]],
    ['a list in the list', [['read']]],
  ])('threat 16 widening or nonsense is server_error: %s', async (_, value) => {
    await serverError({ scopePolicy: returning(value) });
  });

  it('nothing left is invalid_scope', async () => {
    const { outcome } = await ask({ scopePolicy: returning([]) });
    expect(refused(outcome)).toMatchObject({ status: 400, code: 'invalid_scope' });
  });

  it('threat 37 a throw and a rejection are server_error', async () => {
    await serverError({
      scopePolicy: () => {
        throw new Error(SECRET_TEXT);
      },
    });
    await serverError({ scopePolicy: () => Promise.reject(new Error(SECRET_TEXT)) });
  });
});

describe('opaqueTokenGenerator', () => {
  const returning =
    (value: unknown): OpaqueTokenGenerator =>
    () =>
      value as string;

  it.each(['x'.repeat(22), 'x'.repeat(512), `${'A1_-~+/'.repeat(4)}`])(
    'its value goes out as it is: %s',
    async (value) => {
      for (const generator of [returning(value), () => Promise.resolve(value)]) {
        const { outcome, inserts, verify } = await ask({ opaqueTokenGenerator: generator }, 'report');
        expect(granted(outcome).accessToken).toBe(value);
        expect(inserts).toBe(1);
        expect(await verify(value)).toMatchObject({ format: 'opaque' });
      }
    },
  );

  it.each<[string, unknown]>([
    ['too short', 'x'.repeat(21)],
    ['too long', 'x'.repeat(513)],
    ['empty', ''],
    ['with a space', `${'x'.repeat(30)} `],
    ['with a line break', `${'x'.repeat(30)}\n`],
    ['with a dot, as a JWT', `${'x'.repeat(10)}.${'x'.repeat(10)}.${'x'.repeat(10)}`],
    ['with padding', `${'x'.repeat(30)}=`],
    ['not ASCII', 'é'.repeat(30)],
    ['undefined', undefined],
    ['null', null],
    ['a number', 1e30],
    ['a list', ['x'.repeat(30)]],
    ['an object', { toString: () => 'x'.repeat(30) }],
  ])('%s is refused and not stored', async (_, value) => {
    await serverError({ opaqueTokenGenerator: returning(value) }, 'report');
  });

  it('threat 37 a throw and a rejection are server_error', async () => {
    await serverError(
      {
        opaqueTokenGenerator: () => {
          throw new Error(SECRET_TEXT);
        },
      },
      'report',
    );
    await serverError({ opaqueTokenGenerator: () => Promise.reject(new Error(SECRET_TEXT)) }, 'report');
  });
});
