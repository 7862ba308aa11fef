import type { Clock } from '../clock.js';
import { parseCompactJws } from '../jwt/compact-jws.js';
import type { SigningKey } from '../keys/signing-key.js';
import { SCOPE_GRAMMAR, parseScope } from '../scope.js';
import type { VerifiedAccessToken } from './verified-access-token.js';
import { VerifiedSignatures } from './verified-signatures.js';

/** RFC 9068 §4: compared as a media type. */
const TYPES = new Set(['at+jwt', 'application/at+jwt']);
/** The rest of the claims is what the host added. */
const REGISTERED = new Set([
  'iss', 'sub', 'aud', 'client_id', 'scope', 'iat', 'exp', 'nbf', 'jti',
]); // prettier-ignore

type Payload = Readonly<Record<string, unknown>>;

export interface JwtRules {
  readonly issuer: string;
  /** Seconds. */
  readonly tolerance: number;
}

/** Checks self-contained access tokens, RFC 9068 §4. */
export class JwtAccessTokenVerifier {
  private readonly signatures = new VerifiedSignatures();

  constructor(
    private readonly findKey: (kid: string) => Promise<SigningKey | undefined>,
    private readonly rules: JwtRules,
    private readonly clock: Clock,
  ) {}

  async verify(value: string): Promise<VerifiedAccessToken | undefined> {
    const payload = await this.signedPayload(value);
    return payload && this.claims(payload);
  }

  private async signedPayload(value: string): Promise<Payload | undefined> {
    const known = this.signatures.get(value);
    if (known && (await this.findKey(known.key.kid)) === known.key) return known.payload;
    const jws = parseCompactJws(value);
    if (!jws || !isAccessTokenHeader(jws.header)) return undefined;
    const key = await this.findKey(jws.header.kid);
    if (key?.algorithm !== jws.header.alg || !key.verify(jws.input, jws.signature)) return undefined;
    this.signatures.add(value, { key, payload: jws.payload });
    return jws.payload;
  }

  private claims(payload: Payload): VerifiedAccessToken | undefined {
    const { iss, sub, client_id: clientId, jti, iat, exp, nbf, scope = '' } = payload;
    const audience = [payload['aud']].flat();
    if (iss !== this.rules.issuer || !isText(sub) || !isText(clientId) || !isText(jti)) return undefined;
    if (!audience.every(isText) || audience.length === 0) return undefined;
    if (!isDate(iat) || !isDate(exp) || (nbf !== undefined && !isDate(nbf))) return undefined;
    if (typeof scope !== 'string' || (scope !== '' && !SCOPE_GRAMMAR.test(scope))) return undefined;
    if (payload['cnf'] !== undefined || !this.isAlive(exp, nbf ?? 0)) return undefined;
    return {
      clientId,
      subject: sub,
      audience,
      scope: scope === '' ? [] : parseScope(scope),
      issuedAt: iat,
      expiresAt: exp,
      id: jti,
      issuer: iss,
      format: 'jwt',
      claims: hostClaims(payload),
    };
  }

  private isAlive(expiresAt: number, notBefore: number): boolean {
    const now = this.clock.now();
    return now < expiresAt + this.rules.tolerance && now + this.rules.tolerance >= notBefore;
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

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** RFC 7519 §2: a NumericDate, which may have a fraction. */
function isDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** A copy: a handler that changes it must not change what the next request sees. */
function hostClaims(payload: Payload): Payload {
  const entries = Object.entries(payload).filter(([name]) => !REGISTERED.has(name));
  return entries.length === 0 ? {} : structuredClone(Object.fromEntries(entries));
}
