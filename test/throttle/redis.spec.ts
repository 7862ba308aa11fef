import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/oauth/clock.js';
import { FlexibleFailureThrottle } from '../../src/throttle/flexible-failure-throttle.js';
import type { NodeRedis, RedisClient } from '../../src/oauth/client/authentication/failure-throttle.js';
import { fail, failAtOnce, instance, LIMITS, world } from './support.js';

const URL = process.env['TEST_REDIS_URL'];

/** The form of node-redis's command, sent by ioredis. */
function asNodeRedis(redis: Redis): NodeRedis {
  return {
    eval: (script, { keys, arguments: values }) => redis.eval(script, keys.length, ...keys, ...values),
  };
}

describe.skipIf(!URL)('FlexibleFailureThrottle in Redis', () => {
  const used: string[] = [];
  let one: Redis;
  let other: Redis;

  beforeAll(() => {
    one = new Redis(URL ?? '');
    other = new Redis(URL ?? '');
  });

  afterEach(() => one.del(used.splice(0).map((key) => `oauth-failures:${key}`)));

  afterAll(async () => {
    await Promise.all([one.quit(), other.quit()]);
  });

  function keysOf(client: string, address: string, keys = world()) {
    const made = keys(client, address);
    used.push(made.client, made.address);
    return made;
  }

  describe.each([
    ['ioredis', (redis: Redis): RedisClient => redis],
    ['node-redis', asNodeRedis],
  ])('through a client like %s', (_, client) => {
    it('two instances share the counts, of clients and of addresses', async () => {
      const [here, there] = [instance(client(one)), instance(client(other))];
      const keys = world();
      const [a, b, elsewhere] = [
        keysOf('a', '192.0.2.1', keys),
        keysOf('b', '192.0.2.1', keys),
        keysOf('a', '192.0.2.2', keys),
      ];
      expect(await fail(here.throttle, a, 2)).toEqual([0, 0]);
      expect(await fail(there.throttle, a, 1)).toEqual([60]);
      expect(there.throttle.waitFor(b)).toBe(0);
      expect(here.throttle.waitFor(a)).toBe(0);
      expect(await fail(here.throttle, elsewhere, 1)).toEqual([0]);
      expect(await fail(there.throttle, b, 2)).toEqual([0, 0]);
      expect(await fail(here.throttle, { address: b.address }, 2)).toEqual([0, 60]);
      expect(here.throttle.waitFor(b)).toBe(60);
      expect([...here.reports, ...there.reports]).toEqual([]);
    });

    it('counts 200 failures at once of two instances exactly', async () => {
      const limits = { perClient: 201, perAddress: 1000 };
      const all = [instance(client(one), limits), instance(client(other), limits)];
      const keys = keysOf('a', '192.0.2.1');
      await Promise.all(all.map(({ throttle }) => failAtOnce(throttle, keys, 100)));
      expect(all.map(({ throttle }) => throttle.waitFor(keys))).toEqual([0, 0]);
      expect(await Promise.all(all.map(({ throttle }) => fail(throttle, keys, 1)))).toEqual([[60], [60]]);
    });

    it('the end of the window releases and counts anew', async () => {
      const limits = { ...LIMITS, perClient: 1, window: 2 };
      const throttle = new FlexibleFailureThrottle(limits, client(one), new SystemClock(), () => {});
      const keys = keysOf('a', '192.0.2.1');
      await throttle.record(keys);
      expect(throttle.waitFor(keys)).toBeGreaterThan(0);
      const standing = () => one.exists(`oauth-failures:${keys.client}`, `oauth-failures:${keys.address}`);
      await expect.poll(standing, { timeout: 10_000 }).toBe(0);
      await expect.poll(() => throttle.waitFor(keys), { timeout: 10_000 }).toBe(0);
      await throttle.record(keys);
      expect(await one.get(`oauth-failures:${keys.client}`)).toBe('1');
    });
  });

  it('3000 failures at once meet the limit here and are all counted in Redis', async () => {
    const { throttle } = instance(one);
    const keys = keysOf('a', '192.0.2.1');
    const waits = await failAtOnce(throttle, keys, 3000);
    expect(waits.indexOf(60)).toBe(2);
    await expect.poll(() => one.get(`oauth-failures:${keys.client}`)).toBe('3000');
  });

  it('keeps a digest and a number under its prefix, which ends by itself', async () => {
    const { throttle } = instance(one);
    const keys = keysOf('a', '192.0.2.1');
    await throttle.record(keys);
    expect(await one.get(`oauth-failures:${keys.client}`)).toBe('1');
    expect(await one.ttl(`oauth-failures:${keys.address}`)).toBeGreaterThan(0);
  });
});
