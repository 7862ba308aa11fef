import { generateKeyPairSync } from 'node:crypto';
import { AccessTokenVerifier, MemoryPersistence, type JwksResponse } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKit, type Kit } from '../support/echo.js';
import { granted, GRANT, register, sharing } from './support.js';

const SECRET = 'a secret of more than thirty-two characters';

let store: MemoryPersistence;
let kit: Kit;

beforeEach(() => {
  store = new MemoryPersistence();
});

afterEach(() => kit.close());

const open = async (options: Parameters<typeof openKit>[0] = {}): Promise<Kit> => {
  kit = await openKit({ persistence: sharing(store), ...options });
  return kit;
};

const published = async (): Promise<string[]> => {
  const context = { request: { method: 'GET', url: '/oauth/jwks', headers: {} } };
  const callbacks = { jwkList: (_: unknown, { keys }: JwksResponse) => keys, jwksError: () => [] };
  return (await kit.oauth.jwks(context, callbacks)).map(({ kid }) => kid);
};

const issue = async (): Promise<string> => {
  const client = await register(kit);
  return granted(await kit.token(GRANT, client.basic)).accessToken;
};

const accepted = async (token: string): Promise<boolean> =>
  (await kit.get<AccessTokenVerifier>(AccessTokenVerifier).verify(token)) !== undefined;

describe('JWKS-011 a key that is revoked', () => {
  it('is not published, and what it has signed is dead, verified before or not', async () => {
    await open();
    const [old = ''] = await published();
    const token = await issue();
    expect(await accepted(token)).toBe(true);
    const { kid } = await kit.admin.keys.rotate({ immediately: true });
    expect(await accepted(token)).toBe(true);
    await kit.admin.keys.revoke(old);
    expect(await published()).toEqual([kid]);
    expect(await accepted(token)).toBe(false);
    expect(await accepted(await issue())).toBe(true);
  });

  it('is forgotten by another instance within ten seconds', async () => {
    const first = await open();
    const second = await openKit({ persistence: sharing(store), clock: first.clock });
    const token = await issue();
    await second.admin.keys.rotate({ immediately: true });
    await second.admin.keys.revoke((await second.admin.keys.list())[0]?.kid ?? '');
    kit.clock.time += 10;
    expect(await accepted(token)).toBe(false);
    await second.close();
  });

  it('is not the current one, not one that does not exist, and not the host’s', async () => {
    await open();
    const [current = ''] = await published();
    await expect(kit.admin.keys.revoke(current)).rejects.toMatchObject({ code: 'conflict' });
    await expect(kit.admin.keys.revoke('none')).rejects.toMatchObject({ code: 'key_not_found' });
    expect(await published()).toEqual([current]);
    await kit.close();
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await open({ signingKeys: pem });
    const [given = ''] = await published();
    await expect(kit.admin.keys.revoke(given)).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('JWKS-012 keys that were stored in the clear', () => {
  it('are sealed at the first start with a secret, and stay the same keys', async () => {
    await open();
    const kids = await published();
    const token = await issue();
    expect((await store.signingKeys.all())[0]?.privateKey).toContain('"d":');
    await kit.close();
    await open({ keyEncryptionSecret: SECRET });
    expect(await published()).toEqual(kids);
    expect(await accepted(token)).toBe(true);
    expect((await store.signingKeys.all())[0]?.privateKey).not.toContain('"d":');
  });

  it('are not accepted later: a key that somebody has put there does not sign', async () => {
    const other = await openKit();
    const [planted] = await other.persistence.signingKeys.all();
    await other.close();
    await open({ keyEncryptionSecret: SECRET });
    const kids = await published();
    if (!planted) throw new Error('no key');
    await store.signingKeys.insert({ ...planted, generation: 2, activatesAt: kit.clock.now() });
    kit.clock.time += 60;
    expect(await published()).toEqual(kids);
    expect(await accepted(await issue())).toBe(true);
  });
});

it('several PEM keys in one file: the first signs, the others are published', async () => {
  const pem = (type: 'ed25519' | 'ec') =>
    generateKeyPairSync(type as 'ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString();
  await open({ signingKeys: `# current\n${pem('ed25519')}\n# before\n${pem('ec')}` });
  expect((await kit.admin.keys.list()).map(({ algorithm, state }) => [algorithm, state])).toEqual([
    ['EdDSA', 'current'],
    ['ES256', 'retired'],
  ]);
});

it('a PEM key under a passphrase is refused, and not passed over for the one behind it', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const plain = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  for (const type of ['pkcs8', 'sec1'] as const) {
    const sealed = privateKey
      .export({ type, format: 'pem', cipher: 'aes-128-cbc', passphrase: 'never mind' })
      .toString();
    const start = openKit({ persistence: sharing(store), signingKeys: `${sealed}\n${plain}` });
    await expect(start).rejects.toMatchObject({ option: 'signingKeys' });
  }
  await open();
});
