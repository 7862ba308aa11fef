import type { ClientCache, ClientKeeper } from '../client/client.cache.js';
import { reach } from '../store-failure.js';
import { isOfSeries } from '../token/token-series.js';

/** Whether the client of a token still stands behind it. */
export class ClientStatus implements ClientKeeper {
  constructor(private readonly clients: ClientCache) {}

  /** False for a token of a client that was deleted, disabled since, or is disabled now. */
  async allows(token: { readonly clientId: string; readonly id: string }): Promise<boolean> {
    const { client } = await reach(() => this.clients.find(token.clientId));
    return client?.id === token.clientId && client.enabled && isOfSeries(token.id, client.tokenSeries);
  }

  forget(id: string): void {
    this.clients.forget(id);
  }
}
