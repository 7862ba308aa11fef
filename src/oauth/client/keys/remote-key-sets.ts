import type { Clock } from '../../clock.js';
import { RecentlyUsed } from '../../recently-used.js';
import type { JwksFetcher } from './jwks-fetcher.js';
import { RemoteKeySet, type KeySetSource } from './remote-key-set.js';
import type { VerificationKey, VerificationKeyFactory } from './verification-key.js';

const MOST_SETS = 1_000;

/** The key sets of all clients that have a `jwks_uri`. The one used longest ago makes room. */
export class RemoteKeySets {
  private readonly sets = new RecentlyUsed<RemoteKeySet>(MOST_SETS);
  private readonly source: KeySetSource;

  constructor(
    fetcher: JwksFetcher,
    factory: VerificationKeyFactory,
    clock: Clock,
    onFailure: (cause: unknown) => void,
  ) {
    this.source = { fetcher, factory, clock, onFailure };
  }

  /**
   * The keys at this URI, at most an hour old, or two where it cannot be reached. Rejects when there are none to be had.
   */
  keys(uri: string): Promise<readonly VerificationKey[]> {
    return this.used(uri).keys();
  }

  /**
   * For a signature that no key of the set fits: the keys as they are now. Undefined if they were read for such a reason
   * less than a minute ago, so that signatures of strangers cause no more than one a minute, or if they cannot be read.
   */
  refreshed(uri: string): Promise<readonly VerificationKey[] | undefined> {
    return this.used(uri).refreshed();
  }

  private used(uri: string): RemoteKeySet {
    const known = this.sets.get(uri);
    if (known) return known;
    const set = new RemoteKeySet(uri, this.source);
    this.sets.set(uri, set);
    return set;
  }
}
