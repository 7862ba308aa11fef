import { exportJWK, generateKeyPair } from 'jose';
import { toClientInformation } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CONTENT_ENCRYPTION_ALGORITHMS,
  KEY_ENCRYPTION_ALGORITHMS,
} from '../../src/oauth/client/keys/encryption-key.js';
import { ISSUER, openKit, type Kit } from '../support/echo.js';
import { newKeyPair, RecordingFetcher } from './assertions.js';

type Members = Record<string, unknown>;

const [{ jwk: EC, privateJwk: EC_KEY }, { jwk: RSA }, { jwk: ED }, { jwk: WEAK }, { publicKey }] =
  await Promise.all([
    newKeyPair('ES256'),
    newKeyPair('RS256'),
    newKeyPair('EdDSA'),
    newKeyPair('RS256', 1024),
    generateKeyPair('ECDH-ES', { crv: 'X25519', extractable: true }),
  ]);
const X25519: Members = { ...(await exportJWK(publicKey)) };
const FOREIGN = { kty: 'AKP', alg: 'ML-KEM-768', pub: 'x'.repeat(40) };
const URI = { jwks_uri: 'https://keys.example/jwks' };
const OAEP = { introspection_encrypted_response_alg: 'RSA-OAEP-256' };
const AGREED = { introspection_encrypted_response_alg: 'ECDH-ES' };
const INVALID = { name: 'OauthError', code: 'invalid_client_metadata', status: 400 };

let kit: Kit;
let fetcher: RecordingFetcher;

beforeEach(async () => {
  fetcher = new RecordingFetcher();
  kit = await openKit({ clientAssertions: { jwksFetcher: fetcher } });
});

afterEach(() => kit.close());

const keySet = (...keys: unknown[]): Members => ({ jwks: { keys } });
const create = async (metadata: Members) => (await kit.admin.clients.create(metadata)).client;

/** The description with which the registration is refused; nothing is stored then, and nothing fetched. */
async function refusal(metadata: Members): Promise<string> {
  const failure: unknown = await create(metadata).catch((error: unknown) => error);
  expect(failure).toMatchObject(INVALID);
  expect((await kit.admin.clients.list({ limit: 1 })).clients).toEqual([]);
  expect(fetcher.asked).toEqual([]);
  return (failure as Error).message;
}

describe('INT-031 introspection_signed_response_alg', () => {
  it.each(['ES256', 'RS256', 'PS256', 'EdDSA'])('%s is kept and told', async (algorithm) => {
    const client = await create({ introspection_signed_response_alg: algorithm });
    expect(client.introspectionSignedResponseAlg).toBe(algorithm);
    expect(await kit.admin.clients.get(client.id)).toEqual(client);
    expect(toClientInformation(client)).toMatchObject({ introspection_signed_response_alg: algorithm });
  });

  it.each<unknown>(['none', 'HS256', 'HS512', 'ES384', 'es256', '', ['ES256'], 7, {}, true])(
    '%j is refused',
    async (algorithm) => {
      expect(await refusal({ introspection_signed_response_alg: algorithm })).toBe(
        'introspection_signed_response_alg must be one of ES256, RS256, PS256, EdDSA',
      );
    },
  );

  it('is one that the server has a key for, where the host gives the keys', async () => {
    await kit.close();
    kit = await openKit({ signingKeys: JSON.stringify(EC_KEY) });
    expect(await refusal({ introspection_signed_response_alg: 'RS256' })).toBe(
      'introspection_signed_response_alg must be one that this server signs with: ES256',
    );
    expect(await create({ introspection_signed_response_alg: 'ES256' })).toMatchObject({
      introspectionSignedResponseAlg: 'ES256',
    });
  });
});

