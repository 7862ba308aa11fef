import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import {
  AccessTokenVerifier,
  MemoryPersistence,
  type JwksResponse,
  type Persistence,
} from 'nestjs-oauth-kit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Housekeeping } from '../../src/nest/housekeeping.js';
import { KEY_RING } from '../../src/nest/oauth.tokens.js';
import type { KeyRing } from '../../src/oauth/keys/key-ring.js';
import {
  SigningKeyFactory,
  type SigningAlgorithm,
  type SigningKey,
} from '../../src/oauth/keys/signing-key.js';
import { ManualClock, openKit, type Kit } from '../support/echo.js';
import { Faults, granted, GRANT, headerOf, register, sharing } from './support.js';

const DAY = 86_400;
const SECRET = 'a secret of more than thirty-two characters';

const opened: Kit[] = [];
const clock = new ManualClock();

async function open(
  options: Parameters<typeof openKit>[0] = {},
  store: Persistence = new MemoryPersistence(),
): Promise<Kit> {
  const kit = await openKit({ persistence: sharing(store), clock, ...options });
  opened.push(kit);
  return kit;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((kit) => kit.close()));
});

const ring = (kit: Kit) => kit.get<KeyRing>(KEY_RING);
const keyFor = (kit: Kit, algorithm: SigningAlgorithm) => ring(kit).forIntrospection(algorithm);
const kidFor = async (kit: Kit, algorithm: SigningAlgorithm) => (await keyFor(kit, algorithm)).kid;

async function jwks(kit: Kit): Promise<JwksResponse['keys']> {
  const context = { request: { method: 'GET', url: '/oauth/jwks', headers: {} } };
  const callbacks = { jwkList: (_: unknown, { keys }: JwksResponse) => keys, jwksError: () => [] };
  return kit.oauth.jwks(context, callbacks);
}

const published = async (kit: Kit) => (await jwks(kit)).map(({ kid }) => kid);

/** What the operator sees, in short. */
async function listed(kit: Kit): Promise<string[]> {
  const keys = await kit.admin.keys.list();
  return keys.map(({ algorithm, purpose, state }) => `${algorithm} ${purpose} ${state}`);
}

async function issue(kit: Kit): Promise<string> {
  const client = await register(kit);
  return granted(await kit.token(GRANT, client.basic)).accessToken;
}

/** The claims of this token under the signature of another key. */
async function resigned(token: string, key: SigningKey): Promise<string> {
  const header = { ...headerOf(token), alg: key.algorithm, kid: key.kid };
  const encoded = Buffer.from(JSON.stringify(header)).toString('base64url');
  const input = `${encoded}.${token.split('.')[1]}`;
  return `${input}.${(await key.sign(Buffer.from(input))).toString('base64url')}`;
}

const verify = (kit: Kit, token: string) => kit.get<AccessTokenVerifier>(AccessTokenVerifier).verify(token);

describe('a key for introspection responses', () => {
  it('is offered for RS256 before the other algorithms', async () => {
    expect(ring(await open()).introspectionAlgorithms).toEqual(['RS256', 'ES256', 'PS256', 'EdDSA']);
  });

  it('is the one of access tokens where that has the algorithm', async () => {
    const kit = await open();
    expect(await kidFor(kit, 'ES256')).toBe((await ring(kit).current()).kid);
    expect(await listed(kit)).toEqual(['ES256 access_token current']);
  });

  it('is made on first use, usable and published at once, behind those of access tokens', async () => {
    const kit = await open();
    const { kid, algorithm } = await keyFor(kit, 'RS256');
    expect(algorithm).toBe('RS256');
    await kit.admin.keys.rotate();
    expect((await jwks(kit)).map(({ alg, use }) => [alg, use])).toEqual([
      ['ES256', 'sig'],
      ['ES256', 'sig'],
      ['RS256', 'sig'],
      ['RS256', 'sig'],
    ]);
    expect((await published(kit))[2]).toBe(kid);
    expect(await kidFor(kit, 'RS256')).toBe(kid);
  });

  it('is made once for requests that come at once', async () => {
    const kit = await open();
    const generate = vi.spyOn(kit.get<SigningKeyFactory>(SigningKeyFactory), 'generate');
    const kids = await Promise.all(Array.from({ length: 50 }, () => kidFor(kit, 'RS256')));
    expect(new Set(kids).size).toBe(1);
    expect(generate).toHaveBeenCalledTimes(1);
    expect(await kit.admin.keys.list()).toHaveLength(2);
  });

  it('is found by a later start, which makes no key for access tokens in its place', async () => {
    const store = new MemoryPersistence();
    const first = await open({}, store);
    const kid = await kidFor(first, 'RS256');
    const second = await open({ signingAlgorithm: 'RS256' }, store);
    expect(await kidFor(second, 'RS256')).toBe(kid);
    expect(await second.admin.keys.list()).toEqual(await first.admin.keys.list());
  });

  it('does not stand in for a first key of access tokens', async () => {
    const store = new MemoryPersistence();
    const first = await open({}, store);
    const { kid } = await ring(first).current();
    await keyFor(first, 'RS256');
    await store.signingKeys.delete(kid);
    const second = await open({}, store);
    expect(await listed(second)).toEqual(['RS256 introspection current', 'ES256 access_token current']);
    expect(headerOf(await issue(second))['alg']).toBe('ES256');
  });

  it('is encrypted at rest as the others are, and sealed at the first start with a secret', async () => {
    const store = new MemoryPersistence();
    const kid = await kidFor(await open({}, store), 'RS256');
    expect((await store.signingKeys.all())[1]?.privateKey).toContain('"d":');
    const kit = await open({ keyEncryptionSecret: SECRET }, store);
    expect(await kidFor(kit, 'RS256')).toBe(kid);
    await keyFor(kit, 'EdDSA');
    const kept = await store.signingKeys.all();
    expect(kept).toHaveLength(3);
    for (const { privateKey } of kept) expect(privateKey).toMatch(/^a256gcm:/);
  });
});

