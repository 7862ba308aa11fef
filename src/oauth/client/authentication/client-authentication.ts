import type { OauthEvents } from '../../events/oauth-events.js';
import type { Parameters } from '../../http/parameters.js';
import { OauthError } from '../../oauth.error.js';
import type { OauthRequest } from '../../oauth.request.js';
import type { OneTimeUse } from '../../replay/one-time-use.js';
import { reach } from '../../store-failure.js';
import { tenantOf, type Client } from '../client.js';
import { sameCredentials, type ClientCache } from '../client.cache.js';
import { CLIENT_ID } from '../client-id.js';
import {
  refused,
  type OneTimeCredentials,
  type PresentedCredentials,
  type Refused,
} from './authentication-method.js';
import type { AuthenticationMethods } from './authentication-methods.js';
import { decoyFor, obstacleTo } from './eligibility.js';
import type { AttemptsFrom, FailedAttempts } from './failed-attempts.js';

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
  | { readonly client?: never; readonly refused: Refused };

/** What is known of an attempt before it is decided. */
interface Attempt {
  readonly method: string | undefined;
  readonly clientId: string | undefined;
  readonly address: string | undefined;
  /** The failed ones before it. */
  readonly others: AttemptsFrom;
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
    const attempt = this.attemptOf(request, presented);
    if (!presented) return this.refuse(attempt, refused('no_credentials'));
    this.refuseThrottled(attempt);
    const { clientId } = attempt;
    if (clientId === undefined) return this.fail(attempt, refused('malformed_credentials'));
    const judgement = await this.judge(clientId, presented);
    // Guesses that came at the same time may have reached the limit meanwhile.
    this.refuseThrottled(attempt);
    if (judgement.client === undefined) return this.fail(attempt, judgement.refused);
    const { client, oneTime } = judgement;
    if (!oneTime) this.accept(client, attempt);
    return new Authenticated(client, async () => {
      if (oneTime) await this.use(client, attempt, oneTime);
    });
  }

  private attemptOf({ ip }: OauthRequest, presented: PresentedCredentials | undefined): Attempt {
    const claimed = presented?.clientId;
    const clientId = claimed !== undefined && CLIENT_ID.test(claimed) ? claimed : undefined;
    return { method: presented?.method, clientId, address: ip, others: this.attempts.of(ip, clientId) };
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
      await this.fail(attempt, refused('replayed'));
    }
    this.accept(client, attempt);
  }

  private accept(client: Client, { method = '', address }: Attempt): void {
    this.events.emit({
      type: 'client.authenticated',
      clientId: client.id,
      tenant: tenantOf(client),
      method,
      address,
    });
  }

  private refuseThrottled({ clientId, method, address, others }: Attempt): void {
    const retryAfter = others.waitFor();
    if (retryAfter === 0) return;
    this.events.emit({ type: 'client.authentication_throttled', clientId, method, address, retryAfter });
    throw OauthError.tooManyRequests(retryAfter);
  }

  private async fail(attempt: Attempt, refusal: Refused): Promise<never> {
    if (refusal.counts ?? true) await attempt.others.record();
    return this.refuse(attempt, refusal);
  }

  private refuse({ clientId, method, address }: Attempt, { reason, busy = false }: Refused): never {
    this.events.emit({ type: 'client.authentication_failed', clientId, method, reason, address });
    throw busy ? OauthError.temporarilyUnavailable(undefined) : OauthError.invalidClient(this.realm);
  }
}

async function verify(
  client: Client | undefined,
  clientId: string,
  presented: PresentedCredentials,
): Promise<Judgement> {
  const obstacle = obstacleTo(client, clientId, presented.method);
  const verdict = await presented.verify(client && !obstacle ? client : decoyFor(clientId, presented.method));
  if (!client || obstacle) return { refused: refused(obstacle ?? 'unknown_client') };
  return verdict.verified ? { client, oneTime: verdict.oneTime } : { refused: verdict };
}
