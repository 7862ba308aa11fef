import type { Clock } from '../clock.js';
import { reach } from '../store-failure.js';
import { AdministrationError } from '../administration.error.js';
import type { Client, ClientSecret } from './client.js';
import type { ClientAdministration } from './client.administration.js';
import type { ClientKeeper } from './client.cache.js';
import type { ClientSecretStore } from './client.store.js';
import { newClientSecret, type NewClientSecret } from './client-secret.js';

/** What an operator does with the secrets of a client. */
export class ClientSecretAdministration {
  constructor(
    private readonly clients: ClientAdministration,
    private readonly store: ClientSecretStore,
    private readonly keeper: ClientKeeper,
    private readonly clock: Clock,
  ) {}

  async list(clientId: string): Promise<readonly ClientSecret[]> {
    return (await this.clients.get(clientId)).secrets;
  }

  /** Gives the client a new secret; the ones that it has live on for `overlap` seconds, not longer. */
  async rotate(clientId: string, overlap: number): Promise<{ client: Client; issued: NewClientSecret }> {
    const client = await this.clients.get(clientId);
    if (client.tokenEndpointAuthMethod === 'none') {
      throw new AdministrationError(
        'unsupported',
        `The client ${clientId} does not authenticate with a secret.`,
      );
    }
    const now = this.clock.now();
    const issued = newClientSecret(now);
    // The new one first: whatever fails after it, the client is never left without a secret.
    const added = await reach(() => this.store.add(clientId, issued.stored));
    if (!added) throw new AdministrationError('client_not_found', `There is no client ${clientId}.`);
    try {
      // Those that were there before: a rotation at the same time keeps what it has handed out.
      const earlier = client.secrets.map(({ id }) => id);
      await reach(() => this.store.expire(clientId, earlier, now + overlap));
    } catch (failure) {
      await this.store.remove(clientId, issued.stored.id).catch(() => false);
      throw failure;
    } finally {
      this.keeper.forget(clientId);
    }
    return { client: await this.clients.get(clientId), issued };
  }

  /** Ends a secret now. */
  async revoke(clientId: string, secretId: string): Promise<void> {
    await this.clients.get(clientId);
    const removed = await reach(() => this.store.remove(clientId, secretId));
    this.keeper.forget(clientId);
    if (!removed) {
      throw new AdministrationError('secret_not_found', `The client ${clientId} has no secret ${secretId}.`);
    }
  }
}
