import { AuditStore, type AuditEntry, type AuditFilter } from '../oauth/audit/audit.log.js';
import { compare } from './compare.js';
import { copy } from './copy.js';

interface AuditPage {
  readonly filter?: AuditFilter;
  readonly before?: string;
  readonly limit: number;
}

export class MemoryAuditStore extends AuditStore {
  private readonly entries = new Map<string, AuditEntry>();

  async append(entries: readonly AuditEntry[]): Promise<void> {
    const ids = new Set(entries.map(({ id }) => id));
    if (ids.size < entries.length || entries.some(({ id }) => this.entries.has(id))) {
      throw new Error('This audit entry is already stored.');
    }
    for (const entry of entries.map(copy)) this.entries.set(entry.id, entry);
  }

  async list({ filter = {}, before, limit }: AuditPage): Promise<AuditEntry[]> {
    return [...this.entries.values()]
      .filter((entry) => isWanted(entry, filter) && (before === undefined || compare(entry.id, before) < 0))
      .sort((a, b) => compare(b.id, a.id))
      .slice(0, limit)
      .map(copy);
  }

  async deleteBefore(at: number): Promise<number> {
    const old = [...this.entries.values()].filter((entry) => entry.at < at);
    for (const { id } of old) this.entries.delete(id);
    return old.length;
  }
}

function isWanted(entry: AuditEntry, { type, actor, subject, since, until }: AuditFilter): boolean {
  return (
    (type === undefined || entry.type === type) &&
    (actor === undefined || entry.actor === actor) &&
    (subject === undefined || entry.subject === subject) &&
    (since === undefined || entry.at >= since) &&
    (until === undefined || entry.at <= until)
  );
}
