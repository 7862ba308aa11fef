import type { KeyLoader } from './key-set.js';

/** JWE algorithms for keys of clients, RFC 7518 §4.1. */
export const KEY_ENCRYPTION_ALGORITHMS = [
  'RSA-OAEP-256', 'RSA-OAEP', 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW',
] as const; // prettier-ignore
export type KeyEncryptionAlgorithm = (typeof KEY_ENCRYPTION_ALGORITHMS)[number];

/** JWE algorithms for the content, RFC 7518 §5.1. */
export const CONTENT_ENCRYPTION_ALGORITHMS = [
  'A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512', 'A128GCM', 'A192GCM', 'A256GCM',
] as const; // prettier-ignore
export type ContentEncryptionAlgorithm = (typeof CONTENT_ENCRYPTION_ALGORITHMS)[number];

/** A public key of a client that something can be encrypted for. */
export interface EncryptionKey {
  /** Whether its `use` says that it is for encryption. One that does goes before one that is for anything. */
  readonly dedicated: boolean;
  /** Whether it may be used with this algorithm: by `kty`, `crv`, `use`, `key_ops` and `alg` (RFC 7517 §4). */
  suits(algorithm: KeyEncryptionAlgorithm): boolean;
  /** A compact JWE that holds a JWT (RFC 7519 §5.2: `cty` is `JWT`), with the key's `kid` in its header where it has one. */
  encrypt(
    jwt: string,
    algorithm: KeyEncryptionAlgorithm,
    content: ContentEncryptionAlgorithm,
  ): Promise<string>;
}

/** Makes public keys of clients usable for encryption. The JOSE adapter implements it. */
export abstract class EncryptionKeyFactory implements KeyLoader<EncryptionKey> {
  /** @throws UnusableKeyError */
  abstract load(jwk: Readonly<Record<string, unknown>>): EncryptionKey;
}
