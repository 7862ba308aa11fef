import { setImmediate as nextTurn } from 'node:timers/promises';
import { hexadecimal, integer, nullable, text } from './codecs.js';
import type { OauthClientSecretEntity } from './entities/oauth-client-secret.entity.js';
import type { OauthClientEntity } from './entities/oauth-client.entity.js';
import type { EntityTable } from './entity-table.js';
import type { Sql } from './sql.js';

const MOST_IDS = 500;

export interface StoredClientRow {
  readonly rowId: string;
  readonly revision: number;
  readonly secretIds: Set<string>;
}

/** What is to be known about the rows of many clients before they are written. */
export class StoredClientRows {
  constructor(
    private readonly sql: Sql,
    private readonly client: EntityTable<OauthClientEntity>,
    private readonly secret: EntityTable<OauthClientSecretEntity>,
  ) {}

  /** By their ids: those that are there. */
  async of(ids: readonly string[]): Promise<Map<string, StoredClientRow>> {
    const found = new Map<string, StoredClientRow>();
    for (let from = 0; from < ids.length; from += MOST_IDS) {
      await this.find(ids.slice(from, from + MOST_IDS), found);
      // SQLite answers at once, and nobody else would get a turn.
      await nextTurn();
    }
    return found;
  }

  private async find(ids: readonly string[], found: Map<string, StoredClientRow>): Promise<void> {
    const statement = this.sql.prepare(this.statement(ids.length));
    const rows = await this.sql.rows(
      statement,
      ids.map((id) => hexadecimal.to(id)),
    );
    for (const row of rows) {
      const id = hexadecimal.from(row['client_id']);
      const client = found.get(id) ?? {
        rowId: text.from(row['row_id']),
        revision: integer.from(row['revision']),
        secretIds: new Set(),
      };
      const secretId = nullable(hexadecimal).from(row['secret_id']);
      if (secretId !== null) client.secretIds.add(secretId);
      found.set(id, client);
    }
  }

  private statement(ids: number): string {
    const { client, secret } = this;
    const [id, rowId] = [client.column('exactClientId', 'c'), client.column('rowId', 'c')];
    return (
      `SELECT ${id} AS client_id, ${rowId} AS row_id, ${client.column('revision', 'c')} AS revision,` +
      ` ${secret.column('id', 's')} AS secret_id FROM ${client.name} c` +
      ` LEFT JOIN ${secret.name} s ON ${secret.column('clientRowId', 's')} = ${rowId}` +
      ` WHERE ${id} IN (${Array<string>(ids).fill('?').join(', ')})`
    );
  }
}
