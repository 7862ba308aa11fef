import type { AuthenticatedClient } from '../client/authentication/client-authentication.js';
import type { Clock } from '../clock.js';
import type { ResourceServer } from '../resource/resource-server.js';
import { extraClaims, type AccessTokenClaimsHook } from './access-token.claims.js';
import { newTokenId } from './token-series.js';
import type { AccessToken, AccessTokenFormat, AccessTokenGrant } from './access-token.js';

/** Gives a granted token its form: `jwt` or `opaque`. */
export interface AccessTokenWriter {
  write(grant: AccessTokenGrant): Promise<string>;
}

export interface AccessTokenRequest {
  readonly client: AuthenticatedClient;
  readonly subject: string;
  readonly resource: ResourceServer;
  readonly scope: readonly string[];
}

/** Decides format, lifetime and claims of an access token, uses up what must not serve twice, and has the token written. */
export class AccessTokenIssuer {
  constructor(
    private readonly writers: Readonly<Record<AccessTokenFormat, AccessTokenWriter>>,
    private readonly claims: AccessTokenClaimsHook | undefined,
    private readonly lifetimeCeiling: number,
    private readonly clock: Clock,
  ) {}

  async issue({ client: authenticated, ...request }: AccessTokenRequest): Promise<AccessToken> {
    const { client } = authenticated;
    const { subject, resource, scope } = request;
    const lifetime = Math.min(client.accessTokenTtl ?? resource.accessTokenLifetime, this.lifetimeCeiling);
    const issuedAt = this.clock.now();
    const grant: AccessTokenGrant = {
      id: newTokenId(client.tokenSeries),
      clientId: client.id,
      subject,
      audience: resource.identifier,
      scope,
      format: client.accessTokenFormat ?? resource.accessTokenFormat,
      issuedAt,
      expiresAt: issuedAt + lifetime,
      claims: await extraClaims(this.claims, { client, resource, scope }),
    };
    await authenticated.useUp();
    return { value: await this.writers[grant.format].write(grant), grant };
  }
}
