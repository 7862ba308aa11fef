import { compactDecrypt, decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { AccessTokenVerifier, MemoryPersistence, type OauthModuleOptions } from 'nestjs-oauth-kit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newForger } from '../nest/forge.js';
import { basic, openKit, type Kit } from '../support/echo.js';
import { Bench, newKeyPair, RecordingFetcher, type KeyPair } from './assertions.js';
import {
  answered, API, AS_JWT, caller, denied, FORMATS, INACTIVE, NO_STORE, TYPE, told, tokenOf, verified,
} from './introspection-support.js'; // prettier-ignore
import { rendered, sharing, type Registered } from './support.js';

const opened: Kit[] = [];

async function open(options: Partial<OauthModuleOptions> = {}): Promise<Kit> {
  const kit = await openKit(options);
  opened.push(kit);
  return kit;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((kit) => kit.close()));
});

async function jwtFor(kit: Kit, client: Registered, token: string): Promise<string> {
  const { jwt, headers } = answered(await kit.introspect({ token }, { ...client.basic, ...AS_JWT }));
  if (jwt === undefined) throw new Error('The answer is no JWT.');
  expect(headers).toEqual({ ...NO_STORE, 'Content-Type': TYPE });
  return jwt;
}

describe('which form the answer has', () => {
  let kit: Kit;
  let client: Registered;
  let token: string;

  beforeAll(async () => {
    kit = await openKit();
    client = await caller(kit);
    token = await tokenOf(kit, client);
  });

  afterAll(() => kit.close());

  const isJwt = async (accept?: string) => {
    const headers = { ...client.basic, ...(accept !== undefined && { accept }) };
    const { jwt, document, headers: sent } = answered(await kit.introspect({ token }, headers));
    expect(document).toMatchObject({ active: true });
    expect(sent).toEqual({ ...NO_STORE, ...(jwt !== undefined && { 'Content-Type': TYPE }) });
    return jwt !== undefined;
  };

  it.each([
    TYPE,
    TYPE.toUpperCase(),
    `  ${TYPE}  `,
    `${TYPE};q=0.1`,
    `${TYPE} ; q=1.000`,
    `application/json;q=0.5, ${TYPE}`,
    `${TYPE}, application/json`,
    `application/json, ${TYPE}`,
    `text/html, ${TYPE};q=0.9, */*;q=0.1`,
    `,,${TYPE},`,
    `${TYPE};version=1`,
    `${TYPE};Q=0.4`,
  ])('INT-025 a JWT for Accept: %s', async (accept) => {
    expect(await isJwt(accept)).toBe(true);
  });

  it.each([
    undefined,
    '',
    '*/*',
    'application/*',
    'application/json',
    'application/jwt',
    'token-introspection+jwt',
    'application/token-introspection',
    `${TYPE}x`,
    `x${TYPE}`,
    `${TYPE};q=0`,
    `${TYPE};q=0.000`,
    `${TYPE};q=`,
    `${TYPE};q=abc`,
    `${TYPE};q=-1`,
    `application/json, ${TYPE};q=0.5`,
    `text/plain;x="${TYPE}"`,
    '\u0000',
    ';;;,,,',
    '__proto__',
    'constructor',
    `${',;='.repeat(5000)}`,
  ])('INT-025 plain JSON for Accept: %s', async (accept) => {
    expect(await isJwt(accept)).toBe(false);
  });
});

