import { describe, expect, it } from 'vitest';
import { freshnessLifetime } from '../../src/oauth/http/cache-control.js';
import { HOUR, MINUTE, openKeySets as open, URI } from './key-sets.js';

describe('AUTH-046 a fresh set', () => {
  it.each([
    [undefined, 600],
    ['max-age=300', 300],
    ['max-age=1', MINUTE],
    ['no-store', MINUTE],
    ['max-age=86400', HOUR],
  ])('with Cache-Control %s is used for %i seconds, then fetched anew', async (cacheControl, lifetime) => {
    const { network, clock, kids } = open();
    network.cacheControl = cacheControl;
    expect(await kids()).toEqual(['a']);
    network.kids = ['b'];
    clock.time += lifetime - 1;
    expect(await kids()).toEqual(['a']);
    expect(network.asked).toEqual([URI]);
    clock.time += 1;
    expect(await kids()).toEqual(['b']);
    expect(network.asked).toEqual([URI, URI]);
  });

  it('is replaced wholly: a removed key stops working', async () => {
    const { network, clock, kids } = open();
    network.kids = ['a', 'stolen'];
    expect(await kids()).toEqual(['a', 'stolen']);
    network.kids = ['a', 'b'];
    clock.time += HOUR;
    expect(await kids()).toEqual(['a', 'b']);
    network.kids = [];
    clock.time += HOUR;
    expect(await kids()).toEqual([]);
  });

  it('is one of its URI alone', async () => {
    const { network, kids } = open();
    await kids();
    network.kids = ['b'];
    expect(await kids(`${URI}?b`)).toEqual(['b']);
    expect(await kids()).toEqual(['a']);
  });
});

describe('one fetch at a time', () => {
  it('for 100 callers', async () => {
    const { network, kids } = open();
    const release = network.hold();
    const calls = Array.from({ length: 100 }, () => kids());
    release();
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 100 }, () => ['a']));
    expect(network.asked).toHaveLength(1);
  });

  it('JWT-027 for 1000 callers, each with a kid of its own that is not in the set', async () => {
    const { network, kids, refreshed } = open();
    await kids();
    network.kids = ['a', 'new'];
    const release = network.hold();
    const calls = Array.from({ length: 1_000 }, () => refreshed());
    release();
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 1_000 }, () => ['a', 'new']));
    expect(network.asked).toHaveLength(1 + 1);
  });

  it('JWT-027 for 1000 callers of a set that was never fetched', async () => {
    const { network, kids } = open();
    const release = network.hold();
    const calls = Array.from({ length: 1_000 }, () => kids());
    release();
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 1_000 }, () => ['a']));
    expect(network.asked).toHaveLength(1);
  });

  it('for 100 callers that it fails, who all hear of it and one of them logs', async () => {
    const { network, failures, sets } = open();
    network.kids = undefined;
    const calls = await Promise.allSettled(Array.from({ length: 100 }, () => sets.keys(URI)));
    expect(calls.filter(({ status }) => status === 'rejected')).toHaveLength(100);
    expect(network.asked).toHaveLength(1);
    expect(failures).toEqual([new Error('unreachable')]);
  });

  it('for those with an unknown kid and those without a set', async () => {
    const { network, clock, kids, refreshed } = open();
    await kids();
    network.kids = ['b'];
    clock.time += HOUR;
    const release = network.hold();
    const calls = [refreshed(), kids(), refreshed(), kids()];
    release();
    expect(await Promise.all(calls)).toEqual([['b'], ['b'], ['b'], ['b']]);
    expect(network.asked).toHaveLength(2);
  });

  it('however long it takes', async () => {
    const { network, clock, kids, refreshed } = open();
    const release = network.hold();
    const first = kids();
    clock.time += HOUR;
    const others = [kids(), refreshed()];
    release();
    expect(await Promise.all([first, ...others])).toEqual([['a'], ['a'], ['a']]);
    expect(network.asked).toHaveLength(1);
  });

  it('does not hold up those to whom a fresh set will do', async () => {
    const { network, clock, kids, refreshed } = open();
    await kids();
    clock.time += MINUTE;
    const release = network.hold();
    const search = refreshed();
    expect(await kids()).toEqual(['a']);
    release();
    expect(await search).toEqual(['a']);
  });
});

