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

/** What every challenge of a resource server says about it. */
export interface Challenger {
  readonly realm: string;
  /** Where its metadata stands (RFC 9728 §5.1). Missing where it does not publish any. */
  readonly resourceMetadata?: string | undefined;
}

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

  static missingToken(challenger: Challenger, scope: readonly string[]): BearerError {
    const headers = challenge(challenger, { scope: formatScope(scope) });
    return new BearerError(undefined, 'This resource needs an access token.', headers);
  }

  static invalidRequest(challenger: Challenger, description: string): BearerError {
    return BearerError.of('invalid_request', challenger, description);
  }

  static invalidToken(challenger: Challenger): BearerError {
    return BearerError.of('invalid_token', challenger, 'The access token is not valid here.');
  }

  static insufficientScope(challenger: Challenger, scope: readonly string[]): BearerError {
    const description = 'The access token does not have the scope that this request needs.';
    return BearerError.of('insufficient_scope', challenger, description, scope);
  }

  /** RFC 6750 §3.1: the request needs higher privileges than the token has, and no scope would give them. */
  static insufficientPrivileges(challenger: Challenger, description: string): BearerError {
    return BearerError.of('insufficient_scope', challenger, description);
  }

  /** The token could not be judged. That is not the client's fault, and never access. */
  static temporarilyUnavailable(cause: unknown): BearerError {
    const description = 'The access token cannot be checked at present.';
    return new BearerError('temporarily_unavailable', description, { 'Retry-After': '5' }, cause);
  }

  private static of(
    code: BearerErrorCode,
    challenger: Challenger,
    description: string,
    scope: readonly string[] = [],
  ): BearerError {
    const parameters = { error: code, error_description: description, scope: formatScope(scope) };
    return new BearerError(code, description, challenge(challenger, parameters));
  }
}

/** Each parameter once, as a quoted string of the characters that RFC 6750 §3 allows. */
export function challenge(
  { realm, resourceMetadata = '' }: Challenger,
  parameters: Readonly<Record<string, string>>,
): { 'WWW-Authenticate': string } {
  const list = Object.entries({ realm, ...parameters, resource_metadata: resourceMetadata })
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}="${printable(value)}"`);
  return { 'WWW-Authenticate': `Bearer ${list.join(', ')}` };
}
