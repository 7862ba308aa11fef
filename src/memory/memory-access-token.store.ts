import { AccessTokenStore, type StoredAccessToken } from '../oauth/token/access-token.store.js';
import { copy } from './copy.js';

export class MemoryAccessTokenStore extends AccessTokenStore {
  private readonly tokens = new Map<string, StoredAccessToken>();

  async insert(token: StoredAccessToken): Promise<void> {
    if (this.tokens.has(token.digest)) throw new Error('This access token is already stored.');
    this.tokens.set(token.digest, copy(token));
  }

  async find(digest: string): Promise<StoredAccessToken | undefined> {
    const token = this.tokens.get(digest);
    return token && copy(token);
  }

  async delete(digest: string): Promise<boolean> {
    return this.tokens.delete(digest);
  }

  async deleteExpired(before: number): Promise<number> {
    const expired = [...this.tokens.values()].filter(({ expiresAt }) => expiresAt < before);
    for (const { digest } of expired) this.tokens.delete(digest);
    return expired.length;
  }
}
