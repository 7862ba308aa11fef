import type { AsymmetricAlgorithm } from '../oauth/client/keys/verification-key.js';
import type { KeyKind } from './key-kinds.js';

/** The kinds of key that verify. */
export const VERIFICATION_KINDS = [
  'P-256',
  'P-384',
  'P-521',
  'Ed25519',
  'RSA',
] as const satisfies readonly KeyKind[];
export type VerificationKind = (typeof VERIFICATION_KINDS)[number];

/** In octets, RFC 7518 §3.4 and RFC 8037 §3.1. One of RSA is as long as the modulus. */
export const SIGNATURE_LENGTHS: Readonly<Partial<Record<VerificationKind, number>>> = {
  'P-256': 64,
  'P-384': 96,
  'P-521': 132,
  Ed25519: 64,
};

/** RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2. */
export const KIND_OF_ALGORITHM: Readonly<Record<AsymmetricAlgorithm, VerificationKind>> = {
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
