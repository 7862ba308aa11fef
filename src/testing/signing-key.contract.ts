import assert from 'node:assert/strict';
import { SIGNING_ALGORITHMS } from '../oauth/keys/signing-key.js';
import type { StoredSigningKey } from '../oauth/keys/signing-key.store.js';
import type { ContractTest } from './contract-runner.js';
import { NOW, assertOneWinner } from './samples.js';

/** The key ring: one key for each generation, whoever makes it. */
export function signingKeyContract(test: ContractTest): void {
  test('all gives the keys as they were, the oldest generation first', async ({ signingKeys }) => {
    assert.deepStrictEqual(await signingKeys.all(), []);
    const keys = SIGNING_ALGORITHMS.map((algorithm, n) =>
      sampleKey(n + 8, { algorithm, privateKey: `${'k'.repeat(4000)} ` }),
    );
    for (const key of keys.toReversed()) assert.equal(await signingKeys.insert(key), true);
    assert.deepStrictEqual(await signingKeys.all(), keys);
  });

  test('all tells the keys for introspection from those for access tokens', async ({ signingKeys }) => {
    const keys = [sampleKey(1), sampleKey(2, { purpose: 'introspection' }), sampleKey(3)];
    for (const key of keys) assert.equal(await signingKeys.insert(key), true);
    await signingKeys.replacePrivateKey('kid-2', 'sealed');
    assert.deepStrictEqual(
      await signingKeys.all(),
      keys.map((key) => (key.purpose ? { ...key, privateKey: 'sealed' } : key)),
    );
  });

  test('a generation is taken whatever its key is for', async ({ signingKeys }) => {
    const first = sampleKey(1, { purpose: 'introspection' });
    assert.equal(await signingKeys.insert(first), true);
    assert.equal(await signingKeys.insert(sampleKey(1, { kid: 'other' })), false);
    assert.deepStrictEqual(await signingKeys.all(), [first]);
  });

  test('insert refuses a taken generation and keeps the key that has it', async ({ signingKeys }) => {
    const first = sampleKey(1);
    assert.equal(await signingKeys.insert(first), true);
    assert.equal(await signingKeys.insert(sampleKey(1, { kid: 'other' })), false);
    assert.deepStrictEqual(await signingKeys.all(), [first]);
  });

  test('of concurrent insertions of one generation exactly one wins', async ({ signingKeys }) => {
    const keys = Array.from({ length: 20 }, (_, n) => sampleKey(1, { kid: `key-${n}` }));
    const answers = await Promise.all(keys.map((key) => signingKeys.insert(key)));
    assertOneWinner(answers);
    assert.deepStrictEqual(await signingKeys.all(), [keys[answers.indexOf(true)]]);
  });

  test('replacePrivateKey changes the private key of this kid, and nothing else', async ({ signingKeys }) => {
    const [first, second] = [sampleKey(1, { kid: 'aB' }), sampleKey(2, { kid: 'Ab' })];
    for (const key of [first, second]) await signingKeys.insert(key);
    await signingKeys.replacePrivateKey('Ab', 'sealed');
    await signingKeys.replacePrivateKey('none', 'sealed');
    assert.deepStrictEqual(await signingKeys.all(), [first, { ...second, privateKey: 'sealed' }]);
  });

  test('delete removes exactly the key of this kid', async ({ signingKeys }) => {
    const [first, second] = [sampleKey(1, { kid: 'aB' }), sampleKey(2, { kid: 'Ab' })];
    for (const key of [first, second]) await signingKeys.insert(key);
    assert.equal(await signingKeys.delete('Ab'), true);
    assert.equal(await signingKeys.delete('Ab'), false);
    assert.equal(await signingKeys.delete('ab'), false);
    assert.deepStrictEqual(await signingKeys.all(), [first]);
  });
}

function sampleKey(generation: number, more: Partial<StoredSigningKey> = {}): StoredSigningKey {
  return {
    kid: `kid-${generation}`,
    algorithm: 'ES256',
    privateKey: '{"kty":"EC"}',
    generation,
    createdAt: NOW,
    activatesAt: NOW + 1,
    ...more,
  };
}
