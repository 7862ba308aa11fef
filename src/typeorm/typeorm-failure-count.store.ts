import type { DataSource } from 'typeorm';
import { FailureCountStore, type FailureCount } from '../oauth/client/authentication/failure-count.store.js';
import { integer } from './codecs.js';
import { OauthFailureCountEntity } from './entities/oauth-failure-count.entity.js';
import { EntityTable } from './entity-table.js';
import { Sql, type Row } from './sql.js';

/** Failure counts, each step one upsert. */
export class TypeormFailureCountStore extends FailureCountStore {
  private readonly sql: Sql;
  private readonly failure: EntityTable<OauthFailureCountEntity>;
  private readonly statements: ReturnType<TypeormFailureCountStore['prepare']>;

  constructor(dataSource: DataSource) {
    super();
    this.sql = new Sql(dataSource);
    this.failure = new EntityTable(dataSource, OauthFailureCountEntity);
    this.statements = this.prepare();
  }

  async increment(key: string, now: number, expiresAt: number): Promise<FailureCount> {
    const { upsert, upsertReturning, find } = this.statements;
    const parameters = [...this.failure.values({ key, count: 1, expiresAt }), now, now, expiresAt];
    if (!this.sql.isMysql) return failureCount(await this.sql.rows(upsertReturning, parameters));
    // MySQL returns nothing. What has come in between makes the count higher, never lower.
    await this.sql.run(upsert, parameters);
    return failureCount(await this.sql.rows(find, [key]));
  }

  async deleteExpired(before: number): Promise<number> {
    return this.sql.change(this.statements.deleteExpired, [before]);
  }

  private prepare() {
    const { sql, failure } = this;
    const [key, count, expiresAt] = [
      failure.column('key'),
      failure.column('count'),
      failure.column('expiresAt'),
    ];
    const ended = `${failure.name}.${expiresAt} <= ?`;
    // In this order: MySQL assigns from left to right, and what comes later sees what came before.
    const step =
      `${count} = CASE WHEN ${ended} THEN 1 ELSE ${failure.name}.${count} + 1 END,` +
      ` ${expiresAt} = CASE WHEN ${ended} THEN ? ELSE ${failure.name}.${expiresAt} END`;
    const selection = `${count} AS failures, ${expiresAt} AS ends`;
    return {
      upsert: sql.prepare(`${failure.insertion(1)} ON DUPLICATE KEY UPDATE ${step}`),
      upsertReturning: sql.prepare(
        `${failure.insertion(1)} ON CONFLICT (${key}) DO UPDATE SET ${step} RETURNING ${selection}`,
      ),
      find: sql.prepare(`SELECT ${selection} FROM ${failure.name} WHERE ${key} = ?`),
      deleteExpired: sql.prepare(`DELETE FROM ${failure.name} WHERE ${expiresAt} < ?`),
    };
  }
}

function failureCount([row]: readonly Row[]): FailureCount {
  return { count: integer.from(row?.['failures']), expiresAt: integer.from(row?.['ends']) };
}
