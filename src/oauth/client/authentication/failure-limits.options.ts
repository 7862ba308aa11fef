import type { FailureLimitOptions, OauthOptions } from '../../oauth.options.js';
import { check, wholeNumber } from '../../option-checks.js';
import type { FailureLimits } from './failure-throttle.js';

export interface FailureConfiguration extends FailureLimits {
  readonly store: NonNullable<FailureLimitOptions['store']>;
}

/** `undefined` where the host has switched the limits off. @throws ConfigurationError */
export function resolveFailureLimits(
  given: OauthOptions['failureLimits'] = {},
): FailureConfiguration | undefined {
  if (given === false) return undefined;
  check(typeof given === 'object' && given !== null, 'failureLimits', given, 'an object, or false');
  const { store = 'memory' } = given;
  const wants = 'memory, database, or { redis: a client of ioredis or node-redis }';
  const got = typeof store === 'string' ? 'another text' : 'no client of Redis';
  check(store === 'memory' || store === 'database' || isRedis(store), 'failureLimits.store', got, wants);
  const number = (
    name: 'perClient' | 'perAddress' | 'window',
    most: number,
    standard: number,
    unit: string,
  ) => wholeNumber(`failureLimits.${name}`, given[name], { least: 1, most, default: standard }, unit);
  return {
    perClient: number('perClient', 10_000, 100, 'failures'),
    perAddress: number('perAddress', 100_000, 1000, 'failures'),
    window: number('window', 86_400, 60, 'seconds'),
    store,
  };
}

/** By what the counting calls: a configuration in place of a client would only be noticed at the first failure. */
function isRedis(store: unknown): boolean {
  if (typeof store !== 'object' || store === null || !('redis' in store)) return false;
  const { redis } = store;
  if (typeof redis !== 'object' || redis === null) return false;
  return (
    ('defineCommand' in redis && typeof redis.defineCommand === 'function') ||
    ('eval' in redis && typeof redis.eval === 'function')
  );
}
