import type { Clock } from '../clock.js';
import type { OauthEvent } from '../events/oauth-event.js';
import { reach } from '../store-failure.js';
import { AuditEntries } from './audit-entry.js';
import { AuditLosses } from './audit-losses.js';
import { AuditQueue } from './audit-queue.js';
import type { AuditLog } from './audit.log.js';

/** Gets what could not be written. */
export interface AuditFailures {
  /** Of an event that somebody has waited for. */
  one(cause: unknown, event: OauthEvent): void;
  /** Of those that nobody waits for: told once a minute at most. */
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
      const entry = this.entries.of(event);
      if (entry) await reach(async () => log.append([entry]));
    } catch (cause) {
      this.failures.one(cause, event);
    }
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
}
