import type { FailureCountStore } from '../oauth/client/authentication/failure-count.store.js';
import {
  FailureThrottle,
  type FailureKeys,
  type FailureLimits,
  type RedisClient,
} from '../oauth/client/authentication/failure-throttle.js';
import type { Clock } from '../oauth/clock.js';
import { ExpiringKeys } from './expiring-keys.js';
import type { FailureCounter } from './failure-counter.js';
import { InsuredFailureCounter } from './insured-failure-counter.js';
import { MemoryFailureCounter } from './memory-failure-counter.js';
import { RedisFailureCounter } from './redis-failure-counter.js';
import { StoredFailureCounter } from './stored-failure-counter.js';

const MOST_BLOCKED = 10_000;

/** Where failures are counted: in this process, in the store of the persistence, or in Redis. */
export type FailureCounts = 'memory' | FailureCountStore | RedisClient;

/**
 * Counts with rate-limiter-flexible. The failure that reaches a limit blocks its key in this process until its window
 * ends; other instances block it at their next failure, as they find the limit reached.
 */
export class FlexibleFailureThrottle extends FailureThrottle {
  private readonly counter: FailureCounter;
  private readonly blocked: ExpiringKeys;

  /** Failures to count are told to `onFailure`, once a minute at most; they are counted in memory meanwhile. */
  constructor(
    private readonly limits: FailureLimits,
    store: FailureCounts,
    private readonly clock: Clock,
    onFailure: (cause: unknown) => void,
  ) {
    super();
    this.blocked = new ExpiringKeys(MOST_BLOCKED, clock);
    this.counter = counterOf(store, limits.window, clock, onFailure);
  }

  waitFor({ client, address }: FailureKeys): number {
    const ofClient = client === undefined ? 0 : this.blocked.left(client);
    return Math.max(ofClient, this.blocked.left(address));
  }

  async record(keys: FailureKeys): Promise<number> {
    const { perClient, perAddress } = this.limits;
    await Promise.all([
      keys.client === undefined ? undefined : this.count(keys.client, perClient),
      this.count(keys.address, perAddress),
    ]);
    return this.waitFor(keys);
  }

  private async count(key: string, limit: number): Promise<void> {
    const { count, expiresAt } = await this.counter.count(key);
    if (count < limit) return;
    const left = expiresAt - this.clock.now();
    this.blocked.begin(key, Math.min(Math.max(left, 1), this.limits.window));
  }
}

function counterOf(
  store: FailureCounts,
  window: number,
  clock: Clock,
  onFailure: (cause: unknown) => void,
): FailureCounter {
  const memory = new MemoryFailureCounter(window, clock);
  if (store === 'memory') return memory;
  const shared =
    'increment' in store
      ? new StoredFailureCounter(store, window, clock)
      : new RedisFailureCounter(store, window, clock);
  return new InsuredFailureCounter(shared, memory, clock, onFailure);
}
