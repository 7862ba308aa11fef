import type { Clock } from '../clock.js';
import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import type { Parameters } from '../http/parameters.js';
import { reach } from '../store-failure.js';
import type { Client, ClientSecret } from './client.js';
import type { ClientCache } from './client.cache.js';
import { CLIENT_ID, CLIENT_SECRET } from './client-id.js';
import { readCredentials, type ClientCredentials } from './client-credentials.js';
import { matchingSecret } from './client-secret.js';
import type { SecretUsage } from './secret-usage.js';

/** The body parameters that authenticate a client. None of them may repeat. */
export const CLIENT_AUTHENTICATION_PARAMETERS = [
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
] as const;

class Authenticated {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  get client(): Client {
    return this.#client;
  }
}

/** A client that has proved who it is. Only {@link ClientAuthentication} can make one. */
export type AuthenticatedClient = Authenticated;

/** Stands in for an unknown client, so that it costs what a known one costs. */
const NOBODY: readonly ClientSecret[] = [{ id: '', digest: '0'.repeat(64), createdAt: 0 }];

/** Client authentication, RFC 6749 §2.3. The registered method is the only one accepted. */
export class ClientAuthentication {
  static readonly METHODS = ['client_secret_basic', 'client_secret_post'] as const;

  constructor(
    private readonly clients: ClientCache,
    private readonly usage: SecretUsage,
    private readonly clock: Clock,
    private readonly realm: string,
  ) {}

  /** @throws OauthError `invalid_request` for two methods at once, `invalid_client` for everything else. */
  async authenticate(request: OauthRequest, parameters: Parameters): Promise<AuthenticatedClient> {
    const credentials = readCredentials(request, parameters);
    if (!credentials || !CLIENT_ID.test(credentials.clientId) || !CLIENT_SECRET.test(credentials.secret)) {
      throw OauthError.invalidClient(this.realm);
    }
    const { client, cached } = await reach(() => this.clients.find(credentials.clientId));
    const proven = this.verify(client, credentials);
    if (proven) return proven;
    // A secret that is newer than the cached client: look again before refusing it.
    const again =
      cached && this.verify(await reach(() => this.clients.refresh(credentials.clientId)), credentials);
    if (again) return again;
    throw OauthError.invalidClient(this.realm);
  }

  private verify(
    client: Client | undefined,
    credentials: ClientCredentials,
  ): AuthenticatedClient | undefined {
    const secret = matchingSecret(client?.secrets ?? NOBODY, credentials.secret, this.clock.now());
    const accepted =
      client?.id === credentials.clientId &&
      client.enabled &&
      client.tokenEndpointAuthMethod === credentials.method &&
      secret !== undefined;
    if (!accepted) return undefined;
    this.usage.record(secret);
    return new Authenticated(client);
  }
}
