import { UsedIdentifierStore } from '../oauth/replay/used-identifier.store.js';

export class MemoryUsedIdentifierStore extends UsedIdentifierStore {
  private readonly ends = new Map<string, number>();

  async insert(digest: string, expiresAt: number): Promise<boolean> {
    if (this.ends.has(digest)) return false;
    this.ends.set(digest, expiresAt);
    return true;
  }

  async deleteExpired(before: number): Promise<number> {
    const expired = [...this.ends].filter(([, expiresAt]) => expiresAt < before);
    for (const [digest] of expired) this.ends.delete(digest);
    return expired.length;
  }
}
