import type { VerifiedAccessToken } from '../oauth/resource/verified-access-token.js';

const TOKENS = new WeakMap<object, VerifiedAccessToken>();

/** Remembers with the request which token the guard accepted. */
export function rememberToken(request: object, token: VerifiedAccessToken): void {
  TOKENS.set(request, token);
}

export function verifiedToken(request: object): VerifiedAccessToken | undefined {
  return TOKENS.get(request);
}
