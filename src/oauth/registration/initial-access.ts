import type { FailedAttempts } from '../client/authentication/failed-attempts.js';
import type { Labels } from '../client/client.js';
import type { Clock } from '../clock.js';
import { sameDigest, sha256 } from '../digest.js';
import type { RegistrationRefusalReason } from '../events/oauth-event.js';
import type { OauthEvents } from '../events/oauth-events.js';
import type { OauthRequest } from '../oauth.request.js';
import { reach } from '../store-failure.js';
import type { RegistrationBearer } from './registration-bearer.js';
import { RegistrationAttempt } from './registration-attempt.js';
import type { RegistrationConfiguration } from './registration.options.js';
import type { RegistrationPolicy } from './registration.policy.js';
import { registrationTokenDigest } from './registration-token.js';
import type { RegistrationTokenStore, StoredRegistrationToken } from './registration-token.store.js';

/** What has opened a registration. */
export interface InitialAccess {
  /** The id of a registration token, or `configured`. */
  readonly openedBy: string;
  /** Whom the audit log names. */
  readonly actor: string;
  readonly policy: RegistrationPolicy;
  /** What an operator says about the clients that it registers. */
  readonly owner?: string | undefined;
  readonly labels?: Labels | undefined;
  /** Counts one use, before the client is made. @throws OauthError where none is left */
  use(): Promise<void>;
  /** Takes it back where no client was made. */
  giveBack(): Promise<void>;
}

/** The initial access tokens: the host's own, and those that an operator has issued (RFC 7591 §3). */
export class InitialAccessTokens {
  private readonly configured: readonly string[];

  constructor(
    private readonly configuration: RegistrationConfiguration,
    private readonly issuer: string,
    private readonly store: RegistrationTokenStore,
    private readonly attempts: FailedAttempts,
    private readonly bearer: RegistrationBearer,
    private readonly events: OauthEvents,
    private readonly clock: Clock,
  ) {
    this.configured = configuration.initialAccessTokens.map((value) => sha256(value));
  }

  /** @throws OauthError */
  async open(http: OauthRequest): Promise<InitialAccess> {
    const attempt = new RegistrationAttempt(http, undefined, this.attempts, this.bearer, this.events);
    const value = attempt.token();
    if (this.isConfigured(value)) {
      attempt.refuseThrottled();
      return ofTheHost(this.configuration.policy);
    }
    const digest = registrationTokenDigest(this.issuer, value);
    const token = await reach(() => this.store.find(digest));
    attempt.refuseThrottled();
    const obstacle = this.obstacle(token, digest);
    if (!token || obstacle) return attempt.fail(obstacle ?? 'unknown_token');
    return {
      openedBy: token.id,
      actor: `registration-token:${token.id}`,
      policy: token.policy,
      owner: token.owner,
      labels: token.labels,
      use: async () => {
        const used = await reach(() => this.store.use(token.id, this.clock.now()));
        if (!used) await attempt.fail('token_used_up');
      },
      giveBack: async () => {
        // What cannot be given back stays counted: too few clients are made, never too many.
        await reach(() => this.store.giveBack(token.id)).catch(() => undefined);
      },
    };
  }

  /** Looks at every one of them. */
  private isConfigured(value: string): boolean {
    const digest = sha256(value);
    return this.configured.filter((each) => sameDigest(each, digest)).length > 0;
  }

  private obstacle(
    token: StoredRegistrationToken | undefined,
    digest: string,
  ): RegistrationRefusalReason | undefined {
    if (!token || !sameDigest(token.digest, digest)) return 'unknown_token';
    const { expiresAt = Infinity, mostUses = Infinity, uses } = token;
    if (expiresAt <= this.clock.now()) return 'token_expired';
    return uses >= mostUses ? 'token_used_up' : undefined;
  }
}

function ofTheHost(policy: RegistrationPolicy): InitialAccess {
  const nothing = () => Promise.resolve();
  return { openedBy: 'configured', actor: 'initial-access-token', policy, use: nothing, giveBack: nothing };
}
