import { RemoteDocument, type ReadDocument, type RemoteDocumentRules } from '../../http/remote-document.js';
import type { JwksFetcher } from './jwks-fetcher.js';
import { parseKeySet, type KeyLoader } from './key-set.js';

/** What reads key sets. */
export interface KeySetSource<K> extends RemoteDocumentRules {
  readonly fetcher: JwksFetcher;
  readonly loader: KeyLoader<K>;
  /** Seconds between two attempts for the sake of a key that is not in the set. */
  readonly searchPause: number;
  /** Whether a set has what it is needed for. */
  readonly isUseful: (keys: readonly K[]) => boolean;
}

/** The keys at one URI as they were last read. */
export class RemoteKeySet<K> {
  private readonly document: RemoteDocument<readonly K[]>;
  private searchedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly uri: string,
    private readonly source: KeySetSource<K>,
  ) {
    this.document = new RemoteDocument(() => readKeys(uri, source), source);
  }

  /** The keys, perhaps the last good ones where they cannot be read; rejects without any. */
  async keys(): Promise<readonly K[]> {
    const keys = await this.document.current();
    if (!keys) throw new Error(`The JWK Set at ${hostOf(this.uri)} could not be fetched.`);
    return keys;
  }

  /** The keys as they are read now; undefined if they were searched less than a minute ago, or cannot be read. */
  async refreshed(): Promise<readonly K[] | undefined> {
    if (!this.document.isBeingRead) {
      const now = this.source.clock.now();
      const age = now - this.searchedAt;
      if (age >= 0 && age < this.source.searchPause) return undefined;
      this.searchedAt = now;
    }
    return this.document.renewed();
  }
}

async function readKeys<K>(
  uri: string,
  { fetcher, loader, isUseful }: KeySetSource<K>,
): Promise<ReadDocument<readonly K[]>> {
  const { body, cacheControl } = await fetcher.fetch(new URL(uri));
  const value = await parseKeySet(body, loader);
  if (!isUseful(value)) throw new Error('The JWK Set has no key that can be used.');
  return { value, cacheControl };
}

/** All that a log needs to know. The rest of a URI can be somebody's secret. */
function hostOf(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).host : 'a URI that is none';
}
