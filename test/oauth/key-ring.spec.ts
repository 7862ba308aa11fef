import {
  AccessTokenVerifier,
  MemoryPersistence,
  type JwksResponse,
  type OauthContext,
  type OauthModuleOptions,
  type Persistence,
} from 'nestjs-oauth-kit';
import { afterEach, describe, expect, it } from 'vitest';
import { formRequest, ManualClock, openKit, type Kit } from '../support/echo.js';
import { granted, GRANT, headerOf, register, sharing, type Registered } from './support.js';

/** Seconds between the publication of a key and its first use, at the least: what others may keep the set. */
const AHEAD = 300;
const DAY = 86_400;

const opened: Kit[] = [];
const clock = new ManualClock();

async function open(store: Persistence, options: Partial<OauthModuleOptions> = {}): Promise<Kit> {
  const kit = await openKit({ persistence: sharing(store), clock, ...options });
  opened.push(kit);
  return kit;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((kit) => kit.close()));
});

async function published(kit: Kit): Promise<string[]> {
  const context: OauthContext = { request: { ...formRequest(''), method: 'GET', url: '/oauth/jwks' } };
  const application = { jwkList: (_: unknown, list: JwksResponse) => list.keys, jwksError: () => [] };
  return (await kit.oauth.jwks(context, application)).map(({ kid }) => kid);
}

async function states(kit: Kit): Promise<Record<string, string>> {
  return Object.fromEntries((await kit.admin.keys.list()).map(({ kid, state }) => [kid, state]));
}

async function issue(kit: Kit, client: Registered): Promise<{ token: string; kid: string }> {
  const { accessToken } = granted(await kit.token(GRANT, client.basic));
  return { token: accessToken, kid: String(headerOf(accessToken)['kid']) };
}

const verify = (kit: Kit, token: string) => kit.get<AccessTokenVerifier>(AccessTokenVerifier).verify(token);

describe('the first start', () => {
  it('JWKS-009 of several instances at once makes one key, which all of them publish and sign with', async () => {
    const store = new MemoryPersistence();
    const kits = await Promise.all(Array.from({ length: 8 }, () => open(store)));
    expect(await store.signingKeys.all()).toHaveLength(1);
    const [first] = kits;
    if (!first) throw new Error('missing');
    const client = await register(first);
    for (const kit of kits) {
      const { kid, token } = await issue(kit, client);
      expect([kid]).toEqual(await published(kit));
      for (const other of kits) expect(await verify(other, token)).toMatchObject({ clientId: client.id });
    }
  });

  it('a later start finds the key that is there', async () => {
    const store = new MemoryPersistence();
    const before = await published(await open(store));
    expect(await published(await open(store))).toEqual(before);
  });
});

