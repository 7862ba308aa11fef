import type { DataSource } from 'typeorm';
import type { ClientSecret } from '../oauth/client/client.js';
import { ClientSecretStore } from '../oauth/client/client.store.js';
import { secretEntity } from './client-row.js';
import { hexadecimal } from './codecs.js';
import { OauthClientSecretEntity } from './entities/oauth-client-secret.entity.js';
import { OauthClientEntity } from './entities/oauth-client.entity.js';
import { EntityTable } from './entity-table.js';
import { Sql } from './sql.js';

/** The secrets of clients, each change one statement that looks up the client's row itself. */
export class TypeormClientSecretStore extends ClientSecretStore {
  private readonly sql: Sql;
  private readonly client: EntityTable<OauthClientEntity>;
  private readonly secret: EntityTable<OauthClientSecretEntity>;
  private readonly statements: ReturnType<TypeormClientSecretStore['prepare']>;

  constructor(dataSource: DataSource) {
    super();
    this.sql = new Sql(dataSource);
    this.client = new EntityTable(dataSource, OauthClientEntity);
    this.secret = new EntityTable(dataSource, OauthClientSecretEntity);
    this.statements = this.prepare();
  }

  async add(clientId: string, secret: ClientSecret): Promise<boolean> {
    const values = this.secret.values(secretEntity(secret, ''), ['clientRowId']);
    return (await this.sql.change(this.statements.add, [...values, hexadecimal.to(clientId)])) > 0;
  }

  async expire(clientId: string, secretIds: readonly string[], expiresAt: number): Promise<void> {
    if (secretIds.length === 0) return;
    const ids = secretIds.map((id) => hexadecimal.to(id));
    const statement = this.sql.prepare(`${this.expiration} IN (${ids.map(() => '?').join(', ')})`);
    await this.sql.run(statement, [expiresAt, expiresAt, hexadecimal.to(clientId), ...ids]);
  }

  async remove(clientId: string, secretId: string): Promise<boolean> {
    const parameters = [hexadecimal.to(clientId), hexadecimal.to(secretId)];
    return (await this.sql.change(this.statements.remove, parameters)) > 0;
  }

  async replace(
    secretId: string,
    digest: string,
    kept: { readonly digest: string; readonly encrypted?: string },
  ): Promise<boolean> {
    const parameters = [kept.digest, kept.encrypted ?? null, hexadecimal.to(secretId), digest];
    return (await this.sql.change(this.statements.replace, parameters)) > 0;
  }

  async touch(secretId: string, usedAt: number): Promise<void> {
    await this.sql.run(this.statements.touch, [usedAt, hexadecimal.to(secretId)]);
  }

  async deleteExpired(before: number): Promise<number> {
    const expired = await this.sql.change(this.statements.deleteExpired, [before]);
    await this.sql.run(this.statements.deleteOrphans, [before]);
    return expired;
  }

  private get named(): string {
    return `FROM ${this.client.name} c WHERE ${this.client.column('exactClientId', 'c')} = ?`;
  }

  private get ofClient(): string {
    const rowId = this.client.column('rowId', 'c');
    return `${this.secret.column('clientRowId')} = (SELECT ${rowId} ${this.named})`;
  }

  private get expiration(): string {
    const { secret } = this;
    const expiresAt = secret.column('expiresAt');
    return (
      `UPDATE ${secret.name} SET ${expiresAt} = ? WHERE (${expiresAt} IS NULL OR ${expiresAt} > ?)` +
      ` AND ${this.ofClient} AND ${secret.column('id')}`
    );
  }

  private prepare() {
    const { sql, client, secret } = this;
    const id = secret.column('id');
    const digest = secret.column('digest');
    const { named, ofClient } = this;
    return {
      add: sql.prepare(secret.insertionFrom('clientRowId', client.column('rowId', 'c'), named)),
      remove: sql.prepare(`DELETE FROM ${secret.name} WHERE ${ofClient} AND ${id} = ?`),
      replace: sql.prepare(
        `UPDATE ${secret.name} SET ${digest} = ?, ${secret.column('encrypted')} = ?` +
          ` WHERE ${id} = ? AND ${sql.exact(digest)} = ?`,
      ),
      deleteExpired: sql.prepare(`DELETE FROM ${secret.name} WHERE ${secret.column('expiresAt')} < ?`),
      // What a crash between two statements has left: nothing refers to it.
      deleteOrphans: sql.prepare(
        `DELETE FROM ${secret.name} WHERE ${secret.column('createdAt')} < ? AND NOT EXISTS` +
          ` (SELECT 1 FROM ${client.name} c WHERE ${client.column('rowId', 'c')} = ${secret.name}.${secret.column('clientRowId')})`,
      ),
      touch: sql.prepare(`UPDATE ${secret.name} SET ${secret.column('lastUsedAt')} = ? WHERE ${id} = ?`),
    };
  }
}
