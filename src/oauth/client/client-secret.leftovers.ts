import { reach } from '../store-failure.js';
import type { Client } from './client.js';
import type { ClientKeeper } from './client.cache.js';
import type { ClientSecretStore } from './client.store.js';
import type { ClientSecretIssuer } from './client-secret.issuer.js';

/** What is left of secrets after the method of a client has changed. */
export class SecretLeftovers {
  constructor(
    private readonly store: ClientSecretStore,
    private readonly keeper: ClientKeeper,
    private readonly issuer: ClientSecretIssuer,
  ) {}

  /** Where the secrets themselves are no longer needed, only their digests stay. True where that has changed something. */
  async forgetRecoverable(client: Client): Promise<boolean> {
    const kept = client.secrets.filter(({ encrypted }) => encrypted !== undefined);
    if (this.issuer.keepsRecoverable(client) || kept.length === 0) return false;
    for (const { id, digest } of kept) await reach(() => this.store.replace(id, digest, { digest }));
    this.keeper.forget(client.id);
    return true;
  }

  /** Never rejects: it comes after the change, whose answer holds what only the client may know, and must get. */
  async clear(client: Client, obsolete: readonly string[]): Promise<void> {
    const secrets = client.secrets.filter(({ id }) => !obsolete.includes(id));
    try {
      for (const id of obsolete) await reach(() => this.store.remove(client.id, id));
      await this.forgetRecoverable({ ...client, secrets });
    } catch {
      // The client's method does not accept them, and its next change removes them.
    } finally {
      this.keeper.forget(client.id);
    }
  }
}
