import { OauthEvents, type OauthAdmin, type OauthEvent, type Persistence } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AdministrativeAction } from '../../src/oauth/events/oauth-event.js';
import { openKit, type Kit } from '../support/echo.js';
import { faulty, granted, GRANT, refused, register, type Faults, type Registered } from './support.js';

const ANN = { name: 'ann' };
const SERVER = 'https://a.example/x';
const UNAVAILABLE = { code: 'temporarily_unavailable', status: 503 };

let kit: Kit;
let faults: Faults;
let store: Persistence;
let ann: OauthAdmin;
let client: Registered;
let events: OauthEvent[];

beforeEach(async () => {
  const made = faulty();
  ({ faults, store } = made);
  kit = await openKit({
    persistence: made.persistence,
    audit: { log: 'database' },
    keyEncryptionSecret: 'k'.repeat(32),
    clientCacheLifetime: 60,
  });
  client = await register(kit, { client_id: 'c1', labels: { tenant: 'blue' } });
  ann = kit.admin.by(ANN);
  events = [];
  kit.get<OauthEvents>(OauthEvents).on('*', (event) => void events.push(event));
});

afterEach(() => kit.close());

const entries = async () => (await kit.admin.audit.list({ actor: 'ann' })).entries;
const secretId = () => client.client.secrets[0]?.id ?? '';
const text = expect.any(String) as string;

async function imports(admin: OauthAdmin, ...documents: object[]): Promise<void> {
  await admin.transfer.apply(await admin.transfer.plan(documents.map((each) => JSON.stringify(each))));
}

interface Change {
  readonly type: AdministrativeAction;
  /** The call whose answer is lost. */
  readonly call: string;
  /** In the name of the host, while all is well. */
  readonly prepare?: () => Promise<unknown>;
  readonly make: () => Promise<unknown>;
  readonly told: object;
}

const C1 = { subject: 'c1', tenant: 'blue' };
const CHANGES: readonly Change[] = [
  { type: 'client.created', call: 'clients.create', make: () => ann.clients.create({ client_id: 'c2' }), told: { subject: 'c2' } },
  { type: 'client.updated', call: 'clients.update', make: () => ann.clients.update('c1', { owner: 'x' }),
    told: { ...C1, detail: { changed: ['owner'], outcome: 'unknown' } } },
  { type: 'client.disabled', call: 'clients.update', make: () => ann.clients.disable('c1'), told: C1 },
  { type: 'client.enabled', call: 'clients.update', make: () => ann.clients.enable('c1'), told: C1 },
  { type: 'client.tokens_revoked', call: 'clients.update', make: () => ann.tokens.revokeAll('c1'), told: C1 },
  { type: 'client.deleted', call: 'clients.delete', make: () => ann.clients.delete('c1'), told: C1 },
  { type: 'client_secret.rotated', call: 'clientSecrets.add', make: () => ann.secrets.rotate('c1', 60),
    told: { ...C1, detail: { secret_id: text, overlap: 60, outcome: 'unknown' } } },
  { type: 'client_secret.rotated', call: 'clientSecrets.expire', make: () => ann.secrets.rotate('c1', 60),
    told: { ...C1, detail: { secret_id: text, overlap: 60, outcome: 'unknown' } } },
  { type: 'client_secret.revoked', call: 'clientSecrets.remove', make: () => ann.secrets.revoke('c1', secretId()), told: C1 },
  { type: 'client.token_revoked', call: 'accessTokens.deleteOf', make: () => ann.tokens.revoke('c1', 'id'),
    told: { ...C1, detail: { token_id: 'id', outcome: 'unknown' } } },
  { type: 'signing_key.rotated', call: 'signingKeys.insert', make: () => ann.keys.rotate(), told: { subject: '*' } },
  { type: 'signing_key.revoked', call: 'signingKeys.delete', prepare: () => kit.admin.keys.rotate(),
    make: async () => ann.keys.revoke((await kit.admin.keys.list()).find(({ state }) => state === 'next')?.kid ?? ''),
    told: { subject: text } },
  { type: 'resource_server.created', call: 'resourceServers.create',
    make: () => ann.resourceServers.create(SERVER, { scopes: ['x'] }), told: { subject: SERVER } },
  { type: 'resource_server.updated', call: 'resourceServers.update',
    prepare: () => kit.admin.resourceServers.create(SERVER, { scopes: ['x'] }),
    make: () => ann.resourceServers.update(SERVER, { name: 'X' }),
    told: { subject: SERVER, detail: { changed: ['name'], outcome: 'unknown' } } },
  { type: 'resource_server.deleted', call: 'resourceServers.delete',
    prepare: () => kit.admin.resourceServers.create(SERVER, { scopes: ['x'] }),
    make: () => ann.resourceServers.delete(SERVER), told: { subject: SERVER } },
  { type: 'registration_token.created', call: 'registrationTokens.insert',
    make: () => ann.registrationTokens.create(), told: { subject: text } },
  { type: 'registration_token.deleted', call: 'registrationTokens.delete',
    make: async () => ann.registrationTokens.delete((await kit.admin.registrationTokens.create()).token.id),
    told: { subject: text } },
  { type: 'clients.imported', call: 'clients.writeAll', make: () => imports(ann, { client_id: 'c2' }),
    told: { subject: '*', detail: { created: 1, updated: 0, outcome: 'unknown' } } },
]; // prettier-ignore

