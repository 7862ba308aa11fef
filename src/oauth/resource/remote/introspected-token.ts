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
  const { active, client_id: sub } = document;
  if (active !== true || !isAccessToken(document)) return undefined;
  const claims = readClaims({ iss: rules.issuer, sub, jti: '', ...document }, rules, now);
  return claims && { ...claims, format: 'opaque' };
}

/** Servers tell other kinds of tokens by one of these members, where they tell at all. Case does not matter (RFC 6749 §7.1). */
function isAccessToken({ token_type: type = 'Bearer', token_use: use, typ }: IntrospectedDocument): boolean {
  const isUse = use === undefined || use === 'access' || use === 'access_token';
  const isOther = typ !== undefined && (typeof typ !== 'string' || /refresh|offline|^id/i.test(typ));
  return typeof type === 'string' && type.toLowerCase() === 'bearer' && isUse && !isOther;
}
