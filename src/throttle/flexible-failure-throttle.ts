import type { FailureCount, FailureCountStore } from '../oauth/client/authentication/failure-count.store.js';
import {
  FailureThrottle,
  type FailureKeys,
  type FailureLimits,
  type RedisClient,
} from '../oauth/client/authentication/failure-throttle.js';
import type { Clock } from '../oauth/clock.js';
import { ExpiringKeys } from './expiring-keys.js';
import { InsuredFailureCounter } from './insured-failure-counter.js';
import { LocalFailureCounter } from './local-failure-counter.js';
import { RedisFailureCounter } from './redis-failure-counter.js';
import { StoredFailureCounter } from './stored-failure-counter.js';

const MOST_BLOCKED = 10_000;

/** Where failures are counted: in this process alone, or as well in the store of the persistence or in Redis. */
export type FailureCounts = 'memory' | FailureCountStore | RedisClient;

/**
 * Counts every failure in this process, before anything is awaited: guesses sent at the same time meet the limit too.
 * A shared store counts it as well, in Redis by rate-limiter-flexible; neither count is added to the other. The failure
 * by which one of them reaches a limit blocks its key in this process until that count's window ends; other instances
 * block it at their next failure, as they find the limit reached.
 */
export class FlexibleFailureThrottle extends FailureThrottle {
  private readonly local: LocalFailureCounter;
  private readonly shared: InsuredFailureCounter | undefined;
  private readonly blocked: ExpiringKeys;

  /** Failures to count in the store are told to `onFailure`, once a minute at most; the local counts stand meanwhile. */
  constructor(
    private readonly limits: FailureLimits,
    store: FailureCounts,
    private readonly clock: Clock,
    onFailure: (cause: unknown) => void,
  ) {
    super();
    this.blocked = new ExpiringKeys(MOST_BLOCKED, clock);
    this.local = new LocalFailureCounter(limits.window, clock);
    this.shared = store === 'memory' ? undefined : sharedCounter(store, limits.window, clock, onFailure);
  }

  waitFor({ client, address }: FailureKeys): number {
    const ofClient = client === undefined ? 0 : this.blocked.left(client);
    return Math.max(ofClient, this.blocked.left(address));
  }

  async record({ client, address }: FailureKeys): Promise<void> {
    const { perClient, perAddress } = this.limits;
    await Promise.all([
      client === undefined ? undefined : this.count(client, perClient),
      this.count(address, perAddress),
    ]);
  }

  private async count(key: string, limit: number): Promise<void> {
    this.judge(key, limit, this.local.count(key));
    const shared = await this.shared?.count(key);
    if (shared) this.judge(key, limit, shared);
  }

  private judge(key: string, limit: number, { count, expiresAt }: FailureCount): void {
    if (count < limit) return;
    const left = Math.min(Math.max(expiresAt - this.clock.now(), 1), this.limits.window);
    // The longer block stands: a window that ends elsewhere, or an old answer, shortens none.
    if (left > this.blocked.left(key)) this.blocked.begin(key, left);
  }
}

function sharedCounter(
  store: FailureCountStore | RedisClient,
  window: number,
  clock: Clock,
  onFailure: (cause: unknown) => void,
): InsuredFailureCounter {
  const counter =
    'increment' in store
      ? new StoredFailureCounter(store, window, clock)
      : new RedisFailureCounter(store, window, clock);
  return new InsuredFailureCounter(counter, clock, onFailure);
}
