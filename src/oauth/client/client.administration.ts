import type { Clock } from '../clock.js';
import { randomId } from '../digest.js';
import { OauthError } from '../oauth.error.js';
import { reach } from '../store-failure.js';
import { AdministrationError } from '../administration.error.js';
import type { Client, ClientChange } from './client.js';
import type { ClientKeeper } from './client.cache.js';
import { toClientInformation } from './client.information.js';
import { ClientMetadata } from './client.metadata.js';
import { toRegistration, type RegistrationRules } from './client.registration.js';
import type { ClientSecretStore, ClientStore } from './client.store.js';
import type { NewClientSecret } from './client-secret.js';
import type { ClientSecretIssuer } from './client-secret.issuer.js';
import { newTokenSeries } from '../token/token-series.js';

/** A client just made, with its secret, which is shown this once. Missing where the kit has not made or seen one. */
export interface CreatedClient {
  readonly client: Client;
  readonly issued?: NewClientSecret;
}

/** What an operator does with clients. Every refusal is an AdministrationError or an OauthError. */
export class ClientAdministration {
  constructor(
    private readonly store: ClientStore,
    private readonly secretStore: ClientSecretStore,
    private readonly keeper: ClientKeeper,
    private readonly rules: RegistrationRules,
    private readonly secrets: ClientSecretIssuer,
    private readonly clock: Clock,
  ) {}

  /** Registers a client from RFC 7591 metadata; an operator may choose its id and its secret. */
  async create(document: unknown): Promise<CreatedClient> {
    const metadata = ClientMetadata.from(document);
    const now = this.clock.now();
    const registration = toRegistration(metadata, this.rules);
    const first = await this.secrets.issueFirst(metadata, registration, now);
    const client: Client = {
      id: metadata.client_id ?? randomId(16),
      revision: 1,
      enabled: true,
      createdAt: now,
      updatedAt: now,
      tokenSeries: newTokenSeries(),
      ...registration,
      secrets: first ? [first.stored] : [],
    };
    if (!(await reach(() => this.store.create(client)))) {
      throw new AdministrationError('client_exists', `There is a client ${client.id} already.`);
    }
    return first?.issued ? { client, issued: first.issued } : { client };
  }

  async get(id: string): Promise<Client> {
    const client = await reach(() => this.store.find(id));
    if (client?.id !== id) throw new AdministrationError('client_not_found', `There is no client ${id}.`);
    return client;
  }

  list(page: { readonly after?: string; readonly limit: number }): Promise<Client[]> {
    return reach(() => this.store.list(page));
  }

  /** Changes the members that the document names; null takes a member away. Secrets are changed elsewhere. */
  async update(id: string, document: unknown): Promise<Client> {
    const client = await this.get(id);
    const merged: unknown =
      typeof document === 'object' && document !== null && !Array.isArray(document)
        ? { ...toClientInformation(client), ...document }
        : document;
    const metadata = ClientMetadata.from(merged);
    if (metadata.client_id !== id) {
      throw OauthError.invalidClientMetadata('client_id cannot be changed');
    }
    const { client_secret: secret, client_secret_hash: hash, client_secret_expires_at: ends } = metadata;
    if ([secret, hash, ends].some((each) => each !== undefined)) {
      throw OauthError.invalidClientMetadata('client_secret cannot be changed here: rotate it');
    }
    const { id: same, revision, enabled, createdAt, updatedAt, tokenSeries, secrets } = client;
    const kept = { id: same, revision, enabled, createdAt, updatedAt, tokenSeries, secrets };
    const changed = { ...kept, ...toRegistration(metadata, this.rules) };
    this.secrets.requireUsable(changed);
    return this.forgetRecoverable(await this.write(changed, {}));
  }

  /** From now on it gets no tokens, and those that it has are dead, for good. */
  async disable(id: string): Promise<Client> {
    const client = await this.get(id);
    return this.write(client, { enabled: false, tokenSeries: newTokenSeries() });
  }

  async enable(id: string): Promise<Client> {
    return this.write(await this.get(id), { enabled: true });
  }

  /** Ends every token that it has, of either format. It may get new ones. */
  async revokeTokens(id: string): Promise<Client> {
    return this.write(await this.get(id), { tokenSeries: newTokenSeries() });
  }

  /** Removes the client and its secrets. Its tokens are dead. */
  async delete(id: string): Promise<void> {
    const deleted = await reach(() => this.store.delete(id));
    this.keeper.forget(id);
    if (!deleted) throw new AdministrationError('client_not_found', `There is no client ${id}.`);
  }

  /** Where the secrets themselves are no longer needed, only their digests stay. */
  private async forgetRecoverable(client: Client): Promise<Client> {
    const kept = client.secrets.filter(({ encrypted }) => encrypted !== undefined);
    if (this.secrets.keepsRecoverable(client) || kept.length === 0) return client;
    for (const { id, digest } of kept) await reach(() => this.secretStore.replace(id, digest, { digest }));
    this.keeper.forget(client.id);
    return this.get(client.id);
  }

  private async write(client: Client, change: ClientChange): Promise<Client> {
    const changed = { ...client, ...change, updatedAt: this.clock.now(), revision: client.revision + 1 };
    const written = await reach(() => this.store.update(changed, client.revision));
    this.keeper.forget(client.id);
    if (!written) {
      throw new AdministrationError(
        'conflict',
        `The client ${client.id} was changed by somebody else just now.`,
      );
    }
    return changed;
  }
}
