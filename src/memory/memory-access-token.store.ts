import { AccessTokenStore, type StoredAccessToken } from '../oauth/token/access-token.store.js';
import { compare } from './compare.js';
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

  async listOf(clientId: string, { after, limit }: { readonly after?: string; readonly limit: number }) {
    return [...this.tokens.values()]
      .filter((token) => token.clientId === clientId && (after === undefined || compare(token.id, after) > 0))
      .sort((a, b) => compare(a.id, b.id))
      .slice(0, limit)
      .map(copy);
  }

  async deleteOf(clientId: string, id: string): Promise<boolean> {
    const found = [...this.tokens.values()].filter((token) => token.clientId === clientId && token.id === id);
    for (const { digest } of found) this.tokens.delete(digest);
    return found.length > 0;
  }

  async deleteExpired(before: number): Promise<number> {
    const expired = [...this.tokens.values()].filter(({ expiresAt }) => expiresAt < before);
    for (const { digest } of expired) this.tokens.delete(digest);
    return expired.length;
  }
}
