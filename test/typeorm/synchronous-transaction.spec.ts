import { setImmediate as nextTurn, setTimeout } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../src/oauth/client/client.js';
import { sampleClient, sampleSecret } from '../../src/testing/samples.js';
import { TypeormPersistence } from '../../src/typeorm/index.js';
import { connect, connectMigrated, engines, type TestDatabase } from '../support/databases.js';

const NEW = Array.from({ length: 1000 }, (_, n) => ({
  client: sampleClient(`new-${n}`, { secrets: [sampleSecret(`secret of new-${n}`)] }),
}));
const OTHERS = Array.from({ length: 50 }, (_, n) => sampleClient(`other-${n}`));
const SECRETS = OTHERS.map(({ id }) => sampleSecret(`secret of ${id}`));
const [ENGINE] = engines();

describe('writeAll on the one connection of better-sqlite3', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let persistence: TypeormPersistence;

  beforeEach(async () => {
    if (ENGINE?.name !== 'better-sqlite3') throw new Error('The first engine is not SQLite.');
    database = await ENGINE.open();
    dataSource = await connectMigrated(database);
    persistence = new TypeormPersistence(dataSource);
  });

  afterEach(async () => {
    await dataSource.destroy();
    await database.close();
  });

  it('takes back nothing of what others write meanwhile, where its last row fails', async () => {
    await dataSource.query(
      `CREATE TRIGGER failing BEFORE INSERT ON oauth_client WHEN NEW.client_id = 'new-999'
        BEGIN SELECT RAISE(ABORT, 'no'); END`,
    );
    for (const client of OTHERS) await persistence.clients.create(client);
    const failing = expect(persistence.clients.writeAll(NEW)).rejects.toThrow('no');
    const answers = OTHERS.map(async (client, n) => {
      for (let turn = 0; turn < n; turn++) await (n % 2 === 0 ? nextTurn() : undefined);
      if (n % 3 === 0) return persistence.clients.delete(client.id);
      if (n % 3 === 1) return persistence.clients.update({ ...client, owner: 'changed' }, 1);
      const secret = SECRETS[n];
      return secret !== undefined && persistence.clientSecrets.add(client.id, secret);
    });
    expect(await Promise.all(answers)).toEqual(OTHERS.map(() => true));
    await failing;
    const expected = OTHERS.flatMap((client, n): Client[] => {
      if (n % 3 === 0) return [];
      if (n % 3 === 1) return [{ ...client, owner: 'changed', revision: 2 }];
      return [{ ...client, secrets: SECRETS.slice(n, n + 1) }];
    });
    const inOrder = expected.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(await persistence.clients.list({ limit: 2000 })).toEqual(inOrder);
  });

  it('waits for a transaction of the host, and does not share its fate', async () => {
    const undone = dataSource.transaction(async (manager) => {
      await manager.query("UPDATE oauth_client SET enabled = 0 WHERE client_id = 'none'");
      await setTimeout(50);
      throw new Error('changed my mind');
    });
    const [host, written] = await Promise.allSettled([undone, persistence.clients.writeAll(NEW)]);
    expect(host.status).toBe('rejected');
    expect(written).toEqual({ status: 'fulfilled', value: undefined });
    expect(await persistence.clients.list({ limit: 2000 })).toHaveLength(NEW.length);
  });

  it('writes nothing where a transaction of the host does not end', async () => {
    await dataSource.query('BEGIN');
    await expect(persistence.clients.writeAll(NEW)).rejects.toThrow('transaction');
    await dataSource.query('COMMIT');
    expect(await persistence.clients.list({ limit: 9 })).toEqual([]);
    expect(await persistence.clients.writeAll(NEW)).toBeUndefined();
  });

  it('waits for another process, while others of this process read', async () => {
    const other = await connect(database);
    await other.query('BEGIN IMMEDIATE');
    const writing = persistence.clients.writeAll(NEW);
    await setTimeout(50);
    expect(await persistence.clients.list({ limit: 9 })).toEqual([]);
    await other.query('COMMIT');
    expect(await writing).toBeUndefined();
    await other.destroy();
  });

  it('gives up where another process does not end its transaction', async () => {
    const other = await connect(database);
    await other.query('BEGIN IMMEDIATE');
    await expect(persistence.clients.writeAll(NEW)).rejects.toMatchObject({ code: 'SQLITE_BUSY' });
    await other.query('COMMIT');
    await other.destroy();
    expect(await dataSource.query('PRAGMA busy_timeout')).toEqual([{ timeout: 5000 }]);
    expect(await persistence.clients.writeAll(NEW)).toBeUndefined();
  });
});
