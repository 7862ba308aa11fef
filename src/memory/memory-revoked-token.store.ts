import { RevokedTokenStore } from '../oauth/revocation/revoked-token.store.js';

export class MemoryRevokedTokenStore extends RevokedTokenStore {
  private readonly ends = new Map<string, number>();

  async insert(digest: string, expiresAt: number): Promise<void> {
    if (!this.ends.has(digest)) this.ends.set(digest, expiresAt);
  }

  async has(digest: string): Promise<boolean> {
    return this.ends.has(digest);
  }

  async deleteExpired(before: number): Promise<number> {
    const expired = [...this.ends].filter(([, expiresAt]) => expiresAt < before);
    for (const [digest] of expired) this.ends.delete(digest);
    return expired.length;
  }
}
