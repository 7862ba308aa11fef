import { AccessTokenVerifier, MemoryPersistence, type OauthModuleOptions } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Housekeeping } from '../../src/nest/housekeeping.js';
import { openKit, type Kit } from '../support/echo.js';
import { BOTH, caller, FORMATS, INACTIVE, revoked, told, tokenOf } from './introspection-support.js';
import { Faults, sharing, type Registered } from './support.js';

let store: MemoryPersistence;
let one: Kit;
let two: Kit;
let faults: Faults;
let client: Registered;
const opened: Kit[] = [];

/** An instance on the store that the test has. */
async function open(options: Partial<OauthModuleOptions> = {}, faults = new Faults()): Promise<Kit> {
  const kit = await openKit({ persistence: sharing(store, faults), ...options });
  opened.push(kit);
  return kit;
}

beforeEach(async () => {
  store = new MemoryPersistence();
  faults = new Faults();
  one = await open();
  two = await open({}, faults);
  client = await caller(one);
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((kit) => kit.close()));
});

const guard = (kit: Kit, token: string) => kit.get<AccessTokenVerifier>(AccessTokenVerifier).verify(token);
const at = (time: number) => {
  for (const kit of opened) kit.clock.time = time;
};

describe.each(BOTH)('a $format token revoked at one instance, told as $form', ({ scope, form }) => {
  it('REV-013 is inactive at the other at once, and refused by its guard', async () => {
    const token = await tokenOf(one, client, scope);
    expect(await told(two, client, token, form)).toMatchObject({ active: true });
    expect(await guard(two, token)).toMatchObject({ clientId: client.id });
    await revoked(one, client, token);
    expect(await told(two, client, token, form)).toStrictEqual(INACTIVE);
    expect(await guard(two, token)).toBeUndefined();
  });

  it('REV-013 INT-017 all of a client’s likewise, and those of one that is disabled', async () => {
    for (const end of ['revokeTokens', 'disable'] as const) {
      const owner = await caller(one);
      const token = await tokenOf(one, owner, scope);
      const server = await caller(one, {
        resource: `http://127.0.0.1:3999/${scope === 'read' ? 'api' : 'reports'}`,
      });
      expect(await told(two, server, token, form)).toMatchObject({ active: true });
      expect(await guard(two, token)).toBeDefined();
      await one.admin.clients[end](owner.id);
      expect(await told(two, server, token, form)).toStrictEqual(INACTIVE);
      expect(await guard(two, token)).toBeUndefined();
    }
  });
});

