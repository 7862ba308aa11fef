import { AdministrationError } from '../administration.error.js';
import type { Clock } from '../clock.js';
import { reach } from '../store-failure.js';
import type { ClientKeeper } from './client.cache.js';
import type { Client, ClientChange } from './client.js';
import type { ClientStore } from './client.store.js';

/**
 * Changes clients one by one. Whatever the store answers, and if it does not, what is kept of the client here is forgotten:
 * the change may have been made.
 */
export class ClientWriter {
  constructor(
    private readonly store: ClientStore,
    private readonly keeper: ClientKeeper,
    private readonly clock: Clock,
  ) {}

  /** @throws AdministrationError `client_not_found`; `conflict` where it is not of the `revision` given */
  async get(id: string, revision?: number): Promise<Client> {
    const client = await reach(() => this.store.find(id));
    if (client?.id !== id) throw notFound(id);
    if (revision !== undefined && revision !== client.revision) throw conflict(id);
    return client;
  }

  /** If nobody has changed it since it was read. @throws AdministrationError `conflict` */
  async write(client: Client, change: ClientChange = {}): Promise<Client> {
    const changed = { ...client, ...change, updatedAt: this.clock.now(), revision: client.revision + 1 };
    try {
      if (await reach(() => this.store.update(changed, client.revision))) return changed;
    } finally {
      this.keeper.forget(client.id);
    }
    throw conflict(client.id);
  }

  /** @throws AdministrationError `client_not_found`; `conflict` where it is not of the `revision` given */
  async delete(id: string, revision?: number): Promise<void> {
    try {
      if (await reach(() => this.store.delete(id, revision))) return;
    } finally {
      this.keeper.forget(id);
    }
    if (revision === undefined) throw notFound(id);
    await this.get(id);
    throw conflict(id);
  }
}

export function conflict(id: string): AdministrationError {
  return new AdministrationError('conflict', `The client ${id} was changed by somebody else just now.`);
}

function notFound(id: string): AdministrationError {
  return new AdministrationError('client_not_found', `There is no client ${id}.`);
}
