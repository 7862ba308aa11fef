import type { Client } from '../oauth/client/client.js';
import { ClientStore } from '../oauth/client/client.store.js';
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

  async delete(id: string): Promise<boolean> {
    return this.clients.delete(id);
  }

  async list({ after, limit }: { readonly after?: string; readonly limit: number }): Promise<Client[]> {
    return [...this.clients.values()]
      .filter(({ id }) => after === undefined || id > after)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit)
      .map(copy);
  }
}