describe('of several instances', () => {
  it('that make one at once all end up with the same key', async () => {
    const store = new MemoryPersistence();
    const kits = await Promise.all(Array.from({ length: 5 }, () => open({}, store)));
    const kids = await Promise.all(kits.map((kit) => kidFor(kit, 'RS256')));
    expect(new Set(kids).size).toBe(1);
    expect((await store.signingKeys.all()).map(({ purpose }) => purpose)).toEqual([
      undefined,
      'introspection',
    ]);
  });

  it('that make keys of different kinds at once each one gets its own, under its own generation', async () => {
    const store = new MemoryPersistence();
    const kits = await Promise.all(Array.from({ length: 4 }, () => open({}, store)));
    const [one, two, three, four] = kits as [Kit, Kit, Kit, Kit];
    const [rsa, pss, edwards, rotated] = await Promise.all([
      keyFor(one, 'RS256'),
      keyFor(two, 'PS256'),
      keyFor(three, 'EdDSA'),
      four.admin.keys.rotate(),
    ]);
    expect([rsa, pss, edwards].map(({ algorithm }) => algorithm)).toEqual(['RS256', 'PS256', 'EdDSA']);
    expect(rotated).toMatchObject({ purpose: 'access_token', state: 'next' });
    const kept = await store.signingKeys.all();
    expect(kept.map(({ generation }) => generation)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(kept.map(({ kid }) => kid)).size).toBe(5);
    for (const kit of kits) expect(await kidFor(kit, 'PS256')).toBe(pss.kid);
  });

  it('that rotate at once make one key of each kind', async () => {
    const store = new MemoryPersistence();
    const kits = await Promise.all(Array.from({ length: 3 }, () => open({}, store)));
    const [first] = kits as [Kit];
    await keyFor(first, 'EdDSA');
    const made = await Promise.all(kits.map((kit) => kit.admin.keys.rotate()));
    expect(new Set(made.map(({ kid }) => kid)).size).toBe(1);
    expect((await listed(first)).toSorted()).toEqual([
      'ES256 access_token current',
      'ES256 access_token next',
      'EdDSA introspection current',
      'EdDSA introspection next',
    ]);
  });

  it('the key is not made while the store is away, and is when it is back', async () => {
    const store = new MemoryPersistence();
    const faults = new Faults();
    const kit = await open({ persistence: sharing(store, faults) });
    faults.reject('signingKeys.insert', new Error('away'));
    await expect(keyFor(kit, 'RS256')).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    faults.clear();
    expect((await keyFor(kit, 'RS256')).algorithm).toBe('RS256');
  });
});

describe('access tokens', () => {
  it('are not signed with a newer key for introspection, and not believed under one', async () => {
    const kit = await open();
    const before = await ring(kit).current();
    clock.time += 1;
    const introspection = await keyFor(kit, 'RS256');
    const token = await issue(kit);
    expect(headerOf(token)).toMatchObject({ alg: 'ES256', kid: before.kid });
    expect(await verify(kit, token)).toBeDefined();
    expect(await ring(kit).find(introspection.kid)).toBeUndefined();
    expect(await verify(kit, await resigned(token, introspection))).toBeUndefined();
    expect(await verify(kit, await resigned(token, before))).toBeDefined();
  });

  it('lose no key to one for introspection, whatever the time', async () => {
    const kit = await open();
    await keyFor(kit, 'RS256');
    clock.time += 3 * DAY;
    await kit.get<Housekeeping>(Housekeeping).run();
    expect(await listed(kit)).toEqual(['ES256 access_token current', 'RS256 introspection current']);
  });
});

