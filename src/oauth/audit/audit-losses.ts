import type { Clock } from '../clock.js';

/** Seconds. */
const PAUSE = 60;

/** Tells how many entries were lost: at once for the first, then once a minute at most, however many there are. */
export class AuditLosses {
  private lost = 0;
  private cause: unknown;
  private toldAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly report: (lost: number, cause: unknown) => void,
  ) {}

  add(lost: number, cause: unknown): void {
    this.lost += lost;
    this.cause = cause;
    this.tell();
  }

  /** What is due; everything where the process ends. */
  tell({ everything = false } = {}): void {
    const age = this.clock.now() - this.toldAt;
    if (this.lost === 0 || (!everything && age >= 0 && age < PAUSE)) return;
    const { lost, cause } = this;
    this.lost = 0;
    this.toldAt = this.clock.now();
    this.report(lost, cause);
  }
}
