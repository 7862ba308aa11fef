import type { FailedAttempts } from '../client/authentication/failed-attempts.js';
import type { Client } from '../client/client.js';
import { CLIENT_ID } from '../client/client-id.js';
import type { ClientStore } from '../client/client.store.js';
import { sameDigest, sha256 } from '../digest.js';
import type { OauthEvents } from '../events/oauth-events.js';
import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import { reach } from '../store-failure.js';
import { clientIdOf } from './registered.document.js';
import { RegistrationAttempt } from './registration-attempt.js';
import type { RegistrationBearer } from './registration-bearer.js';

/** What no token has for its digest, so that a client without one costs what the others cost. */
const NO_DIGEST = '0'.repeat(64);

/** A client that has proved to be the one whose registration it asks for. */
export interface SelfManagedClient {
  readonly client: Client & Required<Pick<Client, 'registration'>>;
  /** The registration access token that it has brought. */
  readonly token: string;
}

/** Registration access tokens, RFC 7592 §2: each is good for the one client that it was given to. */
export class ClientAccess {
  constructor(
    /** Read anew each time: what was changed elsewhere counts at once. */
    private readonly clients: ClientStore,
    private readonly attempts: FailedAttempts,
    private readonly bearer: RegistrationBearer,
    private readonly events: OauthEvents,
  ) {}

  /** @throws OauthError 401, the same for a wrong token and an unknown client; 403 for a disabled one */
  async authenticate(http: OauthRequest): Promise<SelfManagedClient> {
    const named = clientIdOf(http.url);
    const id = named !== undefined && CLIENT_ID.test(named) ? named : undefined;
    const attempt = new RegistrationAttempt(http, id, this.attempts, this.bearer, this.events);
    const token = attempt.token();
    const client = id === undefined ? undefined : await reach(() => this.clients.find(id));
    const registration = client?.id === id ? client?.registration : undefined;
    const same = sameDigest(registration?.tokenDigest ?? NO_DIGEST, sha256(token));
    attempt.refuseThrottled();
    if (!client || !registration) return attempt.fail('wrong_client');
    if (!same) return attempt.fail('unknown_token');
    if (!client.enabled) {
      return attempt.refuse('client_disabled', new OauthError('access_denied', 'The client is disabled.'));
    }
    return { client: { ...client, registration }, token };
  }

  /** For a client that has gone meanwhile. */
  gone(): OauthError {
    return this.bearer.wrong();
  }
}
