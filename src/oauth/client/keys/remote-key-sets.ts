import type { Clock } from '../../clock.js';
import { RecentlyUsed } from '../../recently-used.js';
import type { JwksFetcher } from './jwks-fetcher.js';
import type { KeyLoader } from './key-set.js';
import { RemoteKeySet, type KeySetSource } from './remote-key-set.js';

const MOST_SETS = 1_000;
const GRACE = 3_600;
/** Seconds. Strangers choose which keys are searched. */
const SEARCH_PAUSE = 60;

export interface RemoteKeySetOptions<K> {
  /** Seconds for which a set is used beyond its freshness while it cannot be read. Default: 3600. */
  readonly grace?: number;
  /** Whether nobody waits for a set that could not be read before, while the last good one will do. Default: false. */
  readonly impatient?: boolean;
  /** Seconds between two attempts for the sake of a key that is not in the set. Default: 60. */
  readonly searchPause?: number;
  /** Whether a set has what it is needed for; one that has not counts as one that could not be read. Default: any has. */
  readonly isUseful?: (keys: readonly K[]) => boolean;
}

/** Key sets of others, by the URI at which they stand. The one used longest ago makes room. */
export class RemoteKeySets<K> {
  private readonly sets = new RecentlyUsed<RemoteKeySet<K>>(MOST_SETS);
  private readonly source: KeySetSource<K>;

  constructor(
    fetcher: JwksFetcher,
    loader: KeyLoader<K>,
    clock: Clock,
    onFailure: (cause: unknown) => void,
    options: RemoteKeySetOptions<K> = {},
  ) {
    const { grace = GRACE, searchPause = SEARCH_PAUSE, impatient = false, isUseful = () => true } = options;
    this.source = { fetcher, loader, clock, onFailure, grace, searchPause, impatient, isUseful };
  }

  /**
   * The keys at this URI, at most an hour old, and older by the grace where it cannot be reached. Rejects when there are
   * none to be had.
   */
  keys(uri: string): Promise<readonly K[]> {
    return this.used(uri).keys();
  }

  /**
   * For a signature that no key of the set fits: the keys as they are now. Undefined if they were read for such a reason
   * less than a minute ago, so that signatures of strangers cause no more than one a minute, or if they cannot be read.
   */
  refreshed(uri: string): Promise<readonly K[] | undefined> {
    return this.used(uri).refreshed();
  }

  private used(uri: string): RemoteKeySet<K> {
    const known = this.sets.get(uri);
    if (known) return known;
    const set = new RemoteKeySet(uri, this.source);
    this.sets.set(uri, set);
    return set;
  }
}
