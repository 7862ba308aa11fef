import { createRemoteJWKSet, decodeJwt, jwtVerify, type JWTPayload } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import {
  expectError,
  expectErrorShape,
  expectToken,
  GRANT,
  openServer,
  type Server,
} from './support/server.js';

const encode = encodeURIComponent;

describe.each(HTTP_ADAPTERS)('a token response on %s', (httpAdapter) => {
  let server: Server;
  let catalog: string;
  let statistics: string;

  beforeAll(async () => {
    server = await openServer({ httpAdapter });
    catalog = `${server.issuer}/api/catalog`;
    statistics = `${server.issuer}/api/statistics`;
  });

  afterAll(() => server.close());

  afterEach(() => server.serves());

  /** The claims of a token that has passed jose with the published keys. */
  async function verified(token: string): Promise<JWTPayload> {
    const keys = createRemoteJWKSet(new URL(`${server.issuer}/oauth/jwks`));
    const options = { issuer: server.issuer, typ: 'at+jwt', algorithms: ['ES256'] };
    const { payload } = await jwtVerify(token, keys, options);
    return payload;
  }

  const use = (path: string, token: string) =>
    server.send({ path, headers: { authorization: `Bearer ${token}` } });

  it('TOK-059 TOK-079 JWT-001 JWT-003 issues a JWT that verifies, for the one resource server', async () => {
    const body = expectToken(await server.token(GRANT));
    const claims = await verified(body.access_token);
    const { exp = 0, iat = 0, jti } = claims;
    expect(claims).toMatchObject({
      iss: server.issuer,
      sub: server.client.id,
      client_id: server.client.id,
      aud: catalog,
      scope: 'catalog:read',
    });
    expect(jti).toMatch(/^[\w.-]{20,}$/);
    expect(Number.isInteger(body.expires_in) && body.expires_in).toBe(exp - iat);
    expect(body.expires_in).toBe(3600);
    expect((await use('/api/catalog', body.access_token)).status).toBe(200);
    expect((await use('/api/statistics', body.access_token)).status).toBe(401);
  });

  it('TOK-059 TOK-073 issues an opaque token that its own resource server takes', async () => {
    const body = expectToken(await server.token(`${GRANT}&scope=statistics:read`));
    expect(body.access_token).toMatch(/^[A-Za-z0-9_]{1,16}_[A-Za-z0-9_-]{43}$/);
    expect(body).toMatchObject({ expires_in: 3600, scope: 'statistics:read' });
    expect((await use('/api/statistics', body.access_token)).status).toBe(200);
    expect((await use('/api/catalog', body.access_token)).status).toBe(401);
  });

  it('TOK-073 takes an opaque token exactly as it was issued', async () => {
    const { access_token: token } = expectToken(await server.token(`${GRANT}&scope=statistics:read`));
    const flip = (index: number) => (token[index] === 'A' ? 'B' : 'A');
    const changed = [
      ...Array.from(token, (_, index) => token.slice(0, index) + flip(index) + token.slice(index + 1)),
      ...[
        token.slice(0, -1),
        token.slice(1),
        token.slice(4),
        `${token}A`,
        `A${token}`,
        token.replace('nok_', ''),
      ],
      ...[token.toUpperCase(), token.toLowerCase(), `${token}=`, `${token}%`, token.slice(0, 20)],
    ];
    for (const other of changed)
      expect([400, 401], other).toContain((await use('/api/statistics', other)).status);
    expect((await use('/api/statistics', token)).status).toBe(200);
  });

  it('TOK-060 TOK-063 grants the default scope and names it', async () => {
    const own = await server.register({ default_scope: 'catalog:write' });
    const serverwide = await server.register({ scope: undefined });
    const ceiling = await server.register();
    expect(expectToken(await server.token(GRANT, own.basic)).scope).toBe('catalog:write');
    expect(expectToken(await server.token(GRANT, serverwide.basic)).scope).toBe('catalog:read');
    expect(expectToken(await server.token(GRANT, ceiling.basic)).scope).toBe('catalog:read');
    expectError(await server.token(`${GRANT}&scope=catalog:write`, serverwide.basic), 400, 'invalid_scope');
  });

  it('TOK-063 refuses a request without scope where there is no default', async () => {
    const client = await server.register({ scope: 'catalog:write' });
    expectError(await server.token(GRANT, client.basic), 400, 'invalid_scope');
    expectToken(await server.token(`${GRANT}&scope=catalog:write`, client.basic));
  });

  it('TOK-061 TOK-062 issues no refresh token, no ID token and no null', async () => {
    for (const scope of ['catalog:read', 'statistics:read']) {
      const answer = await server.token(`${GRANT}&scope=${scope}`);
      const { access_token, token_type, expires_in, scope: granted, ...rest } = expectToken(answer);
      expect([access_token, token_type, expires_in, granted]).not.toContain(null);
      expect(rest).toEqual({});
    }
    expectError(await server.token(`${GRANT}&scope=offline_access`), 400, 'invalid_scope');
  });

  it.each([
    ['TOK-064', 'a"b'],
    ['TOK-064', 'a\\b'],
    ['TOK-064', 'catalog:read\tcatalog:write'],
    ['TOK-064', 'catalog:réad'],
    ['TOK-064', 'a\x7f'],
    ['TOK-064', 'catalog:read\ncatalog:write'],
    ['TOK-064', 'catalog:read\u00a0'],
    ['TOK-064', '"'],
    ['TOK-065', ' catalog:read'],
    ['TOK-065', 'catalog:read '],
    ['TOK-065', 'catalog:read  catalog:write'],
    ['TOK-065', ' '],
    ['TOK-066', 'CATALOG:READ'],
    ['TOK-066', 'Catalog:read'],
    ['TOK-068', 'foo'],
    ['TOK-068', 'catalog:read foo'],
    ['TOK-068', 'catalog:readwrite'],
    ['TOK-068', 'catalog:read,catalog:write'],
    ['TOK-068', 'catalog'],
    ['TOK-068', 'catalog:*'],
    ['TOK-068', '*'],
    ['TOK-068', '__proto__'],
    ['TOK-069', 'é"\\<script>\r\nSet-Cookie: a=b'],
  ])('%s refuses the scope %j', async (_, scope) => {
    expectError(await server.token(`${GRANT}&scope=${encode(scope)}`), 400, 'invalid_scope');
  });

  it('TOK-067 takes scopes in any order and each once', async () => {
    const wanted = 'catalog:write catalog:read catalog:read';
    const body = expectToken(await server.token(`${GRANT}&scope=${encode(wanted)}`));
    expect(body.scope.split(' ').sort()).toEqual(['catalog:read', 'catalog:write']);
    expect((await verified(body.access_token))['scope']).toBe(body.scope);
  });

  it('TOK-068 refuses a scope beyond what the client may have, and grants nothing of the request', async () => {
    const client = await server.register({ scope: 'catalog:read' });
    const before = await server.storedTokens();
    for (const scope of ['catalog:write', 'catalog:read catalog:write', 'statistics:read']) {
      expectError(await server.token(`${GRANT}&scope=${encode(scope)}`, client.basic), 400, 'invalid_scope');
    }
    expect(await server.storedTokens()).toBe(before);
  });

  it('TOK-068 refuses ten thousand scopes', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `s${index}`).join('+');
    const answer = await server.token(`${GRANT}&scope=${many}`);
    expectError(answer, [400, 413], answer.status === 413 ? 'invalid_request' : 'invalid_scope');
  });

  it.each(['text/html', '*/*', 'application/xml', 'image/png', ''])(
    'TOK-070 TOK-071 answers errors as JSON to Accept: %s',
    async (accept) => {
      const requests = [
        await server.token(`${GRANT}&scope=foo`, { ...server.client.basic, accept }),
        await server.token(GRANT, { accept }),
        await server.token('grant_type=%', { accept }),
        await server.send({ path: '/oauth/token', headers: { accept } }),
      ];
      expect(requests.map(({ status }) => status)).toEqual([400, 401, 400, 405]);
      for (const answer of requests) expectErrorShape(answer);
      expectToken(await server.token(GRANT, { ...server.client.basic, accept }));
    },
  );

  it('TOK-077 takes neither subject nor audience from the request', async () => {
    const other = encode(server.postClient.id);
    const forged = `sub=admin&aud=https://evil.example&audience=https://evil.example&iss=https://evil.example&act=x`;
    const form = `${GRANT}&${forged}&client_id=${server.client.id}&azp=${other}&username=admin&exp=9999999999`;
    const claims = await verified(expectToken(await server.token(form)).access_token);
    const { sub, aud, iss, client_id, exp = 0, iat = 0, ...rest } = claims;
    expect({ sub, aud, iss, client_id }).toEqual({
      sub: server.client.id,
      aud: catalog,
      iss: server.issuer,
      client_id: server.client.id,
    });
    expect(exp - iat).toBe(3600);
    expect(Object.keys(rest).sort()).toEqual(['jti', 'scope']);
  });

  it.each([
    '/oauth/token/',
    '/OAUTH/TOKEN',
    '/oauth/Token',
    '/x/../oauth/token',
    '/oauth//token',
    '/oauth/token.json',
  ])('TOK-080 has nothing at %s', async (path) => {
    const headers = { ...server.client.basic, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await server.send({ method: 'POST', path, headers, body: GRANT })).status).toBe(404);
  });

  it('RES-001 JWT-008 binds the token to the resource that was asked for', async () => {
    const jwt = expectToken(await server.token(`${GRANT}&resource=${encode(catalog)}`));
    expect((await verified(jwt.access_token)).aud).toBe(catalog);
    const form = `${GRANT}&scope=statistics:read&resource=${encode(statistics)}`;
    const opaque = expectToken(await server.token(form));
    expect((await use('/api/statistics', opaque.access_token)).status).toBe(200);
  });

  it.each([
    ['RES-002', 'api/catalog'],
    ['RES-002', '/api/catalog'],
    ['RES-002', '//127.0.0.1/api/catalog'],
    ['RES-002', '://x'],
    ['RES-002', 'http:'],
    ['RES-002', 'not a uri'],
    ['RES-002', 'http://[::1'],
    ['RES-002', 'ISSUER/api/catalog\0'],
    ['RES-002', 'ISSUER/api/catalog\r\nX: y'],
    ['RES-002', 'ISSUER/api/catalog '],
    ['RES-003', 'ISSUER/api/catalog#'],
    ['RES-003', 'ISSUER/api/catalog#x'],
    ['RES-004', 'ISSUER/api/catalog?'],
    ['RES-004', 'ISSUER/api/catalog?x=y'],
    ['RES-005', 'https://unknown.example'],
    ['RES-005', 'urn:x:y'],
    ['RES-005', 'ISSUER'],
    ['RES-007', 'ISSUER/api/catalog/'],
    ['RES-007', 'ISSUER/api/Catalog'],
    ['RES-007', 'ISSUER/api'],
    ['RES-007', 'ISSUER/api/catalog/1'],
    ['RES-007', 'ISSUER/api/%63atalog'],
    ['RES-007', 'ISSUER/x/../api/catalog'],
    ['RES-005', '__proto__:x'],
  ])('%s refuses the resource %j', async (_, resource) => {
    const form = `${GRANT}&resource=${encode(resource.replace('ISSUER', server.issuer))}`;
    const answer = await server.token(form);
    const control = /\p{Cc}/u.test(resource);
    // A control character may be refused as such (ROB-004).
    const code =
      control && answer.json?.['error'] === 'invalid_request' ? 'invalid_request' : 'invalid_target';
    expectError(answer, 400, code);
  });

  it('RES-005 refuses a resource of which the client may have nothing', async () => {
    const client = await server.register({ scope: 'catalog:read' });
    const form = `${GRANT}&resource=${encode(statistics)}`;
    expectError(await server.token(form, client.basic), 400, 'invalid_target');
    expectError(await server.token(`${form}&scope=statistics:read`, client.basic), 400, 'invalid_target');
  });

  it('RES-006 refuses several resources', async () => {
    const [one, two] = [`resource=${encode(catalog)}`, `resource=${encode(statistics)}`];
    expectError(await server.token(`${GRANT}&${one}&${two}`), 400, 'invalid_target');
    expectError(
      await server.token(`${GRANT}&${one}&resource=https%3A%2F%2Fevil.example`),
      400,
      'invalid_target',
    );
  });

  it('RES-008 JWT-009 infers the audience where there is no resource', async () => {
    const claims = async (form: string) => verified(expectToken(await server.token(form)).access_token);
    expect((await claims(GRANT)).aud).toBe(catalog);
    expect((await claims(`${GRANT}&resource=`)).aud).toBe(catalog);
    expect((await claims(`${GRANT}&scope=catalog:write`)).aud).toBe(catalog);
    const both = `${GRANT}&scope=catalog:read+statistics:read`;
    expectError(await server.token(both), 400, 'invalid_scope');
  });

  it('RES-009 grants the scopes that exist at the resource', async () => {
    const body = expectToken(
      await server.token(`${GRANT}&scope=catalog:read+statistics:read&resource=${encode(catalog)}`),
    );
    expect(body.scope).toBe('catalog:read');
    const none = `${GRANT}&scope=catalog:read&resource=${encode(statistics)}`;
    expectError(await server.token(none), 400, 'invalid_scope');
  });

  it('RES-010 ignores audience', async () => {
    const form = `${GRANT}&audience=${encode(statistics)}`;
    expect(decodeJwt(expectToken(await server.token(form)).access_token).aud).toBe(catalog);
  });
});
