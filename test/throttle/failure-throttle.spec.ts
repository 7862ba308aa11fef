import { describe, expect, it } from 'vitest';
import { MemoryFailureCountStore } from '../../src/memory/memory-failure-count.store.js';
import { fail, failAtOnce, instance, world } from './support.js';

describe.each([
  ['in memory', () => 'memory' as const],
  ['in a store', () => new MemoryFailureCountStore()],
])('FlexibleFailureThrottle %s', (_, store) => {
  it('the failure that reaches the limit blocks the client at this address', async () => {
    const { throttle } = instance(store());
    const keys = world()('a', '192.0.2.1');
    expect(throttle.waitFor(keys)).toBe(0);
    expect(await fail(throttle, keys, 3)).toEqual([0, 0, 60]);
    expect(throttle.waitFor(keys)).toBe(60);
  });

  it('another client at the address is free, and so is the client at another address', async () => {
    const { throttle } = instance(store());
    const keys = world();
    await fail(throttle, keys('a', '192.0.2.1'), 3);
    expect(throttle.waitFor(keys('b', '192.0.2.1'))).toBe(0);
    expect(throttle.waitFor(keys('a', '192.0.2.2'))).toBe(0);
    expect(throttle.waitFor({ address: keys('a', '192.0.2.1').address })).toBe(0);
  });

  it('the limit of the address counts every client and none', async () => {
    const { throttle } = instance(store());
    const keys = world();
    const { address } = keys('a', '192.0.2.1');
    await fail(throttle, keys('a', '192.0.2.1'), 2);
    await fail(throttle, keys('b', '192.0.2.1'), 2);
    expect(await fail(throttle, { address }, 3)).toEqual([0, 0, 60]);
    expect(throttle.waitFor(keys('c', '192.0.2.1'))).toBe(60);
    expect(throttle.waitFor(keys('a', '192.0.2.2'))).toBe(0);
  });

  it('the window goes from the first failure, and its end releases and counts anew', async () => {
    const { throttle, clock } = instance(store());
    const keys = world()('a', '192.0.2.1');
    await throttle.record(keys);
    clock.time += 50;
    expect(await fail(throttle, keys, 2)).toEqual([0, 10]);
    clock.time += 9;
    expect(throttle.waitFor(keys)).toBe(1);
    clock.time += 1;
    expect(throttle.waitFor(keys)).toBe(0);
    expect(await fail(throttle, keys, 3)).toEqual([0, 0, 60]);
  });

  it('the longer wait counts', async () => {
    const { throttle, clock } = instance(store(), { perAddress: 4 });
    const keys = world();
    const { address } = keys('a', '192.0.2.1');
    await throttle.record({ address });
    clock.time += 20;
    expect(await fail(throttle, keys('a', '192.0.2.1'), 3)).toEqual([0, 0, 60]);
    expect(throttle.waitFor({ address })).toBe(40);
  });

  it('counts 200 failures at once exactly', async () => {
    const { throttle } = instance(store(), { perClient: 201, perAddress: 202 });
    const keys = world()('a', '192.0.2.1');
    expect(new Set(await failAtOnce(throttle, keys, 200))).toEqual(new Set([0]));
    expect(throttle.waitFor(keys)).toBe(0);
    expect(await fail(throttle, keys, 1)).toEqual([60]);
    expect(throttle.waitFor({ address: keys.address })).toBe(0);
    await throttle.record({ address: keys.address });
    expect(throttle.waitFor({ address: keys.address })).toBe(60);
  });

  it('a clock set back blocks nobody for longer than the window', async () => {
    const { throttle, clock } = instance(store());
    const keys = world()('a', '192.0.2.1');
    await fail(throttle, keys, 3);
    clock.time -= 3600;
    expect(throttle.waitFor(keys)).toBe(0);
    await throttle.record(keys);
    expect(throttle.waitFor(keys)).toBeLessThanOrEqual(60);
    clock.time += 60;
    expect(throttle.waitFor(keys)).toBe(0);
  });

  it('a clock set forward releases', async () => {
    const { throttle, clock } = instance(store());
    const keys = world()('a', '192.0.2.1');
    await fail(throttle, keys, 3);
    clock.time += 3600;
    expect(throttle.waitFor(keys)).toBe(0);
    expect(await fail(throttle, keys, 1)).toEqual([0]);
  });
});

describe('two instances', () => {
  it('share the count of one store; each blocks at its own next failure', async () => {
    const store = new MemoryFailureCountStore();
    const [one, other] = [instance(store), instance(store)];
    const keys = world()('a', '192.0.2.1');
    await fail(one.throttle, keys, 1);
    expect(await fail(other.throttle, keys, 2)).toEqual([0, 60]);
    expect(one.throttle.waitFor(keys)).toBe(0);
    expect(await fail(one.throttle, keys, 1)).toEqual([60]);
  });

  it('a window of the store that ends sooner does not shorten the block of an own count', async () => {
    const store = new MemoryFailureCountStore();
    const [one, other] = [instance(store), instance(store)];
    const keys = world()('a', '192.0.2.1');
    await fail(one.throttle, keys, 1);
    other.clock.time += 50;
    expect(await fail(other.throttle, keys, 3)).toEqual([0, 10, 60]);
  });

  it('in memory count for themselves', async () => {
    const [one, other] = [instance(), instance()];
    const keys = world()('a', '192.0.2.1');
    await fail(one.throttle, keys, 3);
    expect(await fail(other.throttle, keys, 2)).toEqual([0, 0]);
  });
});
