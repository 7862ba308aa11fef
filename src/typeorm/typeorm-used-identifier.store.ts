import type { DataSource } from 'typeorm';
import { UsedIdentifierStore } from '../oauth/replay/used-identifier.store.js';
import { isUniqueViolation } from './driver-errors.js';
import { OauthUsedIdentifierEntity } from './entities/oauth-used-identifier.entity.js';
import { EntityTable } from './entity-table.js';
import { GroupedInsert } from './grouped-insert.js';
import { Sql } from './sql.js';

/** Used identifiers. Which one came first is the primary key's to say, and nobody reads before. */
export class TypeormUsedIdentifierStore extends UsedIdentifierStore {
  private readonly sql: Sql;
  private readonly insertion: GroupedInsert<OauthUsedIdentifierEntity>;
  private readonly expiration: string;

  constructor(dataSource: DataSource) {
    super();
    this.sql = new Sql(dataSource);
    const identifier = new EntityTable(dataSource, OauthUsedIdentifierEntity);
    this.insertion = new GroupedInsert(this.sql, identifier);
    this.expiration = this.sql.prepare(
      `DELETE FROM ${identifier.name} WHERE ${identifier.column('expiresAt')} < ?`,
    );
  }

  async insert(digest: string, expiresAt: number): Promise<boolean> {
    try {
      await this.insertion.add({ digest, expiresAt });
      return true;
    } catch (error) {
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  }

  async deleteExpired(before: number): Promise<number> {
    return this.sql.change(this.expiration, [before]);
  }
}
