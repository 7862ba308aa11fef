import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import { clientKey, type ClientKey } from './support/assertions.js';
import {
  AS_JWT,
  deniedTokens,
  expectActive,
  expectInactive,
  expectInactiveJwt,
  expectRefused,
  expectRevoked,
  introspect,
  registerResourceServer,
  revoke,
  tokenOf,
  use,
} from './support/lookups.js';
import { openServer, type Server, type TestClient } from './support/server.js';

const API = '/api/catalog';

interface Forgery {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly key?: ClientKey;
}

/** The server signs with keys that the tests have, so that they can sign what it never would. */
describe.each(HTTP_ADAPTERS)('forged tokens on %s', (httpAdapter) => {
  const folder = mkdtempSync(join(tmpdir(), 'oauth-forged-'));
  let server: Server;
  let api: TestClient;
  let own: ClientKey;
  let stranger: ClientKey;
  let token: string;
  let payload: JWTPayload;
  let kid: string;

  beforeAll(async () => {
    [own, stranger] = await Promise.all([clientKey('ES256'), clientKey('ES256')]);
    const file = join(folder, 'keys.json');
    // The server names its keys by their thumbprints.
    const members = { ...own.privateJwk, kid: undefined };
    writeFileSync(file, JSON.stringify({ keys: [members] }));
    server = await openServer({ httpAdapter, env: { SIGNING_KEYS_FILE: file } });
    api = await registerResourceServer(server, API);
    token = await tokenOf(server, 'catalog:read');
    payload = decodeJwt(token);
    kid = decodeProtectedHeader(token).kid ?? '';
  });

  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const now = () => Math.floor(Date.now() / 1000);

  /** The live token signed anew, but for what is changed. Members that are undefined are left out. */
  function forge({ header = {}, claims = {}, key = own }: Forgery): Promise<string> {
    const all = Object.entries({ ...payload, ...claims }).filter(([, value]) => value !== undefined);
    const protectedHeader = { alg: 'ES256', kid, typ: 'at+jwt', ...header };
    return new SignJWT(Object.fromEntries(all)).setProtectedHeader(protectedHeader).sign(key.privateKey);
  }

  /** Nobody takes it, nobody learns anything, and to revoke it does nothing. */
  async function expectNothing(forged: string): Promise<void> {
    const denied = await deniedTokens(server);
    expectRefused(await use(server.port, API, forged));
    for (const client of [server.client, api]) {
      expectInactive(await introspect(server.port, forged, client));
      const answer = await introspect(server.port, forged, client, AS_JWT);
      await expectInactiveJwt(server, answer, client, { algorithm: 'ES256' });
    }
    expectRevoked(await revoke(server.port, forged, server.client));
    expect(await deniedTokens(server)).toBe(denied);
    expect((await use(server.port, API, token)).status).toBe(200);
    expectActive(await introspect(server.port, token, server.client));
  }

  it('takes what is made by the same means and says the same', async () => {
    const again = await forge({ claims: { jti: 'another-one-of-the-same-kind' } });
    expect((await use(server.port, API, again)).status).toBe(200);
    expectActive(await introspect(server.port, again, api));
  });

  it.each<[what: string, forgery: () => Forgery]>([
    ['another key under the right kid', () => ({ key: stranger })],
    ['another key under its own kid', () => ({ key: stranger, header: { kid: stranger.kid } })],
    ['no kid', () => ({ header: { kid: undefined } })],
    ['the type JWT', () => ({ header: { typ: 'JWT' } })],
    ['no type', () => ({ header: { typ: undefined } })],
    ['the type of an introspection response', () => ({ header: { typ: 'token-introspection+jwt' } })],
    ['the type of an ID token', () => ({ header: { typ: 'id_token+jwt' } })],
    ['a key in its header', () => ({ key: stranger, header: { jwk: stranger.publicJwk } })],
    ['another issuer', () => ({ claims: { iss: 'https://evil.example' } })],
    ['the issuer with a slash', () => ({ claims: { iss: `${server.issuer}/` } })],
    ['no issuer', () => ({ claims: { iss: undefined } })],
    ['no id', () => ({ claims: { jti: undefined } })],
    ['an id that is a number', () => ({ claims: { jti: 7 } })],
    ['no subject', () => ({ claims: { sub: undefined } })],
    ['no client', () => ({ claims: { client_id: undefined } })],
    ['an unknown client', () => ({ claims: { client_id: 'nobody', sub: 'nobody' } })],
    ['no audience', () => ({ claims: { aud: undefined } })],
    ['no expiry', () => ({ claims: { exp: undefined } })],
    ['an expiry that is text', () => ({ claims: { exp: '9999999999' } })],
    ['an expiry in the past', () => ({ claims: { exp: now() - 1000 } })],
    ['a beginning in the future', () => ({ claims: { nbf: now() + 1000 } })],
    ['a beginning that is text', () => ({ claims: { nbf: '0' } })],
    ['a confirmation', () => ({ claims: { cnf: { jkt: 'x' } } })],
    [
      'the claims of an introspection response',
      () => ({ claims: { token_introspection: { active: true }, exp: undefined } }),
    ],
  ])('INT-007 REV-016 threat 10 threat 36 BEAR-010 a token with %s', async (_, forgery) => {
    await expectNothing(await forge(forgery()));
  });

  it('REV-016 threat 10 a live token with its signature or payload changed', async () => {
    const [head = '', body = '', signature = ''] = token.split('.');
    const wider = Buffer.from(JSON.stringify({ ...payload, scope: 'catalog:write' })).toString('base64url');
    const [first = '', ...rest] = signature;
    const forged = [
      `${head}.${wider}.${signature}`,
      `${head}.${body}.${first === 'A' ? 'B' : 'A'}${rest.join('')}`,
      `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`,
      `${head}.${body}.${signature.slice(0, -4)}`,
      `${head}.${body}.`,
    ];
    for (const each of forged) await expectNothing(each);
  });

  it('REV-016 threat 10 a live token without a signature', async () => {
    await expectNothing(new UnsecuredJWT(payload).encode());
    for (const alg of ['none', 'None', 'HS256']) {
      const header = Buffer.from(JSON.stringify({ alg, kid, typ: 'at+jwt' })).toString('base64url');
      await expectNothing(`${header}.${token.split('.')[1] ?? ''}.`);
    }
  });

  it('REV-016 a flood of them does not fill the deny-list', async () => {
    const denied = await deniedTokens(server);
    for (let count = 0; count < 50; count++) {
      const forged = await forge({ key: stranger, claims: { jti: `flood-${count}` } });
      expectRevoked(await revoke(server.port, forged, server.client));
    }
    expect(await deniedTokens(server)).toBe(denied);
    const mine = await tokenOf(server, 'catalog:read');
    for (let count = 0; count < 5; count++) expectRevoked(await revoke(server.port, mine, server.client));
    expect(await deniedTokens(server)).toBe(denied + 1);
  });

  it('INT-031 INT-032 offers the algorithms of its own keys alone', async () => {
    const { json } = await server.send({ path: '/.well-known/oauth-authorization-server' });
    expect(json?.['introspection_signing_alg_values_supported']).toEqual(['ES256']);
    const metadata = { introspection_signed_response_alg: 'RS256' };
    await expect(server.register(metadata)).rejects.toMatchObject({ code: 'invalid_client_metadata' });
  });
});
