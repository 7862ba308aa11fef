import { FailureCountStore, type FailureCount } from '../oauth/client/authentication/failure-count.store.js';
import { copy } from './copy.js';

export class MemoryFailureCountStore extends FailureCountStore {
  private readonly counts = new Map<string, FailureCount>();

  async increment(key: string, now: number, expiresAt: number): Promise<FailureCount> {
    const before = this.counts.get(key);
    const goesOn = before !== undefined && before.expiresAt > now;
    const after = goesOn ? { ...before, count: before.count + 1 } : { count: 1, expiresAt };
    this.counts.set(key, after);
    return copy(after);
  }

  async deleteExpired(before: number): Promise<number> {
    const expired = [...this.counts].filter(([, { expiresAt }]) => expiresAt < before);
    for (const [key] of expired) this.counts.delete(key);
    return expired.length;
  }
}
