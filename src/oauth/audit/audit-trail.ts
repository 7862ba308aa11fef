import type { Clock } from '../clock.js';
import type { OauthEvent } from '../events/oauth-event.js';
import { reach } from '../store-failure.js';
import { AuditEntries } from './audit-entry.js';
import { AuditLosses } from './audit-losses.js';
import { AuditQueue } from './audit-queue.js';
import type { AuditLog } from './audit.log.js';

const MOST_AT_ONCE = 500;
/** A log that does not answer must not be waited for again and again. */
const MOST_FAILURES = 3;

/** Gets what could not be written. */
export interface AuditFailures {
  /** Of an event that somebody has waited for. */
  one(cause: unknown, event: OauthEvent): void;
  /** Of many: of those that nobody waits for told once a minute at most. */
  many(lost: number, cause: unknown): void;
}

/** Writes events into the audit log. */
export class AuditTrail {
  private readonly entries = new AuditEntries();
  private readonly queue: AuditQueue | undefined;

  constructor(
    /** Missing: the host keeps none. */
    private readonly log: AuditLog | undefined,
    clock: Clock,
    private readonly failures: AuditFailures,
  ) {
    const losses = new AuditLosses(clock, (lost, cause) => failures.many(lost, cause));
    this.queue = log && new AuditQueue(log, losses);
  }

  /** Resolves when the entry is written, or cannot be. Never rejects. */
  async write(event: OauthEvent): Promise<void> {
    const { log } = this;
    if (!log) return;
    try {
      await this.append(log, [event]);
    } catch (cause) {
      this.failures.one(cause, event);
    }
  }

  /** The same for many, in their order. */
  async writeAll(events: readonly OauthEvent[]): Promise<void> {
    const { log } = this;
    if (!log) return;
    let failures = 0;
    let lost = 0;
    let cause: unknown;
    for (let start = 0; start < events.length; start += MOST_AT_ONCE) {
      const some = events.slice(start, start + MOST_AT_ONCE);
      try {
        if (failures < MOST_FAILURES) await this.append(log, some);
        else lost += some.length;
      } catch (failure) {
        failures++;
        lost += some.length;
        cause = failure;
      }
    }
    if (lost > 0) this.failures.many(lost, cause);
  }

  /** The same, some time soon and together with others: for what happens in requests. */
  gather(event: OauthEvent): void {
    const entry = this.queue && this.entries.of(event);
    if (entry) this.queue.add(entry);
  }

  /** Resolves when what was gathered is written, or these milliseconds are over. */
  async drain(milliseconds: number): Promise<void> {
    await this.queue?.drain(milliseconds);
  }

  private async append(log: AuditLog, events: readonly OauthEvent[]): Promise<void> {
    const entries = events.flatMap((event) => this.entries.of(event) ?? []);
    if (entries.length > 0) await reach(async () => log.append(entries));
  }
}
