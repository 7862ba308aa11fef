import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { FailureCount } from '../oauth/client/authentication/failure-count.store.js';
import type { Clock } from '../oauth/clock.js';
import { ExpiringKeys } from './expiring-keys.js';
import { FailureCounter } from './failure-counter.js';

const MOST_KEYS = 50_000;
/** To the limiter a count has no end: its own ends take a timer for every key, and know neither the clock nor a bound. */
const NO_END = 0;

/** Counts in this process alone. */
export class MemoryFailureCounter extends FailureCounter {
  private readonly limiter = new RateLimiterMemory({ points: 0, duration: NO_END });
  private readonly windows: ExpiringKeys;

  constructor(
    private readonly window: number,
    private readonly clock: Clock,
    mostKeys = MOST_KEYS,
  ) {
    super();
    this.windows = new ExpiringKeys(mostKeys, clock, (key) => void this.limiter.delete(key));
  }

  async count(key: string): Promise<FailureCount> {
    const left = this.windows.left(key);
    if (left === 0) this.windows.begin(key, this.window);
    const expiresAt = this.clock.now() + (left || this.window);
    const { consumedPoints } = await (left === 0
      ? this.limiter.set(key, 1, NO_END)
      : this.limiter.penalty(key));
    return { count: consumedPoints, expiresAt };
  }
}
