import type { Clock } from '../clock.js';
import { sha256 } from '../digest.js';
import { RecentlyUsed } from '../recently-used.js';
import { reach } from '../store-failure.js';
import type { RevokedTokenStore } from './revoked-token.store.js';

const MOST_ENTRIES = 10_000;

/** The deny-list of self-contained tokens, known by their `jti`. */
export class RevokedTokens {
  /** When a token was last found not to be revoked. */
  private readonly unrevokedAt = new RecentlyUsed<number>(MOST_ENTRIES);
  /** Counts the changes made here: what was read before one of them is not kept after it. */
  private changes = 0;

  constructor(
    private readonly store: RevokedTokenStore,
    private readonly issuer: string,
    private readonly clock: Clock,
  ) {}

  /** As the store has it now; or, with `freshness`, as it had it so many seconds ago at most. */
  async includes(tokenId: string, freshness = 0): Promise<boolean> {
    const { changes } = this;
    const now = this.clock.now();
    const age = now - (this.unrevokedAt.get(tokenId) ?? Number.NEGATIVE_INFINITY);
    if (age >= 0 && age < freshness) return false;
    const revoked = await reach(() => this.store.has(this.digest(tokenId)));
    if (!revoked && freshness > 0 && changes === this.changes) this.unrevokedAt.set(tokenId, now);
    return revoked;
  }

  /** Remembers it until `expiresAt`, when it is dead by itself. Seen at once here. */
  async add(tokenId: string, expiresAt: number): Promise<void> {
    try {
      await reach(() => this.store.insert(this.digest(tokenId), expiresAt));
    } finally {
      // A store that has failed may have written all the same.
      this.changes++;
      this.unrevokedAt.delete(tokenId);
    }
  }

  /** Two issuers on one database share no tokens. */
  private digest(tokenId: string): string {
    return sha256(`${this.issuer}\n${tokenId}`);
  }
}
