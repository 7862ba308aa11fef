import { SIGNING_ALGORITHMS } from '../../keys/signing-key.js';
import { check, wholeNumber } from '../../option-checks.js';
import { IntrospectionAuthentication } from './introspection-authentication.js';
import type { IntrospectionOptions } from './introspection.options.js';

const SECRET_METHODS = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'] as const;
/** RFC 7518 §3.2, for HS256. */
const SHORTEST_HMAC_KEY = 32;
/** RFC 6749 Appendix A.1. */
const CLIENT_ID = /^[\x20-\x7e]+$/;

/** {@link IntrospectionOptions}, checked, with every default filled in. */
export interface IntrospectionConfiguration {
  readonly clientId: string;
  readonly authentication: IntrospectionOptions['authentication'];
  /** Seconds. */
  readonly cache: number;
  readonly signedResponses: boolean;
}

/** @throws ConfigurationError, which never holds the secret or the key. */
export function resolveIntrospection(options: IntrospectionOptions): IntrospectionConfiguration {
  const given: unknown = options;
  check(typeof given === 'object' && given !== null, 'introspection', given, 'an object');
  const { clientId, authentication, cache, signedResponses = false } = options;
  const isId = typeof clientId === 'string' && CLIENT_ID.test(clientId);
  check(isId, 'introspection.clientId', clientId, 'a text of printable ASCII');
  checkAuthentication(authentication);
  const signed: unknown = signedResponses;
  check(typeof signed === 'boolean', 'introspection.signedResponses', signed, 'true or false');
  return {
    clientId,
    authentication,
    cache: wholeNumber('introspection.cache', cache, { least: 0, most: 300, default: 0 }, 'seconds'),
    signedResponses,
  };
}

function checkAuthentication(given: IntrospectionOptions['authentication']): void {
  const option = 'introspection.authentication';
  if (given instanceof IntrospectionAuthentication) return;
  const wants = 'credentials, or an instance of a class that extends IntrospectionAuthentication';
  check(typeof given === 'object' && given !== null, option, kindOf(given), wants);
  const { method } = given;
  if (method === 'private_key_jwt') {
    const { key, algorithm } = given;
    check(isText(key), `${option}.key`, kindOf(key), 'a private key in PEM or a private JWK, as text');
    const known = algorithm === undefined || SIGNING_ALGORITHMS.includes(algorithm);
    check(known, `${option}.algorithm`, algorithm, `one of ${SIGNING_ALGORITHMS.join(', ')}`);
    return;
  }
  const methods = [...SECRET_METHODS, 'private_key_jwt'].join(', ');
  check(SECRET_METHODS.includes(method), `${option}.method`, method, `one of ${methods}`);
  const { secret } = given;
  check(isText(secret), `${option}.secret`, kindOf(secret), 'a text');
  const octets = Buffer.byteLength(secret, 'utf8');
  const long = method !== 'client_secret_jwt' || octets >= SHORTEST_HMAC_KEY;
  check(
    long,
    `${option}.secret`,
    `${octets} bytes`,
    `${SHORTEST_HMAC_KEY} bytes or longer for client_secret_jwt`,
  );
}

/** What it got, without a word of it: it may be a secret. */
function kindOf(value: unknown): string | undefined {
  return value === undefined ? undefined : `a value of type ${typeof value}`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
