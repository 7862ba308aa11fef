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
    const detail = { secret_id: issued.stored.id, overlap };
    const told = { tenant: tenantOf(client), detail };
    await this.journal.telling('client_secret.rotated', clientId, told, () =>
      // Those that were there before: a rotation at the same time keeps what it has handed out.
      this.replaceAll(client, issued.stored, now + overlap),
    );
    return { client: await this.clients.get(clientId), issued };
  }

  /**
   * Encrypts every recoverable secret (those of `client_secret_jwt`) under the first `keyEncryptionSecret`, which is
   * one half of a change of it: the signing keys are the other. May be repeated. Resolves with how many were changed.
   */
  async reencrypt(): Promise<number> {
    const { done, refusal } = await this.journal.telling(
      'client_secrets.reencrypted',
      '*',
      (run) => ({ detail: run ? { secrets: run.done } : {} }),
      () => this.reencryption.run(),
    );
    if (refusal) throw refusal;
    return done;
  }

  /** Ends a secret now. */
  async revoke(clientId: string, secretId: string): Promise<void> {
    const client = await this.clients.get(clientId);
    const told = { tenant: tenantOf(client), detail: { secret_id: secretId } };
    await this.journal.telling('client_secret.revoked', clientId, told, async () => {
      if (await this.remove(clientId, secretId)) return;
      throw new AdministrationError('secret_not_found', `The client ${clientId} has no secret ${secretId}.`);
    });
  }

  /** The new one first: whatever fails after it, the client is never left without a secret. */
  private async replaceAll({ id, secrets }: Client, added: ClientSecret, until: number): Promise<void> {
    const earlier = secrets.map((secret) => secret.id);
    try {
      if (!(await reach(() => this.store.add(id, added)))) {
        throw new AdministrationError('client_not_found', `There is no client ${id}.`);
      }
      await reach(() => this.store.expire(id, earlier, until));
    } catch (failure) {
      // Nobody has seen the new one; but it may be the only one that is left.
      if (await this.stillHas(id, earlier, until)) await this.remove(id, added.id).catch(() => false);
      throw failure;
    } finally {
      this.keeper.forget(id);
    }
  }

  /** Whether one of these secrets works for longer than `until`; false where the store does not say. */
  private async stillHas(clientId: string, secretIds: readonly string[], until: number): Promise<boolean> {
    const client = await this.clients.get(clientId).catch(() => undefined);
    const stored = client?.secrets.filter(({ id }) => secretIds.includes(id)) ?? [];
    return stored.some(({ expiresAt }) => expiresAt === undefined || expiresAt > until);
  }

  private async remove(clientId: string, secretId: string): Promise<boolean> {
    try {
      return await reach(() => this.store.remove(clientId, secretId));
    } finally {
      this.keeper.forget(clientId);
    }
  }
}
