import assert from 'node:assert/strict';
import {
  CLIENT_ORDERS,
  isWanted,
  positionOf,
  sortKey,
  type ClientFilter,
  type ClientOrder,
  type ClientPosition,
} from '../oauth/client/client-page.js';
import type { Client, Labels } from '../oauth/client/client.js';
import type { Persistence } from '../oauth/persistence.js';
import type { ContractTest } from './contract-runner.js';
import { CLOSE_IDS, HARD_TEXT, NOW, fullClient, ordered, sampleClient } from './samples.js';

const NAMES = ['', 'b', 'B', 'a', 'Ä', 'ä', 'a ', 'é', '日本語', '👩‍🚀', 'z'.repeat(70), `${'z'.repeat(70)}a`];
const OWNERS = ['team', 'Team', 'team ', 'Größe', HARD_TEXT, ''];
const LABELS: readonly Labels[] = [
  { tenant: 'a', env: 'prod' },
  { tenant: 'A' },
  { tenant: 'a"', env: '"tenant":"a"' },
  { 'x"tenant': 'a' },
  { ',': 'x', ':': 'y' },
  { x: ',', y: ':' },
  { tenant: HARD_TEXT, '\\': '\\' },
];
const SEARCHES = [
  '',
  'client',
  'CLIENT 100%',
  '%',
  '_',
  '\\',
  '"',
  "'",
  'n',
  'u00',
  'zaaa',
  '\n',
  ' ',
  'ä',
  'Ä',
  'Ω',
];

/** Clients of ids, names and times that are alike, and of owners, labels and descriptions that are hard to search. */
function sampleClients(): Client[] {
  return CLOSE_IDS.map((id, n) => {
    const [name, owner, labels] = [NAMES[n % 15], OWNERS[n % 8], LABELS[n % 9]];
    return sampleClient(id, {
      enabled: n % 3 > 0,
      createdAt: NOW + (n % 4),
      updatedAt: NOW - (n % 5),
      information: name === undefined ? {} : { client_name: name },
      ...(owner === undefined ? {} : { owner }),
      ...(labels === undefined ? {} : { labels }),
      ...(n % 6 === 0 ? { description: `Client 100% ${HARD_TEXT}` } : {}),
    });
  });
}

