import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../src/oauth/client/client.js';
import { TypeormPersistence, oauthMigrations } from '../../src/typeorm/index.js';
import { connect, engines, type TestDatabase } from '../support/databases.js';

const hex = (text: string) => Buffer.from(text).toString('hex');

const CLIENT: Client = {
  id: 'client',
  revision: 3,
  enabled: true,
  createdAt: 1,
  updatedAt: 2,
  tokenSeries: 'a1b2c3d4e5f60718',
  tokenEndpointAuthMethod: 'client_secret_basic',
  grantTypes: ['client_credentials'],
  scope: ['catalog:read'],
  information: { client_name: 'Catalog' },
  secrets: [
    { id: 'first', digest: 'a'.repeat(64), createdAt: 1 },
    { id: 'second', digest: 'b'.repeat(64), createdAt: 2, expiresAt: 4_000_000_000, lastUsedAt: 3 },
  ],
};

const ROWS = [
  `INSERT INTO auth_oauth_client (row_id, client_id, client_id_hex, revision, enabled, created_at, updated_at,
    token_series, token_endpoint_auth_method, grant_types, scope, information) VALUES ('row', 'client',
    '${hex('client')}', 3, true, 1, 2, 'a1b2c3d4e5f60718', 'client_secret_basic', '["client_credentials"]',
    '["catalog:read"]', '{"client_name":"Catalog"}')`,
  `INSERT INTO auth_oauth_client_secret (id_hex, client_row_id, digest, created_at, expires_at, last_used_at)
    VALUES ('${hex('first')}', 'row', '${'a'.repeat(64)}', 1, NULL, NULL),
      ('${hex('second')}', 'row', '${'b'.repeat(64)}', 2, 4000000000, 3)`,
];

describe.each(engines())('a database of 0.1 on $name', (engine) => {
  let database: TestDatabase;
  let dataSource: DataSource | undefined;

  beforeEach(async () => {
    database = await engine.open();
    const old = await connectWith(oauthMigrations.slice(0, 1), { entities: [] });
    await old.runMigrations();
    for (const row of ROWS) await old.query(row);
    await old.destroy();
  });

  afterEach(async () => {
    if (dataSource?.isInitialized) await dataSource.destroy();
    await database.close();
  });

  it('is refused until it is migrated', async () => {
    dataSource = await connectWith(oauthMigrations);
    await expect(new TypeormPersistence(dataSource).check()).rejects.toThrow(
      /all columns of auth_oauth_client.*oauthMigrations/,
    );
  });

  it('keeps its clients and their secrets', async () => {
    dataSource = await connectWith(oauthMigrations);
    await dataSource.runMigrations();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
    const persistence = new TypeormPersistence(dataSource);
    await persistence.check();
    expect(await persistence.clients.find('client')).toEqual(CLIENT);
  });

  it('still keeps them when the migration is taken back and run again', async () => {
    dataSource = await connectWith(oauthMigrations);
    await dataSource.runMigrations();
    await dataSource.undoLastMigration();
    await dataSource.runMigrations();
    const persistence = new TypeormPersistence(dataSource);
    expect(await persistence.clients.find('client')).toEqual(CLIENT);
  });

  it('can still be written to by instances of 0.1', async () => {
    dataSource = await connectWith(oauthMigrations);
    await dataSource.runMigrations();
    await dataSource.query('DELETE FROM auth_oauth_client_secret');
    await dataSource.query('DELETE FROM auth_oauth_client');
    for (const row of ROWS) await dataSource.query(row);
    expect(await new TypeormPersistence(dataSource).clients.find('client')).toEqual(CLIENT);
  });

  function connectWith(migrations: typeof oauthMigrations, more: object = {}): Promise<DataSource> {
    return connect(database, { migrations, entityPrefix: 'auth_', ...more });
  }
});
