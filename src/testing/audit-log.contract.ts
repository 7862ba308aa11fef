import assert from 'node:assert/strict';
import type { AuditEntry, AuditFilter } from '../oauth/audit/audit.log.js';
import type { Persistence } from '../oauth/persistence.js';
import type { ContractTest } from './contract-runner.js';
import { CLOSE_IDS, HARD_TEXT, NOW, sampleEntry } from './samples.js';

/** The audit log keeps everything that it is told, in the order of time. */
export function auditLogContract(test: ContractTest): void {
  test('list gives every member of an entry back as it was', async ({ auditLog }) => {
    const entry: AuditEntry = {
      id: 'f'.repeat(32),
      at: NOW,
      type: 't'.repeat(64),
      actor: 'a'.repeat(255),
      subject: `${'s'.repeat(254)} `,
      address: '2001:db8::1%eth0'.padEnd(64, '0'),
      tenant: HARD_TEXT.padEnd(255, 'Ω'),
      detail: { text: HARD_TEXT, number: -1.5, yes: true, no: false, members: ['a', ''], none: [] },
    };
    const bare = sampleEntry(1);
    await auditLog.append([bare, entry]);
    assert.deepStrictEqual(await auditLog.list({ limit: 9 }), [entry, bare]);
  });

  test('an entry is there when append says so', async ({ auditLog }) => {
    assert.deepStrictEqual(await auditLog.list({ limit: 9 }), []);
    const entries = Array.from({ length: 50 }, (_, n) => sampleEntry(n));
    await Promise.all(
      entries.map(async (entry) => {
        await auditLog.append([entry]);
        const found = await auditLog.list({ limit: 99 });
        assert.ok(found.some(({ id }) => id === entry.id));
      }),
    );
    assert.deepStrictEqual(await auditLog.list({ limit: 99 }), entries.reverse());
  });

  test('append takes more than fit one statement', async ({ auditLog }) => {
    const entries = Array.from({ length: 5000 }, (_, n) => sampleEntry(n));
    await auditLog.append(entries);
    assert.deepStrictEqual(await auditLog.list({ limit: 9999 }), entries.reverse());
  });

  test('an id that is taken fails the call, and changes nothing', async ({ auditLog }) => {
    const first = sampleEntry(1);
    await auditLog.append([first]);
    await assert.rejects(auditLog.append([sampleEntry(2), { ...first, type: 'other' }]));
    assert.deepStrictEqual(await auditLog.list({ limit: 9 }), [first]);
  });

  test('list goes through all entries, the newest first', async ({ auditLog }) => {
    const entries = Array.from({ length: 20 }, (_, n) => sampleEntry(n * 7, { at: NOW }));
    await auditLog.append(entries.toSorted((a, b) => (a.id.at(-1) ?? '').localeCompare(b.id.at(-1) ?? '')));
    const listed: AuditEntry[] = [];
    for (;;) {
      const before = listed.at(-1)?.id;
      const page = await auditLog.list(before === undefined ? { limit: 6 } : { before, limit: 6 });
      listed.push(...page);
      if (page.length < 6) break;
      assert.ok(listed.length <= entries.length, 'the pages overlap');
    }
    assert.deepStrictEqual(listed, entries.reverse());
    assert.equal((await auditLog.list({ before: sampleEntry(1).id, limit: 9 })).length, 1);
  });

  test('list tells names apart that look alike', async (persistence) => {
    const entries = CLOSE_IDS.map((id, n) =>
      sampleEntry(n, { type: id.slice(0, 64), ...(n % 2 === 0 ? { actor: id } : { subject: id }) }),
    );
    await persistence.auditLog.append(entries);
    for (const id of [...CLOSE_IDS, 'none', '']) {
      const type = id.slice(0, 64);
      await assertFound(
        persistence,
        { type },
        entries.filter((entry) => entry.type === type),
      );
      await assertFound(
        persistence,
        { actor: id },
        entries.filter((entry) => entry.actor === id),
      );
      await assertFound(
        persistence,
        { subject: id },
        entries.filter((entry) => entry.subject === id),
      );
    }
  });

  test('list wants all that is given', async (persistence) => {
    const entries = Array.from({ length: 24 }, (_, n) =>
      sampleEntry(n, { type: `t${n % 2}`, actor: `a${n % 3}`, subject: `s${n % 4}` }),
    );
    await persistence.auditLog.append(entries);
    await assertFound(persistence, {}, entries);
    await assertFound(persistence, { since: NOW + 5 }, entries.slice(5));
    await assertFound(persistence, { until: NOW + 5 }, entries.slice(0, 6));
    await assertFound(persistence, { since: NOW + 6, until: NOW + 5 }, []);
    const filter = { type: 't1', actor: 'a1', subject: 's3', since: NOW + 7, until: NOW + 7 };
    await assertFound(persistence, filter, entries.slice(7, 8));
    const page = { filter: { type: 't0' }, before: sampleEntry(9).id, limit: 2 };
    assert.deepStrictEqual(await persistence.auditLog.list(page), [entries[8], entries[6]]);
  });

  test('deleteBefore removes what was before the moment, and counts', async ({ auditLog }) => {
    const entries = Array.from({ length: 9 }, (_, n) => sampleEntry(n));
    await auditLog.append(entries);
    assert.equal(await auditLog.deleteBefore(NOW + 4), 4);
    assert.equal(await auditLog.deleteBefore(NOW + 4), 0);
    assert.deepStrictEqual(await auditLog.list({ limit: 99 }), entries.slice(4).reverse());
  });
}

async function assertFound(
  { auditLog }: Persistence,
  filter: AuditFilter,
  expected: readonly AuditEntry[],
): Promise<void> {
  const found = await auditLog.list({ filter, limit: 99 });
  assert.deepStrictEqual(found, expected.toReversed(), JSON.stringify(filter));
}
