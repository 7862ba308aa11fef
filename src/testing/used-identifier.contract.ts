import assert from 'node:assert/strict';
import type { ContractTest } from './contract-runner.js';
import { NOW, assertOneWinner, digest } from './samples.js';

/** An identifier works once, whoever brings it, until it is swept. */
export function usedIdentifierContract(test: ContractTest): void {
  test('insert remembers an identifier, and refuses it from then on', async ({ usedIdentifiers }) => {
    assert.equal(await usedIdentifiers.insert(digest('one'), NOW), true);
    assert.equal(await usedIdentifiers.insert(digest('one'), NOW), false);
    assert.equal(await usedIdentifiers.insert(digest('one'), NOW + 1), false);
    assert.equal(await usedIdentifiers.insert(digest('two'), NOW), true);
  });

  test('an identifier that is refused keeps its end', async ({ usedIdentifiers }) => {
    assert.equal(await usedIdentifiers.insert(digest('one'), NOW), true);
    assert.equal(await usedIdentifiers.insert(digest('one'), NOW + 100), false);
    assert.equal(await usedIdentifiers.deleteExpired(NOW + 1), 1);
  });

  test('one that has expired is used until it is swept', async ({ usedIdentifiers }) => {
    assert.equal(await usedIdentifiers.insert(digest('one'), 1), true);
    assert.equal(await usedIdentifiers.insert(digest('one'), NOW), false);
    assert.equal(await usedIdentifiers.deleteExpired(2), 1);
    assert.equal(await usedIdentifiers.insert(digest('one'), NOW), true);
  });

  test('of concurrent insertions of one identifier exactly one wins', async ({ usedIdentifiers }) => {
    const attempts = Array.from({ length: 50 }, () => usedIdentifiers.insert(digest('one'), NOW));
    assertOneWinner(await Promise.all(attempts));
    assert.equal(await usedIdentifiers.insert(digest('one'), NOW), false);
  });

  test('of concurrent insertions of many identifiers one wins for each', async ({ usedIdentifiers }) => {
    assert.equal(await usedIdentifiers.insert(digest('0'), NOW), true);
    const digests = Array.from({ length: 200 }, (_, n) => digest(`${n % 80}`));
    const answers = await Promise.all(digests.map((each) => usedIdentifiers.insert(each, NOW)));
    const winners = digests.filter((_, n) => answers[n]);
    assert.deepStrictEqual(
      winners.sort(),
      [...new Set(digests)].filter((each) => each !== digest('0')).sort(),
    );
  });

  test('many different identifiers that come at once are all accepted', async ({ usedIdentifiers }) => {
    const digests = Array.from({ length: 200 }, (_, n) => digest(`${n}`));
    const insertAll = () => Promise.all(digests.map((each) => usedIdentifiers.insert(each, NOW)));
    assert.deepStrictEqual(
      await insertAll(),
      digests.map(() => true),
    );
    assert.deepStrictEqual(
      await insertAll(),
      digests.map(() => false),
    );
  });

  test('deleteExpired removes what expired before the moment, and counts', async ({ usedIdentifiers }) => {
    const [before, then, after] = [-1, 0, 1].map((n) => ({ digest: digest(`${n}`), expiresAt: NOW + n }));
    assert.ok(before && then && after);
    for (const each of [after, before, then]) await usedIdentifiers.insert(each.digest, each.expiresAt);
    assert.equal(await usedIdentifiers.deleteExpired(NOW), 1);
    assert.equal(await usedIdentifiers.deleteExpired(NOW), 0);
    assert.equal(await usedIdentifiers.insert(then.digest, NOW), false);
    assert.equal(await usedIdentifiers.insert(after.digest, NOW), false);
    assert.equal(await usedIdentifiers.insert(before.digest, NOW), true);
    assert.equal(await usedIdentifiers.deleteExpired(NOW + 2), 3);
  });
}
