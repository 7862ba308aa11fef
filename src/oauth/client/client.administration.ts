import type { Clock } from '../clock.js';
import { randomId } from '../digest.js';
import type { AdministrativeAction } from '../events/oauth-event.js';
import type { AuditDetail } from '../audit/audit.log.js';
import { OauthError } from '../oauth.error.js';
import { reach } from '../store-failure.js';
import { AdministrationError } from '../administration.error.js';
import type { Journal } from '../audit/journal.js';
import { tenantOf, type Client, type ClientChange, type SelfRegistration } from './client.js';
import { replaceRegistration, type RegistrationChange } from './client-registration.replacement.js';
import type { ClientKeeper } from './client.cache.js';
import { changedMembers } from './client-changes.js';
import { toClientInformation } from './client.information.js';
import { ClientMetadata } from './client.metadata.js';
import { ClientListing, type ClientList, type ClientQueryInput } from './client.listing.js';
import { toRegistration, type RegistrationRules } from './client.registration.js';
import type { ClientSecretStore, ClientStore } from './client.store.js';
import type { NewClientSecret } from './client-secret.js';
import type { ClientSecretIssuer } from './client-secret.issuer.js';
import { SecretLeftovers } from './client-secret.leftovers.js';
import { newTokenSeries } from '../token/token-series.js';

/** A client just made, with its secret, which is shown this once. Missing where the kit has not made or seen one. */
export interface CreatedClient {
  readonly client: Client;
  readonly issued?: NewClientSecret;
}

/** What an operator does with clients. Every refusal is an AdministrationError or an OauthError. */
export class ClientAdministration {
  private readonly leftovers: SecretLeftovers;

  constructor(
    private readonly store: ClientStore,
    private readonly secretStore: ClientSecretStore,
    private readonly keeper: ClientKeeper,
    private readonly rules: RegistrationRules,
    private readonly secrets: ClientSecretIssuer,
    private readonly clock: Clock,
    private readonly journal: Journal,
  ) {
    this.leftovers = new SecretLeftovers(secretStore, keeper, secrets);
  }

  /**
   * Registers a client from RFC 7591 metadata; an operator may choose its id and its secret. `registration` is there
   * where it has registered itself.
   */
  async create(document: unknown, registration?: SelfRegistration): Promise<CreatedClient> {
    const metadata = ClientMetadata.from(document);
    await this.rules.resources.refresh();
    const now = this.clock.now();
    const registered = toRegistration(metadata, this.rules);
    const first = await this.secrets.issueFirst(metadata, registered, now);
    const client: Client = {
      id: metadata.client_id ?? randomId(16),
      revision: 1,
      enabled: true,
      createdAt: now,
      updatedAt: now,
      tokenSeries: newTokenSeries(),
      ...registered,
      ...(registration && { registration }),
      secrets: first ? [first.stored] : [],
    };
    if (!(await reach(() => this.store.create(client)))) {
      throw new AdministrationError('client_exists', `There is a client ${client.id} already.`);
    }
    await this.tell('client.created', client, { ...(registration && { opened_by: registration.openedBy }) });
    return first?.issued ? { client, issued: first.issued } : { client };
  }

  async get(id: string): Promise<Client> {
    const client = await reach(() => this.store.find(id));
    if (client?.id !== id) throw new AdministrationError('client_not_found', `There is no client ${id}.`);
    return client;
  }

  /**
   * A page of the clients: `search`, `owner`, `labels`, `enabled`, `order`, `descending`, `limit`, and `after`, the cursor
   * of the page before. @throws OauthError `invalid_request`
   */
  list(query: ClientQueryInput = {}): Promise<ClientList> {
    return new ClientListing(this.store).list(query);
  }

  /**
   * Changes the members that the document names; null takes a member away. Secrets are changed elsewhere. With `revision`
   * only the client of that revision is changed: who has read another one gets a `conflict`.
   */
  async update(
    id: string,
    document: unknown,
    { revision: read }: { revision?: number } = {},
  ): Promise<Client> {
    const client = await this.get(id);
    if (read !== undefined && read !== client.revision) throw conflict(id);
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
    await this.rules.resources.refresh();
    const changed = { ...kept(client), ...toRegistration(metadata, this.rules, client) };
    this.secrets.requireUsable(changed);
    const updated = await this.write(changed, {});
    const written = (await this.leftovers.forgetRecoverable(updated)) ? await this.get(id) : updated;
    await this.tell('client.updated', written, { changed: changedMembers(client, written) });
    return written;
  }

  /**
   * Replaces what a client that manages itself says about itself, if nobody has changed it since it was read. What is an
   * operator's to say stays. A secret that it needs, and has not or not for long, is made; one that it does not need goes.
   */
  async replaceRegistration(client: Client, change: RegistrationChange): Promise<CreatedClient> {
    const { id } = client;
    const plan = replaceRegistration(client, change, this.rules, this.secrets, this.clock.now());
    const { issued, obsolete } = plan;
    // The secret first: whatever fails after it, no client is left without one.
    if (issued && !(await reach(() => this.secretStore.add(id, issued.stored)))) throw conflict(id);
    let written: Client;
    try {
      written = await this.write(plan.client, {});
    } catch (failure) {
      if (issued) await reach(() => this.secretStore.remove(id, issued.stored.id)).catch(() => false);
      throw failure;
    }
    await this.leftovers.clear(written, obsolete);
    const detail = {
      changed: changedMembers(client, written),
      ...(issued && { secret_id: issued.stored.id }),
    };
    await this.tell('client.updated', written, detail);
    return issued ? { client: written, issued } : { client: written };
  }

  /** From now on it gets no tokens, and those that it has are dead, for good. */
  async disable(id: string): Promise<Client> {
    const client = await this.get(id);
    const written = await this.write(client, { enabled: false, tokenSeries: newTokenSeries() });
    await this.tell('client.disabled', written);
    return written;
  }

  async enable(id: string): Promise<Client> {
    const written = await this.write(await this.get(id), { enabled: true });
    await this.tell('client.enabled', written);
    return written;
  }

  /** Ends every token that it has, of either format. It may get new ones. */
  async revokeTokens(id: string): Promise<Client> {
    const written = await this.write(await this.get(id), { tokenSeries: newTokenSeries() });
    await this.tell('client.tokens_revoked', written);
    return written;
  }

  /** Removes the client and its secrets. Its tokens are dead. */
  async delete(id: string): Promise<void> {
    const client = await this.get(id);
    const deleted = await reach(() => this.store.delete(id));
    this.keeper.forget(id);
    if (!deleted) throw new AdministrationError('client_not_found', `There is no client ${id}.`);
    await this.tell('client.deleted', client);
  }

  private async write(client: Client, change: ClientChange): Promise<Client> {
    const changed = { ...client, ...change, updatedAt: this.clock.now(), revision: client.revision + 1 };
    const written = await reach(() => this.store.update(changed, client.revision));
    this.keeper.forget(client.id);
    if (!written) throw conflict(client.id);
    return changed;
  }

  private tell(type: AdministrativeAction, client: Client, detail: AuditDetail = {}): Promise<void> {
    return this.journal.record(type, client.id, { tenant: tenantOf(client), detail });
  }
}

/** What an update of the metadata leaves as it is. */
function kept({ id, revision, enabled, createdAt, updatedAt, tokenSeries, registration, secrets }: Client) {
  const same = { id, revision, enabled, createdAt, updatedAt, tokenSeries, secrets };
  return registration ? { ...same, registration } : same;
}

function conflict(id: string): AdministrationError {
  return new AdministrationError('conflict', `The client ${id} was changed by somebody else just now.`);
}
