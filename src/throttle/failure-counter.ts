import type { FailureCount } from '../oauth/client/authentication/failure-count.store.js';

/** Counts failures within a window, for all instances. */
export abstract class FailureCounter {
  /** One failure more under this key. */
  abstract count(key: string): Promise<FailureCount>;
}
