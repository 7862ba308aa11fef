import type { Clock } from '../clock.js';
import { freshnessLifetime } from './cache-control.js';

/** Seconds between two attempts to read a document that is needed. */
const RETRY_PAUSE = 10;
const PATIENCE_MILLISECONDS = 1000;

/** What was read, and the `Cache-Control` header that it came with. */
export interface ReadDocument<T> {
  readonly value: T;
  readonly cacheControl: string | undefined;
}

export interface RemoteDocumentRules {
  readonly clock: Clock;
  /** Seconds for which it is used beyond its freshness while it cannot be read. */
  readonly grace: number;
  /**
   * Whether nobody waits for an attempt for more than a second, and not at all once the last was in vain, as long as the
   * last good one will do: for what a whole service depends on. Else a withdrawal is seen as soon as it can be read.
   */
  readonly impatient: boolean;
  /** Told once of every attempt that failed, for the log. Must not throw. */
  readonly onFailure: (cause: unknown) => void;
}

interface Kept<T> {
  readonly value: T;
  readonly readAt: number;
  readonly lifetime: number;
}

/** A document elsewhere as it was last read, and one attempt at a time to read it anew. */
export class RemoteDocument<T> {
  private kept: Kept<T> | undefined;
  private attemptedAt = Number.NEGATIVE_INFINITY;
  private attempt: Promise<T | undefined> | undefined;
  /** Over when the attempt under way has lasted for long enough. */
  private patience: Promise<undefined> | undefined;
  /** Whether the last attempt that has ended was in vain. */
  private failing = false;

  constructor(
    private readonly read: () => Promise<ReadDocument<T>>,
    private readonly rules: RemoteDocumentRules,
  ) {}

  /** The document while it is fresh, else as it is read now, else the last good one; undefined without any. */
  async current(): Promise<T | undefined> {
    const { kept } = this;
    if (kept && this.since(kept.readAt) < kept.lifetime) return kept.value;
    const attempt = this.readAfter(RETRY_PAUSE);
    const enough = this.rules.impatient ? this.lastGood() : undefined;
    if (enough === undefined) return (await attempt) ?? this.lastGood();
    return this.failing ? enough : ((await Promise.race([attempt, this.patience])) ?? enough);
  }

  /** The document as it is read now; undefined when it cannot be read. */
  renewed(): Promise<T | undefined> {
    return this.readAfter(0);
  }

  /** Whether an attempt is under way, which `renewed` would join. */
  get isBeingRead(): boolean {
    return this.attempt !== undefined;
  }

  /** Joins the attempt that is under way, or starts one if the last is so many seconds ago. */
  private async readAfter(pause: number): Promise<T | undefined> {
    if (!this.attempt && this.since(this.attemptedAt) >= pause) {
      this.patience = patience();
      this.attempt = this.attemptNow().finally(() => {
        this.attempt = undefined;
      });
    }
    return this.attempt;
  }

  private async attemptNow(): Promise<T | undefined> {
    const readAt = this.rules.clock.now();
    this.attemptedAt = readAt;
    try {
      const { value, cacheControl } = await this.read();
      this.kept = { value, readAt, lifetime: freshnessLifetime(cacheControl) };
      this.failing = false;
      return value;
    } catch (cause) {
      this.failing = true;
      this.rules.onFailure(cause);
      return undefined;
    }
  }

  private lastGood(): T | undefined {
    const { kept } = this;
    if (!kept) return undefined;
    const now = this.rules.clock.now();
    // After a step back of the clock the grace begins anew, lest it last for as long as the step was.
    if (now < kept.readAt) this.kept = { ...kept, readAt: now - kept.lifetime };
    else if (now - kept.readAt >= kept.lifetime + this.rules.grace) this.kept = undefined;
    return this.kept?.value;
  }

  /** Seconds since then; without end when the clock has been put back behind it. */
  private since(time: number): number {
    const age = this.rules.clock.now() - time;
    return age < 0 ? Number.POSITIVE_INFINITY : age;
  }
}

/** What the requests of a service can wait without anybody noticing an outage. */
function patience(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), PATIENCE_MILLISECONDS).unref());
}
