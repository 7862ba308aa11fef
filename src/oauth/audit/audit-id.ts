import { randomId } from '../digest.js';

const COUNTER_END = 2 ** 32;

/** Ids of entries, which sort by the time and, of one process within a second, by the order in which they were made. */
export class AuditIds {
  private counter = 0;

  /** 10 hexadecimal characters of seconds, 8 of a counter, 14 at random, so that those of several instances differ. */
  next(at: number): string {
    const count = this.counter;
    this.counter = (count + 1) % COUNTER_END;
    return hexadecimal(at, 10) + hexadecimal(count, 8) + randomId(7);
  }
}

function hexadecimal(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
