import { readClaims, type ClaimRules } from '../token-claims.js';
import type { AuthenticAccessToken } from '../access-token.verifier.js';
import type { IntrospectedDocument } from './introspection-answers.js';

/**
 * The token that the issuer calls active, when it is an access token and its claims are good. What RFC 7662 §2.2 leaves
 * open is filled in: the issuer that was asked, the client as the subject, no `jti`.
 */
export function introspectedToken(
  document: IntrospectedDocument,
  rules: ClaimRules,
  now: number,
): AuthenticAccessToken | undefined {
  const { active, token_type: type = 'Bearer', client_id: sub } = document;
  if (active !== true || !isBearer(type)) return undefined;
  const claims = readClaims({ iss: rules.issuer, sub, jti: '', ...document }, rules, now);
  return claims && { ...claims, format: 'opaque' };
}

/** RFC 6749 §7.1: case does not matter. A refresh token has none, or another. */
function isBearer(type: unknown): boolean {
  return typeof type === 'string' && type.toLowerCase() === 'bearer';
}
