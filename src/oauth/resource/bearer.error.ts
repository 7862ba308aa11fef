import { NO_STORE, printable } from '../oauth.error.js';
import { formatScope } from '../scope.js';

/** RFC 6750 §3.1; the last is borrowed, as at the token endpoint. */
const STATUS = {
  invalid_request: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  temporarily_unavailable: 503,
} as const satisfies Record<string, number>;

export type BearerErrorCode = keyof typeof STATUS;

/** A request that a resource server refuses, with its `Bearer` challenge: RFC 6750 §3. */
export class BearerError extends Error {
  override readonly name = 'BearerError';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  private constructor(
    /** Missing where the request brought no token at all: then the challenge has no error (RFC 6750 §3.1). */
    readonly code: BearerErrorCode | undefined,
    readonly description: string,
    headers: Readonly<Record<string, string>>,
    cause?: unknown,
  ) {
    super(description, { cause });
    this.status = code === undefined ? 401 : STATUS[code];
    this.headers = { ...NO_STORE, ...headers };
  }

  static missingToken(realm: string, scope: readonly string[]): BearerError {
    const challenge = { realm, scope: formatScope(scope) };
    return new BearerError(undefined, 'This resource needs an access token.', bearer(challenge));
  }

  static invalidRequest(realm: string, description: string): BearerError {
    return BearerError.of('invalid_request', realm, description);
  }

  static invalidToken(realm: string): BearerError {
    return BearerError.of('invalid_token', realm, 'The access token is not valid here.');
  }

  static insufficientScope(realm: string, scope: readonly string[]): BearerError {
    const description = 'The access token does not have the scope that this request needs.';
    return BearerError.of('insufficient_scope', realm, description, scope);
  }

  /** The token could not be judged. That is not the client's fault, and never access. */
  static temporarilyUnavailable(cause: unknown): BearerError {
    const description = 'The access token cannot be checked at present.';
    return new BearerError('temporarily_unavailable', description, { 'Retry-After': '5' }, cause);
  }

  private static of(
    code: BearerErrorCode,
    realm: string,
    description: string,
    scope: readonly string[] = [],
  ): BearerError {
    const challenge = { realm, error: code, error_description: description, scope: formatScope(scope) };
    return new BearerError(code, description, bearer(challenge));
  }
}

/** Each parameter once, as a quoted string of the characters that RFC 6750 §3 allows. */
function bearer(parameters: Readonly<Record<string, string>>): { 'WWW-Authenticate': string } {
  const list = Object.entries(parameters)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}="${printable(value)}"`);
  return { 'WWW-Authenticate': `Bearer ${list.join(', ')}` };
}
