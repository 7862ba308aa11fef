import type { AsymmetricAlgorithm, VerificationKey } from '../client/keys/verification-key.js';
import type { Clock } from '../clock.js';
import { refusePrototypes } from '../http/json-body.js';
import { parseCompactJws, type CompactJws } from '../jwt/compact-jws.js';
import { OauthError } from '../oauth.error.js';
import { memberOf, registrantMembers, type RegistrantDocument } from './registrant.document.js';
import type { StatementKeys } from './software-statement.keys.js';
import type { SoftwareStatementConfiguration } from './software-statement.options.js';

/** A longer one is refused, since it is kept with the client. */
const LONGEST = 8192;
/** Keys that one statement is tried with. */
const MOST_KEYS = 5;

/** RFC 7591 names none. */
const TYPES: readonly unknown[] = [
  'JWT',
  'jwt',
  'software-statement+jwt',
  'application/software-statement+jwt',
];

export interface StatementRules extends Pick<SoftwareStatementConfiguration, 'algorithms' | 'required'> {
  readonly keys: StatementKeys;
  /** What `aud` may name, where a statement has one. */
  readonly audiences: readonly string[];
  /** Seconds that other clocks may differ. */
  readonly tolerance: number;
}

/** What somebody else has signed about a client, RFC 7591 §2.3: who is believed, and what then is true. */
export class SoftwareStatements {
  constructor(
    private readonly rules: StatementRules,
    private readonly clock: Clock,
  ) {}

  /**
   * What is registered: the statement's members before the plain ones (RFC 7591 §2.3), and the statement as it came.
   * @throws OauthError `invalid_software_statement`, `unapproved_software_statement`
   */
  async apply(document: RegistrantDocument): Promise<RegistrantDocument> {
    const statement = memberOf(document, 'software_statement');
    const plain = registrantMembers({ ...document, software_statement: undefined });
    if (statement === undefined) {
      if (this.rules.required) throw invalid('is needed here');
      return plain;
    }
    const claims = await this.verify(statement);
    return { ...plain, ...registrantMembers(claims), software_statement: statement };
  }

  private async verify(statement: unknown): Promise<RegistrantDocument> {
    const jws = typeof statement === 'string' ? parseCompactJws(statement, LONGEST) : undefined;
    if (!jws) throw invalid(`must be a signed JWT of at most ${LONGEST} characters`);
    const { iss } = jws.payload;
    if (typeof iss !== 'string') throw invalid('must have an issuer');
    const keys = this.rules.keys.get(iss);
    if (!keys) {
      throw new OauthError(
        'unapproved_software_statement',
        'software_statement is of an issuer that is not trusted here',
      );
    }
    await this.checkSignature(jws, keys);
    this.checkTimes(jws.payload);
    this.checkAudience(jws.payload['aud']);
    try {
      refusePrototypes(jws.payload);
    } catch {
      throw invalid('must not have a claim __proto__');
    }
    return jws.payload;
  }

  /** The header never brings the key (RFC 8725 §3.10). */
  private async checkSignature({ header, input, signature }: CompactJws, keys: readonly VerificationKey[]) {
    const { alg, kid, crit, b64, typ } = header;
    // RFC 8725 §3.11: an issuer signs other JWTs, too.
    if (typ !== undefined && !TYPES.includes(typ)) throw invalid('must not be a JWT of another type');
    if (crit !== undefined || b64 !== undefined) throw invalid('has a header that is not understood here');
    const algorithm = this.rules.algorithms.find((each) => each === alg);
    if (!algorithm) throw invalid(`must be signed with ${this.rules.algorithms.join(', ')}`);
    const fitting = keys
      .filter((key) => (kid === undefined || key.kid === kid) && key.suits(algorithm))
      .slice(0, MOST_KEYS);
    if (!(await isSigned(fitting, algorithm, input, signature)))
      throw invalid('has a signature that is not valid');
  }

  /** RFC 7519 §4.1: each where it is there. */
  private checkTimes({ exp, nbf, iat }: CompactJws['payload']): void {
    const { tolerance } = this.rules;
    const now = this.clock.now();
    if ([exp, nbf, iat].some((time) => time !== undefined && !isDate(time))) {
      throw invalid('must have numbers as times');
    }
    if (isDate(exp) && now >= exp + tolerance) throw invalid('has expired');
    if (isDate(nbf) && nbf > now + tolerance) throw invalid('is not valid yet');
  }

  private checkAudience(aud: unknown): void {
    if (aud === undefined) return;
    const named: unknown[] = [aud].flat();
    const here = this.rules.audiences.some((each) => named.includes(each));
    if (!here) throw invalid('is meant for another server');
  }
}

async function isSigned(
  keys: readonly VerificationKey[],
  algorithm: AsymmetricAlgorithm,
  input: Buffer,
  signature: Buffer,
): Promise<boolean> {
  for (const key of keys) if (await key.verify(algorithm, input, signature)) return true;
  return false;
}

function isDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function invalid(what: string): OauthError {
  return new OauthError('invalid_software_statement', `software_statement ${what}`);
}
