import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calculateJwkThumbprint, createRemoteJWKSet, jwtVerify, type JWK } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import { expectToken, GRANT, openServer, type Server } from './support/server.js';
import { exchange, head, type Answer } from './support/wire.js';

const METADATA = '/.well-known/oauth-authorization-server';
const JWKS = '/oauth/jwks';
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const keysOf = (answer: Answer) => answer.json?.['keys'] as JWK[];
const octets = (value: string | undefined) => Buffer.from(value ?? '', 'base64url');

async function expectPublicKeys(keys: readonly JWK[]): Promise<void> {
  for (const key of keys) {
    expect(Object.keys(key).filter((member) => PRIVATE.includes(member))).toEqual([]);
    expect(key.kty).not.toBe('oct');
    expect(key).toMatchObject({ use: 'sig', alg: expect.any(String) as unknown });
    expect(key.kid).toBe(await calculateJwkThumbprint(key, 'sha256'));
  }
  expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
}

describe.each(HTTP_ADAPTERS)('the public documents on %s', (httpAdapter) => {
  let server: Server;

  beforeAll(async () => {
    server = await openServer({ httpAdapter });
  });

  afterAll(() => server.close());

  afterEach(() => server.serves());

  it('META-001 META-004 META-006 META-007 META-008 describes the server', async () => {
    const answer = await server.send({ path: METADATA });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json(?:;|$)/);
    expect(answer.json).toMatchObject({
      issuer: server.issuer,
      token_endpoint: `${server.issuer}/oauth/token`,
      jwks_uri: `${server.issuer}/oauth/jwks`,
      introspection_endpoint: `${server.issuer}/oauth/introspect`,
      revocation_endpoint: `${server.issuer}/oauth/revoke`,
      protected_resources: [`${server.issuer}/api/catalog`, `${server.issuer}/api/statistics`],
      response_types_supported: [],
      grant_types_supported: expect.arrayContaining(['client_credentials']) as unknown,
      token_endpoint_auth_methods_supported: expect.arrayContaining([
        'client_secret_basic',
        'client_secret_post',
      ]) as unknown,
    });
  });

  it('META-009 TOK-026 lists no grant that is not served', async () => {
    const { json } = await server.send({ path: METADATA });
    const grants = json?.['grant_types_supported'] as string[];
    for (const grant of ['password', 'implicit', 'authorization_code', 'refresh_token']) {
      expect(grants).not.toContain(grant);
    }
    for (const grant_type of grants) {
      const { json: body } = await server.token(new URLSearchParams({ grant_type }).toString());
      expect(body?.['error']).not.toBe('unsupported_grant_type');
    }
  });

  it('META-010 META-024 has nothing of an authorization endpoint', async () => {
    const { json } = await server.send({ path: METADATA });
    expect(json).not.toHaveProperty('authorization_endpoint');
    expect(json?.['authorization_response_iss_parameter_supported'] ?? false).toBe(false);
  });

  it('META-011 META-012 lists the authentication methods that work', async () => {
    const { json } = await server.send({ path: METADATA });
    const methods = json?.['token_endpoint_auth_methods_supported'] as string[];
    expect(methods).not.toContain('none');
    const jwt = methods.some((method) => method.endsWith('_jwt'));
    const algorithms = json?.['token_endpoint_auth_signing_alg_values_supported'];
    if (jwt) expect(algorithms).toEqual(expect.arrayContaining(['ES256']));
    else expect(algorithms).toBeUndefined();
    expect(algorithms ?? []).not.toContain('none');
    for (const endpoint of ['introspection', 'revocation']) {
      expect(json?.[`${endpoint}_endpoint_auth_methods_supported`]).toEqual(methods);
      expect(json?.[`${endpoint}_endpoint_auth_signing_alg_values_supported`]).toEqual(algorithms);
    }
    expectToken(await server.token(GRANT));
    expectToken(await server.token(`${GRANT}&${server.postClient.post}`, {}));
  });

  it('META-013 META-015 names endpoints that are there', async () => {
    const { json = {} } = await server.send({ path: METADATA });
    const endpoints = Object.entries(json).filter(([name]) => name.endsWith('_endpoint'));
    for (const [name, url] of endpoints) {
      const answer = await server.send({ method: 'POST', path: new URL(url as string).pathname });
      expect(answer.status, name).not.toBe(404);
      expect(url).toMatch(new RegExp(`^${server.issuer}/`));
    }
    expect(json).not.toHaveProperty('registration_endpoint');
  });

  it('META-014 lists the scopes', async () => {
    const { json } = await server.send({ path: METADATA });
    expect([...(json?.['scopes_supported'] as string[])].sort()).toEqual([
      'catalog:read',
      'catalog:write',
      'oauth:admin',
      'statistics:read',
    ]);
  });

  it('META-017 has no null and no empty list but response_types_supported', async () => {
    const { json = {} } = await server.send({ path: METADATA });
    for (const [name, value] of Object.entries(json)) {
      expect(value, name).not.toBeNull();
      if (name !== 'response_types_supported') expect(value, name).not.toEqual([]);
    }
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('META-025 refuses %s', async (method) => {
    for (const path of [METADATA, JWKS]) {
      const answer = await server.send({
        method,
        path,
        body: 'x',
        headers: { 'content-type': 'application/json' },
      });
      expect(answer).toMatchObject({ status: 405, json: { error: 'invalid_request' } });
      expect(answer.headers.allow).toMatch(/\bGET\b/);
    }
  });

  it('META-025 answers HEAD as GET without the body', async () => {
    for (const path of [METADATA, JWKS]) {
      const [got, headed] = [await server.send({ path }), await server.send({ method: 'HEAD', path })];
      expect(headed).toMatchObject({ status: 200, text: '' });
      expect(headed.headers.etag).toBe(got.headers.etag);
      expect(headed.headers['content-type']).toBe(got.headers['content-type']);
      expect(headed.headers['content-length']).toBe(got.headers['content-length']);
    }
  });

  it('META-025 needs no authentication and minds none', async () => {
    for (const authorization of ['Bearer x', 'Basic x', '']) {
      expect((await server.send({ path: METADATA, headers: { authorization } })).status).toBe(200);
      expect((await server.send({ path: JWKS, headers: { authorization } })).status).toBe(200);
    }
  });

  it('META-026 JWKS-010 lets others keep the documents', async () => {
    for (const path of [METADATA, JWKS]) {
      const first = await server.send({ path });
      const second = await server.send({ path, headers: { accept: 'text/html' } });
      expect(second.text).toBe(first.text);
      expect(first.headers['cache-control']).toMatch(/^public, max-age=(?:[3-9]\d\d|[1-3]\d{3})$/);
      expect(first.headers['access-control-allow-origin']).toBe('*');
      expect(first.headers['access-control-allow-credentials']).toBeUndefined();
      const etag = first.headers.etag ?? '';
      expect(etag).toMatch(/^"[^"]+"$/);
      for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
        const answer = await server.send({ path, headers: { 'if-none-match': known } });
        expect(answer, known).toMatchObject({ status: 304, text: '' });
        expect(answer.headers.etag).toBe(etag);
      }
      expect((await server.send({ path, headers: { 'if-none-match': '"x"' } })).status).toBe(200);
    }
  });

  it.each(['evil.example', 'evil.example:1', '127.0.0.1', 'a"b', 'x'.repeat(300)])(
    'META-027 takes no URL from Host: %s',
    async (host) => {
      const { text } = await server.send({ path: METADATA });
      const forwarded = {
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
        'x-forwarded-port': '1',
      };
      const headers = { host, ...forwarded, 'x-forwarded-prefix': '/evil', forwarded: 'host=evil.example' };
      const answer = await server.send({ path: METADATA, headers });
      if (answer.status === 200) expect(answer.text).toBe(text);
      else expect([400, 421]).toContain(answer.status);
      expect(answer.text).not.toContain('evil.example');
      const token = await server.token(GRANT, { ...server.client.basic, ...headers });
      if (token.status === 200) expect(expectToken(token).access_token).toMatch(/^ey/);
    },
  );

  it('META-027 takes no URL from an absolute request target', async () => {
    const { text } = await server.send({ path: METADATA });
    const lines = [`GET http://evil.example${METADATA} HTTP/1.1`, 'Host: evil.example', 'Connection: close'];
    const answer = await exchange(server.port, head(...lines), 'GET');
    if (answer?.status === 200) expect(answer.text).toBe(text);
    else expect([400, 404, 421]).toContain(answer?.status);
  });

  it.each(['/tenant', '/', '/..', '/%2e%2e', '/x/oauth-authorization-server'])(
    'META-002 has no other issuer at %s',
    async (tail) => {
      const answer = await server.send({ path: METADATA + tail });
      expect(answer.status).toBe(404);
    },
  );

  it('META-001 ignores the query', async () => {
    const { text } = await server.send({ path: METADATA });
    expect((await server.send({ path: `${METADATA}?issuer=https://evil.example` })).text).toBe(text);
  });

  it('JWKS-001 JWKS-002 JWKS-003 JWKS-004 JWKS-006 JWKS-013 publishes public keys', async () => {
    const answer = await server.send({ path: JWKS });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json(?:;|$)/);
    expect(Object.keys(answer.json ?? {})).toEqual(['keys']);
    const keys = keysOf(answer);
    await expectPublicKeys(keys);
    expect(keys).toHaveLength(1);
    expect(keys[0]).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256' });
    expect([octets(keys[0]?.x).length, octets(keys[0]?.y).length]).toEqual([32, 32]);
  });
});

