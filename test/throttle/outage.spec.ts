import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryFailureCountStore } from '../../src/memory/memory-failure-count.store.js';
import type { FailureCount } from '../../src/oauth/client/authentication/failure-count.store.js';
import { FlexibleFailureThrottle } from '../../src/throttle/flexible-failure-throttle.js';
import { ManualClock } from '../support/echo.js';
import { fail, failAtOnce, instance, LIMITS, world } from './support.js';

const CAUSE = new Error('connect ECONNREFUSED 10.0.0.7:5432');

/** A store that a test breaks. */
class FrailStore extends MemoryFailureCountStore {
  asked = 0;
  answer: 'count' | 'reject' | 'throw' | 'never' = 'count';

  override increment(key: string, now: number, expiresAt: number): Promise<FailureCount> {
    this.asked++;
    if (this.answer === 'reject') return Promise.reject(CAUSE);
    if (this.answer === 'throw') throw CAUSE;
    if (this.answer === 'never') return new Promise(() => {});
    return super.increment(key, now, expiresAt);
  }
}

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function redisAt(port: number): Redis {
  const redis = new Redis({ host: '127.0.0.1', port });
  redis.on('error', () => {});
  closing.push(() => redis.disconnect());
  return redis;
}

describe.each(['reject', 'throw', 'never'] as const)('a store that answers by %s', (answer) => {
  it('failures are counted in memory, and it is reported once', async () => {
    const store = new FrailStore();
    store.answer = answer;
    const { throttle, reports } = instance(store);
    const keys = world()('a', '192.0.2.1');
    expect(await fail(throttle, keys, 3)).toEqual([0, 0, 60]);
    expect(throttle.waitFor(keys)).toBe(60);
    expect(reports).toEqual([answer === 'never' ? expect.any(Error) : CAUSE]);
  });

  it('failures at once are counted exactly', async () => {
    const store = new FrailStore();
    store.answer = answer;
    const { throttle, reports } = instance(store, { perClient: 201, perAddress: 1000 });
    const keys = world()('a', '192.0.2.1');
    expect(new Set(await failAtOnce(throttle, keys, 200))).toEqual(new Set([0]));
    expect(throttle.waitFor(keys)).toBe(0);
    expect(await fail(throttle, keys, 1)).toEqual([60]);
    expect(reports).toHaveLength(1);
  });
});

describe('a store that fails', () => {
  it('is left alone for a few seconds, then asked again', async () => {
    const store = new FrailStore();
    const { throttle, clock } = instance(store);
    const keys = world()('a', '192.0.2.1');
    await fail(throttle, keys, 2);
    store.answer = 'reject';
    await throttle.record(keys);
    const { asked } = store;
    await throttle.record({ address: keys.address });
    expect(store.asked).toBe(asked);
    store.answer = 'count';
    clock.time += 5;
    expect(await fail(throttle, keys, 1)).toEqual([55]);
    expect(store.asked).toBe(asked + 2);
  });

  it('is reported once a minute', async () => {
    const store = new FrailStore();
    store.answer = 'reject';
    const { throttle, clock, reports } = instance(store);
    const keys = world();
    for (let seconds = 0; seconds < 120; seconds++) {
      await throttle.record(keys('a', String(seconds)));
      clock.time++;
    }
    expect(reports).toEqual([CAUSE, CAUSE]);
  });

  it('blocks nobody and asks nothing for who only looks', () => {
    const store = new FrailStore();
    const { throttle } = instance(store);
    expect(throttle.waitFor(world()('a', '192.0.2.1'))).toBe(0);
    expect(store.asked).toBe(0);
  });

  it('a report that throws changes nothing', async () => {
    const store = new FrailStore();
    store.answer = 'reject';
    const report = () => {
      throw new Error('the log is full');
    };
    const throttle = new FlexibleFailureThrottle(LIMITS, store, new ManualClock(), report);
    expect(await fail(throttle, world()('a', '192.0.2.1'), 3)).toEqual([0, 0, 60]);
  });
});

describe('a Redis that is gone', () => {
  it('behind a closed port: counted in memory, reported once', async () => {
    const server = createServer();
    const port = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    const { throttle, reports } = instance(redisAt(port));
    expect(await fail(throttle, world()('a', '192.0.2.1'), 3)).toEqual([0, 0, 60]);
    expect(reports).toEqual([expect.any(Error)]);
  });

  it('that takes connections and never answers: counted in memory, reported once', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket.on('error', () => {})));
    const port = await listening(server);
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    closing.push(() => sockets.forEach((socket) => socket.destroy()));
    const { throttle, reports } = instance(redisAt(port));
    expect(await fail(throttle, world()('a', '192.0.2.1'), 3)).toEqual([0, 0, 60]);
    expect(reports).toEqual([expect.any(Error)]);
  });
});
