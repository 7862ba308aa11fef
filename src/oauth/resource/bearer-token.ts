import { LONGEST_JWS } from '../jwt/compact-jws.js';

/** RFC 6750 §2.1. */
const B64TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** Whether this is written as a token is. */
export function isBearerToken(text: string): boolean {
  return B64TOKEN.test(text);
}

/** Whether it is longer than any token, and so not looked at. */
export function isTooLong(token: string): boolean {
  return token.length > LONGEST_JWS;
}
