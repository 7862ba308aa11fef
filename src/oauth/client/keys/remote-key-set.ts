import type { Clock } from '../../clock.js';
import { keySetLifetime } from './cache-control.js';
import type { JwksFetcher } from './jwks-fetcher.js';
import { parseKeySet } from './key-set.js';
import type { VerificationKey, VerificationKeyFactory } from './verification-key.js';

/** Seconds for which a set is used beyond its freshness while it cannot be read. */
const GRACE = 3_600;
/** Seconds between two attempts to read a set that is needed. */
const RETRY_PAUSE = 10;
/** Seconds between two attempts for the sake of a key that is not in the set. */
const SEARCH_PAUSE = 60;

/** What reads key sets. */
export interface KeySetSource {
  readonly fetcher: JwksFetcher;
  readonly factory: VerificationKeyFactory;
  readonly clock: Clock;
  /** Told once of every attempt that failed, for the log. */
  readonly onFailure: (cause: unknown) => void;
}

interface KeptKeys {
  readonly keys: readonly VerificationKey[];
  readonly readAt: number;
  readonly lifetime: number;
}

/** The keys at one URI as they were last read, and one attempt at a time to read them anew. */
export class RemoteKeySet {
  private kept: KeptKeys | undefined;
  private attemptedAt = Number.NEGATIVE_INFINITY;
  private searchedAt = Number.NEGATIVE_INFINITY;
  private attempt: Promise<readonly VerificationKey[] | undefined> | undefined;

  constructor(
    private readonly uri: string,
    private readonly source: KeySetSource,
  ) {}

  /** The keys while they are fresh, else as they are read now, else the last good ones; rejects without any. */
  async keys(): Promise<readonly VerificationKey[]> {
    const { kept } = this;
    if (kept && this.since(kept.readAt) < kept.lifetime) return kept.keys;
    const keys = (await this.readAfter(RETRY_PAUSE)) ?? this.lastGood();
    if (!keys) throw new Error('The keys of the client could not be fetched.');
    return keys;
  }

  /** The keys as they are read now; undefined if they were searched less than a minute ago, or cannot be read. */
  async refreshed(): Promise<readonly VerificationKey[] | undefined> {
    if (!this.attempt) {
      if (this.since(this.searchedAt) < SEARCH_PAUSE) return undefined;
      this.searchedAt = this.source.clock.now();
    }
    return this.readAfter(0);
  }

  /** Joins the attempt that is under way, or starts one if the last is so many seconds ago. */
  private async readAfter(pause: number): Promise<readonly VerificationKey[] | undefined> {
    if (!this.attempt && this.since(this.attemptedAt) >= pause) {
      this.attempt = this.read().finally(() => {
        this.attempt = undefined;
      });
    }
    return this.attempt;
  }

  private async read(): Promise<readonly VerificationKey[] | undefined> {
    const { fetcher, factory, clock, onFailure } = this.source;
    const readAt = clock.now();
    this.attemptedAt = readAt;
    try {
      const { body, cacheControl } = await fetcher.fetch(new URL(this.uri));
      const keys = await parseKeySet(body, factory);
      this.kept = { keys, readAt, lifetime: keySetLifetime(cacheControl) };
      return keys;
    } catch (cause) {
      onFailure(cause);
      return undefined;
    }
  }

  private lastGood(): readonly VerificationKey[] | undefined {
    const { kept } = this;
    if (!kept) return undefined;
    const now = this.source.clock.now();
    // After a step back of the clock the grace begins anew, lest it last for as long as the step was.
    if (now < kept.readAt) this.kept = { ...kept, readAt: now - kept.lifetime };
    else if (now - kept.readAt >= kept.lifetime + GRACE) this.kept = undefined;
    return this.kept?.keys;
  }

  /** Seconds since then; without end when the clock has been put back behind it. */
  private since(time: number): number {
    const age = this.source.clock.now() - time;
    return age < 0 ? Number.POSITIVE_INFINITY : age;
  }
}