describe('AUTH-046 threat 15 a kid that is not in the set', () => {
  it('is looked for at once, however new the set is, and again when the last search is a minute ago', async () => {
    const { network, clock, kids, refreshed } = open();
    await kids();
    network.kids = ['a', 'new'];
    expect(await refreshed()).toEqual(['a', 'new']);
    network.kids = ['a', 'newer'];
    clock.time += MINUTE - 1;
    expect(await refreshed()).toBeUndefined();
    clock.time += 1;
    expect(await refreshed()).toEqual(['a', 'newer']);
    expect(await kids()).toEqual(['a', 'newer']);
    expect(network.asked).toHaveLength(3);
  });

  it('a thousand a second cause one fetch a minute', async () => {
    const { network, clock, kids, refreshed } = open();
    network.cacheControl = 'max-age=3600';
    for (let second = 0; second < 10 * MINUTE; second++, clock.time++) {
      await Promise.all(Array.from({ length: 1_000 }, async () => (await kids()) && refreshed()));
    }
    expect(network.asked).toHaveLength(1 + 10);
  });

  it('when the search fails the set stays as it is, and the failure is logged once', async () => {
    const { network, clock, failures, kids, refreshed } = open();
    await kids();
    network.kids = undefined;
    clock.time += MINUTE;
    expect(await Promise.all([refreshed(), refreshed()])).toEqual([undefined, undefined]);
    expect(failures).toHaveLength(1);
    expect(await kids()).toEqual(['a']);
    clock.time += MINUTE - 1;
    expect(await refreshed()).toBeUndefined();
    expect(network.asked).toHaveLength(2);
  });

  it('in a set that was never fetched', async () => {
    const { network, refreshed } = open();
    expect(await refreshed()).toEqual(['a']);
    expect(await refreshed()).toBeUndefined();
    expect(network.asked).toHaveLength(1);
  });
});

describe('a clock that is put back', () => {
  it('makes a set stale, not fresh for ever', async () => {
    const { network, clock, kids } = open();
    await kids();
    network.kids = ['b'];
    clock.time -= 24 * HOUR;
    expect(await kids()).toEqual(['b']);
    clock.time += 599;
    await kids();
    expect(network.asked).toHaveLength(2);
  });

  it('lets a set that cannot be fetched go after an hour all the same', async () => {
    const { network, clock, kids } = open();
    await kids();
    network.kids = undefined;
    clock.time -= 24 * HOUR;
    expect(await kids()).toEqual(['a']);
    clock.time += HOUR - 1;
    expect(await kids()).toEqual(['a']);
    clock.time += 1;
    expect(await kids()).toBeUndefined();
  });

  it('does not keep from another attempt, for the set or for a kid', async () => {
    const { network, clock, kids, refreshed } = open();
    network.kids = undefined;
    expect(await kids()).toBeUndefined();
    network.kids = ['a'];
    clock.time -= HOUR;
    expect(await kids()).toEqual(['a']);
    network.kids = ['a', 'b'];
    clock.time -= HOUR;
    expect(await refreshed()).toEqual(['a', 'b']);
    expect(await refreshed()).toBeUndefined();
  });
});

describe('a thousand sets', () => {
  it('are kept, and the one used longest ago makes room', async () => {
    const { network, kids } = open();
    const uris = Array.from({ length: 1_000 }, (_, index) => `${URI}?${index}`);
    for (const uri of uris) await kids(uri);
    for (const index of [0, 500]) await kids(`${URI}?${index}`);
    expect(network.asked).toEqual(uris);
    await kids(`${URI}?more`);
    for (const index of [0, 500, 2]) await kids(`${URI}?${index}`);
    expect(network.asked).toHaveLength(1_001);
    await kids(`${URI}?1`);
    expect(network.asked).toHaveLength(1_002);
  });
});

describe('AUTH-046 Cache-Control', () => {
  it.each([
    [undefined, 600],
    ['', 600],
    ['public', 600],
    ['s-maxage=1200', 600],
    ['private, must-revalidate', 600],
    ['max-age=900', 900],
    ['public, s-maxage=5, max-age=900', 900],
    ['Max-Age=900', 900],
    ['max-age="900"', 900],
    ['max-age=0', 60],
    ['max-age=59', 60],
    ['max-age=3601', 3600],
    [`max-age=${'9'.repeat(400)}`, 3600],
    ['max-age', 60],
    ['max-age=', 60],
    ['max-age=-1', 60],
    ['max-age=abc', 60],
    ['max-age=1e3', 60],
    ['max-age=900, max-age=700', 700],
    ['no-cache', 60],
    ['NO-STORE, max-age=900', 60],
    ['max-age=900, no-cache="Set-Cookie"', 60],
    ['x-max-age=5, max-age=900', 900],
    [',,;=;,max-age=900', 900],
    ['"', 600],
  ])('%j: %i seconds', (header, seconds) => expect(freshnessLifetime(header)).toBe(seconds));
});
