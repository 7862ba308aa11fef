import type { Clock } from '../clock.js';
import { reach } from '../store-failure.js';
import type { AccessTokenStore, StoredAccessToken } from '../token/access-token.store.js';
import { opaqueTokenDigest } from '../token/opaque-token.js';
import type { ClientStatus } from './client-status.js';
import type { JwtAccessTokenVerifier } from './jwt-access-token.verifier.js';
import { AccessTokenVerifier, type VerifiedAccessToken } from './verified-access-token.js';

/** Checks tokens where the authorization server is in the same process, against its own keys and stores. */
export class LocalAccessTokenVerifier extends AccessTokenVerifier {
  constructor(
    private readonly jwt: JwtAccessTokenVerifier,
    private readonly store: AccessTokenStore,
    private readonly clients: ClientStatus,
    private readonly issuer: string,
    private readonly clock: Clock,
  ) {
    super();
  }

  async verify(value: string): Promise<VerifiedAccessToken | undefined> {
    const token = value.includes('.') ? await this.jwt.verify(value) : await this.findOpaque(value);
    return token && (await this.clients.allows(token)) ? token : undefined;
  }

  private async findOpaque(value: string): Promise<VerifiedAccessToken | undefined> {
    const digest = opaqueTokenDigest(this.issuer, value);
    const stored = await reach(() => this.store.find(digest));
    if (stored?.digest !== digest || this.clock.now() >= stored.expiresAt) return undefined;
    return this.opaque(stored);
  }

  private opaque(stored: StoredAccessToken): VerifiedAccessToken {
    const { clientId, subject, audience, scope, issuedAt, expiresAt, id, claims } = stored;
    return {
      clientId, subject, audience: [audience], scope, issuedAt, expiresAt, id, claims,
      issuer: this.issuer, format: 'opaque',
    }; // prettier-ignore
  }
}
