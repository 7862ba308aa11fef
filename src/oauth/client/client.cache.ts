import type { Clock } from '../clock.js';
import { RecentlyUsed } from '../recently-used.js';
import type { Client } from './client.js';
import type { ClientStore } from './client.store.js';

const MOST_ENTRIES = 10_000;

interface Entry {
  readonly client: Client;
  readonly until: number;
}

/** Keeps clients for a while, and must hear of changes that are made through this instance. */
export interface ClientKeeper {
  forget(id: string): void;
}

/**
 * Clients on the token endpoint's path, kept for a few seconds: `clientCacheLifetime`. A client that was not
 * found is never kept, so a new one works everywhere at once.
 */
export class ClientCache implements ClientKeeper {
  private readonly entries = new RecentlyUsed<Entry>(MOST_ENTRIES);
  /** Counts the changes made here: what was read before one of them is not kept after it. */
  private changes = 0;

  constructor(
    private readonly store: ClientStore,
    private readonly lifetime: number,
    private readonly clock: Clock,
  ) {}

  /** The client as it was read at most `lifetime` seconds ago, and whether it came from the cache. */
  async find(id: string): Promise<{ client: Client | undefined; cached: boolean }> {
    const entry = this.entries.get(id);
    const now = this.clock.now();
    if (entry && now < entry.until && entry.until - now <= this.lifetime) {
      return { client: entry.client, cached: true };
    }
    return { client: await this.refresh(id), cached: false };
  }

  /** Reads the client anew. */
  async refresh(id: string): Promise<Client | undefined> {
    const { changes } = this;
    const client = await this.store.find(id);
    this.entries.delete(id);
    if (client && this.lifetime > 0 && changes === this.changes) {
      this.entries.set(id, { client, until: this.clock.now() + this.lifetime });
    }
    return client;
  }

  /** A change made through this instance is seen at once. */
  forget(id: string): void {
    this.changes++;
    this.entries.delete(id);
  }
}

/** Whether two readings of a client agree about what authenticates it, so that a second verification would find nothing else. */
export function sameCredentials(a: Client | undefined, b: Client | undefined): boolean {
  if (!a || !b) return a === b;
  const kept = ({ secrets }: Client) =>
    secrets
      .map(({ id, digest, encrypted, expiresAt }) => [id, digest, encrypted, expiresAt].join(' '))
      .sort();
  const same = a.revision === b.revision && a.tokenSeries === b.tokenSeries;
  return same && kept(a).join() === kept(b).join();
}