/** Pages of clients are exactly what the functions beside the port say. */
export function clientPageContract(test: ContractTest): void {
  for (const order of CLIENT_ORDERS) {
    test(`list goes through all clients in the order of ${order}, and back`, async (persistence) => {
      const clients = await store(persistence);
      for (const descending of [false, true]) {
        const expected = inOrder(clients, order, descending);
        assert.deepStrictEqual(await pages(persistence, { order, descending }), expected, `${descending}`);
      }
    });
  }

  test('list in the order of ids needs to be told nothing but the limit', async (persistence) => {
    const clients = await store(persistence);
    const listed = await persistence.clients.list({ limit: 100 });
    assert.deepStrictEqual(
      listed.map(({ id }) => id),
      inOrder(clients, 'id', false),
    );
  });

  test('list starts behind a position at which no client stands, too', async (persistence) => {
    for (const id of ['a', 'B', 'c']) await persistence.clients.create(sampleClient(id));
    const ids = async (after: ClientPosition, order: ClientOrder = 'id', descending = false) =>
      (await persistence.clients.list({ after, order, descending, limit: 10 })).map(({ id }) => id);
    assert.deepStrictEqual(await ids({ key: 'A', id: 'A' }), ['B', 'a', 'c']);
    assert.deepStrictEqual(await ids({ key: 'b', id: 'b' }), ['c']);
    assert.deepStrictEqual(await ids({ key: 'c', id: 'c' }), []);
    assert.deepStrictEqual(await ids({ key: NOW, id: 'b' }, 'createdAt'), ['c']);
    assert.deepStrictEqual(await ids({ key: NOW, id: 'b' }, 'createdAt', true), ['a', 'B']);
    assert.deepStrictEqual(await ids({ key: NOW - 1, id: 'z' }, 'updatedAt'), ['B', 'a', 'c']);
  });

  test('list gives whole clients and counts clients, not their secrets', async (persistence) => {
    const [a, b, c] = [fullClient('a'), fullClient('b'), sampleClient('c')];
    for (const client of [c, b, a]) await persistence.clients.create(client);
    const page = await persistence.clients.list({ limit: 2 });
    assert.deepStrictEqual(page.map(ordered), [a, b].map(ordered));
    assert.deepStrictEqual(await persistence.clients.list({ after: positionOf(b), limit: 2 }), [c]);
  });

  test('list searches for parts of texts, whatever their case', async (persistence) => {
    const clients = await store(persistence);
    for (const search of [...SEARCHES, ...NAMES, ...OWNERS, HARD_TEXT.toUpperCase(), '\ud83d', '\ude80']) {
      await assertFound(persistence, clients, { search });
    }
  });

  test('list tells owners and labels apart that look alike', async (persistence) => {
    const clients = await store(persistence);
    for (const owner of [...OWNERS, 'none', 'TEAM']) await assertFound(persistence, clients, { owner });
    const single = LABELS.flatMap((labels) =>
      Object.entries(labels).map(([name, value]) => ({ [name]: value })),
    );
    const strange: readonly Labels[] = [{}, { tenant: '' }, { tenan: 'a' }, { Tenant: 'a' }, { x: 'y' }];
    const other: readonly Labels[] = [{ ',': ':' }, { constructor: 'a' }, { 'tenant":"a': '' }];
    for (const labels of [...LABELS, ...single, ...strange, ...other]) {
      await assertFound(persistence, clients, { labels });
    }
  });

  test('list wants all that is given', async (persistence) => {
    const clients = await store(persistence);
    for (const enabled of [true, false]) {
      await assertFound(persistence, clients, { enabled });
      await assertFound(persistence, clients, { enabled, labels: { tenant: 'a' }, search: 'C' });
      await assertFound(persistence, clients, { enabled, owner: 'team', search: 'client' });
    }
    const filter = { enabled: true, search: 'client' };
    const expected = clients.filter((client) => isWanted(client, filter));
    for (const order of CLIENT_ORDERS) {
      const found = await pages(persistence, { order, descending: true, filter });
      assert.deepStrictEqual(found, inOrder(expected, order, true));
    }
  });

  test('list finds a client by what it has become, and no more by what it was', async (persistence) => {
    const before = sampleClient('id', {
      owner: 'old',
      labels: { a: 'b' },
      information: { client_name: 'Old' },
    });
    const after = { ...sampleClient('id'), owner: 'new', information: { client_name: 'New' } };
    await persistence.clients.create(before);
    assert.equal(await persistence.clients.update(after, 1), true);
    const found = async (filter: ClientFilter) =>
      (await persistence.clients.list({ limit: 2, filter })).length;
    for (const filter of [{ search: 'old' }, { owner: 'old' }, { labels: { a: 'b' } }]) {
      assert.equal(await found(filter), 0, JSON.stringify(filter));
    }
    for (const filter of [{ search: 'new' }, { owner: 'new' }]) assert.equal(await found(filter), 1);
  });
}

async function store(persistence: Persistence): Promise<Client[]> {
  const clients = sampleClients();
  const writes = clients.map((client) => ({ client }));
  assert.equal(await persistence.clients.writeAll(writes), undefined);
  return clients;
}

async function assertFound(persistence: Persistence, clients: Client[], filter: ClientFilter): Promise<void> {
  const expected = clients.filter((client) => isWanted(client, filter));
  const listed = await persistence.clients.list({ limit: 100, filter });
  assert.deepStrictEqual(
    listed.map(({ id }) => id),
    inOrder(expected, 'id', false),
    JSON.stringify(filter),
  );
}

/** The ids of all pages, one after the other. */
async function pages(
  { clients }: Persistence,
  page: { order: ClientOrder; descending: boolean; filter?: ClientFilter },
): Promise<string[]> {
  const found: Client[] = [];
  for (let last: Client | undefined; ; last = found.at(-1)) {
    const after = last && { after: positionOf(last, page.order) };
    const next = await clients.list({ ...page, ...after, limit: 7 });
    found.push(...next);
    if (next.length < 7) return found.map(({ id }) => id);
    assert.ok(found.length <= CLOSE_IDS.length, 'the pages overlap');
  }
}

/** The keys and the ids of these clients are ASCII, so that `<` is in order by code point. */
function inOrder(clients: readonly Client[], order: ClientOrder, descending: boolean): string[] {
  const keyed = clients.map((client) => [sortKey(client, order), client.id] as const);
  keyed.sort(([a, id], [b, other]) => (a === b ? (id < other ? -1 : 1) : a < b ? -1 : 1));
  return (descending ? keyed.reverse() : keyed).map(([, id]) => id);
}
