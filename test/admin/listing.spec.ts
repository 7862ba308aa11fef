import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADAPTERS } from '../nest/host.js';
import { listOf, openAdmin, refusal, type AdminHost } from './support.js';

describe.each(ADAPTERS)('lists over the admin API on %s', (adapter) => {
  let host: AdminHost;
  beforeAll(async () => {
    host = await openAdmin({ adapter });
    for (const [index, name] of ['delta', 'alpha', 'charlie', 'bravo'].entries()) {
      host.clock.time += 1;
      await host.admin.clients.create({
        client_id: `c${index}`,
        client_name: name,
        owner: index % 2 === 0 ? 'team a=b&c' : 'team-b',
        labels: { team: index < 2 ? 'x' : 'y', stage: 'a=b' },
      });
    }
    await host.admin.clients.disable('c3');
  });
  afterAll(() => host.close());

  const ids = async (query: string): Promise<unknown[]> => {
    const { status, text, body } = await host.call('GET', `/clients${query}`);
    expect([status, text.slice(0, 200)]).toEqual([200, expect.stringContaining('"clients"')]);
    return listOf(body['clients']).map((each) => each['client_id']);
  };

  it.each([
    ['', ['c0', 'c1', 'c2', 'c3', 'operator']],
    ['?search=ALPHA', ['c1']],
    ['?owner=team+a%3Db%26c', ['c0', 'c2']],
    ['?label=team%3Dx', ['c0', 'c1']],
    ['?label=team=y&label=stage=a=b', ['c2', 'c3']],
    ['?label=team=x&label=stage=b', []],
    ['?enabled=false', ['c3']],
    ['?enabled=true&descending=true', ['operator', 'c2', 'c1', 'c0']],
    ['?order=name&label=stage=a=b', ['c1', 'c3', 'c2', 'c0']],
    ['?order=created_at&descending=true&owner=team-b', ['c3', 'c1']],
    ['?order=updated_at&limit=1&descending=true', ['c3']],
  ])('clients: %s', async (query, wanted) => {
    expect(await ids(query)).toEqual(wanted);
  });

  it('page by page, in every order', async () => {
    for (const order of ['id', 'name', 'created_at', 'updated_at']) {
      const all = await ids(`?order=${order}`);
      const seen: unknown[] = [];
      let after = '';
      do {
        const { body } = await host.call('GET', `/clients?order=${order}&limit=2${after}`);
        seen.push(...listOf(body['clients']).map((each) => each['client_id']));
        const { next } = body;
        after = typeof next === 'string' ? `&after=${encodeURIComponent(next)}` : '';
      } while (after !== '');
      expect(seen).toEqual(all);
    }
  });

  it.each([
    '/clients?limit=1e9',
    '/clients?limit=1000000000',
    '/clients?limit=-1',
    '/clients?limit=0',
    '/clients?limit=0x10',
    '/clients?limit=',
    '/clients?limit=%201',
    '/clients?limit=999999999999999999999999',
    '/clients?limit=1&limit=2',
    '/clients?limit[]=1',
    '/clients?limit[$gt]=1',
    '/clients?search=a&search=b',
    '/clients?search=',
    '/clients?search=a%00b',
    `/clients?search=${'a'.repeat(300)}`,
    '/clients?owner=a&owner=b',
    '/clients?enabled=yes',
    '/clients?enabled=true&enabled=true',
    '/clients?descending=1',
    '/clients?order=secret',
    '/clients?order=__proto__',
    '/clients?order=constructor',
    '/clients?label=team',
    '/clients?label==x',
    '/clients?label=team=x&label=team=y',
    '/clients?label=__proto__=x',
    '/clients?label=constructor=x&label=TEAM=x',
    '/clients?after=x',
    '/clients?after=WyJpZCIsMSwyXQ',
    '/clients?order=name&after=WyJpZCIsImEiLCJhIl0',
    '/clients?unknown=1',
    '/clients?__proto__=1',
    '/clients/c0?limit=1',
    '/clients/c0/tokens?limit=501',
    '/clients/c0/tokens?after=%00',
    '/registration-tokens?limit=501',
    '/audit?since=yesterday',
    '/audit?since=1&since=2',
    '/audit?until=-5',
    '/audit?limit=501',
    '/audit?after=zzz',
    '/audit?type=',
    '/keys?x=1',
  ])('refuses GET %s', async (path) => {
    const answer = await host.call('GET', path);
    expect(answer.status).toBe(400);
    expect(['invalid_request', 'invalid_client_metadata']).toContain(refusal(answer)[1]);
  });
});
