import type { DataSource } from 'typeorm';
import { AuditStore, type AuditEntry, type AuditFilter } from '../oauth/audit/audit.log.js';
import { batches } from './batches.js';
import { integer, nullable, text, typedText } from './codecs.js';
import { OauthAuditEntryEntity, auditDetail } from './entities/oauth-audit-entry.entity.js';
import { EntityTable } from './entity-table.js';
import { Sql, type Row } from './sql.js';

interface AuditPage {
  readonly filter?: AuditFilter;
  readonly before?: string;
  readonly limit: number;
}

type Condition = readonly [string, readonly unknown[]];

/** The audit log. What is appended together is one INSERT, unless it is very much. */
export class TypeormAuditStore extends AuditStore {
  private readonly sql: Sql;
  private readonly entry: EntityTable<OauthAuditEntryEntity>;
  private readonly deletion: string;

  constructor(dataSource: DataSource) {
    super();
    this.sql = new Sql(dataSource);
    this.entry = new EntityTable(dataSource, OauthAuditEntryEntity);
    this.deletion = this.sql.prepare(`DELETE FROM ${this.entry.name} WHERE ${this.entry.column('at')} < ?`);
  }

  async append(entries: readonly AuditEntry[]): Promise<void> {
    for (const batch of batches(entries.map((entry) => this.entry.values(entity(entry))))) {
      await this.sql.run(this.sql.prepare(this.entry.insertion(batch.length)), batch.flat());
    }
  }

  async list({ filter = {}, before, limit }: AuditPage): Promise<AuditEntry[]> {
    const { entry } = this;
    const id = entry.column('id', 'a');
    const conditions = this.conditions(filter, before);
    const all = conditions.map(([condition]) => condition).join(' AND ');
    const statement = this.sql.prepare(
      `SELECT ${entry.selection('a')} FROM ${entry.name} a ${all === '' ? '' : `WHERE ${all}`}` +
        ` ORDER BY ${id} DESC LIMIT ?`,
    );
    const parameters = conditions.flatMap(([, each]) => each);
    return (await this.sql.rows(statement, [...parameters, limit])).map(auditEntry);
  }

  async deleteBefore(at: number): Promise<number> {
    return this.sql.change(this.deletion, [at]);
  }

  private conditions(filter: AuditFilter, before: string | undefined): Condition[] {
    const { entry, sql } = this;
    const made: Condition[] = [];
    for (const property of ['type', 'actor', 'subject'] as const) {
      const [column, value] = [entry.column(property, 'a'), filter[property]];
      // The first condition is for the index, the second for collations that find another spelling.
      if (value !== undefined) made.push([`${column} = ? AND ${sql.exact(column)} = ?`, [value, value]]);
    }
    const at = entry.column('at', 'a');
    if (filter.since !== undefined) made.push([`${at} >= ?`, [filter.since]]);
    if (filter.until !== undefined) made.push([`${at} <= ?`, [filter.until]]);
    if (before !== undefined) made.push([`${entry.column('id', 'a')} < ?`, [before]]);
    return made;
  }
}

function entity(entry: AuditEntry): OauthAuditEntryEntity {
  return {
    ...entry,
    actor: entry.actor ?? null,
    subject: entry.subject ?? null,
    address: entry.address ?? null,
    tenant: entry.tenant ?? null,
  };
}

function auditEntry(row: Row): AuditEntry {
  const actor = nullable(text).from(row['actor']);
  const subject = nullable(text).from(row['subject']);
  const address = nullable(text).from(row['address']);
  const tenant = nullable(typedText).from(row['tenant']);
  return {
    id: text.from(row['id']),
    at: integer.from(row['at']),
    type: text.from(row['type']),
    ...(actor === null ? {} : { actor }),
    ...(subject === null ? {} : { subject }),
    ...(address === null ? {} : { address }),
    ...(tenant === null ? {} : { tenant }),
    detail: auditDetail.from(row['detail']),
  };
}
