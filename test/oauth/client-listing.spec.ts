import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OauthEvents, type Client, type ClientOrder, type ClientQueryInput } from 'nestjs-oauth-kit';
import { openKit, type Kit } from '../support/echo.js';

let kit: Kit;

beforeEach(async () => {
  kit = await openKit();
});

afterEach(() => kit.close());

/** Goes through every page. */
async function all(query: ClientQueryInput): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  for (let pages = 1, after: string | undefined; ; pages++) {
    const { clients, next } = await kit.admin.clients.list({ ...query, ...(after && { after }) });
    ids.push(...clients.map(({ id }) => id));
    if (next === undefined) return { ids, pages };
    after = next;
  }
}

async function ids(query: ClientQueryInput): Promise<string[]> {
  return (await all(query)).ids;
}

describe('a list of clients', () => {
  beforeEach(async () => {
    const names = ['Zebra', 'apple', 'Éclair', 'apple', undefined, 'Banana'];
    for (const [index, name] of names.entries()) {
      kit.clock.time += 10;
      await kit.admin.clients.create({ client_id: `c${index}`, ...(name && { client_name: name }) });
    }
    kit.clock.time += 10;
    await kit.admin.clients.update('c1', { client_uri: 'https://example.com' });
  });

  it.each<[ClientOrder, string[]]>([
    ['id', ['c0', 'c1', 'c2', 'c3', 'c4', 'c5']],
    ['name', ['c4', 'c1', 'c3', 'c5', 'c0', 'c2']],
    ['createdAt', ['c0', 'c1', 'c2', 'c3', 'c4', 'c5']],
    ['updatedAt', ['c0', 'c2', 'c3', 'c4', 'c5', 'c1']],
  ])('by %s comes in pages, without a gap or a repeat, in both directions', async (order, expected) => {
    for (const limit of [1, 2, 4, 5, 6, 7]) {
      const found = await all({ order, limit });
      expect(found).toEqual({ ids: expected, pages: Math.max(1, Math.ceil(6 / limit)) });
      expect(await ids({ order, limit, descending: true })).toEqual(expected.toReversed());
    }
  });

  it('goes on behind a client that was deleted meanwhile', async () => {
    const { next } = await kit.admin.clients.list({ limit: 2 });
    await kit.admin.clients.delete('c1');
    const rest = await kit.admin.clients.list({ limit: 10, ...(next && { after: next }) });
    expect(rest.clients.map(({ id }) => id)).toEqual(['c2', 'c3', 'c4', 'c5']);
  });

  it('has 50 clients by default', async () => {
    for (let n = 0; n < 60; n++) await kit.admin.clients.create({ client_id: `more-${n}` });
    expect((await kit.admin.clients.list()).clients).toHaveLength(50);
  });
});

describe('a search', () => {
  beforeEach(async () => {
    await kit.admin.clients.create({
      client_id: 'billing-1',
      client_name: 'Nightly Invoices',
      owner: 'Finance',
    });
    await kit.admin.clients.create({
      client_id: 'billing-2',
      client_name: 'Größe 100%',
      owner: 'finance',
      description: 'Sends_mail "daily"',
      labels: { tenant: 'a', 'team/name': 'x"y\\' },
    });
    await kit.admin.clients.create({ client_id: 'report', labels: { tenant: 'b' } });
    await kit.admin.clients.create({ client_id: 'REPORT', labels: { tenant: 'a', stage: 'test' } });
    await kit.admin.clients.disable('report');
  });

  it.each<[ClientQueryInput, string[]]>([
    [{ search: 'BILLING' }, ['billing-1', 'billing-2']],
    [{ search: 'invoices' }, ['billing-1']],
    [{ search: 'GRÖSSE' }, []],
    [{ search: 'GRÖßE' }, ['billing-2']],
    [{ search: 'finance' }, ['billing-1', 'billing-2']],
    [{ search: '100%' }, ['billing-2']],
    [{ search: '%' }, ['billing-2']],
    [{ search: '_' }, ['billing-2']],
    [{ search: '"daily"' }, ['billing-2']],
    [{ search: 'report' }, ['REPORT', 'report']],
    [{ search: 'report', enabled: true }, ['REPORT']],
    [{ owner: 'finance' }, ['billing-2']],
    [{ owner: 'Finance' }, ['billing-1']],
    [{ owner: 'Fin' }, []],
    [{ labels: { tenant: 'a' } }, ['REPORT', 'billing-2']],
    [{ labels: { tenant: 'a', stage: 'test' } }, ['REPORT']],
    [{ labels: { tenant: 'A' } }, []],
    [{ labels: { 'team/name': 'x"y\\' } }, ['billing-2']],
    [{ enabled: false }, ['report']],
    [{ labels: { tenant: 'b' }, enabled: true }, []],
  ])('%j', async (query, expected) => {
    expect(await ids(query)).toEqual(expected);
  });
});

