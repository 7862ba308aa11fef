import assert from 'node:assert/strict';
import type { Client } from '../oauth/client/client.js';
import type { ClientWrite } from '../oauth/client/client.store.js';
import type { ContractTest } from './contract-runner.js';
import { CLOSE_IDS, NOW, assertStored, fullClient, sampleClient, sampleSecret } from './samples.js';

/** More than fit one statement on any database. */
const MANY = 2500;

/** Many clients are written at once, or none of them. */
export function clientWriteContract(test: ContractTest): void {
  test('writeAll makes clients as they are, with their secrets', async (persistence) => {
    const clients = [fullClient('full'), ...CLOSE_IDS.map((id) => sampleClient(id, { information: { id } }))];
    assert.equal(await persistence.clients.writeAll(made(clients)), undefined);
    for (const client of clients) await assertStored(persistence, client);
  });

  test('writeAll of nothing does nothing', async (persistence) => {
    assert.equal(await persistence.clients.writeAll([]), undefined);
    assert.deepStrictEqual(await persistence.clients.list({ limit: 1 }), []);
  });

  test('writeAll replaces a client and counts its revision up', async (persistence) => {
    const [before, kept] = [fullClient('client'), fullClient('Client')];
    for (const client of [before, kept]) await persistence.clients.create(client);
    const write = { client: sampleClient('client'), revision: 7 };
    assert.equal(await persistence.clients.writeAll([write]), undefined);
    await assertStored(persistence, sampleClient('client', { revision: 8, secrets: before.secrets }));
    await assertStored(persistence, kept);
  });

  test('writeAll adds the secrets that are missing, and changes none', async (persistence) => {
    const [stored, unnamed] = [sampleSecret('aB', { lastUsedAt: NOW }), sampleSecret('unnamed')];
    await persistence.clients.create(sampleClient('client', { secrets: [stored, unnamed] }));
    await persistence.clients.create(sampleClient('other', { secrets: [sampleSecret('Ab')] }));
    const added = sampleSecret('Ab', { encrypted: 'sealed', expiresAt: NOW });
    const client = sampleClient('client', { secrets: [sampleSecret('aB', { expiresAt: 1 }), added] });
    assert.equal(await persistence.clients.writeAll([{ client, revision: 1 }]), undefined);
    await assertStored(persistence, { ...client, revision: 2, secrets: [stored, unnamed, added] });
  });

  test('writeAll makes some and replaces others', async (persistence) => {
    await persistence.clients.create(sampleClient('b'));
    const after = sampleClient('b', { owner: 'team' });
    const [a, c] = [fullClient('a'), fullClient('c')];
    const writes = [{ client: c }, { client: after, revision: 1 }, { client: a }];
    assert.equal(await persistence.clients.writeAll(writes), undefined);
    for (const client of [a, { ...after, revision: 2 }, c]) await assertStored(persistence, client);
  });

  test('writeAll names the client that is in the way, and writes nothing', async (persistence) => {
    const [taken, changed] = [fullClient('taken'), sampleClient('changed', { revision: 3 })];
    for (const client of [taken, changed]) await persistence.clients.create(client);
    const fresh = made(Array.from({ length: 5 }, (_, n) => withSecret(`new-${n}`)));
    const good = { client: { ...changed, owner: 'nobody' }, revision: 3 };
    const conflicts: ClientWrite[] = [
      { client: withSecret('taken') },
      { client: withSecret('changed'), revision: 2 },
      { client: withSecret('changed'), revision: 4 },
      { client: withSecret('none'), revision: 1 },
      { client: withSecret('Taken'), revision: 7 },
    ];
    for (const conflict of conflicts) {
      const { id } = conflict.client;
      const writes = [...fresh, ...(id === 'changed' ? [] : [good]), conflict];
      assert.equal(await persistence.clients.writeAll(writes), id);
      assert.equal(await persistence.clients.writeAll(writes.toReversed()), id);
      for (const client of [taken, changed]) await assertStored(persistence, client);
      assert.equal((await persistence.clients.list({ limit: 9 })).length, 2);
    }
  });

  test('writeAll writes more than fit one statement, or nothing of it', async (persistence) => {
    const clients = Array.from({ length: MANY }, (_, n) => withSecret(`client-${n}`));
    const last = clients.at(-1);
    assert.ok(last);
    await persistence.clients.create(last);
    assert.equal(await persistence.clients.writeAll(made(clients)), last.id);
    assert.equal((await persistence.clients.list({ limit: MANY })).length, 1);
    assert.equal(await persistence.clients.delete(last.id), true);
    assert.equal(await persistence.clients.writeAll(made(clients)), undefined);
    const stored = await persistence.clients.list({ limit: MANY + 1 });
    assert.deepStrictEqual(
      stored,
      clients.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
  });

  test('of concurrent calls that make one client exactly one wins, as a whole', async (persistence) => {
    const calls = Array.from({ length: 20 }, (_, n) => [
      withSecret(`a-${n}`),
      sampleClient('shared', { owner: `${n}`, secrets: [sampleSecret(`s${n}`)] }),
      withSecret(`z-${n}`),
    ]);
    const answers = await Promise.all(calls.map((clients) => persistence.clients.writeAll(made(clients))));
    const won = answers.indexOf(undefined);
    assert.deepStrictEqual(
      answers,
      calls.map((_, n) => (n === won ? undefined : 'shared')),
    );
    const stored = await persistence.clients.list({ limit: 100 });
    assert.deepStrictEqual(stored, calls[won]);
  });

  test('of concurrent calls that change the same clients exactly one wins', async (persistence) => {
    const clients = ['a', 'b', 'c'].map((id) => sampleClient(id));
    await persistence.clients.writeAll(made(clients));
    const calls = Array.from({ length: 20 }, (_, n) => {
      const writes = clients.map((client) => ({ client: { ...client, owner: `${n}` }, revision: 1 }));
      return n % 2 === 0 ? writes : writes.reverse();
    });
    const answers = await Promise.all(calls.map((writes) => persistence.clients.writeAll(writes)));
    assert.equal(answers.filter((answer) => answer === undefined).length, 1);
    for (const { id } of clients) {
      await assertStored(
        persistence,
        sampleClient(id, { revision: 2, owner: `${answers.indexOf(undefined)}` }),
      );
    }
  });

  test('concurrent calls about different clients all win', async (persistence) => {
    const calls = Array.from({ length: 20 }, (_, n) =>
      Array.from({ length: 20 }, (_each, m) => withSecret(`client-${m}-${n}`)),
    );
    const answers = await Promise.all(calls.map((clients) => persistence.clients.writeAll(made(clients))));
    assert.deepStrictEqual(
      answers,
      calls.map(() => undefined),
    );
    assert.equal((await persistence.clients.list({ limit: 1000 })).length, 400);
  });
}

function made(clients: readonly Client[]): ClientWrite[] {
  return clients.map((client) => ({ client }));
}

function withSecret(id: string): Client {
  return sampleClient(id, { secrets: [sampleSecret(`secret of ${id}`)] });
}
