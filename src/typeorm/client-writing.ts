import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout } from 'node:timers/promises';
import type { DataSource, ObjectLiteral } from 'typeorm';
import type { ClientWrite } from '../oauth/client/client.store.js';
import { batches } from './batches.js';
import { NEVER_CHANGED, clientEntity, secretEntity } from './client-row.js';
import { hexadecimal } from './codecs.js';
import { isUndoneForAnother, isUniqueViolation } from './driver-errors.js';
import type { OauthClientSecretEntity } from './entities/oauth-client-secret.entity.js';
import type { OauthClientEntity } from './entities/oauth-client.entity.js';
import type { EntityTable } from './entity-table.js';
import { Sql, type Parameters } from './sql.js';
import { StoredClientRows } from './stored-client-rows.js';
import { Conflict, takeSteps, type Step } from './write-steps.js';

const ATTEMPTS = 5;
const LONGEST_PAUSE_MILLISECONDS = 50;
/** Others get their turn after so many clients. */
const AT_ONCE = 500;

/**
 * Writes many clients in one transaction. All statements are made before it begins, and they go through the clients in
 * the order of their ids: so two transactions wait for one another in one direction only.
 */
export class ClientWriting {
  private readonly sql: Sql;
  private readonly stored: StoredClientRows;
  private readonly update: string;

  constructor(
    private readonly dataSource: DataSource,
    private readonly client: EntityTable<OauthClientEntity>,
    private readonly secret: EntityTable<OauthClientSecretEntity>,
  ) {
    this.sql = new Sql(dataSource);
    this.stored = new StoredClientRows(this.sql, client, secret);
    const conditions = (['exactClientId', 'revision', 'rowId'] as const).map(
      (property) => `${client.column(property)} = ?`,
    );
    this.update = this.sql.prepare(
      `UPDATE ${client.name} SET ${client.assignments(NEVER_CHANGED)} WHERE ${conditions.join(' AND ')}`,
    );
  }

  async writeAll(writes: readonly ClientWrite[]): Promise<string | undefined> {
    const ordered = writes.toSorted((a, b) =>
      Buffer.compare(Buffer.from(a.client.id), Buffer.from(b.client.id)),
    );
    const repeated = ordered.find(({ client }, n) => client.id === ordered[n + 1]?.client.id);
    if (repeated) return repeated.client.id;
    try {
      await this.attempt(ordered, ATTEMPTS);
      return undefined;
    } catch (error) {
      if (error instanceof Conflict) return error.clientId;
      throw error;
    }
  }

  /** What another one has made in between shows when the rows are read again. */
  private async attempt(writes: readonly ClientWrite[], left: number): Promise<void> {
    try {
      const steps = await this.steps(writes);
      if (steps.length > 0) await takeSteps(this.dataSource, steps);
    } catch (error) {
      if (left <= 1 || !(isUniqueViolation(error) || isUndoneForAnother(error))) throw error;
      await setTimeout(Math.random() * LONGEST_PAUSE_MILLISECONDS);
      await this.attempt(writes, left - 1);
    }
  }

  /**
   * Secrets come before their clients, as everywhere: where others read on the connection of the transaction, they find a
   * client with its secrets, or none.
   */
  private async steps(writes: readonly ClientWrite[]): Promise<Step[]> {
    const stored = await this.stored.of(writes.map(({ client }) => client.id));
    const secrets: Parameters[] = [];
    const clients: Parameters[] = [];
    const steps: Step[] = [];
    for (const [index, { client, revision }] of writes.entries()) {
      if (index % AT_ONCE === 0) await nextTurn();
      const row = stored.get(client.id);
      if (row?.revision !== revision) throw new Conflict(client.id);
      const rowId = row?.rowId ?? randomBytes(16).toString('hex');
      const added = client.secrets.filter(({ id }) => !row?.secretIds.has(id));
      secrets.push(...added.map((secret) => this.secret.values(secretEntity(secret, rowId))));
      const entity = clientEntity(
        revision === undefined ? client : { ...client, revision: revision + 1 },
        rowId,
      );
      if (revision === undefined) clients.push(this.client.values(entity));
      else steps.push(this.updating(entity, revision));
    }
    return [
      ...insertions(this.sql, this.secret, secrets, this.onStoredSecret),
      ...insertions(this.sql, this.client, clients),
      ...steps,
    ];
  }

  private updating(entity: OauthClientEntity, revision: number): Step {
    const { exactClientId: id, rowId } = entity;
    const values = this.client.values(entity, NEVER_CHANGED);
    return [this.update, [...values, hexadecimal.to(id), revision, rowId], id];
  }

  /** Somebody else has added it meanwhile. */
  private get onStoredSecret(): string {
    const key = [this.secret.column('id'), this.secret.column('clientRowId')] as const;
    return this.sql.isMysql
      ? ` ON DUPLICATE KEY UPDATE ${key[0]} = ${key[0]}`
      : ` ON CONFLICT (${key.join(', ')}) DO NOTHING`;
  }
}

function insertions<Entity extends ObjectLiteral>(
  sql: Sql,
  table: EntityTable<Entity>,
  rows: readonly Parameters[],
  onConflict = '',
): Step[] {
  return batches(rows).map((batch) => [
    sql.prepare(`${table.insertion(batch.length)}${onConflict}`),
    batch.flat(),
  ]);
}
