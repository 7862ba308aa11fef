import type { Clock } from '../clock.js';
import type { RevokedTokens } from '../revocation/revoked-tokens.js';
import { reach } from '../store-failure.js';
import type { AccessTokenStore, StoredAccessToken } from '../token/access-token.store.js';
import { opaqueTokenDigest } from '../token/opaque-token.js';
import { AccessTokenVerifier, type AuthenticAccessToken } from './access-token.verifier.js';
import type { ClientStatus } from './client-status.js';
import type { JwtAccessTokenVerifier } from './jwt-access-token.verifier.js';

/** Where tokens are looked up, and how old what is known of them may be. */
export interface LocalTokens {
  readonly store: AccessTokenStore;
  readonly clients: ClientStatus;
  readonly revoked: RevokedTokens;
  /** Seconds. */
  readonly freshness: number;
}

/** Checks tokens where the authorization server is in the same process, against its own keys and stores. */
export class LocalAccessTokenVerifier extends AccessTokenVerifier {
  constructor(
    private readonly jwt: JwtAccessTokenVerifier,
    private readonly tokens: LocalTokens,
    private readonly issuer: string,
    private readonly clock: Clock,
  ) {
    super();
  }

  async verify(value: string): Promise<AuthenticAccessToken | undefined> {
    return value.includes('.') ? this.verifyJwt(value) : this.findOpaque(value);
  }

  private async verifyJwt(value: string): Promise<AuthenticAccessToken | undefined> {
    const { clients, revoked, freshness } = this.tokens;
    const token = await this.jwt.verify(value);
    if (!token) return undefined;
    const [allowed, denied] = await Promise.all([
      clients.allows(token),
      revoked.includes(token.id, freshness),
    ]);
    return allowed && !denied ? token : undefined;
  }

  private async findOpaque(value: string): Promise<AuthenticAccessToken | undefined> {
    const { store, clients } = this.tokens;
    const digest = opaqueTokenDigest(this.issuer, value);
    const stored = await reach(() => store.find(digest));
    if (stored?.digest !== digest || this.clock.now() >= stored.expiresAt) return undefined;
    return (await clients.allows(stored)) ? this.opaque(stored) : undefined;
  }

  private opaque(stored: StoredAccessToken): AuthenticAccessToken {
    const { clientId, subject, audience, scope, issuedAt, expiresAt, id, claims } = stored;
    return {
      clientId, subject, audience: [audience], scope, issuedAt, expiresAt, id, claims,
      issuer: this.issuer, format: 'opaque',
    }; // prettier-ignore
  }
}
