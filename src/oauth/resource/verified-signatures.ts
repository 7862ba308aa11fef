import { sha256 } from '../digest.js';
import { RecentlyUsed } from '../recently-used.js';
import type { AccessTokenKey } from './jwt-access-token.verifier.js';

const MOST_ENTRIES = 10_000;

/** Tokens whose signature is known to be good, with the key that made it. */
interface Verified {
  readonly key: AccessTokenKey;
  readonly kid: string;
  readonly algorithm: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * Remembers good signatures, because a machine sends the same token again and again and a signature costs more to verify
 * than everything else about it. What can change (time, key ring, client) is checked anew for every request. Tokens are
 * known by their digest; the one used longest ago makes room.
 */
export class VerifiedSignatures {
  private readonly entries = new RecentlyUsed<Verified>(MOST_ENTRIES);

  get(token: string): Verified | undefined {
    return this.entries.get(sha256(token));
  }

  add(token: string, verified: Verified): void {
    this.entries.set(sha256(token), verified);
  }
}
