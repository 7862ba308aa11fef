import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { oauthMigrations } from 'nestjs-oauth-kit/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { CreateCatalog1763700000001 } from './catalog/catalog.migration.js';

const MIGRATION_ATTEMPTS = 5;

/** A database that hangs must not hang its callers: what takes longer than this is an error. */
const TIMEOUT_MILLISECONDS = 5000;

export function databaseOptions(url: string): TypeOrmModuleOptions {
  return {
    ...connection(url),
    autoLoadEntities: true,
    migrations: [...oauthMigrations, CreateCatalog1763700000001],
    retryAttempts: 3,
    retryDelay: 1000,
  };
}

function connection(url: string): DataSourceOptions {
  const [scheme = ''] = url.split(':', 1);
  switch (scheme) {
    case 'sqlite': {
      const database = url.slice('sqlite:'.length).replace(/^\/\//, '');
      mkdirSync(dirname(database), { recursive: true });
      return { type: 'better-sqlite3', database, enableWAL: true, timeout: TIMEOUT_MILLISECONDS };
    }
    case 'postgres':
    case 'postgresql':
      return {
        type: 'postgres',
        url,
        extra: { connectionTimeoutMillis: TIMEOUT_MILLISECONDS, statement_timeout: TIMEOUT_MILLISECONDS },
      };
    case 'mysql':
    case 'mariadb':
      return { type: scheme, url, connectTimeout: TIMEOUT_MILLISECONDS };
    default:
      throw new Error(
        `DATABASE_URL begins with "${scheme}:", it must begin with sqlite, postgres, mysql or mariadb`,
      );
  }
}

/** Connects and migrates. Of several instances that start at once on one new database, one migrates. */
export async function openDatabase(options?: DataSourceOptions): Promise<DataSource> {
  if (!options) throw new Error('The database has no options.');
  const dataSource = await new DataSource(options).initialize().catch((cause: Error & { code?: string }) => {
    throw new Error(`DATABASE_URL: ${cause.message || cause.code}`, { cause });
  });
  for (let attempt = 1; ; attempt++) {
    try {
      await dataSource.runMigrations({ transaction: 'each' });
      return dataSource;
    } catch (failure) {
      if (attempt === MIGRATION_ATTEMPTS) throw failure;
      await wait(200 * attempt);
    }
  }
}
