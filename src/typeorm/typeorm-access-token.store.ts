import type { DataSource } from 'typeorm';
import { AccessTokenStore, type StoredAccessToken } from '../oauth/token/access-token.store.js';
import { integer, object, strings, text } from './codecs.js';
import { OauthAccessTokenEntity } from './entities/oauth-access-token.entity.js';
import { EntityTable } from './entity-table.js';
import { GroupedInsert } from './grouped-insert.js';
import { Sql, type Row } from './sql.js';

/** Opaque access tokens. Those that are issued at the same time go into one INSERT. */
export class TypeormAccessTokenStore extends AccessTokenStore {
  private readonly sql: Sql;
  private readonly token: EntityTable<OauthAccessTokenEntity>;
  private readonly statements: ReturnType<TypeormAccessTokenStore['prepare']>;
  private readonly insertion: GroupedInsert<OauthAccessTokenEntity>;

  constructor(dataSource: DataSource) {
    super();
    this.sql = new Sql(dataSource);
    this.token = new EntityTable(dataSource, OauthAccessTokenEntity);
    this.insertion = new GroupedInsert(this.sql, this.token);
    this.statements = this.prepare();
  }

  async insert(token: StoredAccessToken): Promise<void> {
    await this.insertion.add(token);
  }

  async find(digest: string): Promise<StoredAccessToken | undefined> {
    const [row] = await this.sql.rows(this.statements.find, [digest]);
    const token = row && accessToken(row);
    // A collation may have found another spelling.
    return token?.digest === digest ? token : undefined;
  }

  async delete(digest: string): Promise<boolean> {
    return (await this.sql.change(this.statements.delete, [digest, digest])) > 0;
  }

  async listOf(
    clientId: string,
    { after = '', limit }: { readonly after?: string; readonly limit: number },
  ): Promise<StoredAccessToken[]> {
    const rows = await this.sql.rows(this.statements.listOf, [clientId, clientId, after, limit]);
    return rows.map(accessToken);
  }

  async deleteOf(clientId: string, id: string): Promise<boolean> {
    return (await this.sql.change(this.statements.deleteOf, [clientId, id, clientId, id])) > 0;
  }

  async deleteExpired(before: number): Promise<number> {
    return this.sql.change(this.statements.deleteExpired, [before]);
  }

  private prepare() {
    const { sql, token } = this;
    const [digest, clientId, id] = [token.column('digest'), token.column('clientId'), token.column('id')];
    const inOrder = sql.inOrder(`t.${id}`);
    return {
      find: sql.prepare(`SELECT ${token.selection('t')} FROM ${token.name} t WHERE t.${digest} = ?`),
      // The first condition is for the index, the second for collations that find another spelling.
      delete: sql.prepare(`DELETE FROM ${token.name} WHERE ${digest} = ? AND ${sql.exact(digest)} = ?`),
      listOf: sql.prepare(
        `SELECT ${token.selection('t')} FROM ${token.name} t` +
          ` WHERE t.${clientId} = ? AND ${sql.exact(`t.${clientId}`)} = ? AND ${inOrder} > ?` +
          ` ORDER BY ${inOrder} LIMIT ?`,
      ),
      deleteOf: sql.prepare(
        `DELETE FROM ${token.name} WHERE ${clientId} = ? AND ${id} = ?` +
          ` AND ${sql.exact(clientId)} = ? AND ${sql.exact(id)} = ?`,
      ),
      deleteExpired: sql.prepare(`DELETE FROM ${token.name} WHERE ${token.column('expiresAt')} < ?`),
    };
  }
}

function accessToken(row: Row): StoredAccessToken {
  return {
    digest: text.from(row['digest']),
    id: text.from(row['id']),
    clientId: text.from(row['clientId']),
    subject: text.from(row['subject']),
    audience: text.from(row['audience']),
    scope: strings.from(row['scope']),
    issuedAt: integer.from(row['issuedAt']),
    expiresAt: integer.from(row['expiresAt']),
    claims: object.from(row['claims']),
  };
}
