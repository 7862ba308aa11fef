import assert from 'node:assert/strict';
import type { ContractTest } from './contract-runner.js';
import { assertOneWinner, assertStored, fullClient, sampleClient, sampleSecret } from './samples.js';

/** Clients change, one revision after the other. */
export function clientChangeContract(test: ContractTest): void {
  test('update replaces every member and counts the revision up', async (persistence) => {
    const before = sampleClient('client', { revision: 7 });
    await persistence.clients.create(before);
    const after = { ...fullClient('client'), secrets: [] };
    assert.equal(await persistence.clients.update(after, 7), true);
    await assertStored(persistence, { ...after, revision: 8 });
  });

  test('update removes the members that are missing now', async (persistence) => {
    const before = fullClient('client');
    await persistence.clients.create(before);
    assert.equal(await persistence.clients.update(sampleClient('client'), 7), true);
    await assertStored(persistence, sampleClient('client', { revision: 8, secrets: before.secrets }));
  });

  test('update puts the place of the keys where the keys were, and back', async (persistence) => {
    const before = sampleClient('client', { jwks: { keys: [{ kty: 'EC' }] } });
    await persistence.clients.create(before);
    const after = sampleClient('client', { jwksUri: 'https://client.example.com/jwks' });
    assert.equal(await persistence.clients.update(after, 1), true);
    await assertStored(persistence, { ...after, revision: 2 });
    assert.equal(await persistence.clients.update(before, 2), true);
    await assertStored(persistence, { ...before, revision: 3 });
  });

  test('update leaves the secrets as they are, whatever it is given', async (persistence) => {
    const before = fullClient('client');
    await persistence.clients.create(before);
    const change = { ...before, enabled: true, secrets: [sampleSecret('smuggled')] };
    assert.equal(await persistence.clients.update(change, 7), true);
    await assertStored(persistence, { ...before, enabled: true, revision: 8 });
  });

  test('update refuses a revision that is not the current one', async (persistence) => {
    const before = sampleClient('client', { revision: 3 });
    await persistence.clients.create(before);
    for (const revision of [2, 4]) {
      assert.equal(
        await persistence.clients.update({ ...before, enabled: false, revision }, revision),
        false,
      );
    }
    await assertStored(persistence, before);
  });

  test('update refuses a client that is not there', async (persistence) => {
    await persistence.clients.create(sampleClient('client'));
    assert.equal(await persistence.clients.update(sampleClient('Client'), 1), false);
    assert.equal(await persistence.clients.update(sampleClient('client '), 1), false);
    assert.equal(await persistence.clients.find('Client'), undefined);
    await assertStored(persistence, sampleClient('client'));
  });

  test('of concurrent updates from one revision exactly one wins', async (persistence) => {
    const before = sampleClient('client');
    await persistence.clients.create(before);
    const changes = Array.from({ length: 20 }, (_, n) => ({ ...before, information: { n } }));
    const answers = await Promise.all(changes.map((change) => persistence.clients.update(change, 1)));
    assertOneWinner(answers);
    const winner = changes[answers.indexOf(true)];
    assert.ok(winner);
    await assertStored(persistence, { ...winner, revision: 2 });
  });

  test('delete with a revision removes the client at that revision alone', async (persistence) => {
    const client = { ...fullClient('client'), revision: 7 };
    await persistence.clients.create(client);
    for (const revision of [0, 6, 8]) {
      assert.equal(await persistence.clients.delete('client', revision), false);
    }
    assert.equal(await persistence.clients.delete('Client', 7), false);
    await assertStored(persistence, client);
    assert.equal(await persistence.clients.delete('client', 7), true);
    assert.equal(await persistence.clients.delete('client', 7), false);
    assert.equal(await persistence.clients.find('client'), undefined);
  });

  test('of concurrent updates and deletions from one revision exactly one wins', async (persistence) => {
    for (let n = 0; n < 10; n++) {
      const before = sampleClient(`client-${n}`, { secrets: [sampleSecret(`secret-${n}`)] });
      await persistence.clients.create(before);
      const after = { ...before, information: { n } };
      const update = () => persistence.clients.update(after, 1);
      const remove = () => persistence.clients.delete(before.id, 1);
      const calls = n % 2 === 0 ? [remove, update, remove, update] : [update, remove, update, remove];
      const answers = await Promise.all(calls.map((call) => call()));
      assertOneWinner(answers);
      if (calls[answers.indexOf(true)] === update) await assertStored(persistence, { ...after, revision: 2 });
      else assert.equal(await persistence.clients.find(before.id), undefined);
    }
  });

  test('what was given to the store or taken from it is not the store', async (persistence) => {
    const information: Record<string, unknown> = { client_name: 'before', contacts: ['a'] };
    await persistence.clients.create(sampleClient('client', { information }));
    information['client_name'] = 'after';
    const taken = await persistence.clients.find('client');
    assert.ok(taken);
    Object.assign(taken.information, { contacts: ['b'] });
    Object.assign(taken, { enabled: false });
    const stored = { client_name: 'before', contacts: ['a'] };
    await assertStored(persistence, sampleClient('client', { information: stored }));
  });
}
