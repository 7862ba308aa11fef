import { createHash, randomUUID } from 'node:crypto';
import type { FailureKeys, FailureLimits } from '../../src/oauth/client/authentication/failure-throttle.js';
import { FlexibleFailureThrottle, type FailureCounts } from '../../src/throttle/flexible-failure-throttle.js';
import { ManualClock } from '../support/echo.js';

export const LIMITS: FailureLimits = { perClient: 3, perAddress: 7, window: 60 };

/** A throttle with what it reported. */
export interface Instance {
  readonly throttle: FlexibleFailureThrottle;
  readonly clock: ManualClock;
  readonly reports: unknown[];
}

export function instance(
  store: FailureCounts = 'memory',
  limits: Partial<FailureLimits> = {},
  clock = new ManualClock(),
): Instance {
  const reports: unknown[] = [];
  const report = (cause: unknown) => void reports.push(cause);
  const throttle = new FlexibleFailureThrottle({ ...LIMITS, ...limits }, store, clock, report);
  return { throttle, clock, reports };
}

/** Digests that no other test has. */
export function world(): (client: string, address: string) => Required<FailureKeys> {
  const salt = randomUUID();
  const digest = (text: string) => createHash('sha256').update(`${salt} ${text}`).digest('hex');
  return (client, address) => ({ client: digest(`${client} ${address}`), address: digest(address) });
}

/** How long the next attempt waits after each of so many failures, one after the other. */
export async function fail(
  throttle: FlexibleFailureThrottle,
  keys: FailureKeys,
  times: number,
): Promise<number[]> {
  const waits: number[] = [];
  for (let time = 0; time < times; time++) {
    await throttle.record(keys);
    waits.push(throttle.waitFor(keys));
  }
  return waits;
}

/** How long the next attempt waits after each of so many failures that are recorded at once. */
export async function failAtOnce(
  throttle: FlexibleFailureThrottle,
  keys: FailureKeys,
  times: number,
): Promise<number[]> {
  const recorded = Array.from({ length: times }, () => {
    const counted = throttle.record(keys);
    return { counted, wait: throttle.waitFor(keys) };
  });
  await Promise.all(recorded.map(({ counted }) => counted));
  return recorded.map(({ wait }) => wait);
}
