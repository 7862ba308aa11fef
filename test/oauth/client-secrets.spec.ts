import { MemoryPersistence } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { basic, openKit, type Kit } from '../support/echo.js';
import { Faults, granted, GRANT, refused, register, sharing, turn, type Registered } from './support.js';

let store: MemoryPersistence;
let faults: Faults;
let kit: Kit;
let other: Kit;

beforeEach(async () => {
  store = new MemoryPersistence();
  faults = new Faults();
  kit = await openKit({ persistence: sharing(store, faults) });
  other = await openKit({ persistence: sharing(store), clock: kit.clock });
});

afterEach(async () => {
  await kit.close();
  await other.close();
});

const works = async (id: string, secret: string, where = kit) => {
  const outcome = await where.token(GRANT, basic(id, secret));
  if ('error' in outcome) expect(outcome.error.code).toBe('invalid_client');
  return 'success' in outcome;
};

async function rotate(client: Registered, overlap: number, where = kit): Promise<string> {
  return (await where.admin.secrets.rotate(client.id, overlap)).issued.secret;
}

describe('secrets', () => {
  it('threat 20 are 256 bits made by the kit, kept as a digest; a chosen one of 1024 characters counts to the end', async () => {
    const client = await register(kit);
    expect(client.secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(JSON.stringify(await store.clients.find(client.id))).not.toContain(client.secret);
    const long = await register(kit, { client_secret: 'x'.repeat(1024) });
    expect(await works(long.id, 'x'.repeat(1024))).toBe(true);
    for (const length of [1, 72, 128, 1023]) expect(await works(long.id, 'x'.repeat(length))).toBe(false);
  });

  it('TOK-052 one past its end does not work any more', async () => {
    const end = kit.clock.now() + 100;
    const client = await register(kit, { client_secret_expires_at: end });
    expect(await works(client.id, client.secret)).toBe(true);
    kit.clock.time = end - 1;
    expect(await works(client.id, client.secret)).toBe(true);
    kit.clock.time = end;
    expect(await works(client.id, client.secret)).toBe(false);
  });

  it('TOK-053 both work in the overlap, the new one alone after it', async () => {
    const client = await register(kit);
    const next = await rotate(client, 60);
    expect(next).not.toBe(client.secret);
    for (const secret of [client.secret, next]) expect(await works(client.id, secret)).toBe(true);
    kit.clock.time += 59;
    expect(await works(client.id, client.secret)).toBe(true);
    kit.clock.time += 1;
    expect(await works(client.id, client.secret)).toBe(false);
    expect(await works(client.id, next)).toBe(true);
  });

  it('TOK-053 without an overlap the old one ends at once; a second rotation does not lengthen its life', async () => {
    const client = await register(kit);
    const second = await rotate(client, 0);
    expect(await works(client.id, client.secret)).toBe(false);
    const third = await rotate(client, 1000);
    for (const secret of [second, third]) expect(await works(client.id, secret)).toBe(true);
    expect(await works(client.id, client.secret)).toBe(false);
    const expiring = await register(kit, { client_secret_expires_at: kit.clock.now() + 10 });
    await rotate(expiring, 1000);
    kit.clock.time += 10;
    expect(await works(expiring.id, expiring.secret)).toBe(false);
  });

  it('several live ones work side by side, and a revoked one ends alone', async () => {
    const client = await register(kit);
    const second = await rotate(client, 1000);
    const third = await rotate(client, 1000);
    const secrets = [client.secret, second, third];
    for (const secret of secrets) expect(await works(client.id, secret)).toBe(true);
    const list = await kit.admin.secrets.list(client.id);
    expect(list).toHaveLength(3);
    await kit.admin.secrets.revoke(client.id, client.client.secrets[0]?.id ?? '');
    expect(await Promise.all(secrets.map((secret) => works(client.id, secret)))).toEqual([false, true, true]);
    await expect(kit.admin.secrets.revoke(client.id, 'unknown')).rejects.toMatchObject({
      code: 'secret_not_found',
    });
  });

  it('the secret of one client is nothing at another', async () => {
    const [one, two] = [await register(kit), await register(kit)];
    expect(await works(one.id, two.secret)).toBe(false);
    await expect(kit.admin.secrets.revoke(one.id, two.client.secrets[0]?.id ?? '')).rejects.toMatchObject({
      code: 'secret_not_found',
    });
    expect(await works(two.id, two.secret)).toBe(true);
  });

  it('a client whose last secret was revoked cannot authenticate, with nothing either', async () => {
    const client = await register(kit);
    await kit.admin.secrets.revoke(client.id, client.client.secrets[0]?.id ?? '');
    for (const secret of [client.secret, '', 'x', '0'.repeat(64)])
      expect(await works(client.id, secret)).toBe(false);
  });

  it('cannot be rotated for a client that is not there, or that has none', async () => {
    await expect(kit.admin.secrets.rotate('nobody', 0)).rejects.toMatchObject({ code: 'client_not_found' });
    const { client } = await kit.admin.clients.create({
      token_endpoint_auth_method: 'none',
      grant_types: [],
    });
    await expect(kit.admin.secrets.rotate(client.id, 0)).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('rotations at the same time', () => {
  it('leave every secret good that they have handed out', async () => {
    const client = await register(kit);
    const rotated = await Promise.all(
      [0, 0, 0].map((overlap) => kit.admin.secrets.rotate(client.id, overlap)),
    );
    for (const { issued } of rotated) expect(await works(client.id, issued.secret)).toBe(true);
    expect(await works(client.id, client.secret)).toBe(false);
  });
});

describe('last use', () => {
  const lastUsed = async (id: string) => (await store.clients.find(id))?.secrets[0]?.lastUsedAt;

  it('is written at most once a minute, off the path of the request', async () => {
    const client = await register(kit);
    const start = kit.clock.now();
    for (let request = 0; request < 5; request++) await works(client.id, client.secret);
    await turn();
    expect(faults.count('clientSecrets.touch')).toBe(1);
    expect(await lastUsed(client.id)).toBe(start);
    kit.clock.time += 59;
    await works(client.id, client.secret);
    await turn();
    expect(faults.count('clientSecrets.touch')).toBe(1);
    kit.clock.time += 1;
    await works(client.id, client.secret);
    await turn();
    expect(faults.count('clientSecrets.touch')).toBe(2);
    expect(await lastUsed(client.id)).toBe(start + 60);
  });

  it('is each secret’s own; a wrong secret leaves no trace', async () => {
    const client = await register(kit);
    const next = await rotate(client, 1000);
    await works(client.id, next);
    await works(client.id, 'wrong');
    await turn();
    const [old, fresh] = (await kit.admin.secrets.list(client.id)).map(({ lastUsedAt }) => lastUsedAt);
    expect([old, fresh]).toEqual([undefined, kit.clock.now()]);
  });

  it('ROB-020 is written at most once a minute though the clock jumps back', async () => {
    const client = await register(kit);
    await works(client.id, client.secret);
    kit.clock.time += 61;
    await works(client.id, client.secret);
    await turn();
    kit.clock.time -= 3600;
    faults.calls.length = 0;
    for (let request = 0; request < 5; request++) {
      await works(client.id, client.secret);
      await turn();
    }
    expect(faults.count('clientSecrets.touch')).toBeLessThanOrEqual(1);
  });
});

describe('the client cache of another instance', () => {
  it('a new secret works at once', async () => {
    const client = await register(kit);
    expect(await works(client.id, client.secret, other)).toBe(true);
    const next = await rotate(client, 60);
    expect(await works(client.id, next, other)).toBe(true);
    expect(await works(client.id, client.secret, other)).toBe(true);
  });

  it('a new client works at once, though it was asked for before: unknown is not kept', async () => {
    expect(await works('late', 'secret', other)).toBe(false);
    await register(kit, { client_id: 'late', client_secret: 'secret' });
    expect(await works('late', 'secret', other)).toBe(true);
  });

  it.each([
    ['disabled', (id: string) => kit.admin.clients.disable(id)],
    ['deleted', (id: string) => kit.admin.clients.delete(id)],
    [
      'without its secret',
      async (id: string) => kit.admin.secrets.revoke(id, (await kit.admin.secrets.list(id))[0]?.id ?? ''),
    ],
  ])(
    'TOK-054 a client that is %s is refused here at once, there within clientCacheLifetime',
    async (_, change) => {
      const client = await register(kit);
      for (const where of [kit, other]) expect(await works(client.id, client.secret, where)).toBe(true);
      await change(client.id);
      expect(await works(client.id, client.secret, kit)).toBe(false);
      kit.clock.time += 5;
      expect(await works(client.id, client.secret, other)).toBe(false);
    },
  );

  it('a client that is enabled again works at once here, there within clientCacheLifetime', async () => {
    const client = await register(kit);
    await kit.admin.clients.disable(client.id);
    for (const where of [kit, other]) expect(await works(client.id, client.secret, where)).toBe(false);
    await kit.admin.clients.enable(client.id);
    expect(await works(client.id, client.secret, kit)).toBe(true);
    kit.clock.time += 5;
    expect(await works(client.id, client.secret, other)).toBe(true);
  });

  it('a change of scope is seen here at once, there within clientCacheLifetime', async () => {
    const client = await register(kit);
    for (const where of [kit, other]) granted(await where.token({ ...GRANT, scope: 'write' }, client.basic));
    await kit.admin.clients.update(client.id, { scope: 'read' });
    expect(refused(await kit.token({ ...GRANT, scope: 'write' }, client.basic)).code).toBe('invalid_scope');
    kit.clock.time += 5;
    expect(refused(await other.token({ ...GRANT, scope: 'write' }, client.basic)).code).toBe('invalid_scope');
  });

  it('spares the store, and clientCacheLifetime: 0 asks it every time', async () => {
    const client = await register(kit);
    faults.calls.length = 0;
    for (let request = 0; request < 10; request++) await works(client.id, client.secret);
    expect(faults.count('clients.find')).toBe(1);
    const uncached = await openKit({ persistence: sharing(store), clock: kit.clock, clientCacheLifetime: 0 });
    expect(await works(client.id, client.secret, uncached)).toBe(true);
    await kit.admin.clients.disable(client.id);
    expect(await works(client.id, client.secret, uncached)).toBe(false);
    await uncached.close();
  });

  it('a client that is being read while it is disabled here is not kept as it was', async () => {
    const client = await register(kit);
    const found = await store.clients.find(client.id);
    let answer: (client: unknown) => void = () => {};
    faults.replace('clients.find', () => new Promise((resolve) => (answer = resolve)));
    const early = kit.token(GRANT, client.basic);
    await turn();
    faults.clear();
    await kit.admin.clients.disable(client.id);
    answer(found);
    await early;
    expect(await works(client.id, client.secret)).toBe(false);
  });
});
