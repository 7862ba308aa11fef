import { MemoryPersistence, type AuditEntry, type AuditQueryInput } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKit, type Kit } from '../support/echo.js';
import { Faults, sharing } from './support.js';

const START = 1_800_000_000;
const COUNT = 60;

let kit: Kit;
let faults: Faults;

const id = (index: number) =>
  (START + index).toString(16).padStart(10, '0') + index.toString(16).padStart(22, '0');
const entry = (index: number): AuditEntry => ({
  id: id(index),
  at: START + index,
  type: index % 2 === 0 ? 'client.updated' : 'client.disabled',
  actor: index % 3 === 0 ? 'ann' : 'bob',
  subject: `c${index % 5}`,
  detail: {},
});

beforeEach(async () => {
  const store = new MemoryPersistence();
  faults = new Faults();
  await store.auditLog.append(Array.from({ length: COUNT }, (_, index) => entry(index)));
  kit = await openKit({ persistence: sharing(store, faults), audit: { log: 'database' } });
});

afterEach(() => kit.close());

const list = (query?: AuditQueryInput) => kit.admin.audit.list(query);
const times = async (query?: AuditQueryInput) => (await list(query)).entries.map(({ at }) => at - START);

describe('the audit log is listed', () => {
  it('the newest first, fifty where nobody says how many', async () => {
    const { entries, next } = await list();
    expect(entries).toHaveLength(50);
    expect(entries[0]).toEqual(entry(COUNT - 1));
    expect(next).toBe(id(10));
    expect(await list({ after: next })).toEqual({
      entries: Array.from({ length: 10 }, (_, n) => entry(9 - n)),
    });
  });

  it('page by page, each entry once, while others are added', async () => {
    const seen: number[] = [];
    let after: string | undefined;
    kit.clock.time = START + COUNT;
    do {
      const page = await list({ limit: 7, after });
      seen.push(...page.entries.map(({ at }) => at - START));
      after = page.next;
      await kit.admin.clients.create({});
    } while (after !== undefined);
    expect(seen).toEqual(Array.from({ length: COUNT }, (_, n) => COUNT - 1 - n));
  });

  it('of which there are exactly as many as wanted: no further page', async () => {
    expect((await list({ limit: COUNT })).next).toBeUndefined();
    expect((await list({ limit: COUNT - 1 })).next).toBe(id(1));
  });

  it.each<[AuditQueryInput, number[]]>([
    [{ since: START + 57 }, [59, 58, 57]],
    [{ until: START + 2 }, [2, 1, 0]],
    [{ since: START + 10, until: START + 10 }, [10]],
    [{ subject: 'c4', until: START + 20 }, [19, 14, 9, 4]],
    [{ type: 'client.updated', until: START + 5 }, [4, 2, 0]],
    [{ actor: 'ann', type: 'client.disabled', subject: 'c1', until: START + 40 }, [21]],
    [{ actor: 'nobody' }, []],
    [{ type: undefined, actor: undefined, subject: undefined, since: undefined, until: START }, [0]],
  ])('%j: the entries that meet all of it', async (query, expected) => {
    expect(await times(query)).toEqual(expected);
  });
});

describe('a query that cannot be', () => {
  it.each([
    ['limit', 0], ['limit', 501], ['limit', 1.5], ['limit', '5'], ['limit', Number.NaN],
    ['after', ''], ['after', 'x'], ['after', id(1).toUpperCase().replace(/^0/, 'F')], ['after', `${id(1)}0`], ['after', 7],
    ['type', ''], ['type', 'no.such'], ['type', '__proto__'], ['type', 7], ['actor', ''], ['actor', 'x'.repeat(256)], ['actor', 'a\nb'],
    ['subject', 'é'], ['subject', {}], ['subject', ['c1']],
    ['since', -1], ['since', 1.5], ['since', '2027-01-01'], ['until', 1e15], ['until', true],
  ])('%s %j: invalid_request, which names it', async (member, value) => {
    const failure: unknown = await list({ [member]: value }).catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ code: 'invalid_request' });
    expect((failure as Error).message).toMatch(new RegExp(`^${member} must be `));
    expect(faults.count('auditLog.list')).toBe(0);
  }); // prettier-ignore
});

it('ROB-016 a store that is down: 503', async () => {
  faults.reject('auditLog.list', new Error('down'));
  await expect(list()).rejects.toMatchObject({ status: 503, code: 'temporarily_unavailable' });
});

describe('a log that is kept elsewhere, or not at all', () => {
  it('cannot be read here, and says so', async () => {
    const without = await openKit();
    await expect(without.admin.audit.list()).rejects.toMatchObject({
      name: 'AdministrationError',
      code: 'unsupported',
    });
    await without.close();
  });
});
