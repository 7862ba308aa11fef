import type { Journal } from '../audit/journal.js';
import type { Clock } from '../clock.js';
import { reach } from '../store-failure.js';
import { AdministrationError } from '../administration.error.js';
import { tenantOf, type Client, type ClientSecret } from './client.js';
import type { ClientAdministration } from './client.administration.js';
import type { ClientKeeper } from './client.cache.js';
import type { ClientSecretStore } from './client.store.js';
import type { NewClientSecret } from './client-secret.js';
import type { ClientSecretIssuer } from './client-secret.issuer.js';
import type { SecretReencryption } from './client-secret.reencryption.js';

/** What an operator does with the secrets of a client. */
export class ClientSecretAdministration {
  constructor(
    private readonly clients: ClientAdministration,
    private readonly store: ClientSecretStore,
    private readonly issuer: ClientSecretIssuer,
    private readonly reencryption: SecretReencryption,
    private readonly keeper: ClientKeeper,
    private readonly clock: Clock,
    private readonly journal: Journal,
  ) {}

  async list(clientId: string): Promise<readonly ClientSecret[]> {
    return (await this.clients.get(clientId)).secrets;
  }

  /** Gives the client a new secret; the ones that it has live on for `overlap` seconds, not longer. */
  async rotate(clientId: string, overlap: number): Promise<{ client: Client; issued: NewClientSecret }> {
    const client = await this.clients.get(clientId);
    if (!this.issuer.serves(client)) {
      throw new AdministrationError(
        'unsupported',
        `The client ${clientId} does not authenticate with a secret.`,
      );
    }
    const now = this.clock.now();
    const issued = this.issuer.issue(client, now);
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
    await this.journal.record('client_secret.rotated', clientId, {
      tenant: tenantOf(client),
      detail: { secret_id: issued.stored.id, overlap },
    });
    return { client: await this.clients.get(clientId), issued };
  }

  /**
   * Encrypts every recoverable secret (those of `client_secret_jwt`) under the first `keyEncryptionSecret`, which is
   * one half of a change of it: the signing keys are the other. May be repeated. Resolves with how many were changed.
   */
  async reencrypt(): Promise<number> {
    const done = await this.reencryption.run();
    await this.journal.record('client_secrets.reencrypted', '*', { detail: { secrets: done } });
    return done;
  }

  /** Ends a secret now. */
  async revoke(clientId: string, secretId: string): Promise<void> {
    const client = await this.clients.get(clientId);
    const removed = await reach(() => this.store.remove(clientId, secretId));
    this.keeper.forget(clientId);
    if (!removed) {
      throw new AdministrationError('secret_not_found', `The client ${clientId} has no secret ${secretId}.`);
    }
    await this.journal.record('client_secret.revoked', clientId, {
      tenant: tenantOf(client),
      detail: { secret_id: secretId },
    });
  }
}
