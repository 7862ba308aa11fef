/** The deny-list: self-contained access tokens that were revoked before they expired. Shared by all instances. */
export abstract class RevokedTokenStore {
  /** Remembers this digest until `expiresAt`. To remember it twice is no fault. Resolves when it would survive a crash. */
  abstract insert(digest: string, expiresAt: number): Promise<void>;
  abstract has(digest: string): Promise<boolean>;
  /** Removes what expired before this moment, and tells how many. */
  abstract deleteExpired(before: number): Promise<number>;
}