describe.each(HTTP_ADAPTERS)('keys given as a file on %s', (httpAdapter) => {
  const folder = mkdtempSync(join(tmpdir(), 'oauth-keys-'));
  const file = join(folder, 'keys.json');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const ed = generateKeyPairSync('ed25519').privateKey;
  let server: Server;

  beforeAll(async () => {
    const keys = [
      { ...rsa.export({ format: 'jwk' }), alg: 'RS256' },
      ec.export({ format: 'jwk' }),
      ed.export({ format: 'jwk' }),
    ];
    writeFileSync(file, JSON.stringify({ keys }));
    server = await openServer({ httpAdapter, env: { SIGNING_KEYS_FILE: file } });
  });

  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('JWKS-002 JWKS-003 JWKS-004 JWKS-005 JWKS-006 JWKS-013 publishes all of them, without their private parts', async () => {
    const answer = await server.send({ path: JWKS });
    const keys = keysOf(answer);
    await expectPublicKeys(keys);
    expect(keys.map(({ kty, alg }) => [kty, alg])).toEqual([
      ['RSA', 'RS256'],
      ['EC', 'ES256'],
      ['OKP', expect.stringMatching(/^(?:EdDSA|Ed25519)$/)],
    ]);
    expect(keys[0]?.e).toBe('AQAB');
    expect([octets(keys[0]?.n).length, octets(keys[0]?.n)[0]]).toEqual([256, expect.any(Number)]);
    expect(octets(keys[0]?.n)[0]).not.toBe(0);
    expect(keys[0]?.n).toMatch(/^[\w-]+$/);
    for (const key of [rsa, ec, ed]) {
      expect(answer.text).not.toContain(key.export({ format: 'jwk' }).d);
      expect(server.app.output()).not.toContain(key.export({ format: 'jwk' }).d);
    }
  });

  it('JWKS-015 signs with the first one, for its one algorithm', async () => {
    const { access_token: token } = expectToken(await server.token(GRANT));
    const remote = createRemoteJWKSet(new URL(`${server.issuer}${JWKS}`));
    const { protectedHeader } = await jwtVerify(token, remote, { issuer: server.issuer, typ: 'at+jwt' });
    expect(protectedHeader).toMatchObject({
      alg: 'RS256',
      kid: keysOf(await server.send({ path: JWKS }))[0]?.kid,
    });
    const headers = { authorization: `Bearer ${token}` };
    expect((await server.send({ path: '/api/catalog', headers })).status).toBe(200);
  });
});
