import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Housekeeping } from '../../src/nest/housekeeping.js';
import { faulty, type Faults } from '../oauth/support.js';
import { openHost, type Host } from './host.js';

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

beforeEach(async () => {
  const made = faulty();
  faults = made.faults;
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
      expect(lines[0]).toContain(`Expired ${name} could not be removed: Error: relation is locked`);
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
    const { issued, client } = await host.admin.clients.create({ scope: 'read report' });
    const headers = {
      authorization: `Basic ${Buffer.from(`${client.id}:${issued?.secret}`).toString('base64')}`,
    };
    const form = { grant_type: 'client_credentials', scope: 'report' };
    const token = String((await host.token(form, headers)).body['access_token']);
    expect(token).toMatch(/./);
    faults.reject('revokedTokens.deleteExpired', CAUSE);
    const removed: unknown[] = [];
    const made = faulty();
    expect(await made.store.accessTokens.deleteExpired(0)).toBeDefined();
    removed.push(token);
    host.clock.time += 7200;
    await run();
    expect(removed).toHaveLength(1);
  });
});
