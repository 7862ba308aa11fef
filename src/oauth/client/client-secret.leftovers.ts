import { reach } from '../store-failure.js';
import type { Journal } from '../audit/journal.js';
import { tenantOf, type Client } from './client.js';
import type { ClientKeeper } from './client.cache.js';
import type { ClientSecretStore } from './client.store.js';
import type { ClientSecretIssuer } from './client-secret.issuer.js';

/** The ids of the secrets that the method of the client has no use for. */
export function uselessSecrets(client: Client, issuer: ClientSecretIssuer): string[] {
  const { secrets } = client;
  const useless = issuer.serves(client)
    ? secrets.filter(({ encrypted }) => encrypted === undefined && issuer.keepsRecoverable(client))
    : secrets;
  return useless.map(({ id }) => id);
}

/** What is left of secrets after the method of a client has changed. */
export class SecretLeftovers {
  constructor(
    private readonly store: ClientSecretStore,
    private readonly keeper: ClientKeeper,
    private readonly issuer: ClientSecretIssuer,
  ) {}

  /**
   * The ids of the secrets that the method of the client has no use for: of an earlier one. They must go before the method
   * changes again, which might accept them.
   */
  of(client: Client): string[] {
    return uselessSecrets(client, this.issuer);
  }

  /** Ends them, whatever becomes of the change that they are in the way of; and tells of it. */
  async revoke(client: Client, secretIds: readonly string[], journal: Journal): Promise<void> {
    if (secretIds.length === 0) return;
    const told = { tenant: tenantOf(client), detail: { secret_ids: secretIds } };
    await journal.telling('client_secret.revoked', client.id, told, () => this.remove(client.id, secretIds));
  }

  async remove(clientId: string, secretIds: readonly string[]): Promise<void> {
    if (secretIds.length === 0) return;
    try {
      for (const id of secretIds) await reach(() => this.store.remove(clientId, id));
    } finally {
      this.keeper.forget(clientId);
    }
  }

  /** Where the secrets themselves are no longer needed, only their digests stay. True where that has changed something. */
  async forgetRecoverable(client: Client): Promise<boolean> {
    const kept = this.keptInVain(client);
    if (kept.length === 0) return false;
    try {
      for (const { id, digest } of kept) await reach(() => this.store.replace(id, digest, { digest }));
    } finally {
      this.keeper.forget(client.id);
    }
    return true;
  }

  /**
   * Both, after the change, whose answer holds what only the client may know, and must get: so it never rejects. Resolves with
   * how many may be left, which the client's method does not accept, and its next change removes.
   */
  async clear(client: Client, obsolete: readonly string[]): Promise<number> {
    const secrets = client.secrets.filter(({ id }) => !obsolete.includes(id));
    const others = { ...client, secrets };
    try {
      await this.remove(client.id, obsolete);
      await this.forgetRecoverable(others);
      return 0;
    } catch {
      return obsolete.length + this.keptInVain(others).length;
    }
  }

  private keptInVain(client: Client): Client['secrets'] {
    return this.issuer.keepsRecoverable(client)
      ? []
      : client.secrets.filter(({ encrypted }) => encrypted !== undefined);
  }
}
