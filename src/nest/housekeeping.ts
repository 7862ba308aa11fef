import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { KeyRing } from '../oauth/keys/key-ring.js';
import { StoredKeyRing } from '../oauth/keys/stored-key-ring.js';
import type { OauthConfiguration } from '../oauth/oauth.configuration.js';
import { Persistence } from '../oauth/persistence.js';
import { FailureLog } from './failure.log.js';
import { KEY_RING, OAUTH_CONFIGURATION } from './oauth.tokens.js';

/** Seconds for which an operator can still see a secret that has expired. */
const SECRETS_STAY = 7 * 24 * 3600;
/** Seconds for which an operator can still see a registration token that has expired. */
const REGISTRATION_TOKENS_STAY = 7 * 24 * 3600;
/** Seconds by which the clock of another instance may be behind this one. */
const CLOCKS_DIFFER = 60;
const INTERVAL_MILLISECONDS = 10 * 60 * 1000;

/**
 * Removes what has expired: opaque tokens, revoked tokens, secrets, registration tokens, used identifiers, failure counts and
 * retired keys, and the entries of the audit log that are old enough, every ten minutes. Any number of instances may do it.
 */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(Persistence) private readonly persistence: Persistence,
    @Inject(KEY_RING) private readonly ring: KeyRing,
    @Inject(OAUTH_CONFIGURATION) private readonly configuration: OauthConfiguration,
    @Inject(FailureLog) private readonly log: FailureLog,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.run(), INTERVAL_MILLISECONDS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  async run(): Promise<void> {
    const { clock, clockTolerance, audit } = this.configuration;
    const now = clock.now();
    const { accessTokens, revokedTokens, usedIdentifiers, failureCounts, clientSecrets } = this.persistence;
    const { registrationTokens, auditLog } = this.persistence;
    await this.remove('access tokens', () => accessTokens.deleteExpired(now - clockTolerance));
    await this.remove('revoked tokens', () => revokedTokens.deleteExpired(now - CLOCKS_DIFFER));
    await this.remove('used identifiers', () => usedIdentifiers.deleteExpired(now - CLOCKS_DIFFER));
    await this.remove('failure counts', () => failureCounts.deleteExpired(now - CLOCKS_DIFFER));
    await this.remove('client secrets', () => clientSecrets.deleteExpired(now - SECRETS_STAY));
    await this.remove('registration tokens', () =>
      registrationTokens.deleteExpired(now - REGISTRATION_TOKENS_STAY),
    );
    if (audit.log === 'database') {
      await this.remove('audit entries', () => auditLog.deleteBefore(now - audit.retention));
    }
    const { ring } = this;
    if (ring instanceof StoredKeyRing) await this.remove('signing keys', () => ring.prune());
  }

  /** What fails does not keep the rest from being removed. */
  private async remove(what: string, removal: () => Promise<unknown>): Promise<void> {
    try {
      await removal();
    } catch (cause) {
      this.log.report(`Expired ${what} could not be removed`, cause);
    }
  }
}