describe('RFC 9701 the JWT', () => {
  it('INT-026 INT-027 INT-028 INT-031 by default with RS256: type, key, issuer, caller, time, answer, nothing else', async () => {
    const kit = await open();
    const client = await caller(kit, { introspection_signed_response_alg: undefined });
    const jwt = await jwtFor(kit, client, await tokenOf(kit, client));
    const { header, document } = await verified(kit, client.id, jwt);
    expect(header).toEqual({
      alg: 'RS256',
      typ: 'token-introspection+jwt',
      kid: expect.any(String) as string,
    });
    expect(document).toMatchObject({ active: true, client_id: client.id, aud: API });
    for (const name of ['sub', 'exp', 'jti', 'client_id', 'scope'])
      expect(decodeJwt(jwt)).not.toHaveProperty(name);
  });

  it('INT-026 INT-027 the audience is who asks, not who the token is for', async () => {
    const kit = await open();
    const [client, server] = [await caller(kit), await caller(kit, { resource: API })];
    const jwt = await jwtFor(kit, server, await tokenOf(kit, client));
    expect(decodeJwt(jwt).aud).toBe(server.id);
    await expect(verified(kit, client.id, jwt)).rejects.toThrow(/aud/);
  });

  it('INT-029 an inactive one is signed as well, and says no more', async () => {
    const kit = await open();
    const client = await caller(kit);
    const jwt = await jwtFor(kit, client, 'unknown');
    expect((await verified(kit, client.id, jwt)).document).toStrictEqual(INACTIVE);
  });

  it.each(['ES256', 'PS256', 'EdDSA', 'RS256'])('INT-031 with %s where that is registered', async (alg) => {
    const kit = await open();
    const client = await caller(kit, { introspection_signed_response_alg: alg });
    const jwt = await jwtFor(kit, client, await tokenOf(kit, client));
    expect((await verified(kit, client.id, jwt)).header.alg).toBe(alg);
  });

  it.each(['none', 'HS256', 'ES512', '', 'es256'])('INT-026 %j cannot be registered', async (alg) => {
    const kit = await open();
    const create = kit.admin.clients.create({ introspection_signed_response_alg: alg });
    await expect(create).rejects.toMatchObject({ code: 'invalid_client_metadata' });
  });

  it('INT-031 with keys of the host: only what they sign with, and the first one where nothing is registered', async () => {
    const forger = await newForger();
    const kit = await open({ signingKeys: forger.pem });
    const rs = kit.admin.clients.create({ introspection_signed_response_alg: 'RS256' });
    await expect(rs).rejects.toMatchObject({ code: 'invalid_client_metadata' });
    const client = await caller(kit, { introspection_signed_response_alg: undefined });
    const jwt = await jwtFor(kit, client, await tokenOf(kit, client));
    const { header } = await verified(kit, client.id, jwt);
    expect([header.alg, header.kid]).toEqual(['ES256', forger.kid]);
  });

  it('INT-031 an algorithm that the server has no key for any more: server_error, never another form', async () => {
    const store = new MemoryPersistence();
    const kit = await open({ persistence: sharing(store) });
    const client = await caller(kit, { introspection_signed_response_alg: 'RS256' });
    const { pem } = await newForger();
    const other = await open({ persistence: sharing(store), signingKeys: pem });
    const error = denied(await other.introspect({ token: 'x' }, { ...client.basic, ...AS_JWT }));
    expect(error).toMatchObject({ status: 500, code: 'server_error', headers: NO_STORE });
    expect(await told(other, client, 'x')).toStrictEqual(INACTIVE);
  });

  it('INT-030 passes for no access token, at the endpoint and at the guard', async () => {
    const kit = await open();
    const client = await caller(kit);
    const jwt = await jwtFor(kit, client, await tokenOf(kit, client));
    expect(await told(kit, client, jwt)).toStrictEqual(INACTIVE);
    expect(await kit.get<AccessTokenVerifier>(AccessTokenVerifier).verify(jwt)).toBeUndefined();
  });

  it('INT-033 nobody who is not authenticated gets one, whatever the Accept header asks for', async () => {
    const kit = await open();
    const client = await caller(kit);
    for (const headers of [{}, basic(client.id, 'x')]) {
      const error = denied(await kit.introspect({ token: 'x' }, { ...headers, ...AS_JWT }));
      expect(error.headers).toEqual({ ...NO_STORE, 'WWW-Authenticate': 'Basic realm="oauth"' });
    }
  });

  it('INT-025 where no keys are published the answer is plain, and the metadata offers nothing else', async () => {
    const resources = [{ identifier: '/reports', scopes: ['report'], accessTokenFormat: 'opaque' as const }];
    const kit = await open({ resources, endpoints: { jwks: false } });
    const client = await caller(kit, { scope: 'report' });
    const token = await tokenOf(kit, client, 'report');
    const response = answered(await kit.introspect({ token }, { ...client.basic, ...AS_JWT }));
    expect(response).toMatchObject({ jwt: undefined, headers: NO_STORE, document: { active: true } });
  });
});

