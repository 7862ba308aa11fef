import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR, openKeySets as open } from './key-sets.js';

describe('AUTH-045 a set that is not useful', () => {
  const isUseful = (keys: readonly { readonly kid: string | undefined }[]) =>
    keys.some(({ kid }) => kid !== 'x');

  it('counts as one that could not be read: the last good one serves on', async () => {
    const { network, clock, failures, kids, refreshed } = open({ isUseful });
    expect(await kids()).toEqual(['a']);
    network.kids = ['x'];
    expect(await refreshed()).toBeUndefined();
    expect(failures).toEqual([new Error('The JWK Set has no key that can be used.')]);
    clock.time += 600;
    expect(await kids()).toEqual(['a']);
    network.kids = [];
    clock.time += HOUR - 1;
    expect(await kids()).toEqual(['a']);
    clock.time += 1;
    expect(await kids()).toBeUndefined();
    network.kids = ['x', 'b'];
    clock.time += 10;
    expect(await kids()).toEqual(['x', 'b']);
  });

  it('and without a good one before there are no keys', async () => {
    const { network, clock, kids } = open({ isUseful });
    network.kids = [];
    expect(await kids()).toBeUndefined();
    network.kids = ['a'];
    expect(await kids()).toBeUndefined();
    clock.time += 10;
    expect(await kids()).toEqual(['a']);
  });

  it('is not known among the sets of clients: an empty one replaces the last', async () => {
    const { network, clock, failures, kids } = open();
    expect(await kids()).toEqual(['a']);
    network.kids = [];
    clock.time += 600;
    expect(await kids()).toEqual([]);
    expect(failures).toEqual([]);
  });
});

describe('AUTH-046 the pause between two searches for a key', () => {
  it.each([
    [2, { searchPause: 2 }],
    [60, {}],
  ])('is %i seconds with %j', async (pause, options) => {
    const { network, clock, kids, refreshed } = open(options);
    await kids();
    expect(await refreshed()).toEqual(['a']);
    network.kids = ['a', 'b'];
    clock.time += pause - 1;
    expect(await refreshed()).toBeUndefined();
    clock.time += 1;
    expect(await refreshed()).toEqual(['a', 'b']);
    expect(network.asked).toHaveLength(3);
  });
});

describe('AUTH-045 how long an issuer that hangs is waited for', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A set whose freshness is over, and an issuer that answers no more. */
  const stale = async (impatient: boolean) => {
    const bench = open({ impatient });
    await bench.kids();
    bench.clock.time += 600;
    bench.network.kids = ['b'];
    const release = bench.network.hold();
    const answered: unknown[] = [];
    const ask = () => bench.kids().then((kids) => answered.push(kids));
    return { ...bench, release, answered, ask };
  };

  it('a second from the start of the attempt, whoever asks, and then not at all', async () => {
    const { network, failures, answered, ask, kids } = await stale(true);
    const first = ask();
    await vi.advanceTimersByTimeAsync(600);
    const second = ask();
    await vi.advanceTimersByTimeAsync(399);
    expect(answered).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await Promise.all([first, second]);
    expect(answered).toEqual([['a'], ['a']]);
    expect(await kids()).toEqual(['a']);
    expect([network.asked.length, failures]).toEqual([2, []]);
  });

  it('less when it answers, with what it says', async () => {
    const { answered, ask, release } = await stale(true);
    const asked = ask();
    await vi.advanceTimersByTimeAsync(500);
    expect(answered).toEqual([]);
    release();
    await asked;
    expect(answered).toEqual([['b']]);
  });

  it('and what it says after that second serves from then on', async () => {
    const { network, ask, answered, release, refreshed, kids } = await stale(true);
    const asked = ask();
    await vi.advanceTimersByTimeAsync(1_000);
    await asked;
    release();
    expect(await refreshed()).toEqual(['b']);
    expect(await kids()).toEqual(['b']);
    expect([answered, network.asked.length]).toEqual([[['a']], 2]);
  });

  it('a second again for the next attempt after one that was good', async () => {
    const { network, clock, ask, answered, release } = await stale(true);
    const first = ask();
    release();
    await first;
    clock.time += 600;
    network.hold();
    const second = ask();
    await vi.advanceTimersByTimeAsync(999);
    expect(answered).toEqual([['b']]);
    await vi.advanceTimersByTimeAsync(1);
    await second;
    expect(answered).toEqual([['b'], ['b']]);
  });

  it('not at all once an attempt was in vain', async () => {
    const { network, clock, release, kids } = await stale(true);
    network.kids = undefined;
    release();
    expect(await kids()).toEqual(['a']);
    clock.time += 10;
    network.hold();
    expect(await kids()).toEqual(['a']);
    expect(network.asked).toHaveLength(3);
  });

  it.each([
    ['the set is a client’s own', false, 0],
    ['there is no last good one any more', true, HOUR],
  ])('without end where %s', async (_, impatient, later) => {
    const { clock, ask, answered, release } = await stale(impatient);
    clock.time += later;
    const asked = ask();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(answered).toEqual([]);
    release();
    await asked;
    expect(answered).toEqual([['b']]);
  });
});
