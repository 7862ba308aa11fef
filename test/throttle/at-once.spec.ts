import { describe, expect, it } from 'vitest';
import { MemoryFailureCountStore } from '../../src/memory/memory-failure-count.store.js';
import type { FailureCount } from '../../src/oauth/client/authentication/failure-count.store.js';
import { LocalFailureCounter } from '../../src/throttle/local-failure-counter.js';
import { ManualClock } from '../support/echo.js';
import { fail, failAtOnce, instance, world } from './support.js';

const GUESSES = 3000;

class SilentStore extends MemoryFailureCountStore {
  override increment(): Promise<FailureCount> {
    return new Promise(() => {});
  }
}

/** A shared store that tells what it counted. */
class TellingStore extends MemoryFailureCountStore {
  readonly told = new Map<string, number>();

  override async increment(key: string, now: number, expiresAt: number): Promise<FailureCount> {
    const counted = await super.increment(key, now, expiresAt);
    this.told.set(key, counted.count);
    return counted;
  }
}

describe.each([
  ['in memory', () => 'memory' as const],
  ['in a store', () => new MemoryFailureCountStore()],
  ['in a store that never answers', () => new SilentStore()],
])('3000 failures recorded in one tick, %s', (_, store) => {
  it('the one that reaches the limit of the client blocks before anything is awaited', async () => {
    const { throttle } = instance(store(), { perClient: 10, perAddress: 100_000 });
    const keys = world()('a', '192.0.2.1');
    const waits = await failAtOnce(throttle, keys, GUESSES);
    expect(waits).toEqual(Array.from(waits, (_wait, index) => (index < 9 ? 0 : 60)));
    expect(throttle.waitFor(keys)).toBe(60);
    expect(throttle.waitFor({ address: keys.address })).toBe(0);
  });

  it('so does the one that reaches the limit of the address, whatever clients were guessed', async () => {
    const { throttle } = instance(store(), { perClient: 10, perAddress: 50 });
    const keys = world();
    const { address } = keys('', '192.0.2.1');
    const waits: number[] = [];
    for (let guess = 0; guess < GUESSES; guess++) {
      void throttle.record(keys(String(guess), '192.0.2.1'));
      waits.push(throttle.waitFor({ address }));
    }
    expect(waits).toEqual(Array.from(waits, (_wait, index) => (index < 49 ? 0 : 60)));
  });
});

describe('the own count and the shared one', () => {
  it('do not add up: every failure is counted once in each', async () => {
    const store = new TellingStore();
    const { throttle } = instance(store, { perClient: 10, perAddress: 20 });
    const keys = world()('a', '192.0.2.1');
    expect(await fail(throttle, keys, 9)).toEqual(Array.from({ length: 9 }, () => 0));
    expect([...store.told]).toEqual([
      [keys.client, 9],
      [keys.address, 9],
    ]);
    expect(await fail(throttle, keys, 1)).toEqual([60]);
  });

  it('the shared one goes on after the own limit, so that others find it reached', async () => {
    const store = new TellingStore();
    const [one, other] = [instance(store), instance(store)];
    const keys = world()('a', '192.0.2.1');
    await failAtOnce(one.throttle, keys, GUESSES);
    expect(store.told.get(keys.client)).toBe(GUESSES);
    expect(await fail(other.throttle, keys, 1)).toEqual([60]);
  });

  it('are asked for both keys in parallel', () => {
    const asked: string[] = [];
    const store = new MemoryFailureCountStore();
    store.increment = (key) => {
      asked.push(key);
      return new Promise(() => {});
    };
    const keys = world()('a', '192.0.2.1');
    void instance(store).throttle.record(keys);
    expect(asked).toEqual([keys.client, keys.address]);
  });
});

describe('LocalFailureCounter', () => {
  it('counts within a window that goes from the first failure', () => {
    const clock = new ManualClock();
    const counter = new LocalFailureCounter(60, clock);
    const expiresAt = clock.time + 60;
    expect(counter.count('a')).toEqual({ count: 1, expiresAt });
    clock.time += 59;
    expect(counter.count('a')).toEqual({ count: 2, expiresAt });
    expect(counter.count('b')).toEqual({ count: 1, expiresAt: expiresAt + 59 });
    clock.time += 1;
    expect(counter.count('a')).toEqual({ count: 1, expiresAt: expiresAt + 60 });
  });

  it('a clock set back begins anew', () => {
    const clock = new ManualClock();
    const counter = new LocalFailureCounter(60, clock);
    counter.count('a');
    clock.time -= 3600;
    expect(counter.count('a')).toEqual({ count: 1, expiresAt: clock.time + 60 });
  });
});
