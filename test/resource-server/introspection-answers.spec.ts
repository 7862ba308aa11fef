import type { IntrospectionOptions } from 'nestjs-oauth-kit/resource-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { API, closeApis, openApi, type Api } from './api.js';
import { FakeIssuer, INTROSPECT, json, JWKS, METADATA, newKey, type Reply } from './fake-issuer.js';

const CLIENT = 'orders api:1';
const SECRET = 'a secret+with%all & ü';
const TOKEN = 'opaque-token';
const SIGNED = 'application/token-introspection+jwt';

let issuer: FakeIssuer;

beforeEach(async () => {
  issuer = await FakeIssuer.open();
});

afterEach(async () => {
  await closeApis();
  await issuer.close();
});

function open(more: Partial<IntrospectionOptions> = {}, timeout?: number): Promise<Api> {
  const authentication = { method: 'client_secret_basic', secret: SECRET } as const;
  const introspection = { clientId: CLIENT, authentication, ...more };
  return openApi({ issuer: issuer.url, clock: issuer.clock, introspection, timeout });
}

/** Says this of every token. */
function says(members: Record<string, unknown>): void {
  issuer.replies.set(INTROSPECT, json(issuer.active(members)));
}

describe('the request', () => {
  it('is a form with the token, the kind of answer, and the credentials as RFC 6749 §2.3.1 encodes them', async () => {
    const api = await open();
    expect(await api.status(TOKEN)).toBe(200);
    const seen = issuer.seen.find(({ path }) => path === INTROSPECT);
    expect(Object.fromEntries(seen?.form ?? [])).toEqual({ token: TOKEN, token_type_hint: 'access_token' });
    expect(seen?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(seen?.headers.accept).toBe('application/json');
    const [scheme, credentials = ''] = (seen?.headers.authorization ?? '').split(' ');
    expect([scheme, Buffer.from(credentials, 'base64').toString()]).toEqual([
      'Basic',
      'orders+api%3A1:a+secret%2Bwith%25all+%26+%C3%BC',
    ]);
    expect(issuer.count(JWKS)).toBe(0);
  });

  it('a client assertion is for the issuer alone, for a minute, and another one each time', async () => {
    const { privateKey } = await newKey('x');
    const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'mine' };
    const api = await open({ authentication: { method: 'private_key_jwt', key: JSON.stringify(jwk) } });
    await api.status(TOKEN);
    await api.status(TOKEN);
    const made = issuer.seen
      .filter(({ path }) => path === INTROSPECT)
      .map(({ form }) => (form.get('client_assertion') ?? '').split('.').slice(0, 2))
      .map((parts) => parts.map((part): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())));
    const now = issuer.clock.time;
    expect(made).toHaveLength(2);
    for (const [header, claims] of made) {
      expect(header).toEqual({ alg: 'ES256', typ: 'client-authentication+jwt', kid: 'mine' });
      expect(claims).toEqual({
        iss: CLIENT,
        sub: CLIENT,
        aud: issuer.url,
        jti: expect.stringMatching(/^[\w-]{22}$/) as string,
        iat: now,
        exp: now + 60,
      });
    }
    expect(made[0]).not.toEqual(made[1]);
  });

  it.each([
    ['a space', 'a b', 400],
    ['a quote', 'a"b', 400],
    ['a letter of another alphabet', 'tök', 400],
    ['JWT-029 more than 12288 characters', 'x'.repeat(12_289), 401],
  ])('a token with %s never leaves', async (_, token, status) => {
    const api = await open();
    expect(await api.status(token)).toBe(status);
    expect(issuer.seen).toEqual([]);
  });
});

describe('INT-022 what is not active is refused', () => {
  it.each([
    ['false', { active: false }],
    ['the word', { active: 'true' }],
    ['a number', { active: 1 }],
    ['nothing', { active: undefined }],
    ['null', { active: null }],
    ['a list', { active: [true] }],
  ])('%s', async (_, members) => {
    says(members);
    expect(await (await open()).status(TOKEN)).toBe(401);
  });
});

