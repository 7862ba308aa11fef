import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/oauth/configuration.error.js';
import { TypeormPersistence } from '../../src/typeorm/index.js';
import { connect, connectMigrated, engines, type TestDatabase } from '../support/databases.js';

const TABLES = [
  'oauth_client_secret',
  'oauth_access_token',
  'oauth_revoked_token',
  'oauth_signing_key',
  'oauth_used_identifier',
  'oauth_failure_count',
  'oauth_registration_token',
  'oauth_resource_server',
  'oauth_audit_entry',
];

describe.each(engines())('TypeormPersistence.check on $name', (engine) => {
  let database: TestDatabase;
  let dataSource: DataSource | undefined;

  beforeEach(async () => {
    database = await engine.open();
  });

  afterEach(async () => {
    if (dataSource?.isInitialized) await dataSource.destroy();
    await database.close();
  });

  it('names the missing table and the migrations', async () => {
    dataSource = await connect(database);
    const error = await failure(dataSource);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option: 'persistence' });
    expect(String(error)).toMatch(/without the table oauth_client\b.*oauthMigrations/);
  });

  it.each(TABLES)('misses %s', async (table) => {
    dataSource = await connectMigrated(database);
    await dataSource.query(`DROP TABLE ${table}`);
    expect(String(await failure(dataSource))).toMatch(new RegExp(`without the table ${table}\\b`));
  });

  it('names the table that lacks a column, and the column', async () => {
    dataSource = await connectMigrated(database);
    await dataSource.query('ALTER TABLE oauth_client_secret DROP COLUMN last_used_at');
    const error = await failure(dataSource);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toMatch(/all columns of oauth_client_secret.*last_used_at.*oauthMigrations/);
  });

  it('passes on any other failure as it is', async () => {
    dataSource = await connectMigrated(database);
    const persistence = new TypeormPersistence(dataSource);
    await dataSource.destroy();
    const error = await persistence.check().catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(ConfigurationError);
  });

  it('wants the entities on the data source', async () => {
    dataSource = await connect(database, { entities: [] });
    const source = dataSource;
    expect(() => new TypeormPersistence(source)).toThrow(
      /without the entity OauthClientEntity.*oauthEntities/,
    );
  });
});

async function failure(dataSource: DataSource): Promise<unknown> {
  return new TypeormPersistence(dataSource).check().then(
    () => undefined,
    (cause: unknown) => cause,
  );
}