describe('a change whose answer is lost', () => {
  it.each(CHANGES)('$type at $call: one entry and one event, with the outcome unknown', async (change) => {
    await change.prepare?.();
    faults.loseAnswer(change.call);
    await expect(change.make()).rejects.toMatchObject(UNAVAILABLE);
    faults.clear();
    const outcome = { outcome: 'unknown' };
    const told = {
      type: change.type,
      actor: 'ann',
      detail: expect.objectContaining(outcome) as object,
      ...change.told,
    };
    expect(await entries()).toMatchObject([told]);
    expect(events.filter((event) => 'actor' in event && event.actor === 'ann')).toMatchObject([told]);
  });

  it('a resource server is known here at once', async () => {
    faults.loseAnswer('resourceServers.create');
    await expect(ann.resourceServers.create(SERVER, { scopes: ['x'] })).rejects.toMatchObject(UNAVAILABLE);
    faults.clear();
    await register(kit, { client_id: 'c2', scope: 'x' });
  });

  it('a new secret that nobody has seen stays only where the others end', async () => {
    const ids = async () => (await kit.admin.secrets.list('c1')).map(({ id }) => id);
    faults.loseAnswer('clientSecrets.add');
    await expect(ann.secrets.rotate('c1', 60)).rejects.toMatchObject(UNAVAILABLE);
    faults.clear();
    expect(await ids()).toEqual([secretId()]);
    faults.loseAnswer('clientSecrets.expire');
    await expect(ann.secrets.rotate('c1', 60)).rejects.toMatchObject(UNAVAILABLE);
    faults.clear();
    expect(await ids()).toEqual([secretId(), expect.any(String)]);
  });
});

describe('what is kept of a client', () => {
  it.each<[string, string, () => Promise<unknown>]>([
    ['is disabled', 'clients.update', () => ann.clients.disable('c1')],
    ['is deleted', 'clients.delete', () => ann.clients.delete('c1')],
    ['has its secret revoked', 'clientSecrets.remove', () => ann.secrets.revoke('c1', secretId())],
    ['has its secret rotated', 'clientSecrets.expire', () => ann.secrets.rotate('c1', 0)],
  ])('is forgotten when it %s, though the answer is lost: it gets no token', async (_, call, change) => {
    granted(await kit.token(GRANT, client.basic));
    faults.loseAnswer(call);
    await expect(change()).rejects.toMatchObject(UNAVAILABLE);
    faults.clear();
    expect(refused(await kit.token(GRANT, client.basic)).code).toBe('invalid_client');
  });

  it('is forgotten when it is imported, though the answer is lost', async () => {
    granted(await kit.token(GRANT, client.basic));
    faults.loseAnswer('clients.writeAll');
    await expect(imports(ann, { client_id: 'c1', enabled: false })).rejects.toMatchObject(UNAVAILABLE);
    faults.clear();
    refused(await kit.token(GRANT, client.basic));
  });
});

it('an update is told although what comes after it fails', async () => {
  await register(kit, { client_id: 'c2', token_endpoint_auth_method: 'client_secret_jwt' });
  faults.reject('clientSecrets.replace', new Error('down'));
  const change = { token_endpoint_auth_method: 'client_secret_basic', owner: 'x' };
  await expect(ann.clients.update('c2', change)).rejects.toMatchObject(UNAVAILABLE);
  const changed = ['owner', 'token_endpoint_auth_method'];
  expect(await entries()).toMatchObject([{ type: 'client.updated', subject: 'c2', detail: { changed } }]);
  expect((await entries())[0]?.detail).not.toHaveProperty('outcome');
  faults.clear();
  await ann.clients.update('c2', {});
  expect((await store.clients.find('c2'))?.secrets[0]).not.toHaveProperty('encrypted');
});

