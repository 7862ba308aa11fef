import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKit, type Kit } from '../support/echo.js';
import { newKeyPair } from './assertions.js';

type Members = Record<string, unknown>;

const [{ jwk: EC }, { jwk: RSA }, { jwk: ED }] = await Promise.all([
  newKeyPair('ES256'),
  newKeyPair('RS256'),
  newKeyPair('EdDSA'),
]);
const FOREIGN = { kty: 'AKP', alg: 'ML-DSA-44', pub: 'x'.repeat(40) };

let kit: Kit;

beforeEach(async () => {
  kit = await openKit();
});

afterEach(() => kit.close());

const keySet = (...keys: unknown[]): Members => ({ jwks: { keys } });
const create = (metadata: Members) =>
  kit.admin.clients.create({ token_endpoint_auth_method: 'private_key_jwt', ...metadata });

/** The description with which the registration is refused. */
async function refusal(metadata: Members): Promise<string> {
  const failure: unknown = await create(metadata).catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: 'OauthError', code: 'invalid_client_metadata', status: 400 });
  return (failure as Error).message;
}

describe('AUTH-034 jwks of a client of private_key_jwt', () => {
  it.each<[string, string, Members]>([
    ['ES256', 'an RSA key', RSA],
    ['RS256', 'an EC key', EC],
    ['ES384', 'a key on P-256', EC],
    ['Ed25519', 'a key on P-256', EC],
    ['PS256', 'a key for RS256', { ...RSA, alg: 'RS256' }],
    ['ES256', 'a key for encryption', { ...EC, use: 'enc' }],
    ['ES256', 'a key that signs', { ...EC, key_ops: ['sign'] }],
  ])('is refused for the registered %s with nothing but %s', async (algorithm, _, key) => {
    const metadata = { token_endpoint_auth_signing_alg: algorithm };
    expect(await refusal({ ...keySet(key, FOREIGN), ...metadata })).toBe(
      `jwks must have a key for ${algorithm}`,
    );
  });

  it('is refused without a key for any algorithm that the server accepts; one is enough', async () => {
    expect(await refusal(keySet({ ...EC, use: 'enc' }, { ...RSA, use: 'enc' }))).toMatch(
      /^jwks must have a key for .*ES256.*RS256/,
    );
    const { client } = await create(keySet({ ...EC, use: 'enc' }, RSA));
    expect(client.jwks?.keys).toHaveLength(2);
    for (const algorithm of ['EdDSA', 'Ed25519']) {
      await create({ ...keySet(EC, ED), token_endpoint_auth_signing_alg: algorithm });
    }
  });

  it('of a client that does not sign with it need suit nothing', async () => {
    const { client } = await create({
      token_endpoint_auth_method: 'client_secret_basic',
      ...keySet({ ...EC, use: 'enc' }),
    });
    expect(client.jwks?.keys).toHaveLength(1);
    const change = { token_endpoint_auth_method: 'private_key_jwt' };
    await expect(kit.admin.clients.update(client.id, change)).rejects.toMatchObject({
      code: 'invalid_client_metadata',
      message: expect.stringMatching(/^jwks must have a key for /) as string,
    });
  });
});
