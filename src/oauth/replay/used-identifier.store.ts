/** Identifiers that work once: the `jti` of assertions. Shared by all instances, and it outlives them. */
export abstract class UsedIdentifierStore {
  /** Remembers this digest until `expiresAt`. False, and nothing changed, when it is remembered already. One atomic step. */
  abstract insert(digest: string, expiresAt: number): Promise<boolean>;
  /** Removes what expired before this moment, and tells how many. */
  abstract deleteExpired(before: number): Promise<number>;
}
