import { isWanted, sortKey, type ClientPage, type ClientPosition } from '../oauth/client/client-page.js';
import type { Client } from '../oauth/client/client.js';
import { ClientStore, type ClientWrite } from '../oauth/client/client.store.js';
import { compare } from './compare.js';
import { copy } from './copy.js';

export type StoredClients = Map<string, Client>;

export class MemoryClientStore extends ClientStore {
  constructor(private readonly clients: StoredClients) {
    super();
  }

  async find(id: string): Promise<Client | undefined> {
    const client = this.clients.get(id);
    return client && copy(client);
  }

  async create(client: Client): Promise<boolean> {
    if (this.clients.has(client.id)) return false;
    this.clients.set(client.id, copy(client));
    return true;
  }

  async update(client: Client, revision: number): Promise<boolean> {
    const stored = this.clients.get(client.id);
    if (stored?.revision !== revision) return false;
    this.clients.set(client.id, copy({ ...client, revision: revision + 1, secrets: stored.secrets }));
    return true;
  }

  async delete(id: string, revision?: number): Promise<boolean> {
    if (revision !== undefined && this.clients.get(id)?.revision !== revision) return false;
    return this.clients.delete(id);
  }

  async list({ limit, order = 'id', descending, after, filter = {} }: ClientPage): Promise<Client[]> {
    const direction = descending ? -1 : 1;
    return [...this.clients.values()]
      .filter((client) => isWanted(client, filter))
      .map((client) => ({ client, position: { key: sortKey(client, order), id: client.id } }))
      .filter(({ position }) => after === undefined || direction * inOrder(position, after) > 0)
      .sort((a, b) => direction * inOrder(a.position, b.position))
      .slice(0, limit)
      .map(({ client }) => copy(client));
  }

  async writeAll(writes: readonly ClientWrite[]): Promise<string | undefined> {
    const ids = new Set<string>();
    for (const { client, revision } of writes) {
      if (ids.has(client.id) || this.clients.get(client.id)?.revision !== revision) return client.id;
      ids.add(client.id);
    }
    // All of it is made before any of it is stored.
    const made = writes.map((write) => this.written(write));
    for (const client of made) this.clients.set(client.id, client);
    return undefined;
  }

  private written({ client, revision }: ClientWrite): Client {
    if (revision === undefined) return copy(client);
    const stored = this.clients.get(client.id)?.secrets ?? [];
    const missing = client.secrets.filter(({ id }) => !stored.some((secret) => secret.id === id));
    return copy({ ...client, revision: revision + 1, secrets: [...stored, ...missing] });
  }
}

function inOrder(a: ClientPosition, b: ClientPosition): number {
  return compare(a.key, b.key) || compare(a.id, b.id);
}
