/** `jwt`: RFC 9068, self-contained, nothing is stored. `opaque`: random, only its digest is stored. */
export const ACCESS_TOKEN_FORMATS = ['jwt', 'opaque'] as const;
export type AccessTokenFormat = (typeof ACCESS_TOKEN_FORMATS)[number];

/** Everything that is decided about an access token before it gets its form. */
export interface AccessTokenGrant {
  /** `jti`, of the client's current series. */
  readonly id: string;
  readonly clientId: string;
  /** Whom the token speaks for: with client credentials the client itself (RFC 9068 §2.2). */
  readonly subject: string;
  /** The identifier of the one resource server it is for. */
  readonly audience: string;
  readonly scope: readonly string[];
  readonly format: AccessTokenFormat;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** What the host's hook `accessTokenClaims` adds. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** An access token as it goes to the client. */
export interface AccessToken {
  readonly value: string;
  readonly grant: AccessTokenGrant;
}