describe('INT-022 what is no answer lets nobody in and is nobody’s fault: 503', () => {
  const ACTIVE = '{"active":true}';
  const faults: readonly (readonly [string, Reply])[] = [
    ['a status 500', json(ACTIVE, {}, 500)],
    ['a status 201', json(ACTIVE, {}, 201)],
    ['a status 401', json({ error: 'invalid_client' }, {}, 401)],
    ['a status 403', json({ error: 'access_denied' }, {}, 403)],
    ['META-028 a redirect', json(ACTIVE, { location: `${INTROSPECT}/elsewhere` }, 307)],
    ['HTML', json('<html></html>', { 'Content-Type': 'text/html' })],
    ['JSON that is called text', json(ACTIVE, { 'Content-Type': 'text/plain' })],
    ['no JSON', json('active')],
    ['a list', json([{ active: true }])],
    ['a member twice', json('{"active":false,"active":true}')],
    ['nothing', json('')],
    ['more than 64 KiB', json(`{"active":true,"x":"${'x'.repeat(70_000)}"}`)],
    ['a JWT where none was asked for', json('a.b.c', { 'Content-Type': SIGNED })],
    ['a connection that is cut', (response) => response.socket?.destroy()],
  ];

  it.each(faults)('%s', async (_, reply) => {
    issuer.replies.set(INTROSPECT, reply);
    const api = await open();
    const { status, headers } = await api.get('/orders', TOKEN);
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    expect(issuer.count(`${INTROSPECT}/elsewhere`)).toBe(0);
    expect(api.log.lines.filter((line) => line.includes('introspected'))).toHaveLength(1);
    expect(api.log.text).not.toMatch(new RegExp(`${TOKEN}|a secret`));
  });

  it('an issuer that hangs', async () => {
    issuer.replies.set(INTROSPECT, () => undefined);
    expect(await (await open({}, 1)).status(TOKEN)).toBe(503);
  });

  it('an issuer without an introspection endpoint, or with one by http elsewhere', async () => {
    issuer.replies.set(METADATA, json(issuer.metadata({ introspection_endpoint: undefined })));
    expect(await (await open()).status(TOKEN)).toBe(503);
    const elsewhere = { introspection_endpoint: 'http://auth.example/introspect' };
    issuer.replies.set(METADATA, json(issuer.metadata(elsewhere)));
    const api = await open();
    expect(await api.status(TOKEN)).toBe(503);
    expect(api.log.text).toContain('introspection_endpoint that is no https URL');
  });
});

describe('INT-023 what is active is still checked', () => {
  it.each([
    ['several audiences', { aud: ['https://other.example', API] }],
    ['no issuer', { iss: undefined }],
    [
      'no subject, id, type and scope that is needed',
      { sub: undefined, jti: undefined, token_type: undefined },
    ],
    ['INT-021 a type in another case', { token_type: 'bearer' }],
    ['INT-021 the use that other servers name', { token_use: 'access_token', typ: 'Bearer' }],
    ['INT-021 the short name of that use', { token_use: 'access' }],
    ['INT-021 the type of a JWT', { typ: 'at+jwt' }],
    ['its end within the tolerance', { exp: 1_800_000_000 - 9 }],
  ])('accepted with %s', async (_, members) => {
    says(members);
    expect(await (await open()).status(TOKEN)).toBe(200);
  });

  it.each([
    ['another issuer', { iss: 'https://other.example' }],
    ['another audience', { aud: 'https://api.example' }],
    ['no audience', { aud: undefined }],
    ['a number among the audiences', { aud: [API, 7] }],
    ['no end', { exp: undefined }],
    ['an end in words', { exp: '1900000000' }],
    ['an end that is over', { exp: 1_800_000_000 - 10 }],
    ['a start to come', { nbf: 1_800_000_011 }],
    ['no client', { client_id: undefined }],
    ['no time', { iat: undefined }],
    ['a number for an id', { jti: 7 }],
    ['a list for a scope', { scope: ['read'] }],
    ['a scope that is none', { scope: 'read  write' }],
    ['JWT-023 a key to be proved', { cnf: { jkt: 'x' } }],
    ['INT-021 a refresh token', { token_type: 'refresh_token' }],
    ['INT-021 a type that needs a proof', { token_type: 'DPoP' }],
    ['INT-021 a type that is null', { token_type: null }],
    ['INT-021 the use of a refresh token', { token_use: 'refresh_token' }],
    ['INT-021 the use of an ID token', { token_use: 'id' }],
    ['INT-021 a use that is null', { token_use: null }],
    ['INT-021 a list of uses', { token_use: ['access_token'] }],
    ['INT-021 a refresh token under the type of Keycloak', { typ: 'Refresh' }],
    ['INT-021 an offline token', { typ: 'Offline' }],
    ['INT-021 an ID token', { typ: 'ID' }],
    ['INT-021 a refresh token in small letters', { typ: 'refresh' }],
    ['INT-021 an offline token in capitals', { typ: 'OFFLINE' }],
    ['INT-021 an ID token in another case', { typ: 'Id' }],
    ['INT-021 a refresh token by another name', { typ: 'refresh_token' }],
    ['INT-021 a type that is no text', { typ: 7 }],
    ['INT-021 a good use and a bad type', { token_use: 'access_token', typ: 'Refresh' }],
  ])('refused with %s', async (_, members) => {
    says(members);
    expect(await (await open()).status(TOKEN)).toBe(401);
  });

  it('and the scope is that of the answer', async () => {
    says({ scope: 'read:all' });
    expect(await (await open()).status(TOKEN)).toBe(403);
    says({ scope: undefined });
    expect(await (await open()).status(TOKEN)).toBe(403);
  });
});