describe('rotation', () => {
  it('JWKS-008 makes next keys of every kind: next, current, retired, gone', async () => {
    const store = new MemoryPersistence();
    const kit = await open({}, store);
    const old = { access: (await ring(kit).current()).kid, introspection: await kidFor(kit, 'RS256') };
    const { kid, activatesAt = 0, ...made } = await kit.admin.keys.rotate();
    expect(made).toMatchObject({ algorithm: 'ES256', purpose: 'access_token', state: 'next' });
    const next = (await kit.admin.keys.list()).find(
      (key) => key.purpose !== 'access_token' && key.kid !== old.introspection,
    );
    expect(next).toMatchObject({ algorithm: 'RS256', state: 'next', activatesAt });
    const all = [old.access, kid, old.introspection, next?.kid];
    expect(await published(kit)).toEqual(all);

    clock.time = activatesAt - 1;
    expect(await kidFor(kit, 'RS256')).toBe(old.introspection);
    clock.time += 1;
    expect(await kidFor(kit, 'RS256')).toBe(next?.kid);
    expect((await ring(kit).current()).kid).toBe(kid);
    const retired = ['ES256 access_token retired', 'RS256 introspection retired'];
    const current = ['ES256 access_token current', 'RS256 introspection current'];
    expect(await listed(kit)).toEqual([...retired, ...current]);
    expect(await published(kit)).toEqual(all);

    clock.time += 2 * DAY;
    expect(await published(kit)).toEqual([kid, next?.kid]);
    expect(await store.signingKeys.all()).toHaveLength(4);
    await kit.get<Housekeeping>(Housekeeping).run();
    expect(await store.signingKeys.all()).toHaveLength(2);
    expect(await listed(kit)).toEqual(current);
  });

  it('JWKS-011 a key that has leaked is revoked when another one signs', async () => {
    const kit = await open();
    const leaked = await kidFor(kit, 'RS256');
    await expect(kit.admin.keys.revoke(leaked)).rejects.toMatchObject({ code: 'conflict' });
    await kit.admin.keys.rotate({ immediately: true });
    await kit.admin.keys.revoke(leaked);
    expect(await published(kit)).not.toContain(leaked);
    expect((await keyFor(kit, 'RS256')).kid).not.toBe(leaked);
  });

  it('to the algorithm of an introspection key lets the key of access tokens sign both', async () => {
    const store = new MemoryPersistence();
    await keyFor(await open({}, store), 'RS256');
    const kit = await open({ signingAlgorithm: 'RS256' }, store);
    const { kid } = await kit.admin.keys.rotate({ immediately: true });
    expect(await kidFor(kit, 'RS256')).toBe(kid);
    const [before = ''] = await published(kit);
    expect(await kidFor(kit, 'ES256')).not.toBe(before);
  });
});

describe('keys that the host gives', () => {
  const generate = promisify(generateKeyPair);
  const pem = ({ privateKey }: { privateKey: KeyObject }) =>
    privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const ec = async () => pem(await generate('ec', { namedCurve: 'P-256' }));
  const rsa = async () => pem(await generate('rsa', { modulusLength: 2048 }));

  it('sign introspection responses with their algorithms and no others', async () => {
    const kit = await open({ signingKeys: await ec() });
    expect(ring(kit).introspectionAlgorithms).toEqual(['ES256']);
    expect(await kidFor(kit, 'ES256')).toBe((await ring(kit).current()).kid);
    await expect(keyFor(kit, 'RS256')).rejects.toThrow('RS256');
    expect(await published(kit)).toHaveLength(1);
  });

  it('of several, the first one of the algorithm signs; RS256 is offered first', async () => {
    const kit = await open({ signingKeys: (await Promise.all([ec(), rsa(), rsa()])).join('\n') });
    expect(ring(kit).introspectionAlgorithms).toEqual(['RS256', 'ES256']);
    const [first, second] = await published(kit);
    expect([await kidFor(kit, 'ES256'), await kidFor(kit, 'RS256')]).toEqual([first, second]);
    expect((await ring(kit).current()).kid).toBe(first);
    expect(headerOf(await issue(kit))['kid']).toBe(first);
    expect(await listed(kit)).toContain('RS256 access_token retired');
  });
});
