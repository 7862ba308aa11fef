import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { oauthEntities, oauthMigrations, TypeormPersistence } from '../../src/typeorm/index.js';
import { engines, type TestDatabase } from '../support/databases.js';
import { openKit, type Kit } from '../support/echo.js';
import { everything, exported, imported, line, said } from './client-transfer-support.js';
import { granted, GRANT, register, sharing } from './support.js';

const CLIENTS = 2000;

describe.each(engines())('a database ($name)', (engine) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let kit: Kit;

  beforeEach(async () => {
    database = await engine.open();
    dataSource = new DataSource({
      ...database.options,
      entities: oauthEntities,
      migrations: oauthMigrations,
    });
    await dataSource.initialize();
    await dataSource.runMigrations();
    kit = await openKit({ persistence: sharing(new TypeormPersistence(dataSource)) });
  });

  afterEach(async () => {
    await kit.close();
    await dataSource.destroy();
    await database.close();
  });

  const lines = Array.from({ length: CLIENTS }, (_, index) =>
    line({
      client_id: `c${index}`,
      client_name: index % 2 ? `Büro ${index} 🔑` : undefined,
      labels: { tenant: `t${index % 3}` },
      enabled: index % 5 === 0 ? false : undefined,
      client_secrets: [1, 2].map((each) => ({
        id: (index * 2 + each).toString(16).padStart(16, '0'),
        digest: (index * 2 + each).toString(16).padStart(64, '0'),
        created_at: 5 - each,
        expires_at: each === 1 ? 0 : 2_000_000_000,
        last_used_at: each === 1 ? 7 : undefined,
      })),
      registration:
        index % 7 === 0
          ? { token_digest: 'ab'.repeat(32), opened_by: 'configured', policy: { scopes: ['read'] } }
          : undefined,
    }),
  );

  it('takes an import, and gives the same text as a store in memory', async () => {
    const memory = await openKit();
    const { basic } = await register(memory, { client_id: 'own' });
    await imported(memory, lines);
    const all = await exported(memory);
    await memory.close();
    expect((await imported(kit, all)).created).toHaveLength(CLIENTS + 1);
    expect(await exported(kit)).toEqual(all);
    expect(granted(await kit.token(GRANT, basic)).scope).toBe('read');
    expect(said(await imported(kit, lines))).toMatchObject({ updated: [], unchanged: CLIENTS });
    expect(await exported(kit, { filter: { labels: { tenant: 't1' }, enabled: true } })).toHaveLength(534);
  });

  it('that stops in the middle of an import has nothing of it, and takes it afterwards', async () => {
    await register(kit, { client_id: 'c7' });
    const before = await everything(kit);
    const plan = await kit.admin.transfer.plan(lines);
    // The statement for the clients fails, after those for their secrets.
    await dataSource.query('CREATE UNIQUE INDEX in_the_way ON oauth_client (created_at)');
    await expect(kit.admin.transfer.apply(plan)).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    expect(await everything(kit)).toEqual(before);
    const [{ secrets } = { secrets: 0 }] = await dataSource.query<{ secrets: number }[]>(
      'SELECT COUNT(*) AS secrets FROM oauth_client_secret',
    );
    expect(Number(secrets)).toBe(1);
    const where = engine.name === 'MariaDB' ? ' ON oauth_client' : '';
    await dataSource.query(`DROP INDEX in_the_way${where}`);
    await kit.admin.transfer.apply(plan);
    expect(said(await kit.admin.transfer.plan(lines))).toMatchObject({ unchanged: CLIENTS });
  });
});
