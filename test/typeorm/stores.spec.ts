import { QueryFailedError, type DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newClientSecret } from '../../src/oauth/client/client-secret.js';
import type { Client, SelfRegistration } from '../../src/oauth/client/client.js';
import { Encryption } from '../../src/oauth/encryption.js';
import type { UsedIdentifierStore } from '../../src/oauth/replay/used-identifier.store.js';
import { OpaqueTokenWriter, opaqueTokens } from '../../src/oauth/token/opaque-token.js';
import { newTokenId } from '../../src/oauth/token/token-series.js';
import { sampleEntry, sampleResourceServer } from '../../src/testing/samples.js';
import {
  OauthClientEntity,
  OauthClientSecretEntity,
  TypeormPersistence,
  oauthEntities,
} from '../../src/typeorm/index.js';
import { connectMigrated, engines, type TestDatabase } from '../support/databases.js';

const REGISTRATION: SelfRegistration = { tokenDigest: 'digest', openedBy: 'configured', policy: {} };

const DAMAGED = [
  ['owner', '1', /not a JSON string/],
  ['description', '["text"]', /not a JSON string/],
  ['labels', '{"tenant":1}', /not a JSON object of strings/],
  ['registration_policy', '{"scopes":"read"}', /not a registration policy/],
  ['registration_policy', '{"unknown":[]}', /not a registration policy/],
] as const;

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
    const added = newClientSecret(2, { encryption: new Encryption(['k'.repeat(32)]) });
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
    for (const kept of [stored.digest, added.stored.digest, added.stored.encrypted]) {
      expect(rows).toContain(kept);
    }
    for (const clear of [secret ?? '', added.secret ?? '', token, token.slice(3)]) {
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
    await dataSource.query("UPDATE oauth_client SET access_token_format = 'whatever'");
    await expect(persistence.clients.find('client')).rejects.toThrow(/not one of jwt/);
    await dataSource.query('UPDATE oauth_client SET access_token_format = NULL, jwks = \'{"keys":[1]}\'');
    await expect(persistence.clients.find('client')).rejects.toThrow(/not a JWK Set/);
    for (const [column, damaged, reason] of DAMAGED) {
      await dataSource.query('DELETE FROM oauth_client');
      await persistence.clients.create(client('client', { registration: REGISTRATION }));
      await dataSource.query(`UPDATE oauth_client SET ${column} = '${damaged}'`);
      await expect(persistence.clients.find('client')).rejects.toThrow(reason);
    }
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
        persistence.clients.writeAll([{ client: client('client') }]),
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

  it.each([
    'oauth_client_secret',
    'oauth_access_token',
    'oauth_revoked_token',
    'oauth_used_identifier',
    'oauth_failure_count',
    'oauth_registration_token',
    'oauth_resource_server',
    'oauth_audit_entry',
  ])('reject while %s is away', async (table) => {
    const { clientSecrets, accessTokens, revokedTokens, usedIdentifiers, failureCounts } = persistence;
    const { registrationTokens, resourceServers, auditLog } = persistence;
    const steps: Readonly<Record<string, readonly (() => Promise<unknown>)[]>> = {
      oauth_client_secret: [() => clientSecrets.replace('secret', 'old', { digest: 'new' })],
      oauth_access_token: [
        () => accessTokens.delete('digest'),
        () => accessTokens.listOf('client', { limit: 1 }),
        () => accessTokens.deleteOf('client', 'id'),
      ],
      oauth_registration_token: [
        () => registrationTokens.hasLive(1),
        () => registrationTokens.use('id', 1),
        () => registrationTokens.giveBack('id'),
        () => registrationTokens.find('digest'),
      ],
      oauth_resource_server: [
        () => resourceServers.all(),
        () => resourceServers.create(sampleResourceServer('https://api.example.com')),
        () => resourceServers.update(sampleResourceServer('https://api.example.com'), 1),
      ],
      oauth_audit_entry: [
        () => auditLog.append([sampleEntry(1)]),
        () => auditLog.list({ limit: 1 }),
        () => auditLog.deleteBefore(1),
      ],
      oauth_revoked_token: [
        () => revokedTokens.insert('digest', 2),
        () => Promise.any([1, 2, 3].map((n) => revokedTokens.insert(`digest-${n}`, 2))),
        () => revokedTokens.has('digest'),
        () => revokedTokens.deleteExpired(9),
      ],
      oauth_used_identifier: [
        () => usedIdentifiers.insert('digest', 2),
        () => Promise.any([1, 2, 3].map((n) => usedIdentifiers.insert(`digest-${n}`, 2))),
        () => usedIdentifiers.deleteExpired(9),
      ],
      oauth_failure_count: [() => failureCounts.increment('key', 1, 2), () => failureCounts.deleteExpired(9)],
    };
    await dataSource.query(`ALTER TABLE ${table} RENAME TO away`);
    try {
      for (const step of steps[table] ?? []) await expect(step()).rejects.toThrow();
    } finally {
      await dataSource.query(`ALTER TABLE away RENAME TO ${table}`);
    }
  });

  it('do not take any other fault of an identifier for a use of it', async () => {
    const { usedIdentifiers } = persistence;
    const ends = [2, Number.NaN, 2, 2];
    const answers = await Promise.allSettled(ends.map((end, n) => usedIdentifiers.insert(`${n}`, end)));
    const told = answers.filter(({ status }) => status === 'fulfilled');
    expect(answers[1]).toMatchObject({ status: 'rejected' });
    for (const answer of told) expect(answer).toMatchObject({ value: true });
  });

  it('accept an identifier once, and let no other one fail, whichever instance it comes to', async () => {
    const stores = Array.from({ length: 6 }, () => new TypeormPersistence(dataSource).usedIdentifiers);
    await persistence.usedIdentifiers.insert('c', 2);
    for (let round = 0; round < 10; round++) {
      const shared = Array.from({ length: 40 }, (_, n) => `a-${round}-${n}`);
      const accepted = await Promise.all(
        stores.map(async (store, instance) => {
          const own = Array.from({ length: 59 }, (_, n) => `b-${round}-${instance}-${n}`);
          const both = [...(instance % 2 === 0 ? shared : shared.toReversed()), 'c'];
          const [ofBoth, ofOwn] = await Promise.all([
            Promise.allSettled(both.map((digest) => insert(store, digest))),
            Promise.allSettled(own.map((digest) => insert(store, digest))),
          ]);
          expect(ofOwn).toEqual(own.map((digest) => ({ status: 'fulfilled', value: [digest] })));
          return ofBoth.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
        }),
      );
      // Where three instances insert the same one at the same moment, MariaDB may refuse all of them but one.
      const rest = await Promise.all(shared.map((digest) => insert(persistence.usedIdentifiers, digest)));
      expect([...accepted, ...rest].flat().sort()).toEqual(shared.sort());
    }
  });

  it('store every revoked token, whichever instance it comes to', async () => {
    const stores = Array.from({ length: 6 }, () => new TypeormPersistence(dataSource).revokedTokens);
    for (let round = 0; round < 10; round++) {
      const shared = Array.from({ length: 40 }, (_, n) => `a-${round}-${n}`);
      const all = stores.flatMap((store, instance) => {
        const own = Array.from({ length: 59 }, (_, n) => `b-${round}-${instance}-${n}`);
        const digests = [...(instance % 2 === 0 ? shared : shared.toReversed()), ...own];
        return digests.map(async (digest) => {
          await store.insert(digest, 2);
          return persistence.revokedTokens.has(digest);
        });
      });
      expect(await Promise.all(all)).toEqual(all.map(() => true));
    }
    expect(await persistence.revokedTokens.deleteExpired(3)).toBe(10 * (40 + 6 * 59));
  });

  it('store a revoked token all the same when the sweep runs', async () => {
    const { revokedTokens } = persistence;
    const digests = Array.from({ length: 300 }, (_, n) => `digest-${n}`);
    const [swept] = await Promise.all([
      Promise.all(Array.from({ length: 20 }, () => revokedTokens.deleteExpired(2))),
      ...digests.map((digest, n) => revokedTokens.insert(digest, n % 2 === 0 ? 1 : 3)),
    ]);
    const count = swept.reduce((sum, each) => sum + each, 0);
    expect(count + (await revokedTokens.deleteExpired(2))).toBe(150);
    const found = await Promise.all(digests.map((digest) => revokedTokens.has(digest)));
    expect(found).toEqual(digests.map((_, n) => n % 2 === 1));
  });

  it('count every failure, whichever instance it comes to', async () => {
    const instances = Array.from({ length: 4 }, () => new TypeormPersistence(dataSource));
    const attempts = instances.flatMap(({ failureCounts }) =>
      Array.from({ length: 50 }, () => failureCounts.increment('key', 1, 2)),
    );
    const counts = (await Promise.all(attempts)).map(({ count }) => count);
    expect(Math.max(...counts)).toBe(200);
    expect(await persistence.failureCounts.increment('key', 1, 2)).toEqual({ count: 201, expiresAt: 2 });
  });

  it('find nothing under ids that no client can have', async () => {
    await persistence.clients.create(client('client'));
    for (const id of ['', '\0', 'client\0', 'cliént', '\ud800', 'x'.repeat(100_000)]) {
      expect(await persistence.clients.find(id)).toBeUndefined();
    }
  });
});

async function insert(store: UsedIdentifierStore, digest: string): Promise<string[]> {
  return (await store.insert(digest, 2)) ? [digest] : [];
}

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
