import assert from 'node:assert/strict';
import type { RevokedTokenStore } from '../oauth/revocation/revoked-token.store.js';
import type { ContractTest } from './contract-runner.js';
import { NOW, digest } from './samples.js';

/** A token that was revoked once stays revoked, whoever asks, until it is swept. */
export function revokedTokenContract(test: ContractTest): void {
  test('has knows what was inserted', async ({ revokedTokens }) => {
    assert.equal(await revokedTokens.has(digest('one')), false);
    await revokedTokens.insert(digest('one'), NOW);
    assert.equal(await revokedTokens.has(digest('one')), true);
  });

  test('has knows no other digest', async ({ revokedTokens }) => {
    const one = digest('one');
    await revokedTokens.insert(one, NOW);
    const others = [digest('other'), one.slice(0, 63), one.slice(0, 8), `${one}0`, one.slice(1)];
    for (const other of [...others, '', '%', '_'.repeat(64), '__proto__']) {
      assert.equal(await revokedTokens.has(other), false, `asking for ${JSON.stringify(other)}`);
    }
  });

  test('one that has expired is revoked until it is swept', async ({ revokedTokens }) => {
    await revokedTokens.insert(digest('one'), 1);
    assert.equal(await revokedTokens.has(digest('one')), true);
    assert.equal(await revokedTokens.deleteExpired(2), 1);
    assert.equal(await revokedTokens.has(digest('one')), false);
    await revokedTokens.insert(digest('one'), NOW);
    assert.equal(await revokedTokens.has(digest('one')), true);
  });

  // A token has one end, so whether a second one counts is the store's affair; it never takes from the first.
  for (const [moment, second] of [
    ['a later', NOW + 100],
    ['the same', NOW],
    ['an earlier', NOW - 100],
  ] as const) {
    test(`a second insertion with ${moment} end keeps it at least until the first`, async ({
      revokedTokens,
    }) => {
      await revokedTokens.insert(digest('one'), NOW);
      await revokedTokens.insert(digest('one'), second);
      assert.equal(await revokedTokens.deleteExpired(NOW), 0);
      assert.equal(await revokedTokens.has(digest('one')), true);
      assert.equal(await revokedTokens.deleteExpired(Math.max(NOW, second) + 1), 1);
      assert.equal(await revokedTokens.has(digest('one')), false);
    });
  }

  test('an insertion has happened when it says so', async ({ revokedTokens }) => {
    const digests = Array.from({ length: 40 }, (_, n) => digest(`${n % 20}`));
    const found = await Promise.all(
      digests.map(async (each) => {
        await revokedTokens.insert(each, NOW);
        return revokedTokens.has(each);
      }),
    );
    assert.deepStrictEqual(
      found,
      digests.map(() => true),
    );
  });

  test('concurrent insertions of one digest all succeed, and it is there once', async ({ revokedTokens }) => {
    await Promise.all(Array.from({ length: 50 }, () => revokedTokens.insert(digest('one'), NOW)));
    assert.equal(await revokedTokens.has(digest('one')), true);
    assert.equal(await revokedTokens.deleteExpired(NOW + 1), 1);
  });

  test('concurrent insertions of many digests all succeed', async ({ revokedTokens }) => {
    const digests = Array.from({ length: 200 }, (_, n) => digest(`${n}`));
    await Promise.all(digests.map((each) => revokedTokens.insert(each, NOW)));
    assert.equal(await count(revokedTokens, digests), 200);
  });

  test('those that are there already fail no other one', async ({ revokedTokens }) => {
    await revokedTokens.insert(digest('0'), NOW);
    const digests = Array.from({ length: 200 }, (_, n) => digest(`${n % 80}`));
    await Promise.all(digests.map((each) => revokedTokens.insert(each, NOW)));
    assert.equal(await count(revokedTokens, new Set(digests)), 80);
    assert.equal(await revokedTokens.deleteExpired(NOW + 1), 80);
  });

  test('deleteExpired removes what expired before the moment, and counts', async ({ revokedTokens }) => {
    const [before, then, after] = [-1, 0, 1].map((n) => ({ digest: digest(`${n}`), expiresAt: NOW + n }));
    assert.ok(before && then && after);
    for (const each of [after, before, then]) await revokedTokens.insert(each.digest, each.expiresAt);
    assert.equal(await revokedTokens.deleteExpired(NOW), 1);
    assert.equal(await revokedTokens.has(before.digest), false);
    assert.equal(await count(revokedTokens, [then.digest, after.digest]), 2);
    assert.equal(await revokedTokens.deleteExpired(NOW), 0);
    assert.equal(await revokedTokens.deleteExpired(NOW + 2), 2);
    assert.equal(await count(revokedTokens, [then.digest, after.digest]), 0);
  });
}

async function count(store: RevokedTokenStore, digests: Iterable<string>): Promise<number> {
  const answers = await Promise.all([...digests].map((each) => store.has(each)));
  return answers.filter((revoked) => revoked).length;
}
