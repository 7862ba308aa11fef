import { compactDecrypt, exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import {
  AS_JWT,
  expectActive,
  expectInactive,
  expectInactiveJwt,
  expectJwt,
  expectRefused,
  FORMATS,
  INTROSPECT,
  INTROSPECTION_JWT,
  introspect,
  post,
  registerResourceServer,
  revoke,
  tokenForm,
  tokenOf,
  use,
} from './support/lookups.js';
import { expectError, openServer, type Server, type TestClient } from './support/server.js';
import type { Answer } from './support/wire.js';

const METADATA = '/.well-known/oauth-authorization-server';
const SIGNED = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'];

/** A key pair that somebody is to encrypt for. */
interface DecryptionKey {
  readonly publicJwk: JWK;
  readonly privateKey: CryptoKey;
}

async function decryptionKey(algorithm: string, members: JWK = {}, crv?: string): Promise<DecryptionKey> {
  const pair = await generateKeyPair(algorithm, { extractable: true, ...(crv !== undefined && { crv }) });
  const publicJwk = { ...(await exportJWK(pair.publicKey)), ...members };
  return { publicJwk, privateKey: pair.privateKey };
}

describe.each(HTTP_ADAPTERS)('signed introspection on %s', (httpAdapter) => {
  let server: Server;
  let catalog: TestClient;
  let statistics: TestClient;

  beforeAll(async () => {
    server = await openServer({ httpAdapter });
    catalog = await registerResourceServer(server, '/api/catalog');
    statistics = await registerResourceServer(server, '/api/statistics');
  });

  afterAll(async () => {
    const output = server.app.output();
    await server.close();
    expect(output).not.toMatch(/unhandled|ERROR|TypeError|RangeError/i);
  });

  afterEach(() => server.serves());

  const about = (token: string, client: TestClient, headers = {}) =>
    introspect(server.port, token, client, { ...AS_JWT, ...headers });
  const apiClient = (api: string) => (api === '/api/catalog' ? catalog : statistics);

  it.each(FORMATS)(
    'INT-025 INT-026 INT-027 INT-028 INT-031 signs with RS256 what it says of a token of format $format',
    async ({ scope, api }) => {
      const token = await tokenOf(server, scope);
      for (const client of [server.client, apiClient(api)]) {
        const plain = expectActive(await introspect(server.port, token, client));
        const { header, claims, document } = await expectJwt(server, await about(token, client), client);
        expect(document).toEqual(plain);
        expect(header).toEqual({ alg: 'RS256', kid: header.kid, typ: 'token-introspection+jwt' });
        expect(claims).not.toHaveProperty('sub');
        expect(claims).not.toHaveProperty('exp');
        expect(claims.aud).toBe(client.id);
      }
    },
  );

  it('INT-027 is made anew for each request, and signed by a key that is published', async () => {
    const token = await tokenOf(server, 'catalog:read');
    const before = Math.floor(Date.now() / 1000);
    const { header, claims } = await expectJwt(server, await about(token, catalog), catalog);
    expect(claims.iat).toBeGreaterThanOrEqual(before - 1);
    const { json } = await server.send({ path: '/oauth/jwks' });
    const published = json?.['keys'] as JWK[];
    expect(published.find(({ kid }) => kid === header.kid)).toMatchObject({
      alg: 'RS256',
      use: 'sig',
      kty: 'RSA',
    });
  });

  it.each([
    [INTROSPECTION_JWT, true],
    [INTROSPECTION_JWT.toUpperCase(), true],
    [`${INTROSPECTION_JWT}, application/json`, true],
    [`application/json;q=0.5, ${INTROSPECTION_JWT}`, true],
    [`${INTROSPECTION_JWT};q=0.1, */*;q=0.9`, true],
    [`${INTROSPECTION_JWT};q=0.5, application/json`, false],
    [`${INTROSPECTION_JWT};q=0`, false],
    ['application/json', false],
    ['application/jwt', false],
    ['application/at+jwt', false],
    ['*/*', false],
    ['application/*', false],
    ['', false],
    ['text/html', false],
    [`x${INTROSPECTION_JWT}`, false],
    [';,;q=,', false],
  ])('INT-025 to Accept: "%s" a JWT is the answer: %s', async (accept, isJwt) => {
    const token = await tokenOf(server, 'catalog:read');
    const answer = await introspect(server.port, token, catalog, { accept });
    if (isJwt) await expectJwt(server, answer, catalog);
    else expectActive(answer);
  });

  it('INT-025 answers with JSON where there is no Accept', async () => {
    expectActive(await introspect(server.port, await tokenOf(server, 'catalog:read'), catalog));
  });

  it.each(FORMATS)(
    'INT-029 INT-009 threat 12 signs nothing but active: false about a token of format $format for others',
    async ({ scope, api }) => {
      const token = await tokenOf(server, scope);
      const stranger = await server.register();
      const other = api === '/api/catalog' ? statistics : catalog;
      for (const client of [stranger, other]) {
        await expectInactiveJwt(server, await about(token, client), client);
        const [hidden, unknown] = [await about(token, client), await about('unknown', client)];
        const segments = ({ text }: Answer) => text.split('.').map(({ length }) => length);
        expect(segments(hidden)).toEqual(segments(unknown));
      }
      for (const dead of ['unknown', 'a.b.c', '.', `${token}x`]) {
        await expectInactiveJwt(server, await about(dead, catalog), catalog);
      }
      await revoke(server.port, token, server.client);
      await expectInactiveJwt(server, await about(token, server.client), server.client);
      await expectInactiveJwt(server, await about(token, apiClient(api)), apiClient(api));
    },
  );

  it('INT-033 INT-004 INT-002 refuses in JSON, whatever is accepted', async () => {
    const form = tokenForm(await tokenOf(server, 'catalog:read'));
    expectError(await post(server.port, INTROSPECT, form, AS_JWT), 401, 'invalid_client');
    const headers = { ...catalog.basic, ...AS_JWT };
    expectError(await post(server.port, INTROSPECT, '', headers), 400, 'invalid_request');
    expectError(await server.send({ path: INTROSPECT, headers }), 405, 'invalid_request');
  });

  it('INT-028 INT-030 threat 36 the answer is no access token, here or there', async () => {
    const token = await tokenOf(server, 'catalog:read');
    const { text: jwt } = await about(token, server.client);
    expectRefused(await use(server.port, '/api/catalog', jwt));
    expectInactive(await introspect(server.port, jwt, server.client));
    expect((await use(server.port, '/api/catalog', token)).status).toBe(200);
  });

  it('INT-031 INT-032 signs with the algorithm that the client has registered', async () => {
    const { json } = await server.send({ path: METADATA });
    const offered = json?.['introspection_signing_alg_values_supported'] as string[];
    expect(offered[0]).toBe('RS256');
    expect(offered).not.toContain('none');
    expect(offered.filter((algorithm) => algorithm.startsWith('HS'))).toEqual([]);
    const token = await tokenOf(server, 'catalog:read');
    for (const algorithm of SIGNED.filter((each) => offered.includes(each))) {
      const metadata = { introspection_signed_response_alg: algorithm };
      const client = await registerResourceServer(server, '/api/catalog', metadata);
      const { header, document } = await expectJwt(server, await about(token, client), client, { algorithm });
      expect(header.alg).toBe(algorithm);
      expect(document['active']).toBe(true);
      await expectInactiveJwt(server, await about('unknown', client), client, { algorithm });
    }
  });

  it.each(['none', 'HS256', 'RS1', ''])(
    'INT-026 INT-031 registers nobody for the algorithm "%s"',
    async (algorithm) => {
      const metadata = { introspection_signed_response_alg: algorithm };
      await expect(registerResourceServer(server, '/api/catalog', metadata)).rejects.toMatchObject({
        code: 'invalid_client_metadata',
      });
    },
  );

  it('INT-031 access tokens keep their own key', async () => {
    const { kid } = (await expectJwt(server, await about('x', catalog), catalog)).header;
    const header = Buffer.from((await tokenOf(server, 'catalog:read')).split('.')[0] ?? '', 'base64url');
    const parsed = JSON.parse(header.toString()) as Record<string, unknown>;
    expect(parsed).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    expect(parsed['kid']).not.toBe(kid);
  });

  it.each([
    ['RSA-OAEP-256', 'A256GCM', undefined],
    ['RSA-OAEP-256', undefined, undefined],
    ['ECDH-ES', 'A128GCM', 'P-256'],
    ['ECDH-ES+A256KW', 'A256CBC-HS512', 'P-384'],
    ['ECDH-ES+A128KW', undefined, 'X25519'],
  ])('INT-031 INT-032 encrypts with %s and %s for the client, on %s', async (alg, enc, crv) => {
    const { json } = await server.send({ path: METADATA });
    expect(json?.['introspection_encryption_alg_values_supported']).toContain(alg);
    expect(json?.['introspection_encryption_enc_values_supported']).toContain(enc ?? 'A128CBC-HS256');
    const { publicJwk, privateKey } = await decryptionKey(alg, { use: 'enc', kid: 'for encryption' }, crv);
    const client = await registerResourceServer(server, '/api/catalog', {
      jwks: { keys: [publicJwk] },
      introspection_encrypted_response_alg: alg,
      ...(enc !== undefined && { introspection_encrypted_response_enc: enc }),
    });
    const token = await tokenOf(server, 'catalog:read');
    for (const [value, active] of [
      [token, true],
      ['unknown', false],
      [await tokenOf(server, 'statistics:read'), false],
    ] as const) {
      const answer = await about(value, client);
      expect(answer.text.split('.')).toHaveLength(5);
      const { plaintext, protectedHeader } = await compactDecrypt(answer.text, privateKey);
      expect(protectedHeader).toMatchObject({
        alg,
        enc: enc ?? 'A128CBC-HS256',
        kid: 'for encryption',
        cty: 'JWT',
      });
      const jwt = new TextDecoder().decode(plaintext);
      const { document } = await expectJwt(server, answer, client, { jwt });
      if (active) expect(document).toMatchObject({ active, client_id: server.client.id });
      else expect(document).toEqual({ active });
    }
    // What is not asked for as a JWT stays as it is.
    expectActive(await introspect(server.port, token, client));
  });

  it('INT-031 registers nobody for an encryption without a key for it', async () => {
    const signing = await decryptionKey('RSA-OAEP-256', { use: 'sig' });
    for (const more of [{}, { jwks: { keys: [signing.publicJwk] } }]) {
      const metadata = { introspection_encrypted_response_alg: 'RSA-OAEP-256', ...more };
      await expect(registerResourceServer(server, '/api/catalog', metadata)).rejects.toMatchObject({
        code: 'invalid_client_metadata',
      });
    }
  });
});