describe('JWKS-008 rotation', () => {
  it('next, current, retired, gone: by the time alone, on every instance', async () => {
    const store = new MemoryPersistence();
    const kits = [await open(store), await open(store)];
    const [here, there] = kits as [Kit, Kit];
    const client = await register(here);
    const old = await issue(here, client);

    const rotated = await here.admin.keys.rotate();
    expect(rotated).toMatchObject({ state: 'next', algorithm: 'ES256' });
    expect(Number(rotated.activatesAt) - clock.now()).toBeGreaterThanOrEqual(AHEAD);
    expect(await states(here)).toEqual({ [old.kid]: 'current', [rotated.kid]: 'next' });
    expect(await published(here)).toEqual([old.kid, rotated.kid]);

    // Every instance publishes the key long before any of them signs with it.
    clock.time += 10;
    for (const kit of kits) {
      expect(await published(kit)).toEqual([old.kid, rotated.kid]);
      expect((await issue(kit, client)).kid).toBe(old.kid);
    }

    clock.time = Number(rotated.activatesAt) - 1;
    expect((await issue(there, client)).kid).toBe(old.kid);
    clock.time += 1;
    const last = old;
    for (const kit of kits) {
      expect((await issue(kit, client)).kid).toBe(rotated.kid);
      expect(await published(kit)).toEqual([old.kid, rotated.kid]);
      expect(await states(kit)).toEqual({ [old.kid]: 'retired', [rotated.kid]: 'current' });
    }
    expect(await verify(there, last.token)).toMatchObject({ clientId: client.id });

    clock.time += DAY;
    expect(await published(here)).toEqual([old.kid, rotated.kid]);
    clock.time += 60;
    for (const kit of kits) {
      expect(await published(kit)).toEqual([rotated.kid]);
      expect(await states(kit)).toMatchObject({ [old.kid]: 'expired', [rotated.kid]: 'current' });
    }
    expect((await issue(here, client)).kid).toBe(rotated.kid);
  });

  it('ROB-024 every token that was issued verifies everywhere until it expires, through a rotation', async () => {
    const store = new MemoryPersistence();
    const [here, there] = [await open(store), await open(store)];
    const client = await register(here, { access_token_ttl: DAY });
    const tokens: string[] = [];
    await here.admin.keys.rotate();
    for (let step = 0; step < 40; step++) {
      clock.time += 10;
      for (const kit of [here, there]) tokens.push((await issue(kit, client)).token);
    }
    expect(new Set(tokens.map((token) => headerOf(token)['kid'])).size).toBe(2);
    clock.time += DAY - 401;
    for (const kit of [here, there]) {
      for (const token of tokens) expect(await verify(kit, token)).toBeDefined();
    }
  });

  it('ROB-024 a token of the longest lifetime outlives the key of an instance that has not heard of its end', async () => {
    const store = new MemoryPersistence();
    const [here, there] = [
      await open(store, { clockTolerance: 0 }),
      await open(store, { clockTolerance: 0 }),
    ];
    const client = await register(here, { access_token_ttl: DAY });
    await here.admin.keys.rotate({ immediately: true });
    clock.time += 9;
    const { token } = await issue(there, client);
    clock.time += DAY - 1;
    expect(await verify(here, token)).toMatchObject({ clientId: client.id });
  });

  it('immediately: the new key signs at once here, and within ten seconds there', async () => {
    const store = new MemoryPersistence();
    const [here, there] = [await open(store), await open(store)];
    const client = await register(here);
    const old = await issue(there, client);
    const rotated = await here.admin.keys.rotate({ immediately: true });
    expect(rotated.state).toBe('current');
    const fresh = await issue(here, client);
    expect(fresh.kid).toBe(rotated.kid);
    clock.time += 1;
    expect(await verify(there, fresh.token)).toMatchObject({ clientId: client.id });
    clock.time += 9;
    expect((await issue(there, client)).kid).toBe(rotated.kid);
    expect(await verify(here, old.token)).toMatchObject({ clientId: client.id });
  });

  it('by several instances at once makes one key', async () => {
    const store = new MemoryPersistence();
    const kits = await Promise.all(Array.from({ length: 5 }, () => open(store)));
    const made = await Promise.all(kits.map((kit) => kit.admin.keys.rotate()));
    expect(new Set(made.map(({ kid }) => kid)).size).toBe(1);
    expect(await store.signingKeys.all()).toHaveLength(2);
  });

  it('JWKS-011 a key that is removed from the store stops verifying, on this instance within ten seconds', async () => {
    const store = new MemoryPersistence();
    const kit = await open(store);
    const client = await register(kit);
    const old = await issue(kit, client);
    await kit.admin.keys.rotate({ immediately: true });
    expect(await verify(kit, old.token)).toBeDefined();
    await store.signingKeys.delete(old.kid);
    clock.time += 10;
    expect(await verify(kit, old.token)).toBeUndefined();
    expect(await published(kit)).not.toContain(old.kid);
  });

  it('a change of the algorithm takes effect at the next rotation; tokens of both verify', async () => {
    const store = new MemoryPersistence();
    const before = await open(store);
    const client = await register(before);
    const old = await issue(before, client);
    const after = await open(store, { signingAlgorithm: 'EdDSA' });
    expect((await issue(after, client)).kid).toBe(old.kid);
    await after.admin.keys.rotate({ immediately: true });
    const { token } = await issue(after, client);
    expect(headerOf(token)['alg']).toBe('EdDSA');
    for (const each of [token, old.token]) expect(await verify(after, each)).toBeDefined();
  });
});

