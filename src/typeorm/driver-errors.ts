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
/** Two instances have inserted the same rows, and this statement was undone for the other's sake. */
const DEADLOCK: readonly unknown[] = ['40P01', 'ER_LOCK_DEADLOCK'];

// Where SQLite gives no code of its own, its message says it.

/** An insert failed because another row has its key. */
export function isUniqueViolation(error: unknown): boolean {
  return is(error, TAKEN, 'UNIQUE constraint failed');
}

/** A statement failed because of one of its rows, and has written none; without that row it may succeed. */
export function isFaultOfOneRow(error: unknown): boolean {
  return isUniqueViolation(error) || is(error, [...UNFIT, ...DEADLOCK], 'string or blob too big');
}

export function isMissingTable(error: unknown): boolean {
  return is(error, TABLE_MISSING, 'no such table');
}

export function isMissingColumn(error: unknown): boolean {
  return is(error, COLUMN_MISSING, 'no such column');
}

function is(error: unknown, codes: readonly unknown[], message: string): boolean {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : undefined;
  if (!(cause instanceof Error)) return false;
  return ('code' in cause && codes.includes(cause.code)) || cause.message.startsWith(message);
}
