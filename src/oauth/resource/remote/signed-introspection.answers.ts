import type { Clock } from '../../clock.js';
import { INTROSPECTION_JWT } from '../../introspection/introspection.response.js';
import { parseCompactJws, type CompactJws } from '../../jwt/compact-jws.js';
import type { IntrospectedDocument, IntrospectionAnswers } from './introspection-answers.js';
import type { IssuerKeys } from './issuer-keys.js';

/** RFC 9701 §5: compared as a media type. */
const TYPES = new Set(['token-introspection+jwt', INTROSPECTION_JWT]);
/** It holds all that the token holds, and more. */
const LONGEST = 65_536;
/** Seconds that an answer may have been on its way. */
const OLDEST = 60;

export interface SignedAnswerRules {
  readonly issuer: string;
  /** Whom the answer must be for. */
  readonly clientId: string;
  /** Seconds. */
  readonly tolerance: number;
}

/** Introspection responses as JWTs that the issuer has signed for this resource server, just now: RFC 9701 §5. */
export class SignedAnswers implements IntrospectionAnswers {
  readonly mediaType = INTROSPECTION_JWT;

  constructor(
    private readonly keys: IssuerKeys,
    private readonly rules: SignedAnswerRules,
    private readonly clock: Clock,
  ) {}

  async read(body: Uint8Array): Promise<IntrospectedDocument> {
    const jws = parseCompactJws(Buffer.from(body).toString('latin1'), LONGEST);
    if (!jws) throw new Error('The introspection response is no compact JWS.');
    if (!(await this.isSigned(jws)))
      throw new Error('The introspection response has no good signature, or by a key that is not published.');
    return this.document(jws.payload);
  }

  private async isSigned({ header, input, signature }: CompactJws): Promise<boolean> {
    const { typ, alg, kid, crit, b64 } = header;
    if (typeof typ !== 'string' || !TYPES.has(typ.toLowerCase())) return false;
    if (typeof alg !== 'string' || typeof kid !== 'string' || crit !== undefined || b64 !== undefined)
      return false;
    const key = await this.keys.find(kid, alg);
    return key !== undefined && (await key.verify(input, signature));
  }

  private document({
    iss,
    aud,
    iat,
    token_introspection: document,
  }: CompactJws['payload']): IntrospectedDocument {
    const { issuer, clientId } = this.rules;
    if (iss !== issuer) throw new Error('The introspection response is not from the issuer.');
    if (![aud].flat().includes(clientId)) throw new Error('The introspection response is for somebody else.');
    if (!this.isFresh(iat)) throw new Error('The introspection response was not made just now.');
    if (!isObject(document)) throw new Error('The introspection response has no token_introspection.');
    return document;
  }

  private isFresh(issuedAt: unknown): boolean {
    if (typeof issuedAt !== 'number') return false;
    const age = this.clock.now() - issuedAt;
    return age >= -this.rules.tolerance && age <= OLDEST + this.rules.tolerance;
  }
}

function isObject(value: unknown): value is IntrospectedDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
