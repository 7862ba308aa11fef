import { NO_STORE } from '../oauth.error.js';
import { formatScope } from '../scope.js';
import type { AccessToken } from './access-token.js';

/** A successful answer of the token endpoint, RFC 6749 §5.1, before the view gives it its wire names. */
export class TokenResponse {
  readonly status = 200;
  readonly headers: Readonly<Record<string, string>> = { ...NO_STORE };
  readonly tokenType = 'Bearer';
  /** For grants that issue one; with client credentials there is none (RFC 6749 §4.4.3). */
  readonly refreshToken?: string;

  private constructor(
    readonly accessToken: string,
    /** Lifetime in seconds. */
    readonly expiresIn: number,
    /** What was granted, separated by spaces. Never empty. */
    readonly scope: string,
  ) {}

  static from({ value, grant }: AccessToken): TokenResponse {
    return new TokenResponse(value, grant.expiresAt - grant.issuedAt, formatScope(grant.scope));
  }
}
