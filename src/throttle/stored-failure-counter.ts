import type { FailureCount, FailureCountStore } from '../oauth/client/authentication/failure-count.store.js';
import type { Clock } from '../oauth/clock.js';
import { FailureCounter } from './failure-counter.js';

/** Counts in the store that the instances share. */
export class StoredFailureCounter extends FailureCounter {
  constructor(
    private readonly store: FailureCountStore,
    private readonly window: number,
    private readonly clock: Clock,
  ) {
    super();
  }

  async count(key: string): Promise<FailureCount> {
    const now = this.clock.now();
    return this.store.increment(key, now, now + this.window);
  }
}
