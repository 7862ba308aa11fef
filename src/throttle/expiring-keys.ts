import type { Clock } from '../oauth/clock.js';

/** Part of the oldest that goes at once: a Map gets slow where its first key is dropped for every new one. */
const ROOM = 0.01;

/** Seconds since 1970. */
interface Span {
  readonly since: number;
  readonly until: number;
}

/**
 * Keys that stand for some seconds each, and at most so many of them: those that have ended make room first, then the
 * oldest. A clock that was set back to before a key began ends it, so none stands until that time comes round again.
 */
export class ExpiringKeys {
  private readonly spans = new Map<string, Span>();
  private swept: number | undefined;

  constructor(
    private readonly most: number,
    private readonly clock: Clock,
    private readonly dropped: (key: string) => void = () => {},
  ) {}

  get size(): number {
    return this.spans.size;
  }

  /** Seconds for which this key still stands; 0: it does not. */
  left(key: string): number {
    const span = this.spans.get(key);
    return span ? remaining(span, this.clock.now()) : 0;
  }

  /** This key stands from now on for so long. */
  begin(key: string, seconds: number): void {
    const now = this.clock.now();
    this.spans.delete(key);
    if (this.spans.size >= this.most) this.makeRoom(now);
    this.spans.set(key, { since: now, until: now + seconds });
  }

  private makeRoom(now: number): void {
    if (this.swept !== now) this.sweep(now);
    if (this.spans.size < this.most) return;
    let places = Math.ceil(this.most * ROOM);
    for (const key of this.spans.keys()) {
      this.drop(key);
      if (--places === 0) return;
    }
  }

  /** Looks through all of them, hence once a second at most. */
  private sweep(now: number): void {
    this.swept = now;
    for (const [key, span] of this.spans) {
      if (remaining(span, now) === 0) this.drop(key);
    }
  }

  private drop(key: string): void {
    this.spans.delete(key);
    this.dropped(key);
  }
}

function remaining({ since, until }: Span, now: number): number {
  return now < since ? 0 : Math.max(until - now, 0);
}
