import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { PGliteDriver, getPGliteInstance } from 'typeorm-pglite';
import { oauthEntities, oauthMigrations } from '../../src/typeorm/index.js';

/** An empty database of its own. */
export interface TestDatabase {
  readonly options: DataSourceOptions;
  /** As the sample app's DATABASE_URL. Missing where no other process can reach it. */
  readonly url?: string;
  /** Removes the database. Every data source on it must be destroyed by then. */
  close(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  open(): Promise<TestDatabase>;
}

/** The databases at hand: two without a server, and the servers of TEST_POSTGRES_URL and TEST_MARIADB_URL. */
export function engines(): Engine[] {
  const postgres = process.env['TEST_POSTGRES_URL'];
  const mariadb = process.env['TEST_MARIADB_URL'];
  return [
    { name: 'better-sqlite3', open: openSqlite },
    { name: 'PGlite', open: openPglite },
    ...(postgres ? [{ name: 'PostgreSQL', open: () => openServer('postgres', postgres) }] : []),
    ...(mariadb ? [{ name: 'MariaDB', open: () => openServer('mariadb', mariadb) }] : []),
  ];
}

/** Databases whose defaults are a trap: one that sorts by language, and one that has no room for an emoji. */
export function awkwardEngines(): Engine[] {
  const postgres = process.env['TEST_POSTGRES_URL'];
  const mariadb = process.env['TEST_MARIADB_URL'];
  const icu = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C' ENCODING 'UTF8'";
  const latin = 'CHARACTER SET latin1 COLLATE latin1_german2_ci';
  return [
    ...(postgres ? [{ name: 'PostgreSQL, en-US', open: () => openServer('postgres', postgres, icu) }] : []),
    ...(mariadb ? [{ name: 'MariaDB, latin1', open: () => openServer('mariadb', mariadb, latin) }] : []),
  ];
}

/** A data source with the kit's entities and migrations, none of which has run. */
export function connect(database: TestDatabase, more: object = {}): Promise<DataSource> {
  const kit = { entities: oauthEntities, migrations: oauthMigrations };
  return new DataSource({ ...database.options, ...kit, ...more }).initialize();
}

/** The same with the tables made. */
export async function connectMigrated(database: TestDatabase, more: object = {}): Promise<DataSource> {
  const dataSource = await connect(database, more);
  await dataSource.runMigrations();
  return dataSource;
}

async function openSqlite(): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'oauth-kit-test-'));
  const database = join(directory, 'test.sqlite');
  return {
    options: { type: 'better-sqlite3', database, enableWAL: true },
    url: `sqlite:${database}`,
    close: () => rm(directory, { recursive: true, force: true }),
  };
}

/** One instance for each process, as it takes seconds to start: emptied here, and it outlives its data sources. */
async function openPglite(): Promise<TestDatabase> {
  const { Pool } = new PGliteDriver({}).driver;
  const instance = await getPGliteInstance();
  await instance.exec('DROP SCHEMA IF EXISTS kit CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  class LastingPool extends Pool {
    constructor() {
      super();
      // The one connection stands for a whole pool, and every statement under way listens to it.
      this.setMaxListeners(0);
    }

    override end(done: (error: unknown) => void): void {
      done(null);
    }
  }
  return { options: { type: 'postgres', driver: { Pool: LastingPool } }, close: async () => {} };
}

async function openServer(type: 'postgres' | 'mariadb', server: string, traits = ''): Promise<TestDatabase> {
  const name = `oauth_kit_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  await administer(type, server, `CREATE DATABASE ${name} ${traits}`);
  return {
    options: { type, url: url.href },
    url: url.href,
    close: () => administer(type, server, `DROP DATABASE ${name}`),
  };
}

async function administer(type: 'postgres' | 'mariadb', url: string, statement: string): Promise<void> {
  const dataSource = await new DataSource({ type, url }).initialize();
  try {
    await dataSource.query(statement);
  } finally {
    await dataSource.destroy();
  }
}
