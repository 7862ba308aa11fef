/** Counts failed authentications and says who has to wait. Keys are digests: nobody's id or address stands in them. */
export abstract class FailureThrottle {
  /** Seconds for which attempts under one of these keys are refused unseen; 0: they are not. Answers from memory. */
  abstract waitFor(keys: FailureKeys): number;
  /** Counts a failure under both keys: in this process at once, and wherever it is shared. Never rejects. */
  abstract record(keys: FailureKeys): Promise<void>;
}

export interface FailureKeys {
  /** Of this client from this address. Missing where the request names no client. */
  readonly client?: string;
  /** Of every client from this address. */
  readonly address: string;
}

/** Limits of {@link FailureThrottle}. */
export interface FailureLimits {
  /** Failures of one client from one address within the window. */
  readonly perClient: number;
  /** Failures from one address within the window. */
  readonly perAddress: number;
  /** Seconds, from the first failure. */
  readonly window: number;
}

/** The host's client of Redis: ioredis, or node-redis from version 4. The host connects and closes it. */
export type RedisClient = Ioredis | NodeRedis;

/** What the kit needs of ioredis. */
export interface Ioredis {
  defineCommand(name: string, definition: { lua: string; numberOfKeys?: number }): void;
}

/** What the kit needs of node-redis. */
export interface NodeRedis {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}
