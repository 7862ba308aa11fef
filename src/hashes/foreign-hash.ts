/** A hash of another system that has been read, and found cheap enough to be computed. */
export interface ForeignHash {
  /**
   * Loads the package that computes it.
   * @throws UnusableHash where that is not installed.
   */
  load(): Promise<void>;
  /** Whether its algorithm tells this secret from every other one. */
  distinguishes(secret: string): boolean;
  /** Computes, off the event loop. */
  matches(secret: string): Promise<boolean>;
}
