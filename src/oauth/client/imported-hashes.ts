/** Verifies the hashes that another system kept of its client secrets: argon2id, bcrypt, scrypt. */
export abstract class ImportedHashes {
  /** Why this text cannot be used as such a hash, in words for an operator; `undefined` when it can. */
  abstract refusal(hash: string): Promise<string | undefined>;
  /**
   * Whether the hash was made of this secret; `busy` where too many wait already. Takes long, off the event loop, and only
   * so many at a time. `source` tells the callers apart, so that one of them cannot take the turns of the others.
   */
  abstract verify(hash: string, secret: string, source: string): Promise<boolean | 'busy'>;
}
