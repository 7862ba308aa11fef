import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, echo, formRequest, openKit, type Kit } from '../support/echo.js';
import { claimsOf, granted, GRANT, refused, register, type Registered } from './support.js';

let kit: Kit;
let client: Registered;
let poster: Registered;

beforeAll(async () => {
  kit = await openKit();
  client = await register(kit);
  poster = await register(kit, { token_endpoint_auth_method: 'client_secret_post' });
});

afterAll(() => kit.close());

const send = (form: Record<string, string> | string) => kit.token(form, client.basic);
const error = async (form: Record<string, string> | string) => {
  const { status, code } = refused(await send(form));
  return { status, code };
};

describe('parameters', () => {
  it('TOK-001 a form with Basic and grant_type is answered with a token', async () => {
    const response = granted(await send(GRANT));
    expect(response).toMatchObject({ status: 200, tokenType: 'Bearer', expiresIn: 3600, scope: 'read' });
    expect(response.headers).toEqual({ 'Cache-Control': 'no-store', Pragma: 'no-cache' });
  });

  it('TOK-016 TOK-017 unknown parameters are ignored, once or twice', async () => {
    expect(granted(await send('grant_type=client_credentials&foo=bar&foo=baz')).scope).toBe('read');
  });

  it('TOK-018 scope= is omitted: the default scope', async () => {
    expect(granted(await send('grant_type=client_credentials&scope=')).scope).toBe('read');
  });

  it('TOK-019 grant_type= is missing', async () => {
    expect(await error('grant_type=')).toEqual({ status: 400, code: 'invalid_request' });
  });

  it('TOK-020 client_secret= beside valid Basic is omitted', async () => {
    expect(granted(await send({ ...GRANT, client_secret: '', client_assertion: '' })).scope).toBe('read');
  });

  it.each(['scope=&scope=read', 'scope=read&scope=read', 'scope=&scope='])(
    'TOK-014 TOK-021 a repeat counts, empty or not: %s',
    async (scope) => {
      expect(await error(`grant_type=client_credentials&${scope}`)).toEqual({
        status: 400,
        code: 'invalid_request',
      });
    },
  );

  it.each(['grant_type', 'client_id', 'client_secret', 'client_assertion', 'client_assertion_type'])(
    'threat 24 TOK-014 %s twice is refused before anything else',
    async (name) => {
      const form = new URLSearchParams({ ...GRANT, client_id: client.id });
      form.append(name, form.get(name) ?? 'x');
      form.append(name, form.get(name) ?? 'x');
      const failure = refused(await kit.token(form.toString(), basic('nobody', 'nothing')));
      expect(failure).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(failure.description).toContain(name);
    },
  );

  it('TOK-015 resource is not refused as a duplicate', async () => {
    const form = 'grant_type=client_credentials&resource=&resource=http%3A%2F%2F127.0.0.1%3A3999%2Fapi';
    expect(granted(await send(form)).scope).toBe('read');
  });

  it('TOK-022 no grant_type', async () => {
    expect(await error({})).toEqual({ status: 400, code: 'invalid_request' });
  });
});

