import { AdministrationError } from '../administration.error.js';
import type { Journal } from '../audit/journal.js';
import type { Clock } from '../clock.js';
import { sameDigest } from '../digest.js';
import { reach } from '../store-failure.js';
import { tenantOf, type Client } from './client.js';
import { changedMembers } from './client-changes.js';
import type { RegistrationRules } from './client.registration.js';
import { replaceRegistration, type RegistrationChange } from './client-registration.replacement.js';
import type { ClientSecretStore, ClientStore } from './client.store.js';
import type { NewClientSecret } from './client-secret.js';
import type { ClientSecretIssuer } from './client-secret.issuer.js';
import type { SecretLeftovers } from './client-secret.leftovers.js';
import { conflict, type ClientWriter } from './client.writer.js';

/** What a client does that manages itself, RFC 7592. */
export class ClientRegistrationAdministration {
  constructor(
    private readonly store: ClientStore,
    private readonly secretStore: ClientSecretStore,
    private readonly writer: ClientWriter,
    private readonly leftovers: SecretLeftovers,
    private readonly rules: RegistrationRules,
    private readonly secrets: ClientSecretIssuer,
    private readonly clock: Clock,
    private readonly journal: Journal,
  ) {}

  async replace(
    client: Client,
    change: RegistrationChange,
  ): Promise<{ readonly client: Client; readonly issued?: NewClientSecret }> {
    const { id } = client;
    const useless = this.leftovers.of(client);
    const before = { ...client, secrets: client.secrets.filter((secret) => !useless.includes(secret.id)) };
    const plan = replaceRegistration(before, change, this.rules, this.secrets, this.clock.now());
    const { issued } = plan;
    const changed = changedMembers(client, plan.client);
    const told = (left = 0) => ({
      changed,
      ...(issued && { secret_id: issued.stored.id }),
      ...(left > 0 && { secrets_left: left }),
    });
    await this.leftovers.revoke(client, useless, this.journal);
    const { written } = await this.journal.telling(
      'client.updated',
      id,
      (done) => ({ tenant: tenantOf(plan.client), detail: told(done?.left) }),
      async () => {
        if (issued) await this.add(id, issued);
        const written = await this.write(plan.client, issued);
        return { written, left: await this.leftovers.clear(written, plan.obsolete) };
      },
    );
    return issued ? { client: written, issued } : { client: written };
  }

  /** The secret first: whatever fails after it, no client is left without one. */
  private async add(clientId: string, { stored }: NewClientSecret): Promise<void> {
    let added: boolean;
    try {
      added = await reach(() => this.secretStore.add(clientId, stored));
    } catch (failure) {
      await this.takeBack(clientId, stored.id);
      throw failure;
    }
    if (!added) throw conflict(clientId);
  }

  /** Where the answer of the store is lost, the store is asked again: a client that is told nothing has lost its token. */
  private async write(client: Client, issued: NewClientSecret | undefined): Promise<Client> {
    try {
      return await this.writer.write(client);
    } catch (failure) {
      const refused = failure instanceof AdministrationError;
      const found = refused ? undefined : await this.find(client.id);
      if (found && sameToken(found, client)) return found;
      if (issued && (refused || found)) await this.takeBack(client.id, issued.stored.id);
      throw failure;
    }
  }

  private find(id: string): Promise<Client | undefined> {
    return reach(() => this.store.find(id)).catch(() => undefined);
  }

  /** Nobody has seen it. */
  private async takeBack(clientId: string, secretId: string): Promise<void> {
    await this.leftovers.remove(clientId, [secretId]).catch(() => undefined);
  }
}

function sameToken({ registration: a }: Client, { registration: b }: Client): boolean {
  return a !== undefined && b !== undefined && sameDigest(a.tokenDigest, b.tokenDigest);
}
