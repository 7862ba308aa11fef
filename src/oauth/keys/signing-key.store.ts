import type { SigningAlgorithm } from './signing-key.js';

/** A signing key at rest. */
export interface StoredSigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  /** The private JWK: encrypted where the host has configured a key for that. */
  readonly privateKey: string;
  /** 1, 2, 3 …: of several instances that make the next key at once, one wins. */
  readonly generation: number;
  /** Missing: it signs access tokens. `introspection`: it signs introspection responses alone (RFC 9701 §5). */
  readonly purpose?: 'introspection';
  readonly createdAt: number;
  /** From when on it signs. It is published from `createdAt` on. */
  readonly activatesAt: number;
}

/** Where the key ring is kept that all instances share. */
export abstract class SigningKeyStore {
  /** All keys, the oldest generation first. */
  abstract all(): Promise<StoredSigningKey[]>;
  /** False, and nothing stored, when the generation is taken. */
  abstract insert(key: StoredSigningKey): Promise<boolean>;
  /** Replaces how the private key is kept. */
  abstract replacePrivateKey(kid: string, privateKey: string): Promise<void>;
  abstract delete(kid: string): Promise<boolean>;
}
