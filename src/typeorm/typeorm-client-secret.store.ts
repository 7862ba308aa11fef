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

  async expireOthers(clientId: string, keptId: string, expiresAt: number): Promise<void> {
    const parameters = [expiresAt, hexadecimal.to(clientId), hexadecimal.to(keptId), expiresAt];
    await this.sql.run(this.statements.expireOthers, parameters);
  }

  async remove(clientId: string, secretId: string): Promise<boolean> {
    const parameters = [hexadecimal.to(clientId), hexadecimal.to(secretId)];
    return (await this.sql.change(this.statements.remove, parameters)) > 0;
  }

  async touch(secretId: string, usedAt: number): Promise<void> {
    await this.sql.run(this.statements.touch, [usedAt, hexadecimal.to(secretId)]);
  }

  private prepare() {
    const { sql, client, secret } = this;
    const id = secret.column('id');
    const expiresAt = secret.column('expiresAt');
    const named = `FROM ${client.name} c WHERE ${client.column('exactClientId', 'c')} = ?`;
    const ofClient = `${secret.column('clientRowId')} = (SELECT ${client.column('rowId', 'c')} ${named})`;
    return {
      add: sql.prepare(secret.insertionFrom('clientRowId', client.column('rowId', 'c'), named)),
      expireOthers: sql.prepare(
        `UPDATE ${secret.name} SET ${expiresAt} = ? WHERE ${ofClient} AND ${id} <> ?` +
          ` AND (${expiresAt} IS NULL OR ${expiresAt} > ?)`,
      ),
      remove: sql.prepare(`DELETE FROM ${secret.name} WHERE ${ofClient} AND ${id} = ?`),
      touch: sql.prepare(`UPDATE ${secret.name} SET ${secret.column('lastUsedAt')} = ? WHERE ${id} = ?`),
    };
  }
}
