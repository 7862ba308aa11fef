import { SCOPE_GRAMMAR, parseScope } from '../scope.js';
import type { AuthenticAccessToken } from './access-token.verifier.js';

/** The rest is what the authorization server's host added. */
const REGISTERED = new Set([
  'iss', 'sub', 'aud', 'client_id', 'scope', 'iat', 'exp', 'nbf', 'jti', 'active', 'token_type',
]); // prettier-ignore

export type Claims = Readonly<Record<string, unknown>>;

export interface ClaimRules {
  readonly issuer: string;
  /** Seconds. */
  readonly tolerance: number;
}

/**
 * The token that these claims describe, in a JWT (RFC 9068 §2.2) or in an introspection response (RFC 7662 §2.2): of this
 * issuer, alive, and without a key that its sender would have to prove. `undefined` where a claim says otherwise, is
 * missing, or is of the wrong type.
 */
export function readClaims(
  claims: Claims,
  { issuer, tolerance }: ClaimRules,
  now: number,
): Omit<AuthenticAccessToken, 'format'> | undefined {
  const { iss, sub, client_id: clientId, jti, iat, exp, nbf = 0, scope = '' } = claims;
  const audience = [claims['aud']].flat();
  if (iss !== issuer || !isText(sub) || !isText(clientId) || typeof jti !== 'string') return undefined;
  if (!audience.every(isText) || audience.length === 0) return undefined;
  if (!isDate(iat) || !isDate(exp) || !isDate(nbf)) return undefined;
  if (typeof scope !== 'string' || (scope !== '' && !SCOPE_GRAMMAR.test(scope))) return undefined;
  if (claims['cnf'] !== undefined || now >= exp + tolerance || now + tolerance < nbf) return undefined;
  return {
    clientId,
    subject: sub,
    audience,
    scope: scope === '' ? [] : parseScope(scope),
    issuedAt: iat,
    expiresAt: exp,
    id: jti,
    issuer: iss,
    claims: hostClaims(claims),
  };
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** RFC 7519 §2: a NumericDate, which may have a fraction. */
function isDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** A copy: a handler that changes it must not change what the next request sees. */
function hostClaims(claims: Claims): Claims {
  const entries = Object.entries(claims).filter(([name]) => !REGISTERED.has(name));
  return entries.length === 0 ? {} : structuredClone(Object.fromEntries(entries));
}
