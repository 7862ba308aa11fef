// An empty database with the kit's tables on each engine at hand.
import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { PGliteDriver } from 'typeorm-pglite';
import { oauthEntities, oauthMigrations } from '../dist/typeorm/index.js';

/** The two without a server, and the servers of TEST_POSTGRES_URL and TEST_MARIADB_URL. */
export function engines() {
  const { TEST_POSTGRES_URL: postgres, TEST_MARIADB_URL: mariadb } = process.env;
  return [
    { engine: 'better-sqlite3, file, WAL', open: openSqlite },
    { engine: 'PGlite, memory', open: openPglite },
    ...(postgres ? [{ engine: 'PostgreSQL', open: () => openServer('postgres', postgres) }] : []),
    ...(mariadb ? [{ engine: 'MariaDB', open: () => openServer('mariadb', mariadb) }] : []),
  ];
}

async function connect(options, remove = () => {}) {
  const kit = { entities: oauthEntities, migrations: oauthMigrations };
  const dataSource = new DataSource({ ...options, ...kit });
  const close = async () => {
    if (dataSource.isInitialized) await dataSource.destroy();
    await remove();
  };
  try {
    await dataSource.initialize();
    await dataSource.runMigrations();
    return { dataSource, close };
  } catch (failure) {
    await close();
    throw failure;
  }
}

function openSqlite() {
  const folder = mkdtempSync(join(tmpdir(), 'oauth-bench-'));
  const options = { type: 'better-sqlite3', database: join(folder, 'bench.sqlite'), enableWAL: true };
  return connect(options, () => rmSync(folder, { recursive: true, force: true }));
}

function openPglite() {
  const { Pool } = new PGliteDriver({}).driver;
  class RoomyPool extends Pool {
    constructor() {
      super();
      // Every statement under way listens to the one connection.
      this.setMaxListeners(0);
    }
  }
  return connect({ type: 'postgres', driver: { Pool: RoomyPool } });
}

async function openServer(type, server) {
  const name = `oauth_kit_bench_${process.pid}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  await administer(type, server, `CREATE DATABASE ${name}`);
  return connect({ type, url: url.href }, () => administer(type, server, `DROP DATABASE ${name}`));
}

async function administer(type, url, statement) {
  const dataSource = await new DataSource({ type, url }).initialize();
  try {
    await dataSource.query(statement);
  } finally {
    await dataSource.destroy();
  }
}