describe('JWKS-012 at rest', () => {
  const first = 'first secret of at least 32 characters';
  const second = 'second secret of at least 32 characters';
  const kept = async (store: Persistence) => JSON.stringify(await store.signingKeys.all());

  it('private keys are encrypted', async () => {
    const store = new MemoryPersistence();
    const kit = await open(store, { keyEncryptionSecret: first });
    await kit.admin.keys.rotate();
    const text = await kept(store);
    expect(JSON.parse(text)).toHaveLength(2);
    expect(text).not.toMatch(/\\?"d\\?"|kty|crv|"d"|PRIVATE/);
    for (const { privateKey } of await store.signingKeys.all()) {
      const decoded = Buffer.from(privateKey.split(':').at(-1) ?? '', 'base64url').toString('latin1');
      expect(decoded).not.toMatch(/kty|EC|P-256/);
    }
  });

  it('another secret stops the start and names the option, without a word of either secret', async () => {
    const store = new MemoryPersistence();
    await open(store, { keyEncryptionSecret: first });
    for (const keyEncryptionSecret of [second, [second], undefined]) {
      const failure: Error = await open(store, keyEncryptionSecret ? { keyEncryptionSecret } : {}).then(
        () => new Error('started'),
        (reason: Error) => reason,
      );
      expect(failure).toMatchObject({ name: 'ConfigurationError', option: 'keyEncryptionSecret' });
      expect(failure.message).toContain('keyEncryptionSecret');
      expect(failure.message).not.toContain(first);
      expect(failure.message).not.toContain(second);
    }
  });

  it('a list changes the secret: the first encrypts, all of them decrypt', async () => {
    const store = new MemoryPersistence();
    const before = await published(await open(store, { keyEncryptionSecret: first }));
    const both = await open(store, { keyEncryptionSecret: [second, first] });
    expect(await published(both)).toEqual(before);
    const rotated = await both.admin.keys.rotate({ immediately: true });
    const row = (await store.signingKeys.all()).find(({ kid }) => kid === rotated.kid);
    clock.time += 2 * DAY;
    await store.signingKeys.delete(before[0] ?? '');
    expect(await published(await open(store, { keyEncryptionSecret: second }))).toEqual([rotated.kid]);
    expect(row?.privateKey).toBeDefined();
  });

  it('keys in the clear are taken over when a secret is set', async () => {
    const store = new MemoryPersistence();
    const before = await published(await open(store));
    expect(await published(await open(store, { keyEncryptionSecret: first }))).toEqual(before);
  });

  it('a row that was changed or exchanged is not used', async () => {
    const store = new MemoryPersistence();
    const kit = await open(store, { keyEncryptionSecret: first });
    await kit.admin.keys.rotate();
    const [one, two] = await store.signingKeys.all();
    if (!one || !two) throw new Error('missing');
    for (const privateKey of [
      two.privateKey,
      one.privateKey.slice(0, -4) + 'AAAA',
      '',
      'a256gcm',
      'a256gcm:x:y',
    ]) {
      const changed = new MemoryPersistence();
      await changed.signingKeys.insert({ ...one, privateKey });
      await expect(open(changed, { keyEncryptionSecret: first })).rejects.toThrow(
        /keyEncryptionSecret|damaged/,
      );
    }
  });

  it('JWKS-012 nothing that is published, listed or printed has a private member', async () => {
    const kit = await open(new MemoryPersistence());
    const listed = JSON.stringify(await kit.admin.keys.list());
    const context: OauthContext = { request: { ...formRequest(''), method: 'GET' } };
    const application = { jwkList: (_: unknown, list: JwksResponse) => list, jwksError: () => undefined };
    const list = JSON.stringify(await kit.oauth.jwks(context, application));
    for (const text of [listed, list]) expect(text).not.toMatch(/"(?:d|p|q|dp|dq|qi|oth|k|privateKey)"/);
  });
});
