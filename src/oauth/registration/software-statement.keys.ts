import {
  UnusableKeyError,
  type VerificationKey,
  type VerificationKeyFactory,
} from '../client/keys/verification-key.js';
import { ConfigurationError } from '../configuration.error.js';
import type { SoftwareStatementConfiguration } from './software-statement.options.js';

/** The public keys of those whose statements are believed, by their `iss`. */
export type StatementKeys = ReadonlyMap<string, readonly VerificationKey[]>;

/** @throws ConfigurationError for a key that cannot be used, lest nobody notices before the first statement comes */
export function loadStatementKeys(
  { issuers }: SoftwareStatementConfiguration,
  factory: VerificationKeyFactory,
): StatementKeys {
  return new Map(
    issuers.map(({ issuer, jwks }, index) => [
      issuer,
      jwks.keys.map((jwk, at) =>
        load(jwk, factory, `registration.softwareStatements.issuers[${index}].jwks.keys[${at}]`),
      ),
    ]),
  );
}

function load(
  jwk: Readonly<Record<string, unknown>>,
  factory: VerificationKeyFactory,
  option: string,
): VerificationKey {
  try {
    if (typeof jwk !== 'object' || jwk === null) throw new UnusableKeyError('that is none');
    return factory.load(jwk);
  } catch (failure) {
    if (!(failure instanceof UnusableKeyError)) throw failure;
    throw new ConfigurationError(option, `a key ${failure.reason}`, 'a public key that verifies signatures');
  }
}
