import { QueryFailedError, type DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newClientSecret } from '../../src/oauth/client/client-secret.js';
import type { Client } from '../../src/oauth/client/client.js';
import { OpaqueTokenWriter, opaqueTokens } from '../../src/oauth/token/opaque-token.js';
import { newTokenId } from '../../src/oauth/token/token-series.js';
import {
  OauthClientEntity,
  OauthClientSecretEntity,
  TypeormPersistence,
  oauthEntities,
} from '../../src/typeorm/index.js';
import { connectMigrated, engines, type TestDatabase } from '../support/databases.js';

describe.each(engines())('the stores on $name', (engine) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let persistence: TypeormPersistence;

  beforeAll(async () => {
    database = await engine.open();
    dataSource = await connectMigrated(database);
    persistence = new TypeormPersistence(dataSource);
  });

  afterEach(async () => {
    for (const entity of oauthEntities) await dataSource.getRepository<object>(entity).deleteAll();
  });

  afterAll(async () => {
    await dataSource.destroy();
    await database.close();
  });

  it('keep no secret and no token in the clear', async () => {
    const { secret, stored } = newClientSecret(1);
    await persistence.clients.create(client('client', { secrets: [stored] }));
    const added = newClientSecret(2);
    await persistence.clientSecrets.add('client', added.stored);
    const writer = new OpaqueTokenWriter(
      persistence.accessTokens,
      opaqueTokens('at_'),
      'https://auth.example.com',
    );
    const token = await writer.write({
      id: newTokenId('a1b2c3d4e5f60718'),
      clientId: 'client',
      subject: 'client',
      audience: 'https://api.example.com',
      scope: [],
      format: 'opaque',
      issuedAt: 1,
      expiresAt: 2,
      claims: {},
    });
    const rows = await dump(dataSource);
    expect(rows).toContain(stored.digest);
    for (const clear of [secret, added.secret, token, token.slice(3)]) {
      expect(rows).not.toContain(clear);
      expect(rows).not.toContain(Buffer.from(clear).toString('hex'));
    }
  });

  it('show an operator a client under its own id', async () => {
    await persistence.clients.create(client('Client '));
    const [row] = await dataSource.getRepository(OauthClientEntity).findBy({ clientId: 'Client ' });
    expect(row).toMatchObject({ clientId: 'Client ', exactClientId: 'Client ', enabled: true, createdAt: 1 });
  });

  it('take no notice of secrets that a crash has left over', async () => {
    const secrets = [newClientSecret(1).stored];
    await persistence.clients.create(client('client', { secrets }));
    await dataSource.getRepository(OauthClientEntity).deleteAll();
    expect(await dataSource.getRepository(OauthClientSecretEntity).count()).toBe(1);
    expect(await persistence.clients.find('client')).toBeUndefined();
    expect(await persistence.clients.create(client('client'))).toBe(true);
    expect((await persistence.clients.find('client'))?.secrets).toEqual([]);
    expect((await persistence.clients.list({ limit: 9 })).map((each) => each.secrets)).toEqual([[]]);
  });

  it('leave no row behind', async () => {
    const secrets = [newClientSecret(1).stored, newClientSecret(1).stored];
    await persistence.clients.create(client('client', { secrets }));
    expect(await persistence.clients.create(client('client', { secrets }))).toBe(false);
    expect(await dataSource.getRepository(OauthClientSecretEntity).count()).toBe(2);
    await persistence.clients.delete('client');
    expect(await dataSource.getRepository(OauthClientSecretEntity).count()).toBe(0);
  });

  it('do not take a failure of the database for a taken id', async () => {
    const failing = persistence.clients.create({ ...client('client'), revision: Number.NaN });
    await expect(failing).rejects.toThrow();
    expect(await persistence.clients.find('client')).toBeUndefined();
  });

  it('reject a value that no kit has written, and do not guess', async () => {
    await persistence.clients.create(client('client'));
    await dataSource.query("UPDATE oauth_client SET token_endpoint_auth_method = 'whatever'");
    await expect(persistence.clients.find('client')).rejects.toThrow(/not one of client_secret_basic/);
  });

  it('reject while a table is away', async () => {
    await dataSource.query('ALTER TABLE oauth_client RENAME TO away');
    try {
      const attempts = [
        persistence.clients.find('client'),
        persistence.clients.create(client('client')),
        persistence.clients.update(client('client'), 1),
        persistence.clients.delete('client'),
        persistence.clients.list({ limit: 1 }),
        persistence.clientSecrets.add('client', newClientSecret(1).stored),
        persistence.clientSecrets.expire('client', ['x'], 1),
        persistence.clientSecrets.remove('client', 'x'),
      ];
      for (const attempt of await Promise.allSettled<unknown>(attempts)) {
        expect(attempt).toMatchObject({ status: 'rejected' });
        expect(attempt.status === 'rejected' && attempt.reason).toBeInstanceOf(QueryFailedError);
      }
    } finally {
      await dataSource.query('ALTER TABLE away RENAME TO oauth_client');
    }
  });

  it('find nothing under ids that no client can have', async () => {
    await persistence.clients.create(client('client'));
    for (const id of ['', '\0', 'client\0', 'cliént', '\ud800', 'x'.repeat(100_000)]) {
      expect(await persistence.clients.find(id)).toBeUndefined();
    }
  });
});

function client(id: string, more: Partial<Client> = {}): Client {
  return {
    id,
    revision: 1,
    enabled: true,
    createdAt: 1,
    updatedAt: 1,
    tokenSeries: 'a1b2c3d4e5f60718',
    tokenEndpointAuthMethod: 'client_secret_basic',
    grantTypes: ['client_credentials'],
    information: {},
    secrets: [],
    ...more,
  };
}

async function dump(dataSource: DataSource): Promise<string> {
  const tables = dataSource.entityMetadatas.map(({ tablePath }) => tablePath);
  const rows = await Promise.all(tables.map((table) => dataSource.query<unknown>(`SELECT * FROM ${table}`)));
  return JSON.stringify(rows);
}
