import type { KeyLoader } from './key-set.js';

/** JWS algorithms of `private_key_jwt`: RFC 7518 §3.1, RFC 8037, RFC 9864. */
export const ASYMMETRIC_ALGORITHMS = [
  'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512',
] as const; // prettier-ignore
export type AsymmetricAlgorithm = (typeof ASYMMETRIC_ALGORITHMS)[number];

/** JWS algorithms of `client_secret_jwt`, RFC 7518 §3.2. */
export const SYMMETRIC_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;
export type SymmetricAlgorithm = (typeof SYMMETRIC_ALGORITHMS)[number];

export type AssertionAlgorithm = AsymmetricAlgorithm | SymmetricAlgorithm;

export function isSymmetric(algorithm: string): algorithm is SymmetricAlgorithm {
  return SYMMETRIC_ALGORITHMS.some((each) => each === algorithm);
}

/** Whether two names are of one algorithm: RFC 9864 calls Ed25519 what RFC 8037 called EdDSA. */
export function isSameAlgorithm(one: string, other: string): boolean {
  const name = (algorithm: string) => (algorithm === 'EdDSA' ? 'Ed25519' : algorithm);
  return name(one) === name(other);
}

/** A public key of a client, ready to use. */
export interface VerificationKey {
  readonly kid: string | undefined;
  /** Whether it may verify this algorithm: by `kty`, `crv`, `use`, `key_ops` and `alg` (RFC 7517 §4). */
  suits(algorithm: AsymmetricAlgorithm): boolean;
  verify(algorithm: AsymmetricAlgorithm, input: Buffer, signature: Buffer): Promise<boolean>;
}

/** Why a JWK cannot be used. */
export class UnusableKeyError extends Error {
  override readonly name = 'UnusableKeyError';

  constructor(
    /** In words that follow "a key": "with its private part". Holds nothing of the key. */
    readonly reason: string,
    /** Of a kind that this server does not know: to be ignored, not refused (RFC 7517 §5). */
    readonly foreign = false,
  ) {
    super(`A key ${reason}.`);
  }
}

/** Makes public keys of clients usable. The JOSE adapter implements it. */
export abstract class VerificationKeyFactory implements KeyLoader<VerificationKey> {
  /** @throws UnusableKeyError */
  abstract load(jwk: Readonly<Record<string, unknown>>): VerificationKey;
  /** A key of nobody, so that an unknown client costs what a known one costs. */
  abstract decoy(algorithm: AsymmetricAlgorithm): Promise<VerificationKey>;
}
