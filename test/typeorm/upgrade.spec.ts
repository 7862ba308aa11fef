import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../src/oauth/client/client.js';
import type { StoredSigningKey } from '../../src/oauth/keys/signing-key.store.js';
import type { Persistence } from '../../src/oauth/persistence.js';
import type { StoredAccessToken } from '../../src/oauth/token/access-token.store.js';
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

const SIGNING_KEY: StoredSigningKey = {
  kid: 'kid',
  algorithm: 'ES256',
  privateKey: '{"kty":"EC"}',
  generation: 4,
  createdAt: 1,
  activatesAt: 2,
};

const ACCESS_TOKEN: StoredAccessToken = {
  digest: 'c'.repeat(64),
  id: 'jti',
  clientId: 'client',
  subject: 'client',
  audience: 'https://api.example.com',
  scope: ['catalog:read'],
  issuedAt: 1,
  expiresAt: 4_000_000_000,
  claims: {},
};

const ROWS = [
  `INSERT INTO auth_oauth_client (row_id, client_id, client_id_hex, revision, enabled, created_at, updated_at,
    token_series, token_endpoint_auth_method, grant_types, scope, information) VALUES ('row', 'client',
    '${hex('client')}', 3, true, 1, 2, 'a1b2c3d4e5f60718', 'client_secret_basic', '["client_credentials"]',
    '["catalog:read"]', '{"client_name":"Catalog"}')`,
  `INSERT INTO auth_oauth_client_secret (id_hex, client_row_id, digest, created_at, expires_at, last_used_at)
    VALUES ('${hex('first')}', 'row', '${'a'.repeat(64)}', 1, NULL, NULL),
      ('${hex('second')}', 'row', '${'b'.repeat(64)}', 2, 4000000000, 3)`,
  `INSERT INTO auth_oauth_signing_key (generation, kid, algorithm, private_key, created_at, activates_at)
    VALUES (4, 'kid', 'ES256', '{"kty":"EC"}', 1, 2)`,
  `INSERT INTO auth_oauth_access_token (digest, id, client_id, subject, audience, scope, issued_at, expires_at, claims)
    VALUES ('${'c'.repeat(64)}', 'jti', 'client', 'client', 'https://api.example.com', '["catalog:read"]', 1,
      4000000000, '{}')`,
];

/** How many migrations had run then. */
const BEFORE_INTROSPECTION = 2;

/** Databases on which only the first migrations have run. */
const STAGES = [
  { stage: 'without client assertions', ran: 1, rows: ROWS, client: CLIENT },
  {
    stage: 'without introspection',
    ran: BEFORE_INTROSPECTION,
    rows: [
      ...ROWS,
      `UPDATE auth_oauth_client SET token_endpoint_auth_method = 'private_key_jwt', jwks = '{"keys":[{"kty":"EC"}]}',
        token_endpoint_auth_signing_alg = 'ES256', legacy_assertion_audience = true`,
      "UPDATE auth_oauth_client_secret SET encrypted_secret = 'sealed'",
    ],
    client: {
      ...CLIENT,
      tokenEndpointAuthMethod: 'private_key_jwt',
      tokenEndpointAuthSigningAlg: 'ES256',
      jwks: { keys: [{ kty: 'EC' }] },
      legacyAssertionAudience: true,
      secrets: CLIENT.secrets.map((secret) => ({ ...secret, encrypted: 'sealed' })),
    } satisfies Client,
  },
  {
    stage: 'without client management',
    ran: 3,
    rows: [...ROWS, "UPDATE auth_oauth_client SET introspection_signed_response_alg = 'PS256'"],
    client: { ...CLIENT, introspectionSignedResponseAlg: 'PS256' } satisfies Client,
  },
];

const DATABASES = engines().flatMap((engine) =>
  STAGES.map((stage) => ({ ...stage, name: engine.name, engine })),
);