describe('INT-031 introspection_encrypted_response_alg', () => {
  it.each(KEY_ENCRYPTION_ALGORITHMS)('%s is kept and told, with each enc', async (algorithm) => {
    const keys = keySet(algorithm.startsWith('RSA') ? RSA : EC);
    for (const content of CONTENT_ENCRYPTION_ALGORITHMS) {
      const given = {
        introspection_encrypted_response_alg: algorithm,
        introspection_encrypted_response_enc: content,
      };
      const client = await create({ ...keys, ...given });
      expect(client).toMatchObject({
        introspectionEncryptedResponseAlg: algorithm,
        introspectionEncryptedResponseEnc: content,
      });
      expect(await kit.admin.clients.get(client.id)).toEqual(client);
      expect(toClientInformation(client)).toMatchObject({ ...keys, ...given });
    }
  });

  it('goes with A128CBC-HS256 where no enc is given', async () => {
    const client = await create({ ...keySet(EC), ...AGREED });
    expect(client.introspectionEncryptedResponseEnc).toBe('A128CBC-HS256');
    expect(client).not.toHaveProperty('introspectionSignedResponseAlg');
  });

  it.each<unknown>(['none', 'dir', 'A128KW', 'A128GCMKW', 'RSA1_5', 'PBES2-HS256+A128KW', 'ecdh-es', '', ['ECDH-ES'], 7])(
    '%j is refused',
    async (algorithm) => {
      expect(
        await refusal({ ...keySet(EC, RSA), introspection_encrypted_response_alg: algorithm }),
      ).toMatch(/^introspection_encrypted_response_alg must be one of RSA-OAEP-256, /);
    },
  ); // prettier-ignore

  it.each<unknown>(['none', 'A128CBC', 'A128KW', 'a128gcm', '', ['A128GCM'], 7])(
    'enc %j is refused',
    async (content) => {
      const metadata = { ...keySet(EC), ...AGREED, introspection_encrypted_response_enc: content };
      expect(await refusal(metadata)).toMatch(/^introspection_encrypted_response_enc must be one of A128CBC/);
    },
  );

  it('enc without alg is refused', async () => {
    const metadata = { ...keySet(EC), introspection_encrypted_response_enc: 'A128GCM' };
    expect(await refusal(metadata)).toBe(
      'introspection_encrypted_response_alg must be given for introspection_encrypted_response_enc',
    );
  });
});

describe('INT-031 the key to encrypt for', () => {
  it('stands in jwks or at the jwks_uri, which is not fetched yet', async () => {
    expect(await refusal(OAEP)).toBe(
      'jwks or jwks_uri must be given for introspection_encrypted_response_alg',
    );
    expect(await create({ ...URI, ...OAEP })).toMatchObject({
      introspectionEncryptedResponseAlg: 'RSA-OAEP-256',
    });
    expect(fetcher.asked).toEqual([]);
  });

  it.each<[string, Members, Members]>([
    ['an EC key', OAEP, EC],
    ['an RSA key', AGREED, RSA],
    ['an Ed25519 key', AGREED, ED],
    ['a key for signatures', OAEP, { ...RSA, use: 'sig' }],
    ['a key that verifies', AGREED, { ...EC, key_ops: ['verify'] }],
    ['a key for RS256', OAEP, { ...RSA, alg: 'RS256' }],
    ['a key for another algorithm', OAEP, { ...RSA, alg: 'RSA-OAEP' }],
  ])('is not %s', async (_, algorithm, key) => {
    expect(await refusal({ ...keySet(key, FOREIGN), ...algorithm })).toBe(
      `jwks must have a key for the introspection_encrypted_response_alg ${algorithm['introspection_encrypted_response_alg'] as string}`,
    );
  });

  it.each<[string, Members]>([
    ['with its private part', EC_KEY],
    ['of 1024 bits, less than 2048', WEAK],
    ['with a private part', { ...X25519, d: 'x' }],
    ['that is no point of X25519, or one of small order', { ...X25519, x: Buffer.alloc(32).toString('base64url') }],
    ['whose alg does not fit its type', { ...RSA, alg: 'ECDH-ES' }],
  ])('is not one %s', async (reason, key) => {
    const words = reason.replace('its private', 'a private');
    expect(await refusal({ ...keySet(EC, key), ...AGREED })).toBe(`jwks.keys[1] must not be a key ${words}`);
  }); // prettier-ignore

  it.each<[string, Members, Members]>([
    ['on X25519', AGREED, X25519],
    ['for ECDH-ES', AGREED, { ...EC, alg: 'ECDH-ES' }],
    ['for RSA-OAEP-256', OAEP, { ...RSA, alg: 'RSA-OAEP-256', use: 'enc' }],
    ['with use enc', AGREED, { ...EC, use: 'enc' }],
  ])(
    'may be the only one of a client that does not sign, and not of one that does: %s',
    async (_, alg, key) => {
      const metadata = { ...keySet(key), ...alg };
      const signing = { ...metadata, token_endpoint_auth_method: 'private_key_jwt' };
      expect(await refusal(signing)).toMatch(/^jwks must have a key for .*ES256/);
      expect((await create(metadata)).jwks).toEqual({ keys: [key] });
      const both = await create({ ...signing, ...keySet(ED, key) });
      expect(both.jwks).toEqual({ keys: [ED, key] });
    },
  );

  it('may be there before anything is encrypted, and one for both will do', async () => {
    expect((await create(keySet(X25519))).jwks).toEqual({ keys: [X25519] });
    await create({ ...keySet(RSA), ...OAEP, token_endpoint_auth_method: 'private_key_jwt' });
  });
});

