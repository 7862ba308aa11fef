import { AuditLog, type Persistence } from 'nestjs-oauth-kit';
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
  ['registrationTokens.deleteExpired', 'registration tokens'],
  ['auditLog.deleteBefore', 'audit entries'],
  ['signingKeys.all', 'signing keys'],
];

let host: Host;
let faults: Faults;
let store: Persistence;

beforeEach(async () => {
  const made = faulty();
  ({ faults, store } = made);
  host = await openHost({
    options: { persistence: made.persistence, audit: { log: 'database', retention: 30 } },
  });
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
      if (call !== 'signingKeys.all') expect(lines[0]).toContain('Error: relation is locked');
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

  it('a registration token stays for a week after it has expired, one without an end for ever', async () => {
    const start = host.clock.time;
    const token = { createdAt: start, uses: 0, policy: {} };
    await store.registrationTokens.insert({ ...token, id: 'a', digest: 'aa', expiresAt: start + 10 });
    await store.registrationTokens.insert({ ...token, id: 'b', digest: 'bb' });
    const left = async () => (await store.registrationTokens.list({ limit: 9 })).map(({ id }) => id);
    host.clock.time = start + 10 + 7 * 86_400;
    await run();
    expect(await left()).toEqual(['a', 'b']);
    host.clock.time += 1;
    await run();
    expect(await left()).toEqual(['b']);
  });

  it('an audit entry stays for as many days as `audit.retention` says', async () => {
    await newClient(host);
    const start = host.clock.time;
    const left = async () => (await host.admin.audit.list()).entries.map(({ type }) => type);
    host.clock.time = start + 30 * 86_400;
    await run();
    expect(await left()).toEqual(['client.created']);
    host.clock.time += 1;
    await run();
    expect(await left()).toEqual([]);
  });
});

it('an audit log that is not in the database is left alone, and so are entries of earlier days', async () => {
  class Elsewhere extends AuditLog {
    async append(): Promise<void> {}
  }
  const faulted = faulty();
  for (const audit of [undefined, { log: new Elsewhere(), retention: 1 }]) {
    const other = await openHost({ options: { persistence: faulted.persistence, audit } });
    await other.app.get(Housekeeping, { strict: false }).run();
    expect(faulted.faults.count('auditLog.deleteBefore')).toBe(0);
    expect(faulted.faults.count('registrationTokens.deleteExpired')).toBeGreaterThan(0);
    await other.close();
  }
});
