import type { AttemptsFrom, FailedAttempts } from '../client/authentication/failed-attempts.js';
import type { RegistrationRefusalReason } from '../events/oauth-event.js';
import type { OauthEvents } from '../events/oauth-events.js';
import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import type { RegistrationBearer } from './registration-bearer.js';

/** One attempt to prove that one may register, or manage, a client. Failures count, and wait, as at the token endpoint. */
export class RegistrationAttempt {
  private readonly others: AttemptsFrom;

  constructor(
    private readonly http: OauthRequest,
    /** The client that it is about. Missing for a new one. */
    private readonly clientId: string | undefined,
    attempts: FailedAttempts,
    private readonly bearer: RegistrationBearer,
    private readonly events: OauthEvents,
  ) {
    this.others = attempts.of(http.ip, clientId, 'registration');
  }

  /** The token of the request. @throws OauthError where there is none, or where too many have failed before */
  token(): string {
    const token = this.presented();
    if (token === undefined) {
      this.tell('no_token');
      throw this.bearer.missing();
    }
    this.refuseThrottled();
    return token;
  }

  /** Guesses that came at the same time may have reached the limit meanwhile. */
  refuseThrottled(): void {
    const retryAfter = this.others.waitFor();
    if (retryAfter === 0) return;
    this.tell('throttled');
    throw OauthError.tooManyRequests(retryAfter);
  }

  /** The token is wrong, whatever the reason. */
  async fail(reason: RegistrationRefusalReason): Promise<never> {
    await this.others.record();
    this.tell(reason);
    throw this.bearer.wrong();
  }

  /** The token is right, and yet no use. */
  refuse(reason: RegistrationRefusalReason, error: OauthError): never {
    this.tell(reason);
    throw error;
  }

  private presented(): string | undefined {
    try {
      return this.bearer.read(this.http);
    } catch (failure) {
      this.tell('malformed_token');
      throw failure;
    }
  }

  private tell(reason: RegistrationRefusalReason): void {
    const { clientId } = this;
    this.events.emit({
      type: 'registration.refused',
      ...(clientId !== undefined && { clientId }),
      reason,
      address: this.http.ip,
    });
  }
}
