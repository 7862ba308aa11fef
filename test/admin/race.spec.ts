import { Persistence } from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADAPTERS, newClient } from '../nest/host.js';
import { openAdmin, refusal, type AdminHost } from './support.js';

const ACTIONS = [
  ['PATCH', ''],
  ['POST', '/disable'],
  ['POST', '/enable'],
  ['POST', '/revoke-tokens'],
  ['DELETE', ''],
] as const;

describe.each(ADAPTERS)('a change between the check of If-Match and the act on %s', (adapter) => {
  let host: AdminHost;
  beforeAll(async () => {
    host = await openAdmin({ adapter });
  });
  afterAll(() => host.close());

  /** Somebody else acts right after the `nth` read of clients. Tells, when it is over, whether there was such a read. */
  function afterRead(id: string, nth: number, act: () => Promise<unknown>): () => boolean {
    const { clients } = host.app.get(Persistence, { strict: false });
    const find = clients.find.bind(clients);
    return meanwhile((read) => (clients.find = (asked) => read(asked === id, find(asked))), nth, act);
  }

  /** The same of resource servers. */
  function afterReadingResources(nth: number, act: () => Promise<unknown>): () => boolean {
    const { resourceServers } = host.app.get(Persistence, { strict: false });
    const all = resourceServers.all.bind(resourceServers);
    return meanwhile((read) => (resourceServers.all = () => read(true, all())), nth, act);
  }

  it.each(ACTIONS)('is not undone by %s /clients/ID%s', async (method, action) => {
    // Where the store is read once or twice, each of the moments after.
    for (const nth of [1, 2]) {
      const id = `raced-${method}-${action.slice(1)}-${nth}`;
      await newClient(host, { client_id: id, scope: 'read' });
      const body = method === 'PATCH' ? { owner: 'first' } : undefined;
      const done = afterRead(id, nth, () => host.admin.clients.update(id, { owner: 'second' }));
      const headers = { 'if-match': '"1"' };
      const answer = await host.call(method, `/clients/${id}${action}`, { body, headers });
      const raced = done();
      if (nth === 1) expect(raced).toBe(true);
      if (!raced) continue;
      expect([nth, ...refusal(answer)]).toEqual([nth, 412, 'precondition_failed']);
      expect(await host.admin.clients.get(id)).toMatchObject({ owner: 'second', revision: 2, enabled: true });
    }
  });

  it.each([['PATCH'], ['DELETE']] as const)('is not undone by %s /resource-servers/ID', async (method) => {
    const { resourceServers } = host.admin;
    for (const nth of [1, 2]) {
      const identifier = `https://${method.toLowerCase()}-${nth}.example`;
      await resourceServers.create(identifier, { scopes: [`${method}:${nth}`] });
      const body = method === 'PATCH' ? { name: 'First' } : undefined;
      const done = afterReadingResources(nth, () => resourceServers.update(identifier, { name: 'Second' }));
      const headers = { 'if-match': '"1"' };
      const path = `/resource-servers/${encodeURIComponent(identifier)}`;
      const answer = await host.call(method, path, { body, headers });
      const raced = done();
      if (nth === 1) expect(raced).toBe(true);
      if (!raced) continue;
      expect([nth, ...refusal(answer)]).toEqual([nth, 412, 'precondition_failed']);
      expect(await resourceServers.get(identifier)).toMatchObject({ name: 'Second', revision: 2 });
    }
  });

  it.each(ACTIONS)(
    'gone meanwhile, %s /clients/ID%s is refused, with If-Match or without',
    async (method, action) => {
      for (const headers of [{ 'if-match': '"1"' }, {}]) {
        const id = `gone-${method}-${action.slice(1)}-${Object.keys(headers).length}`;
        await newClient(host, { client_id: id });
        const body = method === 'PATCH' ? { owner: 'first' } : undefined;
        const done = afterRead(id, 1, () => host.admin.clients.delete(id));
        const { status } = await host.call(method, `/clients/${id}${action}`, { body, headers });
        expect(done()).toBe(true);
        expect([404, 409, 412]).toContain(status);
        expect((await host.call('GET', `/clients/${id}`)).status).toBe(404);
      }
    },
  );
});

type Read = <T>(counts: boolean, found: Promise<T>) => Promise<T>;

function meanwhile(wrap: (read: Read) => void, nth: number, act: () => Promise<unknown>): () => boolean {
  let [reads, over] = [0, false];
  wrap(async (counts, found) => {
    const result = await found;
    if (counts && !over && ++reads === nth) {
      over = true;
      await act();
    }
    return result;
  });
  return () => {
    over = true;
    return reads >= nth;
  };
}
