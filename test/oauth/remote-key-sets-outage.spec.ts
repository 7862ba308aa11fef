import { describe, expect, it, vi } from 'vitest';
import { HOUR, openKeySets as open, URI } from './key-sets.js';

describe('AUTH-045 a set that cannot be fetched', () => {
  it('is used for an hour beyond its freshness, with an attempt every ten seconds', async () => {
    const { network, clock, failures, kids } = open();
    await kids();
    network.kids = undefined;
    clock.time += 600;
    for (let second = 0; second < HOUR; second++, clock.time++) expect(await kids()).toEqual(['a']);
    expect(failures).toHaveLength(HOUR / 10);
    expect(network.asked).toHaveLength(1 + HOUR / 10);
    expect(await kids()).toBeUndefined();
    network.kids = ['b'];
    clock.time += 10;
    expect(await kids()).toEqual(['b']);
  });

  it('does not come back when the clock is put back after the end', async () => {
    const { network, clock, kids } = open();
    await kids();
    network.kids = undefined;
    clock.time += 600 + HOUR;
    expect(await kids()).toBeUndefined();
    clock.time -= HOUR;
    expect(await kids()).toBeUndefined();
  });

  it('and never was: every call rejects, with an attempt every ten seconds', async () => {
    const { network, clock, failures, sets } = open();
    network.kids = undefined;
    for (let second = 0; second < 30; second++, clock.time++) {
      await expect(sets.keys(URI)).rejects.toThrow(
        new Error('The JWK Set at keys.example could not be fetched.'),
      );
    }
    expect(network.asked).toHaveLength(3);
    expect(failures).toHaveLength(3);
  });

  it.each([
    ['{"keys":null}', 'The JWK Set has no array of keys.'],
    ['{"keys":{}}', 'The JWK Set has no array of keys.'],
    [
      JSON.stringify({ keys: Array.from({ length: 101 }, () => ({})) }),
      'The JWK Set has more than 100 keys.',
    ],
    ['<html>', 'The JWK Set cannot be read: not JSON in UTF-8.'],
  ])(
    'JWKS-016 threat 15 nor can what stands there be read, the old one is kept: %.20s',
    async (body, message) => {
      const { network, clock, failures, kids } = open();
      await kids();
      network.body = body;
      clock.time += 600;
      expect(await kids()).toEqual(['a']);
      expect(failures).toEqual([new Error(message)]);
    },
  );

  it('is named by its host alone, since its path may be a secret', async () => {
    const { network, sets } = open();
    network.kids = undefined;
    const keys = sets.keys('https://user:pw@keys.example:8443/path?query');
    await expect(keys).rejects.toThrow(new Error('The JWK Set at keys.example:8443 could not be fetched.'));
  });

  it('since its URI is none', async () => {
    const { failures, kids } = open();
    expect(await kids('keys')).toBeUndefined();
    expect(failures).toHaveLength(1);
  });

  it('by a fetcher that throws', async () => {
    const { network, failures, kids } = open();
    network.fetch = () => {
      throw new Error('at once');
    };
    expect(await kids()).toBeUndefined();
    expect(failures).toEqual([new Error('at once')]);
  });
});

describe('AUTH-045 an issuer that hangs', () => {
  const stale = async (impatient = true) => {
    const bench = open({ impatient });
    await bench.kids();
    bench.clock.time += 600;
    return bench;
  };

  it('is waited for while nothing is known against it', async () => {
    const { network, kids } = await stale();
    network.kids = ['b'];
    const release = network.hold();
    const calls = [kids(), kids()];
    release();
    expect(await Promise.all(calls)).toEqual([['b'], ['b']]);
  });

  it('after a failure keeps nobody waiting, and is probed by one at a time', async () => {
    const { network, clock, failures, kids } = await stale();
    network.kids = undefined;
    expect(await kids()).toEqual(['a']);
    const release = network.hold();
    for (let second = 0; second < 60; second++, clock.time++) expect(await kids()).toEqual(['a']);
    expect(network.asked).toHaveLength(3);
    expect(failures).toHaveLength(1);
    network.kids = ['b'];
    release();
    await vi.waitFor(async () => expect(await kids()).toEqual(['b']));
    expect(network.asked).toHaveLength(3);
  });

  it('but a client’s own set is waited for, so that a key that it has withdrawn works no more', async () => {
    const { network, clock, kids } = await stale(false);
    network.kids = undefined;
    expect(await kids()).toEqual(['a']);
    clock.time += 10;
    network.kids = ['b'];
    const release = network.hold();
    const call = kids();
    release();
    expect(await call).toEqual(['b']);
  });

  it('after a failed probe is probed again when ten seconds are over', async () => {
    const { network, clock, failures, kids } = await stale();
    network.kids = undefined;
    await kids();
    clock.time += 10;
    await kids();
    await vi.waitFor(() => expect(failures).toHaveLength(2));
    clock.time += 9;
    await kids();
    expect(network.asked).toHaveLength(3);
    clock.time += 1;
    await kids();
    expect(network.asked).toHaveLength(4);
  });

  it('is waited for again when it has answered since', async () => {
    const { network, clock, kids, refreshed } = await stale();
    network.kids = undefined;
    await kids();
    network.kids = ['b'];
    clock.time += 10;
    expect(await refreshed()).toEqual(['b']);
    clock.time += 600;
    network.kids = ['c'];
    const release = network.hold();
    const call = kids();
    release();
    expect(await call).toEqual(['c']);
  });

  it('is waited for when the last good keys are too old', async () => {
    const { network, clock, kids } = await stale();
    network.kids = undefined;
    await kids();
    clock.time += HOUR;
    network.kids = ['b'];
    const release = network.hold();
    const call = kids();
    release();
    expect(await call).toEqual(['b']);
  });
});

describe('AUTH-045 the grace', () => {
  it.each([0, 1, 7_200])('of %i seconds ends when it says', async (grace) => {
    const { network, clock, kids } = open({ grace });
    await kids();
    network.kids = undefined;
    clock.time += 600 + grace - 1;
    expect(await kids()).toEqual(['a']);
    clock.time += 1;
    expect(await kids()).toBeUndefined();
  });
});
