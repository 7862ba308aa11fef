import { setTimeout } from 'node:timers/promises';
import { QueryFailedError, type DataSource } from 'typeorm';
import { isBusy } from './driver-errors.js';
import type { Parameters } from './sql.js';

const PAUSE_MILLISECONDS = 10;
const LONGEST_WAIT_MILLISECONDS = 1000;

/** Runs a statement and tells how many rows it has changed. */
export type Change = (statement: string, parameters: Parameters) => number;

/** What is needed of better-sqlite3's `Database`. */
interface Connection {
  readonly inTransaction: boolean;
  exec(statement: string): unknown;
  prepare(statement: string): { run(parameters: Parameters): { readonly changes: number } };
  pragma(statement: string, options?: { readonly simple: boolean }): unknown;
}

export function isSynchronous({ options }: DataSource): boolean {
  return options.type === 'better-sqlite3';
}

/**
 * Runs statements in a transaction that begins and ends in one turn of the event loop, so that no statement of anybody
 * else on this connection, which the whole process shares, falls into it. Takes them all back where `work` throws.
 *
 * Past TypeORM, whose every statement ends a turn: its loggers and subscribers hear of none of these.
 *
 * Waits up to a second for the transaction of somebody else. @throws QueryFailedError also where that one does not end
 */
export async function inOneTurn(dataSource: DataSource, work: (change: Change) => void): Promise<void> {
  const connection: unknown = await dataSource.createQueryRunner().connect();
  if (!isConnection(connection)) throw new TypeError('The driver is not better-sqlite3.');
  for (
    let waited = 0;
    !begins(connection, waited < LONGEST_WAIT_MILLISECONDS);
    waited += PAUSE_MILLISECONDS
  ) {
    await setTimeout(PAUSE_MILLISECONDS);
  }
  try {
    work(changes(connection));
    execute(connection, 'COMMIT');
  } catch (error) {
    // SQLite takes a transaction back by itself after some failures.
    if (connection.inTransaction) execute(connection, 'ROLLBACK');
    throw error;
  }
}

/**
 * False where somebody else is in a transaction: the host on this connection, or another one on this file. SQLite itself
 * would wait for the latter with the whole process standing still, and it may be this process that has to end it.
 */
function begins(connection: Connection, mayWait: boolean): boolean {
  if (connection.inTransaction && mayWait) return false;
  const timeout = Number(connection.pragma('busy_timeout', { simple: true }));
  connection.pragma('busy_timeout = 0');
  try {
    execute(connection, 'BEGIN IMMEDIATE');
    return true;
  } catch (error) {
    if (mayWait && isBusy(error)) return false;
    throw error;
  } finally {
    connection.pragma(`busy_timeout = ${timeout}`);
  }
}

function changes(connection: Connection): Change {
  const prepared = new Map<string, ReturnType<Connection['prepare']>>();
  return (statement, parameters) => {
    const bindable = parameters.map((value) => (typeof value === 'boolean' ? Number(value) : value));
    return failingAsTypeorm(statement, bindable, () => {
      const ready = prepared.get(statement) ?? connection.prepare(statement);
      prepared.set(statement, ready);
      return ready.run(bindable).changes;
    });
  };
}

function execute(connection: Connection, statement: string): void {
  failingAsTypeorm(statement, [], () => connection.exec(statement));
}

function failingAsTypeorm<T>(statement: string, parameters: unknown[], run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof Error ? new QueryFailedError(statement, parameters, error) : error;
  }
}

function isConnection(value: unknown): value is Connection {
  if (typeof value !== 'object' || value === null) return false;
  const methods = ['exec', 'prepare', 'pragma'].map((name): unknown => Reflect.get(value, name));
  return 'inTransaction' in value && methods.every((method) => typeof method === 'function');
}
