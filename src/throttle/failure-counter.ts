import type { FailureCount } from '../oauth/client/authentication/failure-count.store.js';

/** Counts failures within a window, somewhere. */
export abstract class FailureCounter {
  /** One failure more under this key. */
  abstract count(key: string): Promise<FailureCount>;
}
