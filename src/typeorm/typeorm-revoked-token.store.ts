import type { DataSource } from 'typeorm';
import { RevokedTokenStore } from '../oauth/revocation/revoked-token.store.js';
import { OauthRevokedTokenEntity } from './entities/oauth-revoked-token.entity.js';
import { EntityTable } from './entity-table.js';
import { GroupedInsert } from './grouped-insert.js';
import { Sql } from './sql.js';

/** Revoked tokens. One that is there already stays as it is, so that no revocation fails for another. */
export class TypeormRevokedTokenStore extends RevokedTokenStore {
  private readonly sql: Sql;
  private readonly token: EntityTable<OauthRevokedTokenEntity>;
  private readonly statements: ReturnType<TypeormRevokedTokenStore['prepare']>;
  private readonly insertion: GroupedInsert<OauthRevokedTokenEntity>;

  constructor(dataSource: DataSource) {
    super();
    this.sql = new Sql(dataSource);
    this.token = new EntityTable(dataSource, OauthRevokedTokenEntity);
    this.insertion = new GroupedInsert(this.sql, this.token, this.onConflict);
    this.statements = this.prepare();
  }

  async insert(digest: string, expiresAt: number): Promise<void> {
    await this.insertion.add({ digest, expiresAt });
  }

  async has(digest: string): Promise<boolean> {
    return (await this.sql.rows(this.statements.find, [digest])).length > 0;
  }

  async deleteExpired(before: number): Promise<number> {
    return this.sql.change(this.statements.deleteExpired, [before]);
  }

  private get onConflict(): string {
    const digest = this.token.column('digest');
    // Not INSERT IGNORE, which stores half of what does not fit.
    return this.sql.isMysql
      ? `ON DUPLICATE KEY UPDATE ${digest} = ${digest}`
      : `ON CONFLICT (${digest}) DO NOTHING`;
  }

  private prepare() {
    const { sql, token } = this;
    return {
      // What a collation takes for this digest kept it from being stored, and so counts as it.
      find: sql.prepare(`SELECT 1 AS found FROM ${token.name} WHERE ${token.column('digest')} = ?`),
      deleteExpired: sql.prepare(`DELETE FROM ${token.name} WHERE ${token.column('expiresAt')} < ?`),
    };
  }
}
