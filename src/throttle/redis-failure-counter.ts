import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { FailureCount } from '../oauth/client/authentication/failure-count.store.js';
import type { RedisClient } from '../oauth/client/authentication/failure-throttle.js';
import type { Clock } from '../oauth/clock.js';
import { FailureCounter } from './failure-counter.js';

const KEY_PREFIX = 'oauth-failures';

/** Counts in Redis, for all instances; the ends of the counts are Redis's to keep. */
export class RedisFailureCounter extends FailureCounter {
  private readonly limiter: RateLimiterRedis;

  constructor(
    client: RedisClient,
    window: number,
    private readonly clock: Clock,
  ) {
    super();
    this.limiter = new RateLimiterRedis({
      storeClient: client,
      useRedisPackage: !('defineCommand' in client),
      keyPrefix: KEY_PREFIX,
      points: 0,
      duration: window,
    });
  }

  async count(key: string): Promise<FailureCount> {
    const { consumedPoints, msBeforeNext } = await this.limiter.penalty(key);
    return { count: consumedPoints, expiresAt: this.clock.now() + Math.ceil(msBeforeNext / 1000) };
  }
}
