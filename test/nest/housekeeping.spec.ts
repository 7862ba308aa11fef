import type { Persistence } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Housekeeping } from '../../src/nest/housekeeping.js';
import { faulty, type Faults } from '../oauth/support.js';
import { newClient, openHost, type Host } from './host.js';

const CAUSE = new Error('relation is locked');

/** What is removed, by the call to the store that does it, in the words of the log. */
const REMOVALS: [string, string][] = [
  ['accessTokens.deleteExpired', 'access tokens'],
  ['revokedTokens.deleteExpired', 'revoked tokens'],
  ['usedIdentifiers.deleteExpired', 'used identifiers'],
  ['failureCounts.deleteExpired', 'failure counts'],
  ['clientSecrets.deleteExpired', 'client secrets'],
  ['signingKeys.all', 'signing keys'],
];

let host: Host;
let faults: Faults;
let store: Persistence;

beforeEach(async () => {
  const made = faulty();
  ({ faults, store } = made);
  host = await openHost({ options: { persistence: made.persistence } });
});

afterEach(() => host.close());

/** Runs it, and returns which removals were begun and what the log says. */
async function run(): Promise<{ calls: string[]; lines: string[] }> {
  const [from, asked] = [host.log.lines.length, faults.calls.length];
  await host.app.get(Housekeeping, { strict: false }).run();
  const made = faults.calls.slice(asked);
  const calls = REMOVALS.map(([call]) => call).filter((call) => made.includes(call));
  return { calls, lines: host.log.lines.slice(from) };
}

const ALL = REMOVALS.map(([call]) => call);

describe('housekeeping', () => {
  it('removes everything, and says nothing of it', async () => {
    expect(await run()).toEqual({ calls: ALL, lines: [] });
  });

  it.each(REMOVALS)('%s fails: %s are named, and the others removed', async (call, name) => {
    for (const fail of [() => Promise.reject(CAUSE), () => { throw CAUSE; }]) {
      faults.replace(call, fail);
      const { calls, lines } = await run();
      expect(calls).toEqual(ALL);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(`Expired ${name} could not be removed: `);
      if (call.endsWith('.deleteExpired')) expect(lines[0]).toContain('Error: relation is locked');
    }
    faults.clear();
    expect((await run()).lines).toEqual([]);
  }); // prettier-ignore

  it('all fail: each is named once', async () => {
    for (const [call] of REMOVALS) faults.reject(call, CAUSE);
    const { calls, lines } = await run();
    expect(calls).toEqual(ALL);
    expect(lines).toHaveLength(REMOVALS.length);
    for (const [index, [, name]] of REMOVALS.entries()) expect(lines[index]).toContain(`Expired ${name} `);
  });

  it('what the others remove is gone', async () => {
    const client = await newClient(host);
    const expired = async () => {
      await client.token('report');
      host.clock.time += 7200;
      return () => store.accessTokens.deleteExpired(host.clock.time);
    };
    expect(await (await expired())()).toBe(1);
    const left = await expired();
    for (const [call] of REMOVALS.slice(1)) faults.reject(call, CAUSE);
    await run();
    expect(await left()).toBe(0);
  });
});
