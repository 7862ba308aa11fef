import { constants, type KeyObject, type SignKeyObjectInput } from 'node:crypto';
import type { SigningAlgorithm } from '../oauth/keys/signing-key.js';

interface AlgorithmRules {
  readonly kty: 'EC' | 'RSA' | 'OKP';
  readonly crv?: string;
  /** Hash for `node:crypto`; Ed25519 has its own. */
  readonly hash: string | null;
  readonly signatureLength?: number;
  readonly options: (key: KeyObject) => SignKeyObjectInput;
}

/** RFC 7518 §3.3 to §3.5 and RFC 8037 §3.1. */
export const ALGORITHMS: Readonly<Record<SigningAlgorithm, AlgorithmRules>> = {
  ES256: {
    kty: 'EC',
    crv: 'P-256',
    hash: 'sha256',
    signatureLength: 64,
    options: (key) => ({ key, dsaEncoding: 'ieee-p1363' }),
  },
  RS256: { kty: 'RSA', hash: 'sha256', options: (key) => ({ key, padding: constants.RSA_PKCS1_PADDING }) },
  PS256: {
    kty: 'RSA',
    hash: 'sha256',
    options: (key) => ({
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }),
  },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', hash: null, signatureLength: 64, options: (key) => ({ key }) },
};
