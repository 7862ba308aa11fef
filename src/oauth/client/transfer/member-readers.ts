import { refuseIf } from '../metadata-refusal.js';

/** The end of the year 9999. */
const LATEST = 253_402_300_799;

export type Members = Readonly<Record<string, unknown>>;

/** The object `value`, which has no other members than these. @throws OauthError `invalid_client_metadata` */
export function readMembers(value: unknown, name: string, known: readonly string[]): Members {
  refuseIf(
    typeof value !== 'object' || value === null || Array.isArray(value),
    `${name} must be an object with the members ${known.join(', ')}`,
  );
  const members = value as Members;
  const other = Object.keys(members).some((each) => !known.includes(each));
  refuseIf(other, `${name} must not have other members than ${known.join(', ')}`);
  return members;
}

/** @throws OauthError `invalid_client_metadata` */
export function readText(value: unknown, name: string, form: RegExp, what: string): string {
  const text = typeof value === 'string' ? value : '';
  refuseIf(!form.test(text), `${name} must be ${what}`);
  return text;
}

/** @throws OauthError `invalid_client_metadata` */
export function readTime(value: unknown, name: string): number {
  const time = typeof value === 'number' && Number.isInteger(value) ? value : -1;
  refuseIf(time < 0 || time > LATEST, `${name} must be a whole number of seconds since 1970`);
  return time;
}

/** Null is missing, as in all client metadata. */
export function given(value: unknown): boolean {
  return value !== undefined && value !== null;
}
