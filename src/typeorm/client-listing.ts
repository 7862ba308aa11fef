import type { ClientFilter, ClientOrder, ClientPage, ClientPosition } from '../oauth/client/client-page.js';
import type { Client } from '../oauth/client/client.js';
import { pairs, searchable } from './client-codecs.js';
import { LOOKED_FOR_BY, SECRET, clients, ownerDigest } from './client-row.js';
import { flag, hexadecimal } from './codecs.js';
import type { OauthClientSecretEntity } from './entities/oauth-client-secret.entity.js';
import type { OauthClientEntity } from './entities/oauth-client.entity.js';
import type { EntityTable } from './entity-table.js';
import type { Parameters, Sql } from './sql.js';

/** A condition, and the parameters that it has. */
type Condition = readonly [string, Parameters];

const KEYS = { name: 'nameKey', createdAt: 'createdAt', updatedAt: 'updatedAt' } as const;

/** Pages of clients, each read in one statement and, by whatever they are in order, from an index. */
export class ClientListing {
  constructor(
    private readonly sql: Sql,
    private readonly client: EntityTable<OauthClientEntity>,
    private readonly secret: EntityTable<OauthClientSecretEntity>,
  ) {}

  async page({ limit, order = 'id', descending = false, after, filter = {} }: ClientPage): Promise<Client[]> {
    const wanted = [...this.wanted(filter), ...(after ? [this.behind(after, order, descending)] : [])];
    const conditions = wanted.length > 0 ? wanted : this.everything(order);
    const parameters = conditions.flatMap(([, each]) => each);
    const statement = this.statement(order, descending, conditions);
    return clients(await this.sql.rows(this.sql.prepare(statement), [...parameters, limit]));
  }

  /** The limit is for clients, whatever number of secrets they have. */
  private statement(order: ClientOrder, descending: boolean, conditions: readonly Condition[]): string {
    const { client, secret } = this;
    const direction = descending ? ' DESC' : '';
    const keys = this.keys(order);
    const inOrder = (alias: string) => keys.map((key) => `${alias}${key}${direction}`).join(', ');
    const all = conditions.map(([condition]) => condition).join(' AND ');
    const where = all === '' ? '' : `WHERE ${all}`;
    return (
      `SELECT ${client.selection('c', '', LOOKED_FOR_BY)}, ${secret.selection('s', SECRET)}` +
      ` FROM (SELECT * FROM ${client.name} ${where} ORDER BY ${inOrder('')} LIMIT ?) c` +
      ` LEFT JOIN ${secret.name} s ON ${secret.column('clientRowId', 's')} = ${client.column('rowId', 'c')}` +
      ` ORDER BY ${inOrder('c.')}, ${secret.column('createdAt', 's')}, ${secret.column('id', 's')}`
    );
  }

  private keys(order: ClientOrder): readonly string[] {
    const id = this.client.column('exactClientId');
    return order === 'id' ? [id] : [this.client.column(KEYS[order]), id];
  }

  /** Without a condition on the index, MySQL and MariaDB sort the whole table for the first page. */
  private everything(order: ClientOrder): Condition[] {
    const least = order === 'createdAt' || order === 'updatedAt' ? 0 : '';
    return this.sql.isMysql ? [[`${this.keys(order)[0]} >= ?`, [least]]] : [];
  }

  private behind({ key, id }: ClientPosition, order: ClientOrder, descending: boolean): Condition {
    const than = descending ? '<' : '>';
    const exactId = hexadecimal.to(id);
    const [first = '', second] = this.keys(order);
    if (second === undefined) return [`${first} ${than} ?`, [exactId]];
    // PostgreSQL and SQLite go through an index only for the first of these, MySQL and MariaDB only for the second.
    if (!this.sql.isMysql) return [`(${first}, ${second}) ${than} (?, ?)`, [key, exactId]];
    return [`(${first} ${than} ? OR (${first} = ? AND ${second} ${than} ?))`, [key, key, exactId]];
  }

  private wanted({ search, owner, labels = {}, enabled }: ClientFilter): Condition[] {
    const { client } = this;
    return [
      ...(search === undefined ? [] : [this.contains('searchText', searchable.to(search))]),
      ...(owner === undefined ? [] : [equals(client.column('ownerDigest'), ownerDigest(owner))]),
      ...pairs(labels).map((pair) => this.contains('labels', pair)),
      ...(enabled === undefined ? [] : [equals(client.column('enabled'), flag.to(enabled))]),
    ];
  }

  private contains(property: 'searchText' | 'labels', part: unknown): Condition {
    return [this.sql.contains(this.client.column(property)), [part]];
  }
}

function equals(column: string, value: unknown): Condition {
  return [`${column} = ?`, [value]];
}