describe('INT-031 client information and updates', () => {
  const NAMES = [
    'introspection_signed_response_alg',
    'introspection_encrypted_response_alg',
    'introspection_encrypted_response_enc',
  ];
  const update = (id: string, change: Members) => kit.admin.clients.update(id, change);

  it('a client without them has none of the members', async () => {
    const client = await create(keySet(EC));
    expect(Object.keys(client).filter((name) => name.startsWith('introspection'))).toEqual([]);
    expect(Object.keys(toClientInformation(client)).filter((name) => NAMES.includes(name))).toEqual([]);
  });

  it('registers the same client again', async () => {
    const given = { ...keySet(RSA), ...OAEP, introspection_signed_response_alg: 'PS256' };
    const information = toClientInformation(await create(given));
    const again = toClientInformation(await create({ ...information, client_id: 'again' }));
    expect(again).toEqual({ ...information, client_id: 'again' });
  });

  it('null takes them away; the keys stay as long as they are needed', async () => {
    const { id } = await create({ ...keySet(RSA), ...OAEP, introspection_signed_response_alg: 'ES256' });
    for (const change of [{ jwks: null }, keySet(EC), AGREED, { introspection_signed_response_alg: 'none' }])
      await expect(update(id, change)).rejects.toMatchObject(INVALID);
    const changed = await update(id, Object.fromEntries(NAMES.map((name) => [name, null])));
    expect(Object.keys(changed).filter((name) => name.startsWith('introspection'))).toEqual([]);
    expect(await update(id, { jwks: null })).not.toHaveProperty('jwks');
  });
});

describe('INT-009 resource', () => {
  const update = (id: string, resource: unknown) => kit.admin.clients.update(id, { resource });

  it.each([
    ['/api', `${ISSUER}/api`],
    ['/reports', `${ISSUER}/reports`],
    [`${ISSUER}/api`, `${ISSUER}/api`],
  ])('%s is kept and told as %s', async (resource, identifier) => {
    const client = await create({ resource });
    expect(client.resource).toBe(identifier);
    expect((await kit.admin.clients.get(client.id)).resource).toBe(identifier);
    expect(toClientInformation(client)).toMatchObject({ resource: identifier });
    const other = await create({});
    expect(await update(other.id, resource)).toMatchObject({ resource: identifier });
    expect(await kit.admin.clients.get(other.id)).toMatchObject({ resource: identifier });
  });

  it.each(['/nowhere', '/api/', '/API', 'api', '', '/', `${ISSUER}/api/`, 'https://other.example/api'])(
    '%j is refused, and those that there are named',
    async (resource) => {
      const wants = `resource must be the identifier of a resource server: ${ISSUER}/api, ${ISSUER}/reports`;
      expect(await refusal({ resource })).toBe(wants);
      const { id } = await create({ resource: '/api' });
      await expect(update(id, resource)).rejects.toMatchObject({ ...INVALID, description: wants });
      expect(await kit.admin.clients.get(id)).toMatchObject({ resource: `${ISSUER}/api` });
    },
  );

  it.each<unknown>([7, ['/api'], {}, true])('%j is refused', async (resource) => {
    expect(await refusal({ resource })).toMatch(/^resource must be /);
  });

  it('is below the path of an issuer that has one, as in the options', async () => {
    await kit.close();
    const issuer = `${ISSUER}/tenant`;
    kit = await openKit({
      issuer,
      resources: [
        { identifier: '/api', scopes: ['read'] },
        { identifier: 'urn:x:y', scopes: ['x'] },
      ],
    });
    expect(await create({ resource: '/api' })).toMatchObject({ resource: `${issuer}/api` });
    expect(await create({ resource: 'urn:x:y' })).toMatchObject({ resource: 'urn:x:y' });
    await expect(create({ resource: '/tenant/api' })).rejects.toMatchObject(INVALID);
  });
});
