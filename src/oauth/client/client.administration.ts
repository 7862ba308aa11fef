import type { AuditDetail } from '../audit/audit.log.js';
import type { ChangeDetail, Journal } from '../audit/journal.js';
import { AdministrationError } from '../administration.error.js';
import type { Clock } from '../clock.js';
import { randomId } from '../digest.js';
import type { AdministrativeAction } from '../events/oauth-event.js';
import { OauthError } from '../oauth.error.js';
import { reach } from '../store-failure.js';
import { newTokenSeries } from '../token/token-series.js';
import { tenantOf, type Client, type ClientChange, type SelfRegistration } from './client.js';
import { ClientRegistrationAdministration } from './client-registration.administration.js';
import type { RegistrationChange } from './client-registration.replacement.js';
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
import { ClientWriter } from './client.writer.js';

/** A client just made, with its secret, which is shown this once. Missing where the kit has not made or seen one. */
export interface CreatedClient {
  readonly client: Client;
  readonly issued?: NewClientSecret;
}

/** Which client is meant. */
export interface ClientRevision {
  /** The revision that was read: a client of another one is not touched, but refused with `conflict`. Default: any. */
  readonly revision?: number | undefined;
}

/** What an operator does with clients. Every refusal is an AdministrationError or an OauthError. */
export class ClientAdministration {
  private readonly writer: ClientWriter;
  private readonly leftovers: SecretLeftovers;
  private readonly registrations: ClientRegistrationAdministration;

  constructor(
    private readonly store: ClientStore,
    secretStore: ClientSecretStore,
    keeper: ClientKeeper,
    private readonly rules: RegistrationRules,
    private readonly secrets: ClientSecretIssuer,
    private readonly clock: Clock,
    private readonly journal: Journal,
  ) {
    this.writer = new ClientWriter(store, keeper, clock);
    this.leftovers = new SecretLeftovers(secretStore, keeper, secrets);
    this.registrations = new ClientRegistrationAdministration(
      store,
      secretStore,
      this.writer,
      this.leftovers,
      rules,
      secrets,
      clock,
      journal,
    );
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
    const detail = { ...(registration && { opened_by: registration.openedBy }) };
    await this.journal.telling('client.created', client.id, about(client, detail), async () => {
      if (await reach(() => this.store.create(client))) return;
      throw new AdministrationError('client_exists', `There is a client ${client.id} already.`);
    });
    return first?.issued ? { client, issued: first.issued } : { client };
  }

  get(id: string): Promise<Client> {
    return this.writer.get(id);
  }

  /**
   * A page of the clients: `search`, `owner`, `labels`, `enabled`, `order`, `descending`, `limit`, and `after`, the cursor
   * of the page before. @throws OauthError `invalid_request`
   */
  list(query: ClientQueryInput = {}): Promise<ClientList> {
    return new ClientListing(this.store).list(query);
  }

  /**
   * Changes the members that the document names; null takes a member away. Secrets are changed elsewhere; those that the
   * method of the client had no use for are removed, so that another method does not bring them back. With `revision` only
   * the client of that revision is changed: who has read another one gets a `conflict`.
   */
  async update(id: string, document: unknown, { revision }: ClientRevision = {}): Promise<Client> {
    const client = await this.writer.get(id, revision);
    const merged: unknown =
      typeof document === 'object' && document !== null && !Array.isArray(document)
        ? { ...toClientInformation(client), ...document }
        : document;
    const metadata = ClientMetadata.from(merged);
    requireUnchanged(metadata, id);
    await this.rules.resources.refresh();
    const useless = this.leftovers.of(client);
    const changed = {
      ...kept(client),
      ...toRegistration(metadata, this.rules, client),
      secrets: client.secrets.filter((secret) => !useless.includes(secret.id)),
    };
    this.secrets.requireUsable(changed);
    await this.leftovers.revoke(client, useless, this.journal);
    const detail = { changed: changedMembers(client, changed) };
    const written = await this.journal.telling('client.updated', id, about(changed, detail), () =>
      this.writer.write(changed),
    );
    return (await this.leftovers.forgetRecoverable(written)) ? this.get(id) : written;
  }

  /**
   * Replaces what a client that manages itself says about itself, if nobody has changed it since it was read. What is an
   * operator's to say stays. A secret that it needs, and has not or not for long, is made; one that it does not need goes.
   */
  replaceRegistration(client: Client, change: RegistrationChange): Promise<CreatedClient> {
    return this.registrations.replace(client, change);
  }

  /** From now on it gets no tokens, and those that it has are dead, for good. With `revision` as in `update`. */
  disable(id: string, read: ClientRevision = {}): Promise<Client> {
    return this.change('client.disabled', id, read, { enabled: false, tokenSeries: newTokenSeries() });
  }

  /** It may get tokens again. With `revision` as in `update`. */
  enable(id: string, read: ClientRevision = {}): Promise<Client> {
    return this.change('client.enabled', id, read, { enabled: true });
  }

  /** Ends every token that it has, of either format. It may get new ones. With `revision` as in `update`. */
  revokeTokens(id: string, read: ClientRevision = {}): Promise<Client> {
    return this.change('client.tokens_revoked', id, read, { tokenSeries: newTokenSeries() });
  }

  /** Removes the client and its secrets. Its tokens are dead. With `revision` as in `update`. */
  async delete(id: string, { revision }: ClientRevision = {}): Promise<void> {
    const client = await this.writer.get(id, revision);
    await this.journal.telling('client.deleted', id, about(client), () => this.writer.delete(id, revision));
  }

  private async change(
    type: AdministrativeAction,
    id: string,
    { revision }: ClientRevision,
    change: ClientChange,
  ): Promise<Client> {
    const client = await this.writer.get(id, revision);
    return this.journal.telling(type, id, about(client), () => this.writer.write(client, change));
  }
}

function about(client: Client, detail: AuditDetail = {}): ChangeDetail {
  return { tenant: tenantOf(client), detail };
}

/** @throws OauthError `invalid_client_metadata` */
function requireUnchanged(metadata: ClientMetadata, id: string): void {
  if (metadata.client_id !== id) throw OauthError.invalidClientMetadata('client_id cannot be changed');
  const { client_secret: secret, client_secret_hash: hash, client_secret_expires_at: ends } = metadata;
  if ([secret, hash, ends].some((each) => each !== undefined)) {
    throw OauthError.invalidClientMetadata('client_secret cannot be changed here: rotate it');
  }
}

/** What an update of the metadata leaves as it is. */
function kept({ id, revision, enabled, createdAt, updatedAt, tokenSeries, registration }: Client) {
  const same = { id, revision, enabled, createdAt, updatedAt, tokenSeries };
  return registration ? { ...same, registration } : same;
}
