import assert from 'node:assert/strict';
import type { ContractTest } from './contract-runner.js';
import { NOW, assertStored, fullClient, sampleClient, sampleSecret, storedSecret } from './samples.js';

/** Secrets change one by one, and never those of another client. */
export function clientSecretContract(test: ContractTest): void {
  test('add gives a client one more secret', async (persistence) => {
    const client = fullClient('client');
    await persistence.clients.create(client);
    const bare = sampleSecret('bare');
    const times = { expiresAt: NOW + 5, lastUsedAt: NOW + 6 };
    const full = sampleSecret('full', { encrypted: 'sealed', ...times });
    assert.equal(await persistence.clientSecrets.add('client', bare), true);
    assert.equal(await persistence.clientSecrets.add('client', full), true);
    await assertStored(persistence, { ...client, secrets: [...client.secrets, bare, full] });
  });

  test('add refuses a client that is not there, now and for a later one', async (persistence) => {
    await persistence.clients.create(sampleClient('client'));
    for (const id of ['Client', 'client ', 'none']) {
      assert.equal(await persistence.clientSecrets.add(id, sampleSecret('stray')), false);
      assert.equal(await persistence.clients.create(sampleClient(id)), true);
      await assertStored(persistence, sampleClient(id));
    }
    await assertStored(persistence, sampleClient('client'));
  });

  test('add refuses a client that has gone', async (persistence) => {
    await persistence.clients.create(fullClient('client'));
    await persistence.clients.delete('client');
    assert.equal(await persistence.clientSecrets.add('client', sampleSecret('stray')), false);
  });

  test('concurrent additions all count', async (persistence) => {
    await persistence.clients.create(sampleClient('client'));
    const secrets = Array.from({ length: 20 }, (_, n) => sampleSecret(`secret-${n}`));
    const answers = await Promise.all(
      secrets.map((secret) => persistence.clientSecrets.add('client', secret)),
    );
    assert.ok(answers.every((added) => added));
    await assertStored(persistence, sampleClient('client', { secrets }));
  });

  test('expire lets these secrets end, and never later than they would', async (persistence) => {
    const [kept, lasting, later, same, sooner] = [
      sampleSecret('kept'),
      sampleSecret('lasting', { lastUsedAt: NOW }),
      sampleSecret('later', { expiresAt: NOW + 101 }),
      sampleSecret('same', { expiresAt: NOW + 100 }),
      sampleSecret('sooner', { expiresAt: NOW + 99 }),
    ];
    const client = sampleClient('client', { secrets: [kept, lasting, later, same, sooner] });
    await persistence.clients.create(client);
    await persistence.clientSecrets.expire(
      'client',
      ['lasting', 'later', 'same', 'sooner', 'none'],
      NOW + 100,
    );
    const ended = [lasting, later].map((secret) => ({ ...secret, expiresAt: NOW + 100 }));
    await assertStored(persistence, { ...client, secrets: [kept, ...ended, same, sooner] });
  });

  test('expire of no secrets changes nothing', async (persistence) => {
    const client = sampleClient('client', { secrets: [sampleSecret('kept')] });
    await persistence.clients.create(client);
    await persistence.clientSecrets.expire('client', [], NOW);
    await assertStored(persistence, client);
  });

  test('expire tells ids apart that differ in case', async (persistence) => {
    const [kept, other] = [sampleSecret('aB'), sampleSecret('Ab')];
    await persistence.clients.create(sampleClient('client', { secrets: [kept, other] }));
    await persistence.clientSecrets.expire('client', ['Ab'], NOW);
    assert.deepStrictEqual(await storedSecret(persistence, 'client', 'aB'), kept);
    assert.deepStrictEqual(await storedSecret(persistence, 'client', 'Ab'), { ...other, expiresAt: NOW });
  });

  test('expire is for one client', async (persistence) => {
    const other = sampleClient('Client', { secrets: [sampleSecret('other')] });
    await persistence.clients.create(other);
    await persistence.clients.create(sampleClient('client', { secrets: [sampleSecret('own')] }));
    await persistence.clientSecrets.expire('client', ['own', 'other'], NOW);
    await persistence.clientSecrets.expire('nobody', ['other'], NOW);
    await assertStored(persistence, other);
    assert.equal((await storedSecret(persistence, 'client', 'own'))?.expiresAt, NOW);
  });

  test('deleteExpired removes what expired before, of every client', async (persistence) => {
    const kept = [sampleSecret('lasting'), sampleSecret('just', { expiresAt: NOW })];
    const one = sampleClient('one', { secrets: [...kept, sampleSecret('gone', { expiresAt: NOW - 1 })] });
    const two = sampleClient('two', { secrets: [sampleSecret('past', { expiresAt: 1 })] });
    await persistence.clients.create(one);
    await persistence.clients.create(two);
    assert.equal(await persistence.clientSecrets.deleteExpired(NOW), 2);
    await assertStored(persistence, { ...one, secrets: kept });
    await assertStored(persistence, { ...two, secrets: [] });
  });

  test('remove takes exactly one secret away', async (persistence) => {
    const [first, second] = [sampleSecret('aB'), sampleSecret('Ab')];
    await persistence.clients.create(sampleClient('client', { secrets: [first, second] }));
    assert.equal(await persistence.clientSecrets.remove('client', 'aB'), true);
    assert.equal(await persistence.clientSecrets.remove('client', 'aB'), false);
    await assertStored(persistence, sampleClient('client', { secrets: [second] }));
  });

  test('remove refuses the secret of another client', async (persistence) => {
    const client = fullClient('client');
    await persistence.clients.create(client);
    await persistence.clients.create(sampleClient('Client'));
    for (const id of ['Client', 'client ', 'none']) {
      assert.equal(await persistence.clientSecrets.remove(id, 'first'), false);
    }
    await assertStored(persistence, client);
  });

  test('touch records the last use of one secret and nothing else', async (persistence) => {
    const [used, unused] = [sampleSecret('aB', { expiresAt: NOW + 9 }), sampleSecret('Ab')];
    const client = sampleClient('client', { secrets: [used, unused] });
    await persistence.clients.create(client);
    for (const usedAt of [NOW + 60, NOW + 120, NOW + 120])
      await persistence.clientSecrets.touch('aB', usedAt);
    await assertStored(persistence, { ...client, secrets: [{ ...used, lastUsedAt: NOW + 120 }, unused] });
  });

  test('touch of a secret that has gone does nothing', async (persistence) => {
    const client = fullClient('client');
    await persistence.clients.create(client);
    await persistence.clientSecrets.touch('none', NOW);
    await assertStored(persistence, client);
  });
}