describe('an export', () => {
  it('is told before the first client leaves, whenever the reader stops', async () => {
    const reading = ann.transfer.export({ secrets: true });
    expect(await entries()).toEqual([]);
    expect((await reading.next()).value).toMatchObject({ client_id: 'c1' });
    expect(await entries()).toMatchObject([{ type: 'clients.exported', detail: { secrets: true } }]);
  });

  it('goes on when it cannot be told, and is not told when it is refused', async () => {
    const filter = { search: 7 as unknown as string };
    await expect(ann.transfer.export({ filter }).next()).rejects.toMatchObject({ code: 'invalid_request' });
    faults.reject('auditLog.append', new Error('down'));
    expect((await ann.transfer.export().next()).value).toMatchObject({ client_id: 'c1' });
    faults.clear();
    expect(await entries()).toEqual([]);
  });
});

describe('an import', () => {
  it('leaves an entry for every client, in few appends, and the sum as the last', async () => {
    faults.clear();
    const documents = Array.from({ length: 1200 }, (_, index) => ({
      client_id: `i${index}`,
      labels: { tenant: `t${index}` },
    }));
    await imports(ann, ...documents, { client_id: 'c1', scope: 'read' });
    expect(faults.count('auditLog.append')).toBe(4);
    const all = await store.auditLog.list({ filter: { actor: 'ann' }, limit: 2000 });
    expect(all).toHaveLength(1202);
    const about = { type: 'client.created', detail: { import: true } };
    expect(all.slice(0, 3)).toMatchObject([
      { type: 'clients.imported', subject: '*', detail: { created: 1200, updated: 1 } },
      { type: 'client.updated', subject: 'c1', detail: { changed: ['labels', 'scope'], import: true } },
      { ...about, subject: 'i1199', tenant: 't1199' },
    ]);
    expect(all.at(-1)).toMatchObject({ ...about, subject: 'i0', tenant: 't0' });
  });

  it('stands where its entries cannot be written', async () => {
    faults.reject('auditLog.append', new Error('disk is full'));
    await imports(ann, { client_id: 'c2' });
    faults.clear();
    expect((await kit.admin.clients.get('c2')).id).toBe('c2');
    expect(await entries()).toEqual([]);
  });
});

describe('with the revision that was read', () => {
  const changes: [string, (revision?: number) => Promise<unknown>][] = [
    ['disable', (revision) => ann.clients.disable('c1', { revision })],
    ['enable', (revision) => ann.clients.enable('c1', { revision })],
    ['revokeTokens', (revision) => ann.clients.revokeTokens('c1', { revision })],
    ['delete', (revision) => ann.clients.delete('c1', { revision })],
  ];

  it.each(changes)('%s is refused for another one, and leaves no entry', async (_, change) => {
    const before = await kit.admin.clients.get('c1');
    for (const revision of [0, 2]) await expect(change(revision)).rejects.toMatchObject({ code: 'conflict' });
    expect(await kit.admin.clients.get('c1')).toEqual(before);
    expect(await entries()).toEqual([]);
    await change(1);
    expect(await entries()).toHaveLength(1);
  });

  it.each(changes)('%s is refused where somebody is faster in between', async (_, change) => {
    faults.replace('clients.find', async (ask) => {
      faults.clear();
      const found = await ask();
      await kit.admin.clients.update('c1', { owner: 'x' });
      return found;
    });
    await expect(change(1)).rejects.toMatchObject({ code: 'conflict' });
    expect(await kit.admin.clients.get('c1')).toMatchObject({ enabled: true, owner: 'x', revision: 2 });
  });

  it('delete of a client that has gone meanwhile finds none', async () => {
    faults.replace('clients.delete', async (ask) => {
      await ask();
      return false;
    });
    await expect(ann.clients.delete('c1', { revision: 1 })).rejects.toMatchObject({
      code: 'client_not_found',
    });
  });

  it('delete of a resource server, too', async () => {
    const { revision = 0 } = await ann.resourceServers.create(SERVER, { scopes: ['x'] });
    await ann.resourceServers.update(SERVER, { name: 'X' });
    const old = ann.resourceServers.delete(SERVER, { revision });
    await expect(old).rejects.toMatchObject({ code: 'conflict' });
    await ann.resourceServers.delete(SERVER, { revision: revision + 1 });
    const gone = ann.resourceServers.delete(SERVER, { revision: revision + 1 });
    await expect(gone).rejects.toMatchObject({ code: 'resource_server_not_found' });
  });
});
