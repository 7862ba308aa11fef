import { ResourceServerStore, type StoredResourceServer } from '../oauth/resource/resource-server.store.js';
import { compare } from './compare.js';
import { copy } from './copy.js';

export class MemoryResourceServerStore extends ResourceServerStore {
  private readonly servers = new Map<string, StoredResourceServer>();

  async all(): Promise<StoredResourceServer[]> {
    return [...this.servers.values()].sort((a, b) => compare(a.identifier, b.identifier)).map(copy);
  }

  async create(server: StoredResourceServer): Promise<boolean> {
    if (this.servers.has(server.identifier)) return false;
    this.servers.set(server.identifier, copy(server));
    return true;
  }

  async update(server: StoredResourceServer, revision: number): Promise<boolean> {
    if (this.servers.get(server.identifier)?.revision !== revision) return false;
    this.servers.set(server.identifier, copy({ ...server, revision: revision + 1 }));
    return true;
  }

  async delete(identifier: string, revision?: number): Promise<boolean> {
    if (revision !== undefined && this.servers.get(identifier)?.revision !== revision) return false;
    return this.servers.delete(identifier);
  }
}
