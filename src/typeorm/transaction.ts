import type { DataSource, QueryRunner } from 'typeorm';
import { Sql } from './sql.js';

/** The last transaction of this process on a connection that others share. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs statements in a transaction on a connection of its own, and commits it; takes them all back where `work` rejects.
 *
 * Where the process has one connection and every statement is asynchronous (sql.js, PGlite) transactions come one after
 * the other, and the statements of others that fall between share the fate of the one under way. better-sqlite3 has
 * `inOneTurn` instead.
 */
export async function inTransaction<T>(dataSource: DataSource, work: (sql: Sql) => Promise<T>): Promise<T> {
  if (!hasOneConnection(dataSource)) return transaction(dataSource, work);
  const run = last.then(() => transaction(dataSource, work));
  last = run.catch(() => undefined);
  return run;
}

/** PGlite, too, comes as a driver that the host gives. */
function hasOneConnection({ options }: DataSource): boolean {
  if (options.type === 'postgres') return options.driver !== undefined;
  return options.type !== 'mysql' && options.type !== 'mariadb';
}

async function transaction<T>(dataSource: DataSource, work: (sql: Sql) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.startTransaction();
    try {
      const result = await work(new Sql(dataSource, runner));
      await runner.commitTransaction();
      return result;
    } catch (error) {
      await rollBack(runner);
      throw error;
    }
  } finally {
    await runner.release();
  }
}

/** Never rejects: why it is needed says more than why it fails. */
async function rollBack(runner: QueryRunner): Promise<void> {
  try {
    await runner.rollbackTransaction();
  } catch {
    const restore = hasOneConnection(runner.dataSource) ? forgetTransaction : disconnect;
    await restore(runner).catch(() => undefined);
  }
}

/** A database may take a transaction back by itself, when the disk is full for instance, and TypeORM would take it for open ever after. */
async function forgetTransaction(runner: QueryRunner): Promise<void> {
  // Fails where one is open still.
  await runner.query('BEGIN').catch(() => undefined);
  await runner.rollbackTransaction();
}

/** A connection that may still be in the transaction must not serve anybody else: the pools drop one that has ended. */
async function disconnect(runner: QueryRunner): Promise<void> {
  const connection: unknown = await runner.connect();
  if (typeof connection !== 'object' || connection === null) return;
  // That of MySQL and MariaDB has both, and the first one does not wait for an answer.
  const end: unknown = Reflect.get(connection, 'destroy') ?? Reflect.get(connection, 'end');
  if (typeof end === 'function') await Reflect.apply(end, connection, []);
}
