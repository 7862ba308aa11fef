import type { Clock } from '../clock.js';
import { parseCompactJws } from '../jwt/compact-jws.js';
import { isText, readClaims, type ClaimRules, type Claims } from './token-claims.js';
import type { AuthenticAccessToken } from './access-token.verifier.js';
import { VerifiedSignatures } from './verified-signatures.js';

/** RFC 9068 §4: compared as a media type. */
const TYPES = new Set(['at+jwt', 'application/at+jwt']);

/** A public key of the issuer, for one algorithm. */
export interface AccessTokenKey {
  verify(input: Buffer, signature: Buffer): boolean | Promise<boolean>;
}

/**
 * Finds the issuer's key of this id for this algorithm: the same object for as long as it is the same key. Rejects when it
 * cannot tell.
 */
export type FindAccessTokenKey = (kid: string, algorithm: string) => Promise<AccessTokenKey | undefined>;

/** Checks self-contained access tokens, RFC 9068 §4. */
export class JwtAccessTokenVerifier {
  private readonly signatures = new VerifiedSignatures();

  constructor(
    private readonly findKey: FindAccessTokenKey,
    private readonly rules: ClaimRules,
    private readonly clock: Clock,
  ) {}

  async verify(value: string): Promise<AuthenticAccessToken | undefined> {
    const payload = await this.signedPayload(value);
    const claims = payload && readClaims(payload, this.rules, this.clock.now());
    // RFC 9068 §2.2 has every one of them required.
    return claims && isText(claims.id) ? { ...claims, format: 'jwt' } : undefined;
  }

  private async signedPayload(value: string): Promise<Claims | undefined> {
    const known = this.signatures.get(value);
    if (known && (await this.findKey(known.kid, known.algorithm)) === known.key) return known.payload;
    const jws = parseCompactJws(value);
    if (!jws || !isAccessTokenHeader(jws.header)) return undefined;
    const { kid, alg: algorithm } = jws.header;
    const key = await this.findKey(kid, algorithm);
    if (!key || !(await key.verify(jws.input, jws.signature))) return undefined;
    this.signatures.add(value, { key, kid, algorithm, payload: jws.payload });
    return jws.payload;
  }
}

function isAccessTokenHeader(
  header: Readonly<Record<string, unknown>>,
): header is { readonly kid: string; readonly alg: string; readonly typ: string } {
  const { typ, kid, alg, crit, b64 } = header;
  return (
    typeof typ === 'string' &&
    TYPES.has(typ.toLowerCase()) &&
    isText(kid) &&
    isText(alg) &&
    crit === undefined &&
    b64 === undefined
  );
}
