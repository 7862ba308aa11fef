import type { AccessTokenFormat } from '../token/access-token.js';

/** An access token that is authentic, alive and unrevoked. What it may be used for is not said by that. */
export interface AuthenticAccessToken {
  readonly clientId: string;
  /** `sub`: the client itself, for a token of the client credentials grant. */
  readonly subject: string;
  /** `aud`: the identifiers of the resource servers that it is for. */
  readonly audience: readonly string[];
  readonly scope: readonly string[];
  /** Seconds since 1970, as `expiresAt`. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** `jti`. Empty where an issuer that was asked for the token does not tell. */
  readonly id: string;
  readonly issuer: string;
  /** How it came: an introspected token counts as `opaque`, whatever it looks like. */
  readonly format: AccessTokenFormat;
  /** What the authorization server's host added. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Tells whether a token is good. The guard knows no other way. */
export abstract class AccessTokenVerifier {
  /**
   * The token, when it is authentic, alive and unrevoked; `undefined` when it is not, whatever the reason. Audience and
   * scope are the caller's to check. Rejects when it cannot tell: never access, but not the client's fault either.
   */
  abstract verify(value: string): Promise<AuthenticAccessToken | undefined>;
}
