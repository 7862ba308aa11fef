/** How many failures stand under a key, and when the count ends. */
export interface FailureCount {
  readonly count: number;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** Counts of failed authentications, shared by all instances. */
export abstract class FailureCountStore {
  /**
   * One failure more under this key (64 hexadecimal characters), in one atomic step. A count that has ended by `now`, or
   * that was never there, begins at 1 and ends at `expiresAt`; another goes up by 1 and keeps its end.
   */
  abstract increment(key: string, now: number, expiresAt: number): Promise<FailureCount>;
  /** Removes what expired before this moment, and tells how many. */
  abstract deleteExpired(before: number): Promise<number>;
}