describe('INT-031 encrypted', () => {
  const ENCS = ['A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512', 'A128GCM', 'A192GCM', 'A256GCM'];
  let ec: KeyPair;
  let rsa: KeyPair;

  beforeAll(async () => {
    [ec, rsa] = await Promise.all([newKeyPair('ES256'), newKeyPair('RS256')]);
  });

  const registered = (kit: Kit, alg: string, pair: KeyPair, more: object = {}) =>
    caller(kit, {
      introspection_encrypted_response_alg: alg,
      jwks: { keys: [{ ...pair.jwk, kid: 'enc-1', use: 'enc' }] },
      ...more,
    });

  async function opens(kit: Kit, client: Registered, jwe: string, pair: KeyPair) {
    expect(jwe.split('.')).toHaveLength(5);
    const { plaintext, protectedHeader: header } = await compactDecrypt(jwe, pair.key);
    const { document } = await verified(kit, client.id, Buffer.from(plaintext).toString());
    return { header, document };
  }

  it.each(['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'])(
    'for the client’s key with %s, the JWT inside signed; A128CBC-HS256 where nothing else is registered',
    async (alg) => {
      const kit = await open();
      const pair = alg.startsWith('RSA') ? rsa : ec;
      const client = await registered(kit, alg, pair);
      for (const { scope } of FORMATS) {
        const jwe = await jwtFor(kit, client, await tokenOf(kit, client, scope));
        const { header, document } = await opens(kit, client, jwe, pair);
        expect(header).toMatchObject({ alg, enc: 'A128CBC-HS256', cty: 'JWT', kid: 'enc-1' });
        expect(document).toMatchObject({ active: true, scope });
      }
    },
  );

  it.each(ENCS)('with the content encryption %s', async (enc) => {
    const kit = await open();
    const more = { introspection_encrypted_response_enc: enc };
    const client = await registered(kit, 'ECDH-ES', ec, more);
    const jwe = await jwtFor(kit, client, 'unknown');
    const { header, document } = await opens(kit, client, jwe, ec);
    expect([header.enc, document]).toEqual([enc, INACTIVE]);
  });

  it('inactive and active cannot be told apart by the headers', async () => {
    const kit = await open();
    const client = await registered(kit, 'ECDH-ES+A128KW', ec);
    const names = async (token: string) =>
      Object.keys(decodeProtectedHeader(await jwtFor(kit, client, token))).sort();
    expect(await names('unknown')).toEqual(await names(await tokenOf(kit, client)));
  });

  it('plain JSON stays plain: who wants it encrypted asks for the JWT', async () => {
    const kit = await open();
    const client = await registered(kit, 'ECDH-ES', ec);
    expect(await told(kit, client, await tokenOf(kit, client))).toMatchObject({ active: true });
  });

  it('a key that cannot be fetched: 503, never in the clear, and later it works', async () => {
    const jwksFetcher = new RecordingFetcher();
    const bench = await Bench.open({ clientAssertions: { jwksFetcher } });
    const { kit } = bench;
    opened.push(kit);
    const uri = { jwks: undefined, jwks_uri: 'https://keys.example/jwks' };
    const client = await registered(kit, 'ECDH-ES', ec, uri);
    const token = await tokenOf(kit, client);
    for (const keys of [undefined, [], [{ ...rsa.jwk, use: 'enc' }], [{ ...ec.jwk, use: 'sig' }]]) {
      jwksFetcher.keys = keys;
      kit.clock.time += 3600 - 60;
      for (const about of [token, 'unknown']) {
        const error = denied(await kit.introspect({ token: about }, { ...client.basic, ...AS_JWT }));
        expect(error).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
        expect(error.headers).toEqual({ ...NO_STORE, 'Retry-After': '5' });
        for (const part of [client.id, 'keys.example', 'ECDH']) expect(rendered(error)).not.toContain(part);
      }
    }
    expect(jwksFetcher.asked.length).toBeGreaterThan(0);
    jwksFetcher.keys = [{ ...ec.jwk, kid: 'new' }];
    kit.clock.time += 3600;
    const { header } = await opens(kit, client, await jwtFor(kit, client, 'unknown'), ec);
    expect(header.kid).toBe('new');
  });

  it.each<[string, object]>([
    ['an algorithm without a key', { jwks: undefined }],
    ['RSA1_5', { introspection_encrypted_response_alg: 'RSA1_5' }],
    ['dir', { introspection_encrypted_response_alg: 'dir' }],
    ['an algorithm that the key is not for', { introspection_encrypted_response_alg: 'RSA-OAEP' }],
    ['an unknown content encryption', { introspection_encrypted_response_enc: 'A512GCM' }],
    [
      'a content encryption alone',
      { introspection_encrypted_response_alg: undefined, introspection_encrypted_response_enc: 'A128GCM' },
    ],
  ])('%s cannot be registered', async (_, more) => {
    // prettier-ignore
    const kit = await open();
    const create = registered(kit, 'ECDH-ES', ec, more);
    await expect(create).rejects.toMatchObject({ code: 'invalid_client_metadata' });
  });

  it('a caller that changes its registration to no encryption gets a signed JWT again', async () => {
    const kit = await open();
    const client = await registered(kit, 'ECDH-ES', ec);
    await kit.admin.clients.update(client.id, {
      introspection_encrypted_response_alg: null,
      introspection_encrypted_response_enc: null,
    });
    const jwt = await jwtFor(kit, client, 'unknown');
    expect((await verified(kit, client.id, jwt)).document).toStrictEqual(INACTIVE);
  });
});

it('INT-030 a JWT of this type under the server’s key, with every claim of an access token, is inactive', async () => {
  const forger = await newForger();
  const kit = await open({ signingKeys: forger.pem });
  const client = await caller(kit);
  const token = await tokenOf(kit, client);
  const jwt = await new SignJWT(decodeJwt(token))
    .setProtectedHeader({ alg: 'ES256', kid: forger.kid, typ: 'token-introspection+jwt' })
    .sign(forger.privateKey);
  expect(await told(kit, client, jwt)).toStrictEqual(INACTIVE);
});