describe.each(DATABASES)('a database $stage on $name', ({ engine, ran, rows, client }) => {
  let database: TestDatabase;
  let dataSource: DataSource | undefined;

  beforeEach(async () => {
    database = await engine.open();
    const old = await connectWith(oauthMigrations.slice(0, ran), { entities: [] });
    await old.runMigrations();
    for (const row of rows) await old.query(row);
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

  it('keeps what it holds', async () => {
    dataSource = await connectWith(oauthMigrations);
    await dataSource.runMigrations();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
    const persistence = new TypeormPersistence(dataSource);
    await persistence.check();
    await expectKept(persistence);
  });

  it('has its clients found and put in order by name', async () => {
    const names = Array.from({ length: 1200 }, (_, n) => `Größe ${(n * 7) % 1200}`);
    const old = await connectWith([], { entities: [] });
    await old.query(clientsNamed(names));
    await old.destroy();
    dataSource = await connectWith(oauthMigrations);
    await dataSource.runMigrations();
    const { clients } = new TypeormPersistence(dataSource);
    const found = await clients.list({ limit: 2000, order: 'name', filter: { search: 'größe' } });
    expect(found.map(({ information }) => information['client_name'])).toEqual(names.sort());
    const filter = { search: 'GRÖSSE 1199' };
    expect(await clients.list({ limit: 9, filter })).toEqual([]);
    expect(await clients.list({ limit: 9, filter: { search: 'GRÖßE 1199' } })).toHaveLength(1);
    expect(await clients.list({ limit: 9, filter: { search: 'catalog' } })).toEqual([client]);
  });

  it('still keeps it when the migrations are taken back and run again', async () => {
    dataSource = await connectWith(oauthMigrations);
    await dataSource.runMigrations();
    for (let n = ran; n < oauthMigrations.length; n++) await dataSource.undoLastMigration();
    await dataSource.runMigrations();
    await expectKept(new TypeormPersistence(dataSource));
  });

  it('keeps no introspection key that would pass for another one when its migration is taken back', async () => {
    dataSource = await connectWith(oauthMigrations);
    await dataSource.runMigrations();
    const { signingKeys } = new TypeormPersistence(dataSource);
    await signingKeys.insert({ ...SIGNING_KEY, kid: 'other', generation: 5, purpose: 'introspection' });
    for (let n = BEFORE_INTROSPECTION; n < oauthMigrations.length; n++) await dataSource.undoLastMigration();
    await dataSource.runMigrations();
    expect(await signingKeys.all()).toEqual([SIGNING_KEY]);
  });

  it('can be taken back by a data source that has no entities', async () => {
    dataSource = await connectWith(oauthMigrations, { entities: [] });
    await dataSource.runMigrations();
    for (let n = ran; n < oauthMigrations.length; n++) await dataSource.undoLastMigration();
    await dataSource.destroy();
    dataSource = await connectWith(oauthMigrations);
    await dataSource.runMigrations();
    await expectKept(new TypeormPersistence(dataSource));
  });

  it('can still be written to by instances of that time', async () => {
    dataSource = await connectWith(oauthMigrations);
    await dataSource.runMigrations();
    for (const table of ['client_secret', 'client', 'signing_key', 'access_token']) {
      await dataSource.query(`DELETE FROM auth_oauth_${table}`);
    }
    for (const row of rows) await dataSource.query(row);
    await expectKept(new TypeormPersistence(dataSource));
  });

  async function expectKept({ clients, signingKeys, accessTokens }: Persistence): Promise<void> {
    expect(await clients.find('client')).toEqual(client);
    expect(await signingKeys.all()).toEqual([SIGNING_KEY]);
    expect(await accessTokens.find(ACCESS_TOKEN.digest)).toEqual(ACCESS_TOKEN);
  }

  function connectWith(migrations: typeof oauthMigrations, more: object = {}): Promise<DataSource> {
    return connect(database, { migrations, entityPrefix: 'auth_', ...more });
  }
});

/** A statement that makes clients as the first version would. */
function clientsNamed(names: readonly string[]): string {
  const rows = names.map((client_name, n) => {
    const id = `'c${n}', 'c${n}', '${hex(`c${n}`)}'`;
    return `(${id}, 1, true, 1, 2, 'a1b2c3d4e5f60718', 'client_secret_basic', '[]', '${JSON.stringify({ client_name })}')`;
  });
  return `INSERT INTO auth_oauth_client (row_id, client_id, client_id_hex, revision, enabled, created_at, updated_at,
    token_series, token_endpoint_auth_method, grant_types, information) VALUES ${rows.join(', ')}`;
}
