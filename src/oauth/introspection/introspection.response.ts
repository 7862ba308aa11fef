import { NO_STORE } from '../oauth.error.js';
import { formatScope } from '../scope.js';
import type { AuthenticAccessToken } from '../resource/access-token.verifier.js';

/** RFC 9701 §5. */
export const INTROSPECTION_JWT = 'application/token-introspection+jwt';

/** An introspection response under the names of RFC 7662 §2.2, so that a view can send it as it is. */
export type IntrospectionDocument = InactiveToken | ActiveToken;

/** Nothing else is said, whatever the reason: not even that there is such a token. */
export interface InactiveToken {
  readonly active: false;
}

export interface ActiveToken {
  readonly active: true;
  /** Separated by spaces. */
  readonly scope: string;
  readonly client_id: string;
  readonly token_type: 'Bearer';
  readonly exp: number;
  readonly iat: number;
  readonly sub: string;
  /** One identifier as a string, several as an array. */
  readonly aud: string | readonly string[];
  readonly iss: string;
  readonly jti: string;
  /** What the host's hook `accessTokenClaims` has added to the token. */
  readonly [claim: string]: unknown;
}

export const INACTIVE: InactiveToken = Object.freeze({ active: false });

/** An active token, as its resource server gets it; `scope` may be less than the token has. */
export function describeToken(token: AuthenticAccessToken, scope: readonly string[]): ActiveToken {
  const { audience, claims } = token;
  const [only = ''] = audience;
  return {
    ...claims,
    active: true,
    scope: formatScope(scope),
    client_id: token.clientId,
    token_type: 'Bearer',
    exp: token.expiresAt,
    iat: token.issuedAt,
    sub: token.subject,
    aud: audience.length === 1 ? only : audience,
    iss: token.issuer,
    jti: token.id,
  };
}

/** The answer of the introspection endpoint: a JSON document, or a JWT for a caller that has asked for one. */
export class IntrospectionResponse {
  readonly status = 200;
  /** With the content type, where the answer is a JWT. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    /** To be sent as JSON where there is no `jwt`. */
    readonly document: IntrospectionDocument,
    /** To be sent in place of the document: it holds it, signed and perhaps encrypted (RFC 9701 §5). */
    readonly jwt?: string,
  ) {
    this.headers = { ...NO_STORE, ...(jwt !== undefined && { 'Content-Type': INTROSPECTION_JWT }) };
  }
}
