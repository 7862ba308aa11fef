import { setTimeout } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Client } from '../../src/oauth/client/client.js';
import type { ClientWrite } from '../../src/oauth/client/client.store.js';
import { sampleClient, sampleSecret } from '../../src/testing/samples.js';
import { OauthClientSecretEntity, TypeormPersistence, oauthEntities } from '../../src/typeorm/index.js';
import { connect, connectMigrated, engines, type TestDatabase } from '../support/databases.js';

/** More than fit one statement. */
const CLIENTS = Array.from({ length: 1000 }, (_, n) => withSecret(`client-${n}`));
const FAILING = 'client-999';

/** Makes every insertion of the client `client-999` fail. */
const TRIGGERS: Readonly<Record<string, readonly string[]>> = {
  'better-sqlite3': [
    `CREATE TRIGGER failing BEFORE INSERT ON oauth_client WHEN NEW.client_id = '${FAILING}'
      BEGIN SELECT RAISE(ABORT, 'no'); END`,
  ],
  postgres: [
    `CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'`,
    `CREATE TRIGGER failing BEFORE INSERT ON oauth_client FOR EACH ROW WHEN (NEW.client_id = '${FAILING}')
      EXECUTE FUNCTION fail()`,
  ],
  mariadb: [
    `CREATE TRIGGER failing BEFORE INSERT ON oauth_client FOR EACH ROW
      BEGIN IF NEW.client_id = '${FAILING}' THEN SIGNAL SQLSTATE '45000'; END IF; END`,
  ],
};

