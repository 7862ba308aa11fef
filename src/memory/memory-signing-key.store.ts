import { SigningKeyStore, type StoredSigningKey } from '../oauth/keys/signing-key.store.js';
import { copy } from './copy.js';

export class MemorySigningKeyStore extends SigningKeyStore {
  private readonly keys = new Map<number, StoredSigningKey>();

  async all(): Promise<StoredSigningKey[]> {
    return [...this.keys.values()].sort((a, b) => a.generation - b.generation).map(copy);
  }

  async insert(key: StoredSigningKey): Promise<boolean> {
    if (this.keys.has(key.generation)) return false;
    this.keys.set(key.generation, copy(key));
    return true;
  }

  async replacePrivateKey(kid: string, privateKey: string): Promise<void> {
    for (const [generation, key] of this.keys) {
      if (key.kid === kid) this.keys.set(generation, { ...key, privateKey });
    }
  }

  async delete(kid: string): Promise<boolean> {
    const key = [...this.keys.values()].find((stored) => stored.kid === kid);
    return key !== undefined && this.keys.delete(key.generation);
  }
}
