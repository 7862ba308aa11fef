import { sha256 } from '../digest.js';
import type { SigningKey } from '../keys/signing-key.js';

const MOST_ENTRIES = 10_000;

/** Tokens whose signature is known to be good, with the key that made it. */
interface Verified {
  readonly key: SigningKey;
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * Remembers good signatures, because a machine sends the same token again and again and a signature costs more to verify
 * than everything else about it. What can change (time, key ring, client) is checked anew for every request. Tokens are
 * known by their digest; the one used longest ago makes room.
 */
export class VerifiedSignatures {
  private readonly entries = new Map<string, Verified>();

  get(token: string): Verified | undefined {
    const digest = sha256(token);
    const verified = this.entries.get(digest);
    if (verified) {
      this.entries.delete(digest);
      this.entries.set(digest, verified);
    }
    return verified;
  }

  add(token: string, verified: Verified): void {
    if (this.entries.size >= MOST_ENTRIES) this.dropOldest();
    this.entries.set(sha256(token), verified);
  }

  private dropOldest(): void {
    const oldest = this.entries.keys().next();
    if (!oldest.done) this.entries.delete(oldest.value);
  }
}
