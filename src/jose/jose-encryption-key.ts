import type { KeyObject } from 'node:crypto';
import { CompactEncrypt } from 'jose';
import type {
  ContentEncryptionAlgorithm,
  EncryptionKey,
  KeyEncryptionAlgorithm,
} from '../oauth/client/keys/encryption-key.js';
import { isForKind, type EncryptionKind } from './encryption-algorithms.js';

/** What a JWK says about itself, checked. */
export interface EncryptionKeyDescription {
  readonly kind: EncryptionKind;
  readonly kid: string | undefined;
  /** The one algorithm it is for; undefined: all that its kind can do. */
  readonly algorithm: KeyEncryptionAlgorithm | undefined;
  /** Whether `use` and `key_ops` allow it. */
  readonly forEncrypting: boolean;
  readonly dedicated: boolean;
}

/** Encrypts with jose, which keeps what it imported from a `KeyObject` for as long as that lives. */
export class JoseEncryptionKey implements EncryptionKey {
  constructor(
    private readonly description: EncryptionKeyDescription,
    private readonly publicKey: KeyObject,
  ) {}

  get dedicated(): boolean {
    return this.description.dedicated;
  }

  suits(algorithm: KeyEncryptionAlgorithm): boolean {
    const { kind, algorithm: declared = algorithm, forEncrypting } = this.description;
    return forEncrypting && isForKind(algorithm, kind) && declared === algorithm;
  }

  async encrypt(
    jwt: string,
    algorithm: KeyEncryptionAlgorithm,
    content: ContentEncryptionAlgorithm,
  ): Promise<string> {
    if (!this.suits(algorithm)) throw new Error(`The key is not one for ${algorithm}.`);
    const { kid } = this.description;
    return new CompactEncrypt(new TextEncoder().encode(jwt))
      .setProtectedHeader({ alg: algorithm, enc: content, ...(kid !== undefined && { kid }), cty: 'JWT' })
      .encrypt(this.publicKey);
  }
}
