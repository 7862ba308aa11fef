import { SystemClock, type Clock } from './clock.js';
import { ConfigurationError } from './configuration.error.js';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Throws a {@link ConfigurationError} that names `option` unless `ok`. */
export function check(ok: boolean, option: string, got: unknown, wants: string): asserts ok {
  if (!ok) throw new ConfigurationError(option, describe(got), wants);
}

/** A whole number of `least` to `most`, or the default where the option is not set. */
export function wholeNumber(
  option: string,
  value: number | undefined,
  range: { readonly least: number; readonly most: number; readonly default: number },
  unit: string,
): number {
  const number = value ?? range.default;
  const ok = Number.isInteger(number) && number >= range.least && number <= range.most;
  check(ok, option, value, `a whole number of ${unit} from ${range.least} to ${range.most}`);
  return number;
}

export function isLoopback(url: URL): boolean {
  return LOOPBACK.has(url.hostname) || /^127(?:\.\d{1,3}){3}$/.test(url.hostname);
}

/** The `realm` of challenges, RFC 9110 §11.5. */
export function resolveRealm(realm: unknown = 'oauth'): string {
  const printable = typeof realm === 'string' && /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/.test(realm);
  check(printable, 'realm', realm, 'printable ASCII without " and \\');
  return realm;
}

/** The year 5138, and in milliseconds the year 1973. */
const LATEST = 100_000_000_000;

export function resolveClock(clock: Clock = new SystemClock()): Clock {
  const wants = 'a Clock, whose now() tells whole seconds since 1970';
  check(typeof clock?.now === 'function', 'clock', clock, wants);
  const now: unknown = clock.now();
  const seconds = Number.isInteger(now) && Number(now) >= 0 && Number(now) < LATEST;
  check(seconds, 'clock', `one that tells ${String(now)}`, wants);
  return clock;
}

/** RFC 8414 §2. Returned as it was given: it is compared as an exact string everywhere. */
export function checkIssuer(issuer: unknown): string {
  const wants =
    'an https URL without query and fragment, such as "https://auth.example.com" (http on loopback only)';
  check(typeof issuer === 'string' && URL.canParse(issuer), 'issuer', issuer, wants);
  const url = new URL(issuer);
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
  const bare = !/[?#\s\\]/.test(issuer) && url.username === '' && url.password === '';
  // A password in it must not be repeated.
  check(secure && bare, 'issuer', url.password === '' ? issuer : 'a URL with a password', wants);
  return issuer;
}

/** An endpoint's URL: a path goes behind the issuer. A query is kept, a fragment refused (RFC 6749 §3.2). */
export function endpointUrl(option: string, issuer: string, value: string): string {
  const wants =
    'a path such as "/oauth/token", or an absolute URL on the issuer\'s terms, without a fragment';
  check(typeof value === 'string' && !/[#\s]/.test(value), option, value, wants);
  const url = value.startsWith('/') ? issuer.replace(/\/$/, '') + value : value;
  check(URL.canParse(url), option, value, wants);
  const { protocol } = new URL(url);
  const secure = protocol === 'https:' || (protocol === 'http:' && isLoopback(new URL(url)));
  check(secure, option, value, wants);
  return url;
}

/** What an option got, in few words. */
export function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'function') return `the function ${value.name || '(anonymous)'}`;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

/** The items of what should be a list; none where a host in JavaScript has given something else. */
export function items(given: unknown): readonly unknown[] {
  return Array.isArray(given) ? given : [];
}