describe('revocationFreshness', () => {
  const fresh = (seconds: number | 'strict') => open({ revocationFreshness: seconds });

  it('REV-014 a number of seconds: how long a guard elsewhere may still let a JWT through, and no longer', async () => {
    const three = await fresh(10);
    const start = three.clock.time;
    const token = await tokenOf(one, client);
    expect(await guard(three, token)).toBeDefined();
    await revoked(one, client, token);
    at(start + 9);
    expect(await guard(three, token)).toBeDefined();
    at(start + 10);
    expect(await guard(three, token)).toBeUndefined();
    at(start + 11);
    expect(await guard(three, token)).toBeUndefined();
  });

  it('REV-014 what was not seen before is not believed unread', async () => {
    const three = await fresh(300);
    const token = await tokenOf(one, client);
    await revoked(one, client, token);
    expect(await guard(three, token)).toBeUndefined();
  });

  it('REV-014 a clock that is set back makes nothing older than it is', async () => {
    const three = await fresh(300);
    const start = three.clock.time;
    const token = await tokenOf(one, client);
    expect(await guard(three, token)).toBeDefined();
    await revoked(one, client, token);
    three.clock.time = start - 5;
    expect(await guard(three, token)).toBeUndefined();
  });

  it('REV-013 what was revoked here is refused here at once, whatever the seconds', async () => {
    const three = await fresh(300);
    const token = await tokenOf(three, client);
    expect(await guard(three, token)).toBeDefined();
    await revoked(three, client, token);
    expect(await guard(three, token)).toBeUndefined();
  });

  it('REV-013 also where the store was being read while it was revoked', async () => {
    const slow = new Faults();
    const three = await open({ revocationFreshness: 300 }, slow);
    const token = await tokenOf(three, client);
    let finish: (revoked: boolean) => void = () => {};
    slow.replace('revokedTokens.has', () => new Promise((resolve) => (finish = resolve)));
    const reading = guard(three, token);
    while (slow.count('revokedTokens.has') === 0) await new Promise(setImmediate);
    slow.replace('revokedTokens.has', () => store.revokedTokens.has('nothing'));
    await revoked(three, client, token);
    finish(false);
    await reading;
    slow.clear();
    expect(await guard(three, token)).toBeUndefined();
  });

  it('opaque tokens are always read', async () => {
    const three = await fresh(300);
    const token = await tokenOf(one, client, 'report');
    expect(await guard(three, token)).toBeDefined();
    await revoked(one, client, token);
    expect(await guard(three, token)).toBeUndefined();
  });

  it('the introspection endpoint is strict all the same', async () => {
    const three = await fresh(300);
    for (const { scope } of FORMATS) {
      const token = await tokenOf(three, client, scope);
      expect(await told(three, client, token)).toMatchObject({ active: true });
      expect(await guard(three, token)).toBeDefined();
      await revoked(one, client, token);
      expect(await told(three, client, token)).toStrictEqual(INACTIVE);
    }
  });

  it('seconds save reads of the deny-list, strict saves none', async () => {
    for (const [freshness, reads] of [
      [60, 1],
      ['strict', 5],
    ] as const) {
      // prettier-ignore
      const counted = new Faults();
      const three = await open({ revocationFreshness: freshness }, counted);
      const token = await tokenOf(three, client);
      for (let request = 0; request < 5; request++) expect(await guard(three, token)).toBeDefined();
      expect(counted.count('revokedTokens.has')).toBe(reads);
    }
  });
});

describe('REV-017 the deny-list', () => {
  const sweep = (kit: Kit) => kit.get<Housekeeping>(Housekeeping).run();

  it('keeps an entry for as long as anybody may believe the token, then housekeeping removes it', async () => {
    const [token, start] = [await tokenOf(two, client), two.clock.time];
    await revoked(two, client, token);
    for (const later of [0, 3600, 3609, 3669]) {
      at(start + later);
      await sweep(two);
      at(start);
      expect([later, await told(two, client, token)]).toStrictEqual([later, INACTIVE]);
      expect(await guard(two, token)).toBeUndefined();
    }
    at(start + 3600 + 10 + 60 + 1);
    await sweep(two);
    expect(await guard(two, token)).toBeUndefined();
    // With the clock set back one sees that the entry is gone, and not that the token is dead.
    at(start);
    expect(await told(two, client, token)).toMatchObject({ active: true });
  });

  it('holds nothing that tells the token or its client, and nothing of an opaque one', async () => {
    const seen: unknown[][] = [];
    const { revokedTokens } = store;
    const insert = revokedTokens.insert.bind(revokedTokens);
    revokedTokens.insert = (...args) => (seen.push(args), insert(...args));
    const three = await open();
    const [token, opaque] = [await tokenOf(three, client), await tokenOf(three, client, 'report')];
    const { jti } = (await told(three, client, token)) as { jti: string };
    await revoked(three, client, opaque);
    expect(seen).toEqual([]);
    await revoked(three, client, token);
    expect(seen).toEqual([[expect.stringMatching(/^[0-9a-f]{64}$/), three.clock.time + 3600 + 10]]);
    expect(JSON.stringify(seen)).not.toContain(jti);
  });

  it('is asked for the token alone: a revoked one kills no other of its client', async () => {
    const tokens = await Promise.all(Array.from({ length: 5 }, () => tokenOf(one, client)));
    const [first = '', ...others] = tokens;
    await revoked(one, client, first);
    for (const token of others) expect(await told(two, client, token)).toMatchObject({ active: true });
  });
});
