import { setImmediate, setTimeout } from 'node:timers/promises';
import { reach } from '../store-failure.js';
import type { AuditLosses } from './audit-losses.js';
import type { AuditEntry, AuditLog } from './audit.log.js';

const MOST_WAITING = 10_000;
const MOST_AT_ONCE = 500;
/** Appends that were given up and may still hold their entries in memory. */
const MOST_UNANSWERED = 10;

/**
 * Writes entries that nobody waits for. While some are written the next ones gather, up to a bound: strangers can cause as
 * many as they like, and neither the memory nor the requests may suffer from a log that is slow.
 */
export class AuditQueue {
  private readonly waiting: AuditEntry[] = [];
  private writing = false;
  private work = Promise.resolve();
  /** How many entries are in the append that is under way. */
  private underWay = 0;
  private unanswered = 0;
  private draining = false;

  constructor(
    private readonly log: AuditLog,
    private readonly losses: AuditLosses,
  ) {}

  add(entry: AuditEntry): void {
    if (this.waiting.length >= MOST_WAITING) {
      this.losses.add(1, new Error(`More than ${MOST_WAITING} entries wait to be written.`));
      return;
    }
    this.waiting.push(entry);
    this.start();
  }

  /** Resolves when all that waits is written, or these milliseconds are over: then it is lost. */
  async drain(milliseconds: number): Promise<void> {
    this.draining = true;
    this.start();
    const timer = new AbortController();
    const late = setTimeout(milliseconds, undefined, timer).catch(() => undefined);
    await Promise.race([this.work, late]);
    timer.abort();
    const left = this.waiting.splice(0).length + this.underWay;
    this.underWay = 0;
    if (left > 0) this.losses.add(left, new Error('They were not written before the process ended.'));
    this.losses.tell({ everything: true });
  }

  private start(): void {
    if (!this.writing) this.work = this.writeAll();
  }

  private async writeAll(): Promise<void> {
    this.writing = true;
    while (this.waiting.length > 0 && (this.draining || this.unanswered < MOST_UNANSWERED)) {
      // What comes in the same turn joins.
      await setImmediate();
      await this.write(this.waiting.splice(0, MOST_AT_ONCE));
      this.losses.tell();
    }
    this.writing = false;
  }

  private async write(entries: readonly AuditEntry[]): Promise<void> {
    this.underWay = entries.length;
    try {
      await reach(() => this.append(entries));
    } catch (cause) {
      this.losses.add(this.underWay, cause);
    }
    this.underWay = 0;
  }

  private async append(entries: readonly AuditEntry[]): Promise<void> {
    this.unanswered++;
    try {
      await this.log.append(entries);
    } finally {
      this.unanswered--;
      this.start();
    }
  }
}
