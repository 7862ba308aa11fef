import type { KeyObject } from 'node:crypto';
import type { KeyEncryptionAlgorithm } from '../../src/oauth/client/keys/encryption-key.js';
import { exported, generate, PAIRS, type Jwk } from './verification-support.js';

const X25519 = await generate('x25519');

interface Pair {
  readonly privateKey: KeyObject;
  readonly publicJwk: Jwk;
  readonly privateJwk: Jwk;
}

/** One pair of each kind that something can be encrypted for. */
export const ENCRYPTION_PAIRS = {
  'P-256': PAIRS['P-256'],
  'P-384': PAIRS['P-384'],
  'P-521': PAIRS['P-521'],
  RSA: PAIRS.RSA,
  X25519: {
    privateKey: X25519.privateKey,
    publicJwk: exported(X25519.publicKey),
    privateJwk: exported(X25519.privateKey),
  },
} as const satisfies Record<string, Pair>;
export type EncryptionKind = keyof typeof ENCRYPTION_PAIRS;

const AGREEMENT = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'] as const;

/** Which algorithms a key of the kind is for. */
export const ENCRYPTION_SUITED: Readonly<Record<EncryptionKind, readonly KeyEncryptionAlgorithm[]>> = {
  'P-256': AGREEMENT,
  'P-384': AGREEMENT,
  'P-521': AGREEMENT,
  X25519: AGREEMENT,
  RSA: ['RSA-OAEP-256', 'RSA-OAEP'],
};
export const ENCRYPTION_KINDS = Object.keys(ENCRYPTION_PAIRS) as EncryptionKind[];

export const encryptionJwk = (kind: EncryptionKind): Jwk => ({ ...ENCRYPTION_PAIRS[kind].publicJwk });
