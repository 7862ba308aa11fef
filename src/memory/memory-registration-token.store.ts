import {
  RegistrationTokenStore,
  type StoredRegistrationToken,
} from '../oauth/registration/registration-token.store.js';
import { compare } from './compare.js';
import { copy } from './copy.js';

export class MemoryRegistrationTokenStore extends RegistrationTokenStore {
  private readonly tokens = new Map<string, StoredRegistrationToken>();

  async insert(token: StoredRegistrationToken): Promise<void> {
    if (this.tokens.has(token.id) || this.byDigest(token.digest)) {
      throw new Error('This registration token is already stored.');
    }
    this.tokens.set(token.id, copy(token));
  }

  async find(digest: string): Promise<StoredRegistrationToken | undefined> {
    const token = this.byDigest(digest);
    return token && copy(token);
  }

  async list({ after, limit }: { readonly after?: string; readonly limit: number }) {
    return [...this.tokens.values()]
      .filter(({ id }) => after === undefined || compare(id, after) > 0)
      .sort((a, b) => compare(a.id, b.id))
      .slice(0, limit)
      .map(copy);
  }

  async hasLive(now: number): Promise<boolean> {
    return [...this.tokens.values()].some((token) => isLive(token, now));
  }

  async use(id: string, now: number): Promise<boolean> {
    const token = this.tokens.get(id);
    if (!token || !isLive(token, now)) return false;
    this.tokens.set(id, { ...token, uses: token.uses + 1 });
    return true;
  }

  async giveBack(id: string): Promise<void> {
    const token = this.tokens.get(id);
    if (token && token.uses > 0) this.tokens.set(id, { ...token, uses: token.uses - 1 });
  }

  async delete(id: string): Promise<boolean> {
    return this.tokens.delete(id);
  }

  async deleteExpired(before: number): Promise<number> {
    const expired = [...this.tokens.values()].filter(({ expiresAt = Infinity }) => expiresAt < before);
    for (const { id } of expired) this.tokens.delete(id);
    return expired.length;
  }

  private byDigest(digest: string): StoredRegistrationToken | undefined {
    return [...this.tokens.values()].find((token) => token.digest === digest);
  }
}

function isLive(token: StoredRegistrationToken, now: number): boolean {
  const { expiresAt = Infinity, mostUses = Infinity, uses } = token;
  return expiresAt > now && uses < mostUses;
}
