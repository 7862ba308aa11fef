import { describe, expect, it } from 'vitest';
import { ExpiringKeys } from '../../src/throttle/expiring-keys.js';
import { LocalFailureCounter } from '../../src/throttle/local-failure-counter.js';
import { ManualClock } from '../support/echo.js';
import { instance, world } from './support.js';

describe('ExpiringKeys', () => {
  it('holds so many at most: the ended go first, then the oldest', () => {
    const clock = new ManualClock();
    const dropped: string[] = [];
    const keys = new ExpiringKeys(3, clock, (key) => dropped.push(key));
    keys.begin('oldest', 100);
    keys.begin('short', 10);
    keys.begin('young', 100);
    clock.time += 10;
    keys.begin('next', 100);
    expect(dropped).toEqual(['short']);
    keys.begin('after', 100);
    expect(dropped).toEqual(['short', 'oldest']);
    expect(['young', 'next', 'after'].map((key) => keys.left(key))).toEqual([90, 100, 100]);
    expect(keys.size).toBe(3);
  });

  it('a key that begins anew takes no place of another and is the youngest', () => {
    const keys = new ExpiringKeys(2, new ManualClock());
    for (const key of ['a', 'b', 'a', 'c']) keys.begin(key, 10);
    expect(['a', 'b', 'c'].map((key) => keys.left(key))).toEqual([10, 0, 10]);
  });

  it('drops in the order of age over and over, whatever ended or began anew between', () => {
    const clock = new ManualClock();
    const keys = new ExpiringKeys(3, clock);
    for (let round = 0; round < 500; round++) {
      clock.time += round % 7 === 0 ? 100 : 0;
      keys.begin(`old ${round}`, 100);
      keys.begin(`new ${round}`, 100);
      keys.begin(`old ${round}`, 100);
      keys.begin(`last ${round}`, 100);
      const left = ['old', 'new', 'last'].map((name) => keys.left(`${name} ${round}`));
      expect([round, keys.size, ...left]).toEqual([round, 3, 100, 100, 100]);
    }
  });

  it('a clock set back to before the beginning ends a key', () => {
    const clock = new ManualClock();
    const keys = new ExpiringKeys(2, clock);
    clock.time += 10;
    keys.begin('a', 100);
    clock.time -= 10;
    expect(keys.left('a')).toBe(0);
  });
});

describe('in memory', () => {
  it('counts so many keys at most, and the newest are right', () => {
    const counter = new LocalFailureCounter(60, new ManualClock(), 100);
    for (let key = 0; key < 1000; key++) counter.count(String(key));
    const counts = ['950', '999', '0'].map((key) => counter.count(key).count);
    expect(counts).toEqual([2, 2, 1]);
  });

  it('100,000 blocked clients of as many addresses: the newest stay blocked, 10,000 at most', async () => {
    const { throttle } = instance('memory', { perClient: 1 });
    const keys = world();
    const all = Array.from({ length: 100_000 }, (_, index) => keys('a', String(index)));
    for (const each of all) await throttle.record(each);
    const blocked = all.filter((each) => throttle.waitFor(each) > 0);
    expect(blocked).toEqual(all.slice(-blocked.length));
    expect(blocked.length).toBeGreaterThanOrEqual(9900);
    expect(blocked.length).toBeLessThanOrEqual(10_000);
  });

  it('leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const { throttle } = instance();
    const keys = world();
    for (let each = 0; each < 1000; each++) await throttle.record(keys('a', String(each)));
    expect(timers()).toBeLessThanOrEqual(before);
  });
});