describe('grant types', () => {
  it.each(['password', 'foo', 'urn:x:y', 'authorization_code', 'refresh_token', 'implicit'])(
    'TOK-023 TOK-026 %s is not supported',
    async (type) => {
      expect(await error({ grant_type: type })).toEqual({ status: 400, code: 'unsupported_grant_type' });
    },
  );

  it.each([
    'Client_Credentials',
    'CLIENT_CREDENTIALS',
    'client_credentials ',
    ' client_credentials',
    'client_credentials password',
    'client_credentials\u0000',
    'client_credentials,password',
  ])('TOK-025 is compared exactly: %j', async (type) => {
    expect(await error({ grant_type: type })).toEqual({ status: 400, code: 'unsupported_grant_type' });
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype'])(
    'threat 26 ROB-005 %s is no grant type',
    async (type) => {
      expect(await error({ grant_type: type })).toEqual({ status: 400, code: 'unsupported_grant_type' });
      expect(refused(await kit.token(GRANT, basic(type, 'x'))).code).toBe('invalid_client');
    },
  );

  it('threat 35 TOK-024 a grant that the client is not registered for; no hook is called, nothing is stored', async () => {
    const called: string[] = [];
    const strict = await openKit({
      accessTokenClaims: () => (called.push('claims'), {}),
      scopePolicy: ({ scope }) => (called.push('policy'), scope),
      opaqueTokenGenerator: () => (called.push('generator'), 'x'.repeat(30)),
    });
    const other = await register(strict, {
      grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'],
    });
    const failure = refused(await strict.token({ ...GRANT, scope: 'report' }, other.basic));
    expect(failure).toMatchObject({ status: 400, code: 'unauthorized_client' });
    expect(called).toEqual([]);
    const none = await register(strict, { grant_types: [] });
    expect(refused(await strict.token(GRANT, none.basic)).code).toBe('unauthorized_client');
    await strict.close();
  });

  it('unsupported_grant_type goes before unauthorized_client', async () => {
    const other = await register(kit, { grant_types: ['urn:x:y'] });
    expect(refused(await kit.token({ grant_type: 'urn:x:y' }, other.basic)).code).toBe(
      'unsupported_grant_type',
    );
  });
});

describe('order of checks', () => {
  // Each row has the fault of its step and the faults of all the steps after it.
  const bad = basic('nobody', 'wrong');
  const form = 'application/x-www-form-urlencoded';
  it.each([
    [
      'method',
      { method: 'GET', type: 'text/plain', body: 'scope=%zz', headers: bad },
      405,
      'invalid_request',
    ],
    ['media type', { type: 'text/plain', body: 'scope=%zz', headers: bad }, 400, 'invalid_request'],
    ['encoding', { type: form, body: 'scope=a&scope=%zz', headers: bad }, 400, 'invalid_request'],
    [
      'repeats',
      { type: form, body: 'scope=a&scope=b&client_secret=x', headers: bad },
      400,
      'invalid_request',
    ],
    ['two methods', { type: form, body: 'client_secret=x', headers: bad }, 400, 'invalid_request'],
    ['client', { type: form, body: 'grant_type=foo&scope=%22', headers: bad }, 401, 'invalid_client'],
    ['grant type missing', { type: form, body: 'scope=%22&resource=x' }, 400, 'invalid_request'],
    [
      'grant type',
      { type: form, body: 'grant_type=foo&scope=%22&resource=x' },
      400,
      'unsupported_grant_type',
    ],
    [
      'resource',
      { type: form, body: 'grant_type=client_credentials&scope=%22&resource=x' },
      400,
      'invalid_target',
    ],
    [
      'details',
      { type: form, body: 'grant_type=client_credentials&scope=%22&authorization_details=x' },
      400,
      'invalid_request',
    ],
    ['scope', { type: form, body: 'grant_type=client_credentials&scope=%22' }, 400, 'invalid_scope'],
  ])('%s', async (_, { body, type, ...rest }: Faulty, status, code) => {
    const headers = { ...(rest.headers ?? client.basic), 'content-type': type };
    const request = { ...formRequest(body, headers), method: rest.method ?? 'POST' };
    const failure = refused(await kit.oauth.token({ request }, echo));
    expect({ status: failure.status, code: failure.code }).toEqual({ status, code });
  });

  interface Faulty {
    readonly method?: string;
    readonly type: string;
    readonly body: string;
    readonly headers?: { authorization: string };
  }
});

describe('the client that gets the token', () => {
  it('threat 17 TOK-077 sub, client_id and aud never come from the request', async () => {
    const form = {
      ...GRANT,
      ...{
        sub: 'admin',
        aud: 'https://evil.example',
        audience: 'https://evil.example',
        iss: 'https://evil.example',
      },
      ...{ client_id: client.id, exp: '9999999999', jti: 'mine', user: 'root', expires_in: '999999' },
    };
    const claims = claimsOf(granted(await send(form)).accessToken);
    expect(claims).toMatchObject({ sub: client.id, client_id: client.id, aud: 'http://127.0.0.1:3999/api' });
    expect(claims['iss']).toBe('http://127.0.0.1:3999');
    expect(claims['exp']).toBe(kit.clock.now() + 3600);
    expect(claims['jti']).not.toBe('mine');
    expect(Object.keys(claims).sort()).toEqual([
      'aud',
      'client_id',
      'exp',
      'iat',
      'iss',
      'jti',
      'scope',
      'sub',
    ]);
  });

  it('TOK-047 TOK-048 the query of the request is not read', async () => {
    const url = `/oauth/token?${new URLSearchParams({ ...GRANT, client_id: poster.id, client_secret: poster.secret }).toString()}`;
    const all = refused(await kit.oauth.token({ request: { ...formRequest(''), url } }, echo));
    expect(all).toMatchObject({ status: 401, code: 'invalid_client' });
    const rest = {
      ...formRequest({}, client.basic),
      url: '/oauth/token?grant_type=client_credentials&scope=write',
    };
    expect(refused(await kit.oauth.token({ request: rest }, echo)).code).toBe('invalid_request');
    const scope = { ...formRequest(GRANT, client.basic), url: '/oauth/token?scope=write' };
    expect(granted(await kit.oauth.token({ request: scope }, echo)).scope).toBe('read');
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'post'])('TOK-002 TOK-003 %s is 405', async (method) => {
    const request = { ...formRequest(GRANT, client.basic), method };
    const failure = refused(await kit.oauth.token({ request }, echo));
    expect(failure).toMatchObject({ status: 405, code: 'invalid_request' });
    expect(failure.headers).toMatchObject({ Allow: 'POST', 'Cache-Control': 'no-store' });
  });

  it('TOK-005 OPTIONS tells what is allowed and never runs the grant', async () => {
    const request = { ...formRequest(GRANT, client.basic), method: 'OPTIONS' };
    const answer = refused(await kit.oauth.token({ request }, echo));
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({ Allow: expect.stringContaining('POST') as string });
  });
});
