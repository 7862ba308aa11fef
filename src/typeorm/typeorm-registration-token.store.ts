import type { DataSource } from 'typeorm';
import {
  RegistrationTokenStore,
  type StoredRegistrationToken,
} from '../oauth/registration/registration-token.store.js';
import { labels, registrationPolicy } from './client-codecs.js';
import { hexadecimal, integer, nullable, text, typedText } from './codecs.js';
import { OauthRegistrationTokenEntity } from './entities/oauth-registration-token.entity.js';
import { EntityTable } from './entity-table.js';
import { Sql, type Row } from './sql.js';

/** Registration tokens. Whether one has a use left is decided by the statement that counts it. */
export class TypeormRegistrationTokenStore extends RegistrationTokenStore {
  private readonly sql: Sql;
  private readonly token: EntityTable<OauthRegistrationTokenEntity>;
  private readonly statements: ReturnType<TypeormRegistrationTokenStore['prepare']>;

  constructor(dataSource: DataSource) {
    super();
    this.sql = new Sql(dataSource);
    this.token = new EntityTable(dataSource, OauthRegistrationTokenEntity);
    this.statements = this.prepare();
  }

  async insert(token: StoredRegistrationToken): Promise<void> {
    await this.sql.run(this.statements.insert, this.token.values(entity(token)));
  }

  async find(digest: string): Promise<StoredRegistrationToken | undefined> {
    const [row] = await this.sql.rows(this.statements.find, [digest]);
    const token = row && registrationToken(row);
    // A collation may have found another spelling.
    return token?.digest === digest ? token : undefined;
  }

  async list({ after = '', limit }: { readonly after?: string; readonly limit: number }) {
    const rows = await this.sql.rows(this.statements.list, [hexadecimal.to(after), limit]);
    return rows.map(registrationToken);
  }

  async hasLive(now: number): Promise<boolean> {
    return (await this.sql.rows(this.statements.live, [now])).length > 0;
  }

  async use(id: string, now: number): Promise<boolean> {
    return (await this.sql.change(this.statements.use, [now, hexadecimal.to(id)])) > 0;
  }

  async giveBack(id: string): Promise<void> {
    await this.sql.run(this.statements.giveBack, [hexadecimal.to(id)]);
  }

  async delete(id: string): Promise<boolean> {
    return (await this.sql.change(this.statements.delete, [hexadecimal.to(id)])) > 0;
  }

  async deleteExpired(before: number): Promise<number> {
    return this.sql.change(this.statements.deleteExpired, [before]);
  }

  private prepare() {
    const { sql, token } = this;
    const [id, uses, expiresAt] = [token.column('id'), token.column('uses'), token.column('expiresAt')];
    const mostUses = token.column('mostUses');
    const selection = `SELECT ${token.selection('t')} FROM ${token.name} t`;
    const isLive =
      `(${expiresAt} IS NULL OR ${expiresAt} > ?) AND` + ` (${mostUses} IS NULL OR ${uses} < ${mostUses})`;
    return {
      insert: sql.prepare(token.insertion(1)),
      find: sql.prepare(`${selection} WHERE t.${token.column('digest')} = ?`),
      list: sql.prepare(`${selection} WHERE t.${id} > ? ORDER BY t.${id} LIMIT ?`),
      live: sql.prepare(`SELECT 1 AS found FROM ${token.name} WHERE ${isLive} LIMIT 1`),
      use: sql.prepare(`UPDATE ${token.name} SET ${uses} = ${uses} + 1 WHERE ${isLive} AND ${id} = ?`),
      giveBack: sql.prepare(`UPDATE ${token.name} SET ${uses} = ${uses} - 1 WHERE ${id} = ? AND ${uses} > 0`),
      delete: sql.prepare(`DELETE FROM ${token.name} WHERE ${id} = ?`),
      deleteExpired: sql.prepare(`DELETE FROM ${token.name} WHERE ${expiresAt} < ?`),
    };
  }
}

function entity(token: StoredRegistrationToken): OauthRegistrationTokenEntity {
  return {
    ...token,
    expiresAt: token.expiresAt ?? null,
    mostUses: token.mostUses ?? null,
    description: token.description ?? null,
    owner: token.owner ?? null,
    labels: token.labels ?? null,
  };
}

function registrationToken(row: Row): StoredRegistrationToken {
  const expiresAt = nullable(integer).from(row['expiresAt']);
  const mostUses = nullable(integer).from(row['mostUses']);
  const description = nullable(typedText).from(row['description']);
  const owner = nullable(typedText).from(row['owner']);
  const filed = nullable(labels).from(row['labels']);
  return {
    id: hexadecimal.from(row['id']),
    digest: text.from(row['digest']),
    createdAt: integer.from(row['createdAt']),
    ...(expiresAt === null ? {} : { expiresAt }),
    ...(mostUses === null ? {} : { mostUses }),
    uses: integer.from(row['uses']),
    policy: registrationPolicy.from(row['policy']),
    ...(description === null ? {} : { description }),
    ...(owner === null ? {} : { owner }),
    ...(filed === null ? {} : { labels: filed }),
  };
}
