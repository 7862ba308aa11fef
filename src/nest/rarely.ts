import type { Clock } from '../oauth/clock.js';

/** Seconds. */
const PAUSE = 10;

/**
 * Reports the first of many failures at once, and the next one when ten seconds are over: every stranger can cause as many
 * as he likes.
 */
export function rarely(clock: Clock, report: (cause: unknown) => void): (cause: unknown) => void {
  let reportedAt = Number.NEGATIVE_INFINITY;
  return (cause) => {
    const age = clock.now() - reportedAt;
    if (age >= 0 && age < PAUSE) return;
    reportedAt = clock.now();
    report(cause);
  };
}
