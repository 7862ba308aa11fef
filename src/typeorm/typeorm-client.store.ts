import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { ClientPage } from '../oauth/client/client-page.js';
import type { Client } from '../oauth/client/client.js';
import { ClientStore, type ClientWrite } from '../oauth/client/client.store.js';
import { ClientListing } from './client-listing.js';
import { LOOKED_FOR_BY, NEVER_CHANGED, SECRET, clientEntity, clients, secretEntity } from './client-row.js';
import { ClientWriting } from './client-writing.js';
import { hexadecimal } from './codecs.js';
import { OauthClientSecretEntity } from './entities/oauth-client-secret.entity.js';
import { OauthClientEntity } from './entities/oauth-client.entity.js';
import { EntityTable } from './entity-table.js';
import { Sql } from './sql.js';
import { isUniqueViolation } from './driver-errors.js';

/**
 * Clients with their secrets in two tables, kept consistent without a transaction: under SQLite all requests
 * share one connection, and a transaction would take in the statements of the others. A secret counts only through
 * a client row that has its `client_row_id`, so the client row is the last to come and the first to go.
 */
export class TypeormClientStore extends ClientStore {
  private readonly sql: Sql;
  private readonly client: EntityTable<OauthClientEntity>;
  private readonly secret: EntityTable<OauthClientSecretEntity>;
  private readonly statements: ReturnType<TypeormClientStore['prepare']>;
  private readonly listing: ClientListing;
  private readonly writing: ClientWriting;

  constructor(dataSource: DataSource) {
    super();
    this.sql = new Sql(dataSource);
    this.client = new EntityTable(dataSource, OauthClientEntity);
    this.secret = new EntityTable(dataSource, OauthClientSecretEntity);
    this.statements = this.prepare();
    this.listing = new ClientListing(this.sql, this.client, this.secret);
    this.writing = new ClientWriting(dataSource, this.client, this.secret);
  }

  async find(id: string): Promise<Client | undefined> {
    const rows = await this.sql.rows(this.statements.find, [hexadecimal.to(id)]);
    return clients(rows)[0];
  }

  async create(client: Client): Promise<boolean> {
    const rowId = randomBytes(16).toString('hex');
    const secrets = client.secrets.map((secret) => secretEntity(secret, rowId));
    if (secrets.length > 0) {
      const insertion = this.sql.prepare(this.secret.insertion(secrets.length));
      await this.sql.run(
        insertion,
        secrets.flatMap((secret) => this.secret.values(secret)),
      );
    }
    try {
      await this.sql.run(this.statements.create, this.client.values(clientEntity(client, rowId)));
      return true;
    } catch (error) {
      // After any other failure the client may be there all the same, and then it needs its secrets.
      if (!isUniqueViolation(error)) throw error;
      await this.sql.run(this.statements.deleteSecrets, [rowId]);
      return false;
    }
  }

  async update(client: Client, revision: number): Promise<boolean> {
    const entity = clientEntity({ ...client, revision: revision + 1 }, '');
    const values = this.client.values(entity, NEVER_CHANGED);
    return (
      (await this.sql.change(this.statements.update, [...values, hexadecimal.to(client.id), revision])) > 0
    );
  }

  async delete(id: string, revision?: number): Promise<boolean> {
    const [row] = await this.sql.rows(this.statements.row, [hexadecimal.to(id)]);
    if (!row || !(await this.deleteRow(row['rowId'], revision))) return false;
    await this.sql.run(this.statements.deleteSecrets, [row['rowId']]);
    return true;
  }

  async list(page: ClientPage): Promise<Client[]> {
    return this.listing.page(page);
  }

  /** In a transaction, unlike all else: it is for administration, and has to stand or fall as a whole. */
  async writeAll(writes: readonly ClientWrite[]): Promise<string | undefined> {
    return this.writing.writeAll(writes);
  }

  private async deleteRow(rowId: unknown, revision?: number): Promise<boolean> {
    const { statements, sql } = this;
    const deletion: [string, unknown[]] =
      revision === undefined ? [statements.delete, [rowId]] : [statements.deleteRevision, [rowId, revision]];
    return (await sql.change(...deletion)) > 0;
  }

  private prepare() {
    const { sql, client, secret } = this;
    const id = client.column('exactClientId');
    const rowId = client.column('rowId');
    const selection = `SELECT ${client.selection('c', '', LOOKED_FOR_BY)}, ${secret.selection('s', SECRET)}`;
    const join = `LEFT JOIN ${secret.name} s ON ${secret.column('clientRowId', 's')} = c.${rowId}`;
    const order = `ORDER BY ${secret.column('createdAt', 's')}, ${secret.column('id', 's')}`;
    const assignments = client.assignments(NEVER_CHANGED);
    return {
      find: sql.prepare(`${selection} FROM ${client.name} c ${join} WHERE c.${id} = ? ${order}`),
      create: sql.prepare(client.insertion(1)),
      update: sql.prepare(
        `UPDATE ${client.name} SET ${assignments} WHERE ${id} = ? AND ${client.column('revision')} = ?`,
      ),
      row: sql.prepare(`SELECT ${client.selection('c')} FROM ${client.name} c WHERE c.${id} = ?`),
      delete: sql.prepare(`DELETE FROM ${client.name} WHERE ${rowId} = ?`),
      deleteRevision: sql.prepare(
        `DELETE FROM ${client.name} WHERE ${rowId} = ? AND ${client.column('revision')} = ?`,
      ),
      deleteSecrets: sql.prepare(`DELETE FROM ${secret.name} WHERE ${secret.column('clientRowId')} = ?`),
    };
  }
}
