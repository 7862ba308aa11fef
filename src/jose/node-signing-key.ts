import { sign, verify, type KeyObject } from 'node:crypto';
import type { PublicJwk, SigningAlgorithm, SigningKey } from '../oauth/keys/signing-key.js';
import { ALGORITHMS } from './algorithms.js';

/**
 * Signs and verifies with `node:crypto`: the two hottest operations of the kit. Elliptic curves are quicker on the
 * event loop than a trip to the thread pool; an RSA signature takes long enough to be sent there.
 */
export class NodeSigningKey implements SigningKey {
  constructor(
    readonly algorithm: SigningAlgorithm,
    readonly publicJwk: PublicJwk,
    private readonly privateKey: KeyObject,
    private readonly publicKey: KeyObject,
  ) {}

  get kid(): string {
    return this.publicJwk.kid;
  }

  sign(input: Buffer): Buffer | Promise<Buffer> {
    const { hash, kty, options } = ALGORITHMS[this.algorithm];
    const key = options(this.privateKey);
    if (kty !== 'RSA') return sign(hash, input, key);
    return new Promise((resolve, reject) => {
      sign(hash, input, key, (error, signature) => (error ? reject(error) : resolve(signature)));
    });
  }

  verify(input: Buffer, signature: Buffer): boolean {
    const { hash, signatureLength, options } = ALGORITHMS[this.algorithm];
    if (signatureLength !== undefined && signature.length !== signatureLength) return false;
    return verify(hash, input, options(this.publicKey), signature);
  }
}
