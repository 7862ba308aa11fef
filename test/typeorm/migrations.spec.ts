import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleClient } from '../../src/testing/samples.js';
import { TypeormPersistence, oauthMigrations } from '../../src/typeorm/index.js';
import { connect, connectMigrated, engines, type TestDatabase } from '../support/databases.js';

const TABLES = [
  'oauth_access_token',
  'oauth_audit_entry',
  'oauth_client',
  'oauth_client_secret',
  'oauth_failure_count',
  'oauth_registration_token',
  'oauth_resource_server',
  'oauth_revoked_token',
  'oauth_signing_key',
  'oauth_used_identifier',
];

describe.each(engines())('oauthMigrations on $name', (engine) => {
  let database: TestDatabase;
  let dataSource: DataSource | undefined;

  beforeEach(async () => {
    database = await engine.open();
  });

  afterEach(async () => {
    if (dataSource?.isInitialized) await dataSource.destroy();
    await database.close();
  });

  it('make exactly what the entities describe', async () => {
    dataSource = await connectMigrated(database);
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
    expect(await tables(dataSource)).toEqual(TABLES);
  });

  it('can be taken back and run again', async () => {
    dataSource = await connectMigrated(database);
    for (let n = 0; n < oauthMigrations.length; n++) await dataSource.undoLastMigration();
    expect(await tables(dataSource)).toEqual([]);
    await dataSource.runMigrations();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
    await new TypeormPersistence(dataSource).check();
  });

  it("respect the host's table prefix", async () => {
    dataSource = await connectMigrated(database, { entityPrefix: 'auth_' });
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
    expect(await tables(dataSource)).toEqual(TABLES.map((table) => `auth_${table}`));
    await new TypeormPersistence(dataSource).check();
  });

  it('stand beside those of another prefix', async () => {
    const one = await connectMigrated(database, { entityPrefix: 'one_', migrationsTableName: 'one' });
    await one.destroy();
    dataSource = await connectMigrated(database, { entityPrefix: 'two_', migrationsTableName: 'two' });
    const all = ['one_', 'two_'].flatMap((prefix) => TABLES.map((table) => prefix + table));
    expect(await tables(dataSource)).toEqual(all);
  });

  it.skipIf(!engine.name.startsWith('P'))("respect the host's schema", async () => {
    dataSource = await connect(database, { schema: 'kit' });
    await dataSource.query('CREATE SCHEMA kit');
    await dataSource.runMigrations();
    const found: unknown = await dataSource.query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = 'kit' AND table_name LIKE 'oauth%' ORDER BY 1",
    );
    expect(found).toEqual(TABLES.map((table_name) => ({ table_name })));
    const persistence = new TypeormPersistence(dataSource);
    await persistence.check();
    const write = { client: sampleClient('client') };
    expect(await persistence.clients.writeAll([write])).toBeUndefined();
    expect(await persistence.clients.list({ limit: 2, order: 'name' })).toEqual([write.client]);
    expect(await persistence.usedIdentifiers.insert('digest', 2)).toBe(true);
    for (const end of [2, 3]) await persistence.revokedTokens.insert('digest', end);
    expect(await persistence.revokedTokens.has('digest')).toBe(true);
    expect(await persistence.accessTokens.delete('digest')).toBe(false);
    for (const count of [1, 2]) {
      expect(await persistence.failureCounts.increment('key', 1, 2)).toEqual({ count, expiresAt: 2 });
    }
    for (let n = 0; n < oauthMigrations.length; n++) await dataSource.undoLastMigration();
    expect(await tables(dataSource)).toEqual([]);
  });

  it('run from a data source that has no entities, too', async () => {
    dataSource = await connect(database, {
      entities: [],
      migrations: oauthMigrations,
      entityPrefix: 'auth_',
    });
    await dataSource.runMigrations();
    expect(await tables(dataSource)).toEqual(TABLES.map((table) => `auth_${table}`));
  });
});

async function tables(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    // MySQL and MariaDB tell the tables of every database.
    const current = await runner.getCurrentDatabase();
    const found = (await runner.getTables()).filter(({ database = current }) => database === current);
    const names = found.map(({ name }) => name.split('.').at(-1) ?? name);
    return names.filter((name) => name.includes('oauth_')).sort();
  } finally {
    await runner.release();
  }
}
