import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newKeyPair } from './assertions.js';
import {
  Desk,
  errorOf,
  INITIAL,
  refusedAs,
  UNAVAILABLE,
  type Answer,
  type Document,
  type Members,
} from './registration-support.js';

const { jwk } = await newKeyPair('ES256');
const SIGNS = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } };
const SHARED = { token_endpoint_auth_method: 'client_secret_jwt' };
const LIFETIME = 7200;
const FAILURES: [string, unknown][] = [
  ['an error', new Error('db pw=hunter2 is down')],
  ['nothing', undefined],
  [
    'an error with a status',
    Object.assign(new Error('db pw=hunter2'), { status: 200, code: 'invalid_token' }),
  ],
];

let desk: Desk;

beforeEach(async () => {
  desk = await Desk.open({
    keyEncryptionSecret: 'x'.repeat(32),
    registration: {
      initialAccessTokens: [INITIAL],
      policy: { scopes: ['read', 'write'] },
      clientSecretLifetime: LIFETIME,
    },
  });
});

afterEach(() => desk.close());

/** The store calls that this makes. */
async function callsOf(send: () => Promise<Answer>): Promise<string[]> {
  desk.faults.clear();
  const answer = await send();
  expect('success' in answer).toBe(true);
  return [...new Set(desk.faults.calls)];
}

/** While this store call fails in every way, the request is answered with 503 and the store is what it was. */
async function holds(call: string, send: () => Promise<Answer>): Promise<void> {
  for (const [, failure] of FAILURES) {
    desk.faults.clear();
    desk.faults.reject(call, failure);
    const { description } = await desk.refuses(send, UNAVAILABLE);
    expect(description).not.toContain('hunter2');
    expect(desk.faults.count(call), call).toBeGreaterThan(0);
  }
  desk.faults.clear();
  desk.faults.replace(call, () => {
    throw new Error('db pw=hunter2');
  });
  await desk.refuses(send, UNAVAILABLE);
  desk.faults.clear();
}

describe('threat 39 registering', () => {
  it('DCR-001 every store call that fails is a 503 and makes no client; and then it works', async () => {
    const { value, id } = await desk.issue({ mostUses: 2 });
    const send = () => desk.register({ client_name: 'Robot' }, value);
    const calls = await callsOf(send);
    expect(calls).toEqual(
      expect.arrayContaining(['registrationTokens.find', 'registrationTokens.use', 'clients.create']),
    );
    const necessary = calls.filter(
      (call) => !call.startsWith('auditLog.') && !call.startsWith('resourceServers.'),
    );
    for (const call of necessary) await holds(call, send);
    expect([await desk.usesOf(id), await desk.clients()]).toEqual([1, 1]);
    await desk.registered({}, value);
    expect(errorOf(await send()).status).toBe(401);
  });

  it('DCR-001 with the host’s own token no store has to be asked for it', async () => {
    desk.faults.reject('registrationTokens.find', new Error('down'));
    desk.faults.reject('registrationTokens.use', new Error('down'));
    await desk.registered();
    desk.faults.clear();
    await holds('clients.create', () => desk.register());
  });

  it('DCR-001 what cannot be given back stays counted: too few clients, never too many', async () => {
    const { value, id } = await desk.issue({ mostUses: 3 });
    for (const call of ['clients.create', 'registrationTokens.giveBack'])
      desk.faults.reject(call, new Error('down'));
    refusedAs(await desk.register({}, value), UNAVAILABLE);
    desk.faults.clear();
    expect([await desk.usesOf(id), await desk.clients()]).toEqual([1, 0]);
    await desk.registered({}, value);
    await desk.registered({}, value);
    expect(errorOf(await desk.register({}, value)).status).toBe(401);
    expect([await desk.usesOf(id), await desk.clients()]).toEqual([3, 2]);
  });

  it('DCR-001 many at once while the store comes and goes: as many clients as uses, none lost', async () => {
    const { value, id } = await desk.issue({ mostUses: 10 });
    let turn = 0;
    const create = desk.store.clients.create.bind(desk.store.clients);
    desk.store.clients.create = (client) =>
      ++turn % 2 === 0 ? Promise.reject(new Error('down')) : create(client);
    const answers = await Promise.all(Array.from({ length: 10 }, () => desk.register({}, value)));
    const statuses = answers.map((answer) => ('error' in answer ? answer.error.status : 201));
    expect(statuses.filter((status) => status === 503)).toHaveLength(5);
    expect([await desk.clients(), await desk.usesOf(id)]).toEqual([5, 5]);
    desk.store.clients.create = create;
    await Promise.all(Array.from({ length: 10 }, () => desk.register({}, value)));
    expect([await desk.clients(), await desk.usesOf(id)]).toEqual([10, 10]);
  });

  it('DCR-003 a token is not called wrong while the store is down', async () => {
    desk.faults.reject('registrationTokens.find', new Error('down'));
    await desk.refuses(() => desk.register({}, 'x'.repeat(40)), UNAVAILABLE);
    expect(desk.reasons()).toEqual([]);
  });
});

