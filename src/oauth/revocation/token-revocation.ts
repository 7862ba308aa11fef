import type { AuthenticAccessToken } from '../resource/access-token.verifier.js';
import { reach } from '../store-failure.js';
import type { AccessTokenStore } from '../token/access-token.store.js';
import { opaqueTokenDigest } from '../token/opaque-token.js';
import type { RevokedTokens } from './revoked-tokens.js';

/** Ends single tokens: opaque ones by their row, self-contained ones by the deny-list. */
export class TokenRevocation {
  constructor(
    private readonly store: AccessTokenStore,
    private readonly revoked: RevokedTokens,
    private readonly issuer: string,
    /** Seconds that clocks may differ: for so long a token may be believed after it has expired. */
    private readonly tolerance: number,
  ) {}

  /** Resolves when no instance will find the token alive. @throws OauthError `temporarily_unavailable` */
  async revoke(value: string, { format, id, expiresAt }: AuthenticAccessToken): Promise<void> {
    if (format === 'jwt') return this.revoked.add(id, Math.ceil(expiresAt) + this.tolerance);
    await reach(() => this.store.delete(opaqueTokenDigest(this.issuer, value)));
  }
}
