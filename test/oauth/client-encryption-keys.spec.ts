import { compactDecrypt, decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientEncryptionKeys } from '../../src/oauth/client/keys/client-encryption-keys.js';
import type { KeyEncryptionAlgorithm } from '../../src/oauth/client/keys/encryption-key.js';
import { openKit, type Kit } from '../support/echo.js';
import { newKeyPair, RecordingFetcher } from './assertions.js';

type Members = Record<string, unknown>;

const [EC_PAIR, OTHER_PAIR, RSA_PAIR, ED_PAIR] = await Promise.all([
  newKeyPair('ES256'),
  newKeyPair('ES256'),
  newKeyPair('RS256'),
  newKeyPair('EdDSA'),
]);
const EC = { ...EC_PAIR.jwk, kid: 'ec' };
const OTHER = { ...OTHER_PAIR.jwk, kid: 'other' };
const RSA = { ...RSA_PAIR.jwk, kid: 'rsa' };
const ED = { ...ED_PAIR.jwk, kid: 'ed' };
const URI = 'https://keys.example/jwks';

let kit: Kit;
let fetcher: RecordingFetcher;
let keys: ClientEncryptionKeys;

beforeEach(async () => {
  fetcher = new RecordingFetcher();
  kit = await openKit({ clientAssertions: { jwksFetcher: fetcher } });
  keys = kit.get(ClientEncryptionKeys);
});

afterEach(() => kit.close());

const create = async (metadata: Members) => (await kit.admin.clients.create(metadata)).client;
const withKeys = (...jwks: Members[]) => create({ jwks: { keys: jwks } });
const withUri = () => create({ jwks_uri: URI });

type Registered = Awaited<ReturnType<typeof create>>;

/** The kid of the key that something is encrypted for. */
async function chosen(client: Registered, algorithm: KeyEncryptionAlgorithm): Promise<unknown> {
  const key = await keys.for(client, algorithm);
  return key && decodeProtectedHeader(await key.encrypt('jwt', algorithm, 'A128GCM')).kid;
}

describe('the key of a client', () => {
  it('is one whose holder can read what is encrypted for it', async () => {
    const key = await keys.for(await withKeys(EC), 'ECDH-ES+A256KW');
    const jwe = await key?.encrypt('a.b.c', 'ECDH-ES+A256KW', 'A256GCM');
    const { plaintext } = await compactDecrypt(jwe ?? '', EC_PAIR.key);
    expect(new TextDecoder().decode(plaintext)).toBe('a.b.c');
  });

  it('is the first one that suits the algorithm', async () => {
    const client = await withKeys(ED, { ...RSA, use: 'sig', kid: 'signs' }, EC, RSA, OTHER);
    expect(await chosen(client, 'ECDH-ES')).toBe('ec');
    expect(await chosen(client, 'RSA-OAEP')).toBe('rsa');
  });

  it('is rather one that is for encryption alone', async () => {
    const client = await withKeys(EC, { ...OTHER, use: 'enc' }, { ...EC, use: 'enc', kid: 'later' });
    expect(await chosen(client, 'ECDH-ES')).toBe('other');
  });

  it('is missing where there is none', async () => {
    expect(await keys.for(await withKeys(ED, EC), 'RSA-OAEP')).toBeUndefined();
    expect(await keys.for(await create({}), 'ECDH-ES')).toBeUndefined();
    expect(fetcher.asked).toEqual([]);
  });

  it('is made usable once for each state of the client', async () => {
    const client = await withKeys(EC);
    const first = await keys.for(client, 'ECDH-ES');
    expect(await keys.for(await kit.admin.clients.get(client.id), 'ECDH-ES')).toBe(first);
    const changed = await kit.admin.clients.update(client.id, { jwks: { keys: [OTHER] } });
    expect(await chosen(changed, 'ECDH-ES')).toBe('other');
  });
});

describe('the key at a jwks_uri', () => {
  it('is fetched by the host’s fetcher, and kept', async () => {
    fetcher.keys = [ED, EC];
    const client = await withUri();
    const first = await keys.for(client, 'ECDH-ES');
    expect(first).toBeDefined();
    expect(await keys.for(client, 'ECDH-ES')).toBe(first);
    expect(fetcher.asked).toEqual([URI]);
  });

  it('is missing while the set cannot be fetched', async () => {
    const client = await withUri();
    expect(await keys.for(client, 'ECDH-ES')).toBeUndefined();
    fetcher.keys = [EC];
    kit.clock.time += 10;
    expect(await chosen(client, 'ECDH-ES')).toBe('ec');
  });

  it('that is not in the set is looked for at most once a minute', async () => {
    fetcher.keys = [EC];
    const client = await withUri();
    expect(await chosen(client, 'ECDH-ES')).toBe('ec');
    fetcher.keys = [EC, RSA];
    expect(await chosen(client, 'RSA-OAEP')).toBe('rsa');
    fetcher.keys = [EC];
    for (let call = 0; call < 10; call++) await keys.for(client, 'RSA-OAEP');
    expect(fetcher.asked).toHaveLength(2);
  });

  it('is no broken one, and no private one', async () => {
    fetcher.keys = [EC_PAIR.privateJwk, { ...RSA, n: 'AQAB' }, OTHER];
    const client = await withUri();
    expect(await chosen(client, 'ECDH-ES')).toBe('other');
    expect(await keys.for(client, 'RSA-OAEP')).toBeUndefined();
  });
});
