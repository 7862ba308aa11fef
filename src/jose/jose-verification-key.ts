import type { KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import {
  isSameAlgorithm,
  type AsymmetricAlgorithm,
  type VerificationKey,
} from '../oauth/client/keys/verification-key.js';
import { KIND_OF_ALGORITHM, SIGNATURE_LENGTHS, type VerificationKind } from './verification-algorithms.js';

/** What a JWK says about itself, checked. */
export interface KeyDescription {
  readonly kind: VerificationKind;
  readonly kid?: string | undefined;
  /** The one algorithm it is for; undefined: all that its kind can do. */
  readonly algorithm?: AsymmetricAlgorithm | undefined;
  /** Whether `use` and `key_ops` allow it. */
  readonly forVerifying: boolean;
}

/** Verifies with jose, which keeps what it imported from a `KeyObject` for as long as that lives. */
export class JoseVerificationKey implements VerificationKey {
  private readonly signatureLength: number;

  constructor(
    private readonly description: KeyDescription,
    private readonly publicKey: KeyObject,
  ) {
    const modulusLength = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
    this.signatureLength = SIGNATURE_LENGTHS[description.kind] ?? Math.ceil(modulusLength / 8);
  }

  get kid(): string | undefined {
    return this.description.kid;
  }

  suits(algorithm: AsymmetricAlgorithm): boolean {
    const { kind, algorithm: declared = algorithm, forVerifying } = this.description;
    return forVerifying && KIND_OF_ALGORITHM[algorithm] === kind && isSameAlgorithm(declared, algorithm);
  }

  async verify(algorithm: AsymmetricAlgorithm, input: Buffer, signature: Buffer): Promise<boolean> {
    if (!this.suits(algorithm) || signature.length !== this.signatureLength) return false;
    // Not 'ascii', which drops the eighth bit of what is none.
    const token = `${input.toString('latin1')}.${signature.toString('base64url')}`;
    try {
      await compactVerify(token, this.publicKey, { algorithms: [algorithm] });
      return true;
    } catch {
      return false;
    }
  }
}
