import { JwksFetcher, type FetchedJwks } from '../oauth/client/keys/jwks-fetcher.js';
import { AddressPolicy, type GuardedFetchOptions } from './address-policy.js';
import { connected } from './connection.js';
import { Deadline } from './deadline.js';
import { exchange } from './exchange.js';
import { Limit } from './limit.js';
import { failedFetch } from './refusal.js';
import { checkedAddresses, systemResolve, targetOf, type Resolve } from './target.js';

const FETCHES = new Limit({ running: 32, perKey: 8, waiting: 500 }, 'fetches');
/**
 * Apart, since a lookup cannot be ended: it may outlive the fetch it was for. Node resolves two names at a time for the
 * whole process, with the usual four threads.
 */
const LOOKUPS = new Limit({ running: 2, perKey: 1, waiting: 500 }, 'lookups');

/** What tests replace. */
export interface GuardedFetchParts {
  readonly resolve?: Resolve;
  /** For the whole of a fetch. Default: 5000. */
  readonly milliseconds?: number;
}

/**
 * Fetches what a stranger's URL names and lets the stranger reach nothing by it: https with a certificate that is valid,
 * to hosts all of whose addresses are public or allowed by name, straight to the addresses that were checked, with no
 * redirect followed, and within 64 KiB and 5 seconds.
 */
export class GuardedJwksFetcher extends JwksFetcher {
  private readonly policy: AddressPolicy;
  private readonly resolve: Resolve;
  private readonly milliseconds: number;

  constructor(options: GuardedFetchOptions, parts: GuardedFetchParts = {}) {
    super();
    this.policy = new AddressPolicy(options);
    this.resolve = parts.resolve ?? systemResolve;
    this.milliseconds = parts.milliseconds ?? 5_000;
  }

  async fetch(uri: URL): Promise<FetchedJwks> {
    try {
      return await FETCHES.run(uri.host, () => this.fetchInTime(uri));
    } catch (cause) {
      throw failedFetch(uri, cause);
    }
  }

  private async fetchInTime(uri: URL): Promise<FetchedJwks> {
    const target = targetOf(uri);
    const deadline = new Deadline(this.milliseconds);
    try {
      const resolve: Resolve = (host) =>
        LOOKUPS.run(host, async () => (deadline.isOver ? [] : this.resolve(host)));
      const addresses = await deadline.before(checkedAddresses(target, this.policy, resolve));
      return await connected(target, addresses, this.policy, deadline, (channel) => exchange(uri, channel));
    } finally {
      deadline.clear();
    }
  }
}
