import type { DataSource } from 'typeorm';
import { ConfigurationError } from '../oauth/configuration.error.js';
import { isMissingColumn, isMissingTable } from './driver-errors.js';
import { oauthEntities } from './entities/oauth-entities.js';
import { EntityTable } from './entity-table.js';

const TYPES: readonly string[] = ['better-sqlite3', 'sqljs', 'postgres', 'mysql', 'mariadb'];
const MIGRATED =
  'on a database on which the migrations of nestjs-oauth-kit/typeorm (oauthMigrations) have run';

/** Reads every column of every table, of no row. Any failure but a missing table or column stays as it is. */
export async function checkSchema(dataSource: DataSource): Promise<void> {
  const { type } = dataSource.options;
  if (!TYPES.includes(type)) {
    throw new ConfigurationError('persistence', `a data source of type ${type}`, `on ${TYPES.join(', ')}`);
  }
  for (const entity of oauthEntities) {
    const table = new EntityTable<object>(dataSource, entity);
    try {
      await dataSource.query(`SELECT ${table.selection('t')} FROM ${table.name} t WHERE 1 = 0`);
    } catch (error) {
      const missing = whatIsMissing(error, dataSource.getMetadata(entity).tablePath);
      throw missing === undefined ? error : new ConfigurationError('persistence', missing, MIGRATED, error);
    }
  }
}

function whatIsMissing(error: unknown, table: string): string | undefined {
  if (isMissingTable(error)) return `a database without the table ${table}`;
  if (!isMissingColumn(error)) return undefined;
  const detail = error instanceof Error ? `: ${error.message}` : '';
  return `a database without all columns of ${table}${detail}`;
}
