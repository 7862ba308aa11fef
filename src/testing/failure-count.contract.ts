import assert from 'node:assert/strict';
import type { ContractTest } from './contract-runner.js';
import { NOW, digest } from './samples.js';

const KEY = digest('key');
const END = NOW + 60;

/** Failures add up under a key until their count ends, whoever counts. */
export function failureCountContract(test: ContractTest): void {
  test('increment counts up and keeps the end', async ({ failureCounts }) => {
    assert.deepStrictEqual(await failureCounts.increment(KEY, NOW, END), { count: 1, expiresAt: END });
    for (const count of [2, 3, 4]) {
      const counted = await failureCounts.increment(KEY, NOW + count, END + count);
      assert.deepStrictEqual(counted, { count, expiresAt: END });
    }
  });

  test('increment begins anew once the count has ended', async ({ failureCounts }) => {
    for (const now of [NOW, NOW + 1]) await failureCounts.increment(KEY, now, END);
    const [last, next] = [END - 1, END];
    assert.deepStrictEqual(await failureCounts.increment(KEY, last, END + 9), { count: 3, expiresAt: END });
    const anew = { count: 1, expiresAt: END + 60 };
    assert.deepStrictEqual(await failureCounts.increment(KEY, next, END + 60), anew);
    assert.deepStrictEqual(await failureCounts.increment(KEY, next, END + 99), { ...anew, count: 2 });
  });

  test('a count may end sooner than the one before it', async ({ failureCounts }) => {
    await failureCounts.increment(KEY, NOW, END);
    const counted = await failureCounts.increment(KEY, END + 100, END + 101);
    assert.deepStrictEqual(counted, { count: 1, expiresAt: END + 101 });
  });

  test('keys are counted apart', async ({ failureCounts }) => {
    for (let n = 0; n < 3; n++) await failureCounts.increment(KEY, NOW, END);
    const other = await failureCounts.increment(digest('other'), NOW, END + 1);
    assert.deepStrictEqual(other, { count: 1, expiresAt: END + 1 });
    assert.deepStrictEqual(await failureCounts.increment(KEY, NOW, END), { count: 4, expiresAt: END });
  });

  test('concurrent failures all count', async ({ failureCounts }) => {
    await incrementAtOnce(END, NOW);
    await incrementAtOnce(END + 60, END);

    async function incrementAtOnce(expiresAt: number, now: number): Promise<void> {
      const attempts = Array.from({ length: 50 }, () => failureCounts.increment(KEY, now, expiresAt));
      const answers = await Promise.all(attempts);
      assert.equal(Math.max(...answers.map(({ count }) => count)), 50);
      assert.ok(answers.every((answer) => answer.count > 0 && answer.expiresAt === expiresAt));
      const next = await failureCounts.increment(KEY, now, expiresAt);
      assert.deepStrictEqual(next, { count: 51, expiresAt });
    }
  });

  test('concurrent failures under many keys all count', async ({ failureCounts }) => {
    const keys = Array.from({ length: 100 }, (_, n) => digest(`${n % 25}`));
    await Promise.all(keys.map((key) => failureCounts.increment(key, NOW, END)));
    for (const key of new Set(keys)) {
      assert.deepStrictEqual(await failureCounts.increment(key, NOW, END), { count: 5, expiresAt: END });
    }
  });

  test('deleteExpired removes what expired before the moment, and counts', async ({ failureCounts }) => {
    const [before, then, after] = [-1, 0, 1].map((n) => ({ key: digest(`${n}`), expiresAt: NOW + n }));
    assert.ok(before && then && after);
    for (const { key, expiresAt } of [after, before, then]) {
      await failureCounts.increment(key, NOW - 60, expiresAt);
    }
    assert.equal(await failureCounts.deleteExpired(NOW), 1);
    assert.equal(await failureCounts.deleteExpired(NOW), 0);
    assert.equal((await failureCounts.increment(before.key, NOW - 60, NOW)).count, 1);
    assert.equal((await failureCounts.increment(then.key, NOW - 60, NOW)).count, 2);
    assert.equal(await failureCounts.deleteExpired(NOW + 2), 3);
  });
}
