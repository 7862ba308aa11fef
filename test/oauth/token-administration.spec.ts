import { AccessTokenVerifier, AdministrationError, MemoryPersistence } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKit, type Kit } from '../support/echo.js';
import { API, BOTH, caller, FORMATS, INACTIVE, REPORTS, told, tokenOf } from './introspection-support.js';
import { claimsOf, Faults, sharing, type Registered } from './support.js';

let store: MemoryPersistence;
let faults: Faults;
let kit: Kit;
let client: Registered;
let other: Registered;

beforeEach(async () => {
  store = new MemoryPersistence();
  faults = new Faults();
  kit = await openKit({ persistence: sharing(store, faults), audit: { log: 'database' } });
  client = await caller(kit, { labels: { tenant: 'blue' } });
  other = await caller(kit);
});

afterEach(() => kit.close());

const verifier = () => kit.get<AccessTokenVerifier>(AccessTokenVerifier);
const listed = async (id = client.id) => (await kit.admin.tokens.list(id)).tokens.map((token) => token.id);
const issue = async (count: number, owner = client) => {
  for (let made = 0; made < count; made++) await tokenOf(kit, owner, 'report');
};

/** The `jti` of a token, as its client is told. */
async function idOf(token: string, owner = client): Promise<string> {
  return String((await told(kit, owner, token))['jti']);
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const failure: unknown = await work.then(
    () => new Error('It was not refused.'),
    (cause: unknown) => cause,
  );
  if (failure instanceof AdministrationError) return failure.code;
  throw failure as Error;
}

describe('the tokens of a client', () => {
  it('are its opaque ones, with what they are good for and without their values', async () => {
    const value = await tokenOf(kit, client, 'report');
    await tokenOf(kit, client, 'read');
    await tokenOf(kit, other, 'report');
    const list = await kit.admin.tokens.list(client.id);
    const { time } = kit.clock;
    const times = { issuedAt: time, expiresAt: time + 3600 };
    expect(list).toEqual({
      tokens: [{ id: await idOf(value), audience: REPORTS, scope: ['report'], ...times }],
    });
    expect(JSON.stringify(list)).not.toContain(value);
  });

  it('are listed page by page, each once', async () => {
    await issue(7);
    await issue(2, other);
    const ids: string[] = [];
    const sizes: number[] = [];
    let after: string | undefined;
    do {
      const page = await kit.admin.tokens.list(client.id, { limit: 3, after });
      ids.push(...page.tokens.map(({ id }) => id));
      sizes.push(page.tokens.length);
      after = page.next;
    } while (after !== undefined);
    expect(sizes).toEqual([3, 3, 1]);
    expect(new Set(ids).size).toBe(7);
    expect(ids).toEqual([...ids].sort());
  });

  it('dead ones that are still stored are not among them, and do not end the list', async () => {
    const start = kit.clock.time;
    await issue(4);
    await kit.admin.tokens.revokeAll(client.id);
    expect(await listed()).toEqual([]);
    await issue(4);
    expect(await listed()).toHaveLength(4);
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = await kit.admin.tokens.list(client.id, { limit: 1, after });
      found.push(...page.tokens.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);
    expect(found).toEqual(await listed());
    kit.clock.time = start + 3599;
    expect(await listed()).toHaveLength(4);
    kit.clock.time = start + 3600;
    expect(await listed()).toEqual([]);
  });

  it.each([
    [{ limit: 0 }, 'limit'], [{ limit: 501 }, 'limit'], [{ limit: 1.5 }, 'limit'], [{ limit: '5' }, 'limit'],
    [{ after: '' }, 'after'], [{ after: 'x'.repeat(256) }, 'after'], [{ after: 'a\nb' }, 'after'], [{ after: 7 }, 'after'],
  ])('%j is refused, and %s named', async (page, member) => {
    await expect(kit.admin.tokens.list(client.id, page as object)).rejects.toMatchObject({
      code: 'invalid_request',
      description: expect.stringContaining(member) as string,
    });
  }); // prettier-ignore

  it('there is no such client: client_not_found', async () => {
    expect(await refusal(kit.admin.tokens.list('nobody'))).toBe('client_not_found');
    expect(await refusal(kit.admin.tokens.revoke('nobody', 'x'))).toBe('client_not_found');
    expect(await refusal(kit.admin.tokens.revokeAll('nobody'))).toBe('client_not_found');
  });
});

