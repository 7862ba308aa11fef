/** Error codes and their HTTP status: RFC 6749 §5.2, RFC 8707 §2, RFC 7591 §3.2.2. The last two are
 *  borrowed from RFC 6749 §4.1.2.1, since the token endpoint has no codes of its own for a failing server. */
const STATUS = {
  invalid_request: 400,
  invalid_client: 401,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  invalid_scope: 400,
  invalid_target: 400,
  invalid_redirect_uri: 400,
  invalid_client_metadata: 400,
  invalid_software_statement: 400,
  unapproved_software_statement: 400,
  invalid_token: 401,
  access_denied: 403,
  server_error: 500,
  temporarily_unavailable: 503,
} as const satisfies Record<string, number>;

export type OauthErrorCode = keyof typeof STATUS;

export interface OauthErrorDetails {
  /** HTTP status where it differs from the one of the code: 204, 404, 405, 408, 413, 415, 429. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the log only. Never rendered. */
  readonly cause?: unknown;
}

/** RFC 6749 §5.1 asks for both on every answer that may carry a token; errors get them too. */
export const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' } as const;

const SECONDS_BEFORE_RETRY = 5;

/**
 * A refused request, ready to render: `code` and `description` are for the client's developer, `status` and
 * `headers` complete the HTTP answer, `cause` is for the log (RFC 6749 §5.2).
 */
export class OauthError extends Error {
  override readonly name = 'OauthError';
  /** HTTP status, for example 401. */
  readonly status: number;
  /** Headers that belong to this answer: no-store, and `WWW-Authenticate`, `Allow`, `Retry-After` where due. */
  readonly headers: Readonly<Record<string, string>>;
  /** Value of `error_description`: printable ASCII without `"` and `\` (RFC 6749 §5.2). */
  readonly description: string;

  constructor(
    /** Value of `error`. */
    readonly code: OauthErrorCode,
    description: string,
    details: OauthErrorDetails = {},
  ) {
    super(description, { cause: details.cause });
    this.description = printable(description);
    this.status = details.status ?? STATUS[code];
    this.headers = { ...NO_STORE, ...details.headers };
  }

  static invalidRequest(description: string, details?: OauthErrorDetails): OauthError {
    return new OauthError('invalid_request', description, details);
  }

  /** One message for every reason, so that no answer tells an unknown client from a wrong secret. */
  static invalidClient(realm: string, cause?: unknown): OauthError {
    return new OauthError('invalid_client', 'Client authentication failed.', {
      headers: { 'WWW-Authenticate': `Basic realm="${printable(realm)}"` },
      cause,
    });
  }

  /** 429: too many requests like this one have failed. The code is the nearest that OAuth has. */
  static tooManyRequests(retryAfter: number): OauthError {
    return new OauthError(
      'temporarily_unavailable',
      `Too many failures. Try again in ${retryAfter} seconds.`,
      {
        status: 429,
        headers: { 'Retry-After': String(retryAfter) },
      },
    );
  }

  static invalidScope(description: string): OauthError {
    return new OauthError('invalid_scope', description);
  }

  static invalidTarget(description: string): OauthError {
    return new OauthError('invalid_target', description);
  }

  static invalidClientMetadata(description: string): OauthError {
    return new OauthError('invalid_client_metadata', description);
  }

  /** 405; or 204 for OPTIONS, which asks for nothing but the `Allow` header (RFC 9110 §9.3.7). */
  static methodNotAllowed(method: string, allowed: string): OauthError {
    return OauthError.invalidRequest(`This endpoint is called with ${allowed}.`, {
      status: method === 'OPTIONS' ? 204 : 405,
      headers: { Allow: allowed },
    });
  }

  static serverError(cause: unknown): OauthError {
    return new OauthError('server_error', 'The server could not handle the request.', { cause });
  }

  static temporarilyUnavailable(cause: unknown): OauthError {
    return new OauthError('temporarily_unavailable', 'The server is temporarily unavailable.', {
      headers: { 'Retry-After': String(SECONDS_BEFORE_RETRY) },
      cause,
    });
  }

  /** What any failure inside the core looks like to the client: an OauthError stays, the rest is `server_error`. */
  static from(failure: unknown): OauthError {
    return failure instanceof OauthError ? failure : OauthError.serverError(failure);
  }
}

/** RFC 6749 §5.2 and RFC 6750 §3: %x20-21 / %x23-5B / %x5D-7E. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?');
}
