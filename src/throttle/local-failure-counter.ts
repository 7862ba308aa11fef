import type { FailureCount } from '../oauth/client/authentication/failure-count.store.js';
import type { Clock } from '../oauth/clock.js';
import { ExpiringKeys } from './expiring-keys.js';

const MOST_KEYS = 50_000;

/** Counts in this process, and at once: nothing is awaited between a failure and its count. */
export class LocalFailureCounter {
  private readonly counts = new Map<string, number>();
  private readonly windows: ExpiringKeys;

  constructor(
    private readonly window: number,
    private readonly clock: Clock,
    mostKeys = MOST_KEYS,
  ) {
    this.windows = new ExpiringKeys(mostKeys, clock, (key) => this.counts.delete(key));
  }

  /** One failure more under this key. */
  count(key: string): FailureCount {
    const left = this.windows.left(key);
    if (left === 0) this.windows.begin(key, this.window);
    const count = left === 0 ? 1 : (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    return { count, expiresAt: this.clock.now() + (left || this.window) };
  }
}
