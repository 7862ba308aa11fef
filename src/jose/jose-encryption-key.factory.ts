import {
  EncryptionKeyFactory,
  KEY_ENCRYPTION_ALGORITHMS,
  type EncryptionKey,
} from '../oauth/client/keys/encryption-key.js';
import { ENCRYPTION_KINDS, isForKind } from './encryption-algorithms.js';
import { JoseEncryptionKey } from './jose-encryption-key.js';
import { algorithmOf, isFor, kidOf, kindOf, membersOf, type KeyPurpose } from './public-jwk.js';
import { importPublicKey } from './public-key-material.js';

/** RFC 7517 §4.3. Whoever agrees on a key derives one. */
const ENCRYPTING: KeyPurpose = {
  use: 'enc',
  operations: ['encrypt', 'wrapKey', 'deriveKey', 'deriveBits'],
};

/** Makes public keys of clients usable for encryption with jose. */
export class JoseEncryptionKeyFactory extends EncryptionKeyFactory {
  load(jwk: Readonly<Record<string, unknown>>): EncryptionKey {
    const members = membersOf(jwk);
    const kind = kindOf(members, ENCRYPTION_KINDS);
    const description = {
      kind,
      algorithm: algorithmOf(members, KEY_ENCRYPTION_ALGORITHMS, (each) => isForKind(each, kind)),
      kid: kidOf(members),
      forEncrypting: isFor(ENCRYPTING, members),
      dedicated: members['use'] === 'enc',
    };
    return new JoseEncryptionKey(description, importPublicKey(kind, members));
  }
}
