import { ASYMMETRIC_ALGORITHMS, type AsymmetricAlgorithm } from '../client/keys/verification-key.js';
import { check, items } from '../option-checks.js';

const OPTION = 'registration.softwareStatements';

/** Who may sign statements about software, RFC 7591 §2.3. */
export interface SoftwareStatementIssuer {
  /** The `iss` of its statements, compared as an exact string. */
  readonly issuer: string;
  /** Its public keys, as a JWK Set. */
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
}

/** Software statements: what somebody else has signed about a client. */
export interface SoftwareStatementOptions {
  /** Whose statements are believed, at least one. */
  readonly issuers: readonly SoftwareStatementIssuer[];
  /** The signature algorithms. Default: ES256, ES384, ES512, EdDSA, Ed25519, RS256 to RS512, PS256 to PS512. */
  readonly algorithms?: readonly AsymmetricAlgorithm[] | undefined;
  /** Whether nobody can register without one. Default: false. */
  readonly required?: boolean | undefined;
}

export interface SoftwareStatementConfiguration {
  readonly issuers: readonly SoftwareStatementIssuer[];
  readonly algorithms: readonly AsymmetricAlgorithm[];
  readonly required: boolean;
}

/** Its keys are checked where they are loaded. @throws ConfigurationError */
export function resolveSoftwareStatements(options: SoftwareStatementOptions): SoftwareStatementConfiguration {
  const given: unknown = options;
  check(typeof given === 'object' && given !== null, OPTION, given, 'an object of options');
  const { issuers, algorithms = ASYMMETRIC_ALGORITHMS, required = false } = options;
  check(items(issuers).length > 0, `${OPTION}.issuers`, issuers, 'a list of at least one issuer');
  issuers.forEach((each, index) => checkIssuer(each, `${OPTION}.issuers[${index}]`));
  const names = issuers.map(({ issuer }) => issuer);
  const unique = new Set(names).size === names.length;
  check(unique, `${OPTION}.issuers`, names, 'a list of different issuers');
  const known = items(algorithms).every((each) => ASYMMETRIC_ALGORITHMS.some((one) => one === each));
  check(
    known && items(algorithms).length > 0,
    `${OPTION}.algorithms`,
    algorithms,
    `a list out of ${ASYMMETRIC_ALGORITHMS.join(', ')}`,
  );
  check(typeof required === 'boolean', `${OPTION}.required`, required, 'true or false');
  return { issuers, algorithms, required };
}

function checkIssuer(given: unknown, at: string): void {
  check(isObject(given), at, typeof given, 'an issuer of software statements');
  const { issuer, jwks } = given;
  check(typeof issuer === 'string' && issuer !== '', `${at}.issuer`, issuer, 'the iss of its statements');
  const keys = isObject(jwks) ? jwks['keys'] : undefined;
  // A key that should not be here may be a private one, and stays out of the message.
  check(items(keys).length > 0, `${at}.jwks`, typeof jwks, 'a JWK Set with at least one public key');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
