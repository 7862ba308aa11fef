import { MemoryPersistence, type Persistence } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sameCredentials } from '../../src/oauth/client/client.cache.js';
import { basic, openKit, type Kit } from '../support/echo.js';
import { newKeyPair } from './assertions.js';
import { granted, GRANT, register, sharing } from './support.js';

const OLD = 'o'.repeat(32);
const NEW = 'n'.repeat(32);
/** Of the host's own, so that no signing key is kept under the secrets that come and go here. */
const signingKeys = (await newKeyPair('ES256')).key.export({ type: 'pkcs8', format: 'pem' }).toString();
const METHOD = { token_endpoint_auth_method: 'client_secret_jwt' };

let store: Persistence;
let kits: Kit[];

beforeEach(() => {
  store = new MemoryPersistence();
  kits = [];
});

afterEach(async () => {
  for (const kit of kits) await kit.close();
});

/** An instance on the one store. */
async function open(keyEncryptionSecret: string | readonly string[]): Promise<Kit> {
  const kit = await openKit({
    persistence: sharing(store),
    signingKeys,
    keyEncryptionSecret,
    clientCacheLifetime: 0,
  });
  kits.push(kit);
  return kit;
}

const secretsOf = async (id: string) => (await store.clients.find(id))?.secrets ?? [];

describe('a client that leaves client_secret_jwt', () => {
  it('keeps the digests of its secrets alone', async () => {
    const kit = await open(OLD);
    const client = await register(kit, METHOD);
    const { issued } = await kit.admin.secrets.rotate(client.id, 600);
    const before = await secretsOf(client.id);
    await kit.admin.clients.update(client.id, { scope: 'read' });
    expect(await secretsOf(client.id)).toEqual(before);
    await kit.admin.clients.update(client.id, { token_endpoint_auth_method: 'client_secret_basic' });
    const kept = before.map((secret) => ({ ...secret, encrypted: undefined }));
    expect(await secretsOf(client.id)).toEqual(kept);
    expect(JSON.stringify(await store.clients.find(client.id))).not.toContain('a256gcm');
    for (const secret of [client.secret, issued.secret]) {
      granted(await kit.token(GRANT, basic(client.id, secret)));
    }
    await expect(kit.admin.clients.update(client.id, METHOD)).rejects.toMatchObject({
      message: expect.stringMatching(/digests/) as string,
    });
    expect(await (await open([NEW, OLD])).admin.secrets.reencrypt()).toBe(0);
  });

  it('loses them for private_key_jwt too, and with a key that opens none', async () => {
    const client = await register(await open(OLD), METHOD);
    const kit = await open(NEW);
    const { jwk } = await newKeyPair('ES256');
    const change = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } };
    await kit.admin.clients.update(client.id, change);
    const [kept] = await secretsOf(client.id);
    expect(kept).toMatchObject({ digest: client.client.secrets[0]?.digest });
    expect(kept?.encrypted).toBeUndefined();
  });
});

describe('what tells credentials of a client from those of before', () => {
  it('is the revision, the token series, and each digest, encryption and end', async () => {
    const { client } = await register(await open(OLD), METHOD);
    const [secret] = client.secrets;
    if (!secret) throw new Error('The client has no secret.');
    const other = { ...secret, id: 'other' };
    expect(sameCredentials(client, structuredClone(client))).toBe(true);
    const two = { ...client, secrets: [secret, other] };
    expect(sameCredentials(two, { ...client, secrets: [other, { ...secret, lastUsedAt: 7 }] })).toBe(true);
    for (const changed of [
      undefined,
      { ...client, revision: client.revision + 1 },
      { ...client, tokenSeries: 'another' },
      { ...client, secrets: [] },
      { ...client, secrets: [{ ...secret, encrypted: 'a256gcm:another' }] },
      { ...client, secrets: [{ ...secret, digest: 'another' }] },
      { ...client, secrets: [{ ...secret, expiresAt: 7 }] },
    ]) {
      expect(sameCredentials(client, changed)).toBe(false);
    }
  });
});

it('AUTH-030 a process without the key makes no secret for client_secret_jwt, and ends none', async () => {
  const withKey = await open(OLD);
  await withKey.admin.clients.create({ client_id: 'jwt', ...METHOD });
  const before = await store.clients.find('jwt');
  const without = await open([]);
  await expect(without.admin.secrets.rotate('jwt', 0)).rejects.toMatchObject({ code: 'unsupported' });
  expect(await store.clients.find('jwt')).toEqual(before);
});
