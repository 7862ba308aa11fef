import { ConfigurationError } from '../configuration.error.js';
import type { Encryption } from '../encryption.js';
import type { SigningAlgorithm, SigningKey, SigningKeyFactory } from './signing-key.js';
import type { StoredSigningKey } from './signing-key.store.js';

/** What is kept of a key itself, without the times. */
export type SealedSigningKey = Pick<StoredSigningKey, 'kid' | 'algorithm' | 'privateKey'>;

/** Signing keys on their way to the store and back: made, sealed and opened. */
export class SigningKeySealing {
  constructor(
    private readonly factory: SigningKeyFactory,
    private readonly encryption: Encryption,
  ) {}

  /** A new key. */
  async make(algorithm: SigningAlgorithm): Promise<SealedSigningKey> {
    const privateKey = await this.factory.generate(algorithm);
    const [key] = await this.factory.load(privateKey, algorithm);
    if (!key) throw new Error('The key factory made no key.');
    return { kid: key.kid, algorithm, privateKey: this.encryption.encrypt(privateKey, key.kid) };
  }

  /** How a key in the clear is to be kept now that there is a secret. `undefined` where that is not so. */
  seal({ kid, privateKey }: SealedSigningKey): string | undefined {
    return this.encryption.seal(privateKey, kid);
  }

  /** @throws ConfigurationError where no configured secret opens it */
  async open(sealed: SealedSigningKey): Promise<SigningKey> {
    const privateKey = this.encryption.decrypt(sealed.privateKey, sealed.kid);
    if (privateKey === undefined) {
      throw new ConfigurationError(
        'keyEncryptionSecret',
        this.encryption.available ? 'a value that does not open the stored signing keys' : 'missing',
        'the secret that the stored signing keys are encrypted under, or a list with the new secret first and the old one after it',
      );
    }
    const [key] = await this.factory.load(privateKey, sealed.algorithm);
    if (key?.kid !== sealed.kid) throw new Error(`The stored signing key ${sealed.kid} is damaged.`);
    return key;
  }
}