describe('threat 39 managing', () => {
  let client: Document;

  beforeEach(async () => {
    client = await desk.registered({ client_name: 'before' });
  });

  it.each<[string, () => Promise<Answer>]>([
    ['reading', () => desk.get(client)],
    ['deleting', () => desk.delete(client)],
  ])('DCR-014 DCR-017 %s: every store call that fails is a 503, and changes nothing', async (_, send) => {
    const copy = desk.store.clients.delete.bind(desk.store.clients);
    desk.store.clients.delete = () => Promise.resolve(true);
    const calls = await callsOf(send);
    desk.store.clients.delete = copy;
    expect(calls).toContain('clients.find');
    for (const call of calls) await holds(call, send);
    expect('success' in (await send())).toBe(true);
  });

  it.each<[string, Members, Members, number]>([
    ['a name', {}, { client_name: 'after' }, 0],
    ['a new secret', {}, {}, LIFETIME - 1],
    ['an expired secret', {}, {}, LIFETIME],
    ['from a secret to a key', {}, SIGNS, 0],
    ['from a key to a secret', SIGNS, {}, 0],
    ['to client_secret_jwt', {}, SHARED, 0],
    ['away from client_secret_jwt', SHARED, {}, 0],
  ])(
    'DCR-015 updating %s: what fails before the change leaves all as it was',
    async (_, before, after, seconds) => {
      const first = await desk.updated(client, before);
      desk.kit.clock.time += seconds;
      const send = () => desk.put(first, after);
      for (const call of ['clients.find', 'clients.update']) await holds(call, send);
      const next = await desk.updated(first, after);
      expect(next.registration_access_token).not.toBe(first.registration_access_token);
    },
  );

  it('DCR-015 a new secret that cannot be stored: nothing is changed, the old token and secret live', async () => {
    desk.kit.clock.time += LIFETIME - 1;
    await holds('clientSecrets.add', () => desk.put(client, { client_name: 'after' }));
    expect(await desk.scopeOf(client)).toBe('read');
    const next = await desk.updated(client);
    expect(await desk.scopeOf(next)).toBe('read');
  });

  it('DCR-015 a secret that cannot be taken back is nobody’s, and the client is as before', async () => {
    desk.kit.clock.time += LIFETIME - 1;
    for (const call of ['clients.update', 'clientSecrets.remove'])
      desk.faults.reject(call, new Error('down'));
    refusedAs(await desk.put(client, { client_name: 'after' }), UNAVAILABLE);
    desk.faults.clear();
    const { information } = await desk.kit.admin.clients.get(client.client_id);
    expect(information).toEqual({ client_name: 'before' });
    const next = await desk.updated(client);
    expect(next['client_secret'] === undefined || (await desk.scopeOf(next)) === 'read').toBe(true);
  });

  it.each<[string, Members, Members, string]>([
    ['remove', {}, SIGNS, 'clientSecrets.remove'],
    ['replace', SHARED, {}, 'clientSecrets.replace'],
  ])('DCR-015 after the change the client hears of it, though %s fails', async (_, before, after, call) => {
    const first = await desk.updated(client, before);
    desk.faults.reject(call, new Error('down'));
    const next = await desk.updated(first, after);
    expect(desk.faults.count(call)).toBeGreaterThan(0);
    desk.faults.clear();
    expect(errorOf(await desk.get(first)).status).toBe(401);
    const again = await desk.updated(next, after);
    const { secrets } = await desk.kit.admin.clients.get(again.client_id);
    expect(secrets.filter(({ encrypted }) => encrypted !== undefined)).toEqual([]);
    if (after === SIGNS) expect(secrets).toEqual([]);
  });

  it('DCR-018 no 401 while the store is down: neither for a right nor for a wrong token', async () => {
    desk.faults.reject('clients.find', new Error('down'));
    for (const token of [client.registration_access_token, 'wrong']) {
      await desk.refuses(() => desk.get({ ...client, registration_access_token: token }), UNAVAILABLE);
    }
    expect(desk.reasons()).toEqual([]);
  });

  it('DCR-015 an update that always comes second gives up with 503, and says so to nobody else', async () => {
    desk.faults.replace('clients.update', () => Promise.resolve(false));
    await desk.refuses(() => desk.put(client, { client_name: 'after' }), UNAVAILABLE);
    desk.faults.clear();
    await desk.updated(client, { client_name: 'after' });
  });

  it('threat 37 what failed is in the log, without tokens and secrets', async () => {
    desk.faults.reject('clients.find', new Error('socket closed'));
    errorOf(await desk.get(client));
    expect(JSON.stringify(desk.log.map(String))).not.toContain(client.registration_access_token);
    expect(desk.log).toHaveLength(1);
    desk.keepsSecret(client.registration_access_token, client.client_secret);
  });
});