describe.each(BOTH)('a $format token that an operator revokes, told as $form', ({ scope, form }) => {
  it('REV-013 is dead at introspection and at the guard at once, here and elsewhere; the others live', async () => {
    const elsewhere = await openKit({ persistence: sharing(store) });
    const [token, second] = [await tokenOf(kit, client, scope), await tokenOf(kit, client, scope)];
    for (const each of [kit, elsewhere]) {
      expect(await told(each, client, token, form)).toMatchObject({ active: true });
      expect(await each.get<AccessTokenVerifier>(AccessTokenVerifier).verify(token)).toBeDefined();
    }
    await kit.admin.tokens.revoke(client.id, await idOf(token));
    for (const each of [kit, elsewhere]) {
      expect(await told(each, client, token, form)).toStrictEqual(INACTIVE);
      expect(await each.get<AccessTokenVerifier>(AccessTokenVerifier).verify(token)).toBeUndefined();
      expect(await told(each, client, second, form)).toMatchObject({ active: true });
    }
    await elsewhere.close();
  });
});

describe.each(FORMATS)('the id of a $format token', ({ format, scope, audience }) => {
  it('of another client revokes nothing: token_not_found, and no event', async () => {
    const token = await tokenOf(kit, other, scope);
    const id = await idOf(token, other);
    expect(await refusal(kit.admin.tokens.revoke(client.id, id))).toBe('token_not_found');
    expect(await verifier().verify(token)).toMatchObject({ clientId: other.id, audience: [audience] });
    expect((await kit.admin.audit.list({ type: 'client.token_revoked' })).entries).toEqual([]);
  });

  it('of a series that is over: token_not_found for a JWT; the row of an opaque one goes', async () => {
    const id = await idOf(await tokenOf(kit, client, scope));
    await kit.admin.tokens.revokeAll(client.id);
    const revoking = kit.admin.tokens.revoke(client.id, id);
    if (format === 'jwt') expect(await refusal(revoking)).toBe('token_not_found');
    else await revoking;
  });

  it('leaves an entry: who, the client, the token, the tenant', async () => {
    const id = await idOf(await tokenOf(kit, client, scope));
    await kit.admin.by({ name: 'ann', address: '192.0.2.1' }).tokens.revoke(client.id, id);
    const { entries } = await kit.admin.audit.list({ type: 'client.token_revoked' });
    expect(entries).toMatchObject([
      { actor: 'ann', address: '192.0.2.1', subject: client.id, tenant: 'blue', detail: { token_id: id } },
    ]);
  });
});

describe('what no token can be called', () => {
  it.each(['', 'x', 'x'.repeat(300), 'a\u0000b', 'é', 7, undefined])('%j: token_not_found', async (id) => {
    expect(await refusal(kit.admin.tokens.revoke(client.id, id as string))).toBe('token_not_found');
    expect(faults.count('revokedTokens.insert')).toBe(0);
  });
});

it('a revoked JWT is remembered for as long as it could live', async () => {
  const token = await tokenOf(kit, client, 'read');
  await kit.admin.tokens.revoke(client.id, String(claimsOf(token)['jti']));
  kit.clock.time += 3600;
  expect(await store.revokedTokens.deleteExpired(kit.clock.time)).toBe(0);
  expect(claimsOf(token)['aud']).toBe(API);
});

it('ROB-016 a store that is down: 503, and an entry where the token may be revoked', async () => {
  const id = await idOf(await tokenOf(kit, client, 'read'));
  for (const call of ['accessTokens.deleteOf', 'revokedTokens.insert', 'clients.find']) {
    faults.reject(call, new Error('down'));
    await expect(kit.admin.tokens.revoke(client.id, id)).rejects.toMatchObject({ status: 503 });
    faults.clear();
  }
  faults.reject('accessTokens.listOf', new Error('down'));
  await expect(kit.admin.tokens.list(client.id)).rejects.toMatchObject({ status: 503 });
  const { entries } = await kit.admin.audit.list({ type: 'client.token_revoked' });
  expect(entries.map(({ detail }) => detail['outcome'])).toEqual(['unknown', 'unknown']);
});