describe('a query that makes no sense is refused by the name of its member', () => {
  it.each<[string, unknown]>([
    ['limit', { limit: 0 }],
    ['limit', { limit: 501 }],
    ['limit', { limit: 1.5 }],
    ['limit', { limit: '10' }],
    ['limit', { limit: Number.NaN }],
    ['order', { order: 'secret' }],
    ['order', { order: '__proto__' }],
    ['descending', { descending: 'yes' }],
    ['enabled', { enabled: 1 }],
    ['search', { search: '' }],
    ['search', { search: 'a\u0000b' }],
    ['search', { search: { $ne: 'x' } }],
    ['search', { search: 'x'.repeat(256) }],
    ['owner', { owner: ['a'] }],
    ['labels', { labels: ['a'] }],
    ['labels', { labels: { 'A b': 'x' } }],
    ['labels', { labels: { a: 1 } }],
    ['after', { after: 'garbage' }],
    ['after', { after: 7 }],
    ['after', { after: Buffer.from('["name","61","x"]').toString('base64url') }],
    ['after', { after: Buffer.from('["id",7,"x"]').toString('base64url') }],
    ['after', { after: Buffer.from('["id","x"]').toString('base64url') }],
    ['after', { order: 'createdAt', after: Buffer.from('["createdAt","1","x"]').toString('base64url') }],
    ['after', { after: Buffer.from('{}').toString('base64url') }],
  ])('%s: %j', async (member, query) => {
    await expect(kit.admin.clients.list(query as ClientQueryInput)).rejects.toMatchObject({
      code: 'invalid_request',
      description: expect.stringMatching(new RegExp(`^${member}\\b`)) as string,
    });
  });
});

describe('owner, description and labels', () => {
  const record = { owner: 'team-7', description: 'Größe 👩‍🚀', labels: { tenant: 'a', 'b.c/d-e_f': 'x' } };

  it('are kept, changed one by one, and taken away', async () => {
    const { client } = await kit.admin.clients.create({ client_id: 'c', ...record });
    expect(client).toMatchObject(record);
    const moved = await kit.admin.clients.update('c', { owner: 'team-8' });
    expect(moved).toMatchObject({ ...record, owner: 'team-8' });
    const bare = await kit.admin.clients.update('c', { owner: null, description: null, labels: {} });
    for (const member of ['owner', 'description', 'labels']) expect(bare).not.toHaveProperty(member);
    expect(await kit.admin.clients.get('c')).toEqual(bare);
  });

  it('are in the order of their names, whatever the order in which they came', async () => {
    const labels = { b: '2', a: '1', c: '3' };
    const { client } = await kit.admin.clients.create({ labels });
    expect(Object.keys(client.labels ?? {})).toEqual(['a', 'b', 'c']);
  });

  it.each<[string, object]>([
    ['owner', { owner: '' }],
    ['owner', { owner: 7 }],
    ['owner', { owner: 'x'.repeat(256) }],
    ['owner', { owner: 'a\nb' }],
    ['description', { description: ['x'] }],
    ['description', { description: 'x'.repeat(1001) }],
    ['labels', { labels: 'tenant=a' }],
    ['labels', { labels: ['a'] }],
    ['labels', { labels: { Tenant: 'a' } }],
    ['labels', { labels: { '': 'a' } }],
    ['labels', { labels: { ['x'.repeat(64)]: 'a' } }],
    ['labels', { labels: JSON.parse('{"__proto__":"x"}') as object }],
    ['labels', { labels: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`l${n}`, 'x'])) }],
    ['labels.tenant', { labels: { tenant: 7 } }],
    ['labels.tenant', { labels: { tenant: '' } }],
    ['labels.tenant', { labels: { tenant: { a: 1 } } }],
    ['labels.tenant', { labels: { tenant: 'x'.repeat(256) } }],
    ['__proto__', JSON.parse('{"__proto__":{"owner":"x"}}') as object],
  ])('%s: %j is refused, and nothing is stored', async (member, document) => {
    await expect(kit.admin.clients.create(document)).rejects.toMatchObject({
      code: 'invalid_client_metadata',
      description: expect.stringContaining(member) as string,
    });
    expect((await kit.admin.clients.list()).clients).toEqual([]);
  });

  it('the tenant label of a client is told with its tokens, whatever its request says', async () => {
    const told: unknown[] = [];
    const { issued } = await kit.admin.clients.create({
      client_id: 'c',
      labels: { tenant: 'blue' },
      token_endpoint_auth_method: 'client_secret_post',
    });
    kit.get<OauthEvents>(OauthEvents).on('*', (event) => told.push(event));
    const form = { grant_type: 'client_credentials', client_id: 'c', client_secret: issued?.secret ?? '' };
    await kit.token({ ...form, tenant: 'crimson', labels: 'tenant=crimson' });
    await kit.token({ ...form, scope: 'nothing', tenant: 'crimson' });
    expect(told).toContainEqual(expect.objectContaining({ type: 'client.authenticated', tenant: 'blue' }));
    expect(told).toContainEqual(expect.objectContaining({ type: 'token.issued', tenant: 'blue' }));
    expect(told).toContainEqual(expect.objectContaining({ type: 'token.refused', tenant: 'blue' }));
    expect(JSON.stringify(told)).not.toContain('crimson');
  });
});

describe('two operators change a client at once', () => {
  let client: Client;

  beforeEach(async () => {
    ({ client } = await kit.admin.clients.create({ client_id: 'c', client_name: 'one' }));
  });

  it('the second sees a conflict, and the first one’s change stays', async () => {
    const { revision } = client;
    await kit.admin.clients.update('c', { client_name: 'two' }, { revision });
    await expect(kit.admin.clients.update('c', { owner: 'three' }, { revision })).rejects.toMatchObject({
      name: 'AdministrationError',
      code: 'conflict',
    });
    const found = await kit.admin.clients.get('c');
    expect(found).toMatchObject({ revision: revision + 1, information: { client_name: 'two' } });
    expect(found).not.toHaveProperty('owner');
  });

  it('and of twenty at the same moment exactly one wins', async () => {
    const { revision } = client;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        kit.admin.clients.update('c', { client_name: `writer ${n}` }, { revision }),
      ),
    );
    const winners = outcomes.filter(({ status }) => status === 'fulfilled');
    expect(winners).toHaveLength(1);
    const found = await kit.admin.clients.get('c');
    expect(winners[0]).toMatchObject({ value: { information: found.information } });
    expect(found.revision).toBe(revision + 1);
  });
});
