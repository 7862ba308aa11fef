import type { OauthEvents } from '../../events/oauth-events.js';
import type { Parameters } from '../../http/parameters.js';
import { OauthError } from '../../oauth.error.js';
import type { OauthRequest } from '../../oauth.request.js';
import type { OneTimeUse } from '../../replay/one-time-use.js';
import { reach } from '../../store-failure.js';
import type { Client } from '../client.js';
import { sameCredentials, type ClientCache } from '../client.cache.js';
import { CLIENT_ID } from '../client-id.js';
import type { OneTimeCredentials, PresentedCredentials } from './authentication-method.js';
import type { AuthenticationMethods } from './authentication-methods.js';
import { decoyFor, obstacleTo } from './eligibility.js';
import type { FailedAttempts } from './failed-attempts.js';

/** The body parameters that authenticate a client. None of them may repeat. */
export const CLIENT_AUTHENTICATION_PARAMETERS = [
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
] as const;

class Authenticated {
  readonly #client: Client;
  readonly #useUp: () => Promise<void>;
  #usedUp: Promise<void> | undefined;

  constructor(client: Client, useUp: () => Promise<void>) {
    this.#client = client;
    this.#useUp = useUp;
  }

  get client(): Client {
    return this.#client;
  }

  /**
   * Uses up credentials that work once. To be called after every other check and before anything is handed out.
   * @throws OauthError `invalid_client` where they were used before, `temporarily_unavailable` where that is not known.
   */
  useUp(): Promise<void> {
    return (this.#usedUp ??= this.#useUp());
  }
}

/** A client that has proved who it is. Only {@link ClientAuthentication} can make one. */
export type AuthenticatedClient = Authenticated;

type Judgement =
  | { readonly client: Client; readonly oneTime?: OneTimeCredentials | undefined }
  | { readonly client?: never; readonly reason: string };

/** What is known of an attempt before it is decided. */
interface Attempt {
  readonly method: string | undefined;
  readonly clientId: string | undefined;
  readonly address: string | undefined;
}

/** Client authentication, RFC 6749 §2.3. The registered method is the only one accepted. */
export class ClientAuthentication {
  constructor(
    private readonly methods: AuthenticationMethods,
    private readonly clients: ClientCache,
    private readonly attempts: FailedAttempts,
    private readonly oneTime: OneTimeUse,
    private readonly events: OauthEvents,
    private readonly realm: string,
  ) {}

  /**
   * @throws OauthError `invalid_request` for two methods at once, 429 for who has failed too often, `invalid_client` for
   * everything else.
   */
  async authenticate(request: OauthRequest, parameters: Parameters): Promise<AuthenticatedClient> {
    const presented = this.methods.read(request, parameters);
    const attempt = attemptOf(request, presented);
    if (!presented) return this.refuse(attempt, 'no_credentials');
    this.refuseThrottled(attempt);
    const { clientId } = attempt;
    if (clientId === undefined) return this.fail(attempt, 'malformed_credentials');
    const judgement = await this.judge(clientId, presented);
    if (judgement.client === undefined) return this.fail(attempt, judgement.reason);
    const { client, oneTime } = judgement;
    if (!oneTime) this.accept(client, attempt);
    return new Authenticated(client, async () => {
      if (oneTime) await this.use(client, attempt, oneTime);
    });
  }

  private async judge(clientId: string, presented: PresentedCredentials): Promise<Judgement> {
    const { client, cached } = await reach(() => this.clients.find(clientId));
    const judgement = await verify(client, clientId, presented);
    if (judgement.client || !cached) return judgement;
    // A secret or a key may be newer than the cached client: look again before refusing it.
    const fresh = await reach(() => this.clients.refresh(clientId));
    return sameCredentials(client, fresh) ? judgement : verify(fresh, clientId, presented);
  }

  private async use(client: Client, attempt: Attempt, { id, expiresAt }: OneTimeCredentials): Promise<void> {
    const purpose = `client authentication: ${attempt.method}`;
    if (!(await this.oneTime.use({ purpose, owner: client.id, id, expiresAt }))) {
      await this.fail(attempt, 'replayed');
    }
    this.accept(client, attempt);
  }

  private accept(client: Client, { method = '', address }: Attempt): void {
    this.events.emit({ type: 'client.authenticated', clientId: client.id, method, address });
  }

  private refuseThrottled({ clientId, method, address }: Attempt): void {
    const retryAfter = this.attempts.waitFor(address, clientId);
    if (retryAfter === 0) return;
    this.events.emit({ type: 'client.authentication_throttled', clientId, method, address, retryAfter });
    throw OauthError.tooManyRequests(retryAfter);
  }

  private async fail(attempt: Attempt, reason: string): Promise<never> {
    await this.attempts.record(attempt.address, attempt.clientId);
    return this.refuse(attempt, reason);
  }

  private refuse({ clientId, method, address }: Attempt, reason: string): never {
    this.events.emit({ type: 'client.authentication_failed', clientId, method, reason, address });
    throw OauthError.invalidClient(this.realm);
  }
}

function attemptOf({ ip }: OauthRequest, presented: PresentedCredentials | undefined): Attempt {
  const claimed = presented?.clientId;
  const clientId = claimed !== undefined && CLIENT_ID.test(claimed) ? claimed : undefined;
  return { method: presented?.method, clientId, address: ip };
}

async function verify(
  client: Client | undefined,
  clientId: string,
  presented: PresentedCredentials,
): Promise<Judgement> {
  const obstacle = obstacleTo(client, clientId, presented.method);
  const verdict = await presented.verify(client && !obstacle ? client : decoyFor(clientId, presented.method));
  if (!client || obstacle) return { reason: obstacle ?? 'unknown_client' };
  return verdict.verified ? { client, oneTime: verdict.oneTime } : { reason: verdict.reason };
}
