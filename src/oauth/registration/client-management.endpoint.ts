import { AdministrationError } from '../administration.error.js';
import type { ClientAdministration } from '../client/client.administration.js';
import { sha256 } from '../digest.js';
import { readJsonBody } from '../http/json-body.js';
import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import type { ClientAccess, SelfManagedClient } from './client-access.js';
import type { ClientUpdate } from './client-update.js';
import { registeredDocument } from './registered.document.js';
import type { RegistrantDocument } from './registrant.document.js';
import { newManagementToken } from './registration-token.js';
import { servedAt, type ClientsFor, type RegistrationSettings } from './registration.endpoint.js';
import { ClientDeletion, ClientRegistration } from './registration.response.js';

const METHODS = 'GET, PUT, DELETE';
const MOST_ATTEMPTS = 3;

export type ManagementOperation = 'read' | 'update' | 'delete';

/** The client configuration endpoint, RFC 7592 §2. */
export class ClientManagementEndpoint {
  constructor(
    private readonly access: ClientAccess,
    private readonly updates: ClientUpdate,
    private readonly clientsFor: ClientsFor,
    private readonly settings: RegistrationSettings,
  ) {}

  /** What a request asks for. @throws OauthError 405 */
  operation({ method }: OauthRequest): ManagementOperation {
    if (method === 'GET' || method === 'HEAD') return 'read';
    if (method === 'PUT') return 'update';
    if (method === 'DELETE') return 'delete';
    throw OauthError.methodNotAllowed(method, METHODS);
  }

  /** RFC 7592 §2.1. @throws OauthError */
  async read(http: OauthRequest): Promise<ClientRegistration> {
    const endpoint = this.require('read', http);
    const { client, token } = await this.access.authenticate(http);
    return new ClientRegistration(200, registeredDocument({ client }, endpoint, token));
  }

  /** RFC 7592 §2.2. The registration access token is a new one afterwards. @throws OauthError */
  async update(http: OauthRequest): Promise<ClientRegistration> {
    const endpoint = this.require('update', http);
    let proved = await this.access.authenticate(http);
    const body = await readJsonBody(http, this.settings.limits);
    for (let attempt = 1; ; attempt++) {
      const written = await this.replace(proved, body, endpoint, http);
      if (written) return written;
      // Somebody else has changed the client: what holds now has to be looked at anew.
      if (attempt === MOST_ATTEMPTS) throw OauthError.temporarilyUnavailable(undefined);
      proved = await this.access.authenticate(http);
    }
  }

  /** RFC 7592 §2.3: the client, its secrets and its tokens are dead at once. @throws OauthError */
  async delete(http: OauthRequest): Promise<ClientDeletion> {
    this.require('delete', http);
    const { client } = await this.access.authenticate(http);
    await this.unlessGone(() => this.clientsOf(client.id, http).delete(client.id));
    return new ClientDeletion();
  }

  /** `undefined` where somebody else was faster. */
  private async replace(
    { client }: SelfManagedClient,
    body: RegistrantDocument,
    endpoint: string,
    http: OauthRequest,
  ): Promise<ClientRegistration | undefined> {
    const document = await this.updates.documentFor(client, body);
    const token = newManagementToken();
    const registration = { ...client.registration, tokenDigest: sha256(token) };
    const { secretLifetime } = this.settings;
    const change = { document, registration, secretLifetime };
    try {
      const written = await this.clientsOf(client.id, http).replaceRegistration(client, change);
      return new ClientRegistration(200, registeredDocument(written, endpoint, token));
    } catch (failure) {
      if (failure instanceof AdministrationError && failure.code === 'conflict') return undefined;
      throw failure;
    }
  }

  private require(operation: ManagementOperation, http: OauthRequest): string {
    if (this.operation(http) !== operation) throw OauthError.methodNotAllowed(http.method, METHODS);
    return servedAt(this.settings);
  }

  private clientsOf(id: string, { ip }: OauthRequest): ClientAdministration {
    return this.clientsFor({ name: `client:${id}`, address: ip });
  }

  private async unlessGone(change: () => Promise<void>): Promise<void> {
    try {
      await change();
    } catch (failure) {
      const gone = failure instanceof AdministrationError && failure.code === 'client_not_found';
      throw gone ? this.access.gone() : failure;
    }
  }
}