describe.each(engines())('writeAll on $name', (engine) => {
  const isSqlite = engine.name === 'better-sqlite3';
  let database: TestDatabase;
  let dataSource: DataSource;
  let persistence: TypeormPersistence;
  let others: Promise<unknown>;

  beforeAll(async () => {
    database = await engine.open();
    await (await connectMigrated(database)).destroy();
  });

  afterAll(() => database.close());

  beforeEach(async () => {
    others = Promise.resolve();
    dataSource = await connect(database, { poolSize: 1 });
    persistence = new TypeormPersistence(dataSource);
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await others;
    const ofTable = dataSource.options.type === 'postgres' ? 'ON oauth_client' : '';
    await dataSource.query(`DROP TRIGGER IF EXISTS failing ${ofTable}`);
    for (const entity of oauthEntities) await dataSource.getRepository<object>(entity).deleteAll();
    await dataSource.destroy();
  });

  it('leaves nothing where the database fails in the middle', async () => {
    await failInTheMiddle();
    await expect(persistence.clients.writeAll(made(CLIENTS))).rejects.toThrow();
    await expectNothing();
    await expectUsable();
  });

  it('takes updates back, too', async () => {
    const before = [sampleClient('a'), sampleClient('b')];
    await persistence.clients.writeAll(made(before));
    await failInTheMiddle();
    const updates = before.map((client) => ({ client: { ...client, owner: 'team' }, revision: 1 }));
    const writes = [...updates, ...made([withSecret(FAILING)])];
    await expect(persistence.clients.writeAll(writes)).rejects.toThrow();
    expect(await persistence.clients.list({ limit: 9 })).toEqual(before);
  });

  it('takes insertions back where an update comes too late', async () => {
    await persistence.clients.create(sampleClient('changed'));
    const late = { client: sampleClient('changed', { owner: 'late' }), revision: 1 };
    const changed = sampleClient('changed', { owner: 'first' });
    await meanwhile(({ clients }) => clients.update(changed, 1));
    expect(await persistence.clients.writeAll([...made(CLIENTS), late])).toBe('changed');
    expect(await persistence.clients.list({ limit: 9 })).toEqual([{ ...changed, revision: 2 }]);
    expect(await dataSource.getRepository(OauthClientSecretEntity).count()).toBe(0);
  });

  it('does not take a client made anew for the one that was read', async () => {
    await persistence.clients.create(sampleClient('client'));
    await meanwhile(async ({ clients }) => {
      await clients.delete('client');
      await clients.create(sampleClient('client', { owner: 'other' }));
    });
    const write = { client: withSecret('client'), revision: 1 };
    expect(await persistence.clients.writeAll([write])).toBe('client');
    expect(await persistence.clients.find('client')).toEqual(sampleClient('client', { owner: 'other' }));
  });

  it('adds a secret once that somebody else adds meanwhile', async () => {
    const client = withSecret('client');
    const [secret] = client.secrets;
    await persistence.clients.create({ ...client, secrets: [] });
    await meanwhile(async ({ clientSecrets }) => secret && clientSecrets.add('client', secret));
    expect(await persistence.clients.writeAll([{ client, revision: 1 }])).toBeUndefined();
    expect(await persistence.clients.find('client')).toEqual({ ...client, revision: 2 });
  });

  it.skipIf(isSqlite)('leaves no transaction open where it cannot be taken back', async () => {
    await failInTheMiddle();
    before('rollbackTransaction', () => Promise.reject(new Error('connection lost')));
    await expect(persistence.clients.writeAll(made(CLIENTS))).rejects.toThrow(/no|45000|Unhandled/);
    await expectNothing();
    await expectUsable();
  });

  it('tells of a failure to commit, and leaves nothing', async () => {
    if (isSqlite) await failToCommit();
    else before('commitTransaction', () => Promise.reject(new Error('disk full')));
    await expect(persistence.clients.writeAll(made(CLIENTS))).rejects.toThrow('disk full');
    await expectNothing();
    await expectUsable();
  });

  it('finds the one that was made meanwhile among many', async () => {
    await meanwhile(({ clients }) => clients.create(sampleClient('client-5')));
    expect(await persistence.clients.writeAll(made(CLIENTS))).toBe('client-5');
    expect(await persistence.clients.list({ limit: 9 })).toEqual([sampleClient('client-5')]);
  });

  it.skipIf(!isSqlite)('goes on after SQLite has taken a transaction back', async () => {
    await dataSource.query(TRIGGERS['better-sqlite3']?.[0]?.replace('ABORT', 'ROLLBACK') ?? '');
    await expect(persistence.clients.writeAll(made(CLIENTS))).rejects.toThrow('no');
    await expectNothing();
    expect(dataSource.createQueryRunner().isTransactionActive).toBe(false);
    await expectUsable();
  });

  it('needs one connection, however many calls there are', async () => {
    const calls = Array.from({ length: 10 }, (_, n) => made([withSecret(`a-${n}`), withSecret(`b-${n}`)]));
    const answers = await Promise.all(calls.map((writes) => persistence.clients.writeAll(writes)));
    expect(answers).toEqual(calls.map(() => undefined));
  });

  // Both of PGlite's are one session.
  it.skipIf(engine.name === 'PGlite')('lets one of two instances win', async () => {
    const other = await connect(database);
    const stores = [persistence.clients, new TypeormPersistence(other).clients];
    try {
      for (let round = 0; round < 5; round++) {
        const calls = Array.from({ length: 8 }, (_, n) =>
          made([withSecret(`a-${round}-${n}`), withSecret(`shared-${round}`), withSecret(`z-${round}-${n}`)]),
        );
        const answers = await Promise.all(calls.map(async (writes, n) => stores[n % 2]?.writeAll(writes)));
        expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
        const search = `-${round}`;
        const stored = await persistence.clients.list({ limit: 99, filter: { search } });
        expect(stored.filter(({ id }) => id.startsWith('shared'))).toHaveLength(1);
        expect(await persistence.clients.list({ limit: 99 })).toHaveLength(3 * (round + 1));
      }
    } finally {
      await other.destroy();
    }
  });

  async function failInTheMiddle(): Promise<void> {
    for (const statement of TRIGGERS[dataSource.options.type] ?? []) await dataSource.query(statement);
  }

  async function expectNothing(): Promise<void> {
    expect(await persistence.clients.list({ limit: 9 })).toEqual([]);
    expect(await dataSource.getRepository(OauthClientSecretEntity).count()).toBe(0);
  }

  /** By the kit, and by the host in transactions of its own. */
  async function expectUsable(): Promise<void> {
    const [one, two] = [withSecret('one'), withSecret('two')];
    expect(await persistence.clients.writeAll(made([one]))).toBeUndefined();
    await expect(
      dataSource.transaction(async (manager) => {
        await manager.query('DELETE FROM oauth_client');
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await persistence.clients.writeAll(made([two]))).toBeUndefined();
    expect(await persistence.clients.list({ limit: 9 })).toEqual([one, two]);
  }

  /** Lets something of others happen, once, after what is stored was read, and before the transaction begins. */
  async function meanwhile(step: (store: TypeormPersistence) => Promise<unknown>): Promise<void> {
    if (!isSqlite) return before('startTransaction', () => step(persistence));
    const other = await connect(database);
    await other.query('BEGIN IMMEDIATE');
    const finish = async () => {
      await setTimeout(100);
      await step(new TypeormPersistence(other));
      await other.query('COMMIT');
      await other.destroy();
    };
    others = finish();
  }

  async function failToCommit(): Promise<void> {
    const connection = (await dataSource.createQueryRunner().connect()) as Database;
    const exec = connection.exec.bind(connection);
    vi.spyOn(connection, 'exec').mockImplementation((statement) => {
      if (statement !== 'COMMIT') return exec(statement);
      vi.restoreAllMocks();
      throw new Error('disk full');
    });
  }

  /** Lets something happen, once, right before the next transaction begins or ends. */
  function before(
    method: 'startTransaction' | 'commitTransaction' | 'rollbackTransaction',
    step: () => Promise<unknown>,
  ): void {
    const create = dataSource.createQueryRunner.bind(dataSource);
    // SQLite has one for everybody.
    const known = new Set<QueryRunner>();
    let happened = false;
    vi.spyOn(dataSource, 'createQueryRunner').mockImplementation((mode) => {
      const runner = create(mode);
      if (known.has(runner)) return runner;
      known.add(runner);
      const original = runner[method].bind(runner);
      runner[method] = async () => {
        const isFirst = !happened;
        happened = true;
        if (isFirst) await step();
        await original();
      };
      return runner;
    });
  }
});

/** Of better-sqlite3. */
interface Database {
  exec(statement: string): unknown;
}

function made(clients: readonly Client[]): ClientWrite[] {
  return clients.map((client) => ({ client }));
}

function withSecret(id: string): Client {
  return sampleClient(id, { secrets: [sampleSecret(`secret of ${id}`)] });
}
