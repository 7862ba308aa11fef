import type { AsymmetricAlgorithm } from '../oauth/client/keys/verification-key.js';

/** What a client's public key is: on a curve, or RSA. */
export type KeyKind = 'P-256' | 'P-384' | 'P-521' | 'Ed25519' | 'RSA';

interface KindRules {
  readonly kty: 'EC' | 'OKP' | 'RSA';
  /** The members of the JWK that are the key. */
  readonly members: readonly string[];
  /** Octets; those of RSA are as long as the modulus. */
  readonly signatureLength?: number;
}

/** RFC 7518 §3.4 and §6, RFC 8037 §2. */
export const KEY_KINDS: Readonly<Record<KeyKind, KindRules>> = {
  'P-256': { kty: 'EC', members: ['crv', 'x', 'y'], signatureLength: 64 },
  'P-384': { kty: 'EC', members: ['crv', 'x', 'y'], signatureLength: 96 },
  'P-521': { kty: 'EC', members: ['crv', 'x', 'y'], signatureLength: 132 },
  Ed25519: { kty: 'OKP', members: ['crv', 'x'], signatureLength: 64 },
  RSA: { kty: 'RSA', members: ['n', 'e'] },
};

/** RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2. */
export const KIND_OF_ALGORITHM: Readonly<Record<AsymmetricAlgorithm, KeyKind>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  EdDSA: 'Ed25519',
  Ed25519: 'Ed25519',
  RS256: 'RSA',
  RS384: 'RSA',
  RS512: 'RSA',
  PS256: 'RSA',
  PS384: 'RSA',
  PS512: 'RSA',
};
