import { AdministrationError } from '../administration.error.js';
import type { Actor } from '../audit/journal.js';
import type { ClientAdministration, CreatedClient } from '../client/client.administration.js';
import type { Clock } from '../clock.js';
import { randomId, sha256 } from '../digest.js';
import type { BodyLimits } from '../http/body.js';
import { readJsonBody } from '../http/json-body.js';
import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import { StoreSilence } from '../store-failure.js';
import type { InitialAccess, InitialAccessTokens } from './initial-access.js';
import { registeredDocument } from './registered.document.js';
import type { RegistrantDocument } from './registrant.document.js';
import { newManagementToken } from './registration-token.js';
import type { RegistrantMetadata } from './registration.metadata.js';
import { ClientRegistration } from './registration.response.js';

/** What the two endpoints are told by the host. */
export interface RegistrationSettings {
  /** Missing: the host does not serve it. */
  readonly endpoint: string | undefined;
  readonly limits: BodyLimits;
  /** Seconds that a secret lives. Missing: for ever. */
  readonly secretLifetime: number | undefined;
}

/** What is done with clients, in the name of an actor. */
export type ClientsFor = (actor: Actor) => ClientAdministration;

/** RFC 7591 §3. The order of the steps is the order in which faults are reported; the steps own the rules. */
export class RegistrationEndpoint {
  constructor(
    private readonly initialAccess: InitialAccessTokens,
    private readonly metadata: RegistrantMetadata,
    private readonly clientsFor: ClientsFor,
    private readonly settings: RegistrationSettings,
    private readonly clock: Clock,
  ) {}

  /** @throws OauthError */
  async handle(http: OauthRequest): Promise<ClientRegistration> {
    if (http.method !== 'POST') throw OauthError.methodNotAllowed(http.method, 'POST');
    const endpoint = servedAt(this.settings);
    const access = await this.initialAccess.open(http);
    const document = await readJsonBody(http, this.settings.limits);
    const members = await this.metadata.from(document, access.policy);
    const token = newManagementToken();
    const created = await this.create(members, access, token, http);
    return new ClientRegistration(201, registeredDocument(created, endpoint, token));
  }

  private async create(
    members: RegistrantDocument,
    access: InitialAccess,
    token: string,
    { ip }: OauthRequest,
  ): Promise<CreatedClient> {
    const { openedBy, owner, labels } = access;
    const policy = this.metadata.policyOfNow(access.policy);
    const { secretLifetime } = this.settings;
    const ends = secretLifetime === undefined ? undefined : this.clock.now() + secretLifetime;
    const id = randomId(16);
    const clients = this.clientsFor({ name: access.actor, address: ip });
    await access.use();
    try {
      return await clients.create(
        { ...members, client_id: id, owner, labels, client_secret_expires_at: ends },
        { tokenDigest: sha256(token), openedBy, policy },
      );
    } catch (failure) {
      // Too few clients are made, never too many: where the store has not answered, the client may be there.
      if (await isGone(clients, id, failure)) await access.giveBack();
      throw failure;
    }
  }
}

async function isGone(clients: ClientAdministration, id: string, cause: unknown): Promise<boolean> {
  try {
    await clients.delete(id);
    return true;
  } catch (failure) {
    const silent = cause instanceof OauthError && cause.cause instanceof StoreSilence;
    return !silent && failure instanceof AdministrationError && failure.code === 'client_not_found';
  }
}

/** @throws OauthError where the host has no such endpoint, and yet asks */
export function servedAt({ endpoint }: RegistrationSettings): string {
  if (endpoint !== undefined) return endpoint;
  throw OauthError.invalidRequest('This server does not register clients.', { status: 404 });
}
