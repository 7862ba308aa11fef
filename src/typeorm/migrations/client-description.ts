import type { QueryRunner } from 'typeorm';
import { nameKey, searchText } from '../../oauth/client/client-page.js';
import { searchable } from '../client-codecs.js';
import { hexadecimal, object, text } from '../codecs.js';
import { OauthClientEntity } from '../entities/oauth-client.entity.js';
import { Sql } from '../sql.js';
import { tableName } from './schema-change.js';

const PAGE = 500;

/** Writes what the clients that are there are looked for by, page by page. */
export async function describeClients(queryRunner: QueryRunner): Promise<void> {
  const { dataSource } = queryRunner;
  const sql = new Sql(dataSource, queryRunner);
  const name = tableName(queryRunner, OauthClientEntity, 'oauth_client');
  const table = name
    .split('.')
    .map((part) => dataSource.driver.escape(part))
    .join('.');
  const page = sql.prepare(
    `SELECT row_id, client_id_hex, information FROM ${table} WHERE row_id > ? ORDER BY row_id LIMIT ${PAGE}`,
  );
  const update = sql.prepare(`UPDATE ${table} SET name_key = ?, search_text = ? WHERE row_id = ?`);
  for (let after = '', rows; ;) {
    rows = await sql.rows(page, [after]);
    for (const row of rows) {
      const client = {
        id: hexadecimal.from(row['client_id_hex']),
        information: object.from(row['information']),
      };
      after = text.from(row['row_id']);
      await sql.run(update, [nameKey(client), searchable.to(searchText(client)), after]);
    }
    if (rows.length < PAGE) return;
  }
}
