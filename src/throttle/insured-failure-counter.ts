import type { FailureCount } from '../oauth/client/authentication/failure-count.store.js';
import type { Clock } from '../oauth/clock.js';
import type { FailureCounter } from './failure-counter.js';
import { ExpiringKeys } from './expiring-keys.js';

/** Somebody waits for the answer, and a client of Redis that is cut off says nothing at all. */
const ANSWER_WITHIN_MILLISECONDS = 1000;
/** Seconds for which a counter that has failed is left alone. */
const REST = 5;
/** Seconds between two reports. */
const REPORT_EVERY = 60;

/** A counter that may fail or not answer: nobody waits for it for long, and it is left alone for a while then. */
export class InsuredFailureCounter {
  private readonly pauses: ExpiringKeys;

  constructor(
    private readonly counter: FailureCounter,
    clock: Clock,
    private readonly onFailure: (cause: unknown) => void,
  ) {
    this.pauses = new ExpiringKeys(2, clock);
  }

  /** One failure more under this key; undefined where it could not be counted. Never rejects. */
  async count(key: string): Promise<FailureCount | undefined> {
    if (this.pauses.left('counter') > 0) return undefined;
    try {
      return await inTime(this.counter.count(key));
    } catch (cause) {
      this.pause(cause);
      return undefined;
    }
  }

  private pause(cause: unknown): void {
    this.pauses.begin('counter', REST);
    if (this.pauses.left('report') > 0) return;
    this.pauses.begin('report', REPORT_EVERY);
    this.report(cause);
  }

  private report(cause: unknown): void {
    try {
      this.onFailure(cause);
    } catch {
      // Who has to wait does not depend on whether it can be reported.
    }
  }
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const refuse = () => reject(new Error('The failures could not be counted in time.'));
    timer = setTimeout(refuse, ANSWER_WITHIN_MILLISECONDS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
