/** The one source of time. Tests put their own here; the kit never reads `Date` elsewhere. */
export abstract class Clock {
  /** Seconds since 1970, a whole number (RFC 7519 §2, NumericDate). */
  abstract now(): number;
}

export class SystemClock extends Clock {
  now(): number {
    return Math.floor(Date.now() / 1000);
  }
}
