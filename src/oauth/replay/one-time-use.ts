import { sha256 } from '../digest.js';
import { reach } from '../store-failure.js';
import type { UsedIdentifierStore } from './used-identifier.store.js';

/** An identifier that works once. */
export interface OneTimeIdentifier {
  /** What it is for: the same id may serve two purposes. */
  readonly purpose: string;
  /** Whose it is: two clients may choose the same id, and neither can use up the other's. */
  readonly owner: string;
  readonly id: string;
  /** Seconds since 1970: when it stops working by itself. */
  readonly expiresAt: number;
}

/** Remembers what was used, in the shared store, until it has stopped working on every clock. */
export class OneTimeUse {
  constructor(
    private readonly store: UsedIdentifierStore,
    private readonly issuer: string,
    /** Seconds that clocks may differ. */
    private readonly tolerance: number,
  ) {}

  /** False when it was used before. @throws OauthError `temporarily_unavailable` where that cannot be known. */
  use({ purpose, owner, id, expiresAt }: OneTimeIdentifier): Promise<boolean> {
    const digest = sha256(JSON.stringify([this.issuer, purpose, owner, id]));
    return reach(() => this.store.insert(digest, Math.ceil(expiresAt) + this.tolerance));
  }
}
