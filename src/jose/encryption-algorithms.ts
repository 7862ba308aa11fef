import type { KeyEncryptionAlgorithm } from '../oauth/client/keys/encryption-key.js';
import type { KeyKind } from './key-kinds.js';

/** The kinds of key that something can be encrypted for. */
export const ENCRYPTION_KINDS = [
  'P-256',
  'P-384',
  'P-521',
  'X25519',
  'RSA',
] as const satisfies readonly KeyKind[];
export type EncryptionKind = (typeof ENCRYPTION_KINDS)[number];

/** RFC 7518 §4.3 and §4.6, RFC 8037 §3.2. */
export function isForKind(algorithm: KeyEncryptionAlgorithm, kind: EncryptionKind): boolean {
  return algorithm.startsWith('RSA') === (kind === 'RSA');
}
