import { QueryFailedError } from 'typeorm';

const TAKEN: readonly unknown[] = [
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  '23505',
  'ER_DUP_ENTRY',
];
const TABLE_MISSING: readonly unknown[] = ['42P01', '3F000', 'ER_NO_SUCH_TABLE', 'ER_BAD_DB_ERROR'];
const COLUMN_MISSING: readonly unknown[] = ['42703', 'ER_BAD_FIELD_ERROR'];
/** Too long, or not in the database's character set. */
const UNFIT: readonly unknown[] = [
  'SQLITE_TOOBIG',
  '22001',
  '22021',
  'ER_DATA_TOO_LONG',
  'ER_TRUNCATED_WRONG_VALUE_FOR_FIELD',
];
/** Two instances have written the same rows, and this statement was undone for the other's sake. */
const DEADLOCK: readonly unknown[] = ['40P01', 'ER_LOCK_DEADLOCK'];
/** The same, where the host has chosen a stricter isolation of transactions. */
const NOT_SERIALIZABLE: readonly unknown[] = ['40001', 'ER_CHECKREAD'];
/** Another connection has locked the file. */
const BUSY: readonly unknown[] = ['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_BUSY_RECOVERY'];

// Where SQLite gives no code of its own, its message says it.

/** An insert failed because another row has its key. */
export function isUniqueViolation(error: unknown): boolean {
  return is(error, TAKEN, 'UNIQUE constraint failed');
}

/** A statement failed because of one of its rows, and has written none; without that row it may succeed. */
export function isFaultOfOneRow(error: unknown): boolean {
  return isUniqueViolation(error) || is(error, [...UNFIT, ...DEADLOCK], 'string or blob too big');
}

/** A transaction was undone for the sake of another one, and may succeed when it is tried again. */
export function isUndoneForAnother(error: unknown): boolean {
  return hasCode(error, [...DEADLOCK, ...NOT_SERIALIZABLE, ...BUSY]);
}

/** SQLite: the transaction of another process or connection is in the way. */
export function isBusy(error: unknown): boolean {
  return hasCode(error, BUSY);
}

export function isMissingTable(error: unknown): boolean {
  return is(error, TABLE_MISSING, 'no such table');
}

export function isMissingColumn(error: unknown): boolean {
  return is(error, COLUMN_MISSING, 'no such column');
}

function is(error: unknown, codes: readonly unknown[], message: string): boolean {
  return hasCode(error, codes) || (cause(error)?.message.startsWith(message) ?? false);
}

function hasCode(error: unknown, codes: readonly unknown[]): boolean {
  const driverError = cause(error);
  return driverError !== undefined && 'code' in driverError && codes.includes(driverError.code);
}

function cause(error: unknown): Error | undefined {
  const driverError: unknown = error instanceof QueryFailedError ? error.driverError : undefined;
  return driverError instanceof Error ? driverError : undefined;
}
