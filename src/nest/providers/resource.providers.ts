import type { Provider } from '@nestjs/common';
import { ClientCache } from '../../oauth/client/client.cache.js';
import type { KeyRing } from '../../oauth/keys/key-ring.js';
import type { OauthConfiguration } from '../../oauth/oauth.configuration.js';
import { Persistence } from '../../oauth/persistence.js';
import { AccessTokenVerifier } from '../../oauth/resource/access-token.verifier.js';
import { ClientStatus } from '../../oauth/resource/client-status.js';
import type { GuardedResources } from '../../oauth/resource/guarded-resource.js';
import { JwtAccessTokenVerifier } from '../../oauth/resource/jwt-access-token.verifier.js';
import { LocalAccessTokenVerifier } from '../../oauth/resource/local-access-token.verifier.js';
import { ProtectedRequests } from '../../oauth/resource/protected-request.js';
import { ResourceMetadataEndpoint } from '../../oauth/resource/resource-metadata.endpoint.js';
import { StoredResourceServers } from '../../oauth/resource/stored-resource-servers.js';
import { RevokedTokens } from '../../oauth/revocation/revoked-tokens.js';
import { FailureLog } from '../failure.log.js';
import { GUARDED_RESOURCES, KEY_RING, OAUTH_CONFIGURATION, STRICT_VERIFIERS } from '../oauth.tokens.js';

/** Verifiers that ask the store each time: what was revoked anywhere is known at once. */
export interface StrictVerifiers {
  /** By this server's own clock: what has expired is not active. */
  readonly exact: AccessTokenVerifier;
  /** As guards judge: what any of them may still let through can be revoked. */
  readonly tolerant: AccessTokenVerifier;
}

const PARTS = [KEY_RING, Persistence, RevokedTokens, OAUTH_CONFIGURATION];

/** Builds verifiers of this server's own tokens. */
function verifiers(
  ring: KeyRing,
  { accessTokens: store }: Persistence,
  revoked: RevokedTokens,
  { issuer, clock }: OauthConfiguration,
) {
  const findKey = async (kid: string, algorithm: string) => {
    const key = await ring.find(kid);
    return key?.algorithm === algorithm ? key : undefined;
  };
  return (clients: ClientStatus, freshness: number, tolerance: number): LocalAccessTokenVerifier => {
    const jwt = new JwtAccessTokenVerifier(findKey, { issuer, tolerance }, clock);
    return new LocalAccessTokenVerifier(jwt, { store, clients, revoked, freshness }, issuer, clock);
  };
}

export const resourceProviders: Provider[] = [
  {
    provide: GUARDED_RESOURCES,
    // The key ring is there when the persistence is known to be ready for use.
    inject: [OAUTH_CONFIGURATION, Persistence, FailureLog, KEY_RING],
    useFactory: async (
      { resources, clock }: OauthConfiguration,
      { resourceServers }: Persistence,
      log: FailureLog,
    ): Promise<GuardedResources> => {
      const stored = new StoredResourceServers(resourceServers, resources, clock, (what, cause) =>
        log.report(what, cause),
      );
      await stored.open();
      return resources;
    },
  },
  {
    provide: ClientStatus,
    inject: [Persistence, OAUTH_CONFIGURATION],
    useFactory: ({ clients }: Persistence, { revocationFreshness, clock }: OauthConfiguration) =>
      new ClientStatus(new ClientCache(clients, revocationFreshness, clock)),
  },
  {
    provide: AccessTokenVerifier,
    inject: [ClientStatus, ...PARTS],
    useFactory: (clients: ClientStatus, ...parts: Parameters<typeof verifiers>) => {
      const [, , , { revocationFreshness, clockTolerance }] = parts;
      return verifiers(...parts)(clients, revocationFreshness, clockTolerance);
    },
  },
  {
    provide: STRICT_VERIFIERS,
    inject: PARTS,
    useFactory: (...parts: Parameters<typeof verifiers>): StrictVerifiers => {
      const [, { clients }, , { clock, clockTolerance }] = parts;
      const status = new ClientStatus(new ClientCache(clients, 0, clock));
      const verifier = verifiers(...parts);
      return { exact: verifier(status, 0, 0), tolerant: verifier(status, 0, clockTolerance) };
    },
  },
  {
    provide: ProtectedRequests,
    inject: [AccessTokenVerifier, OAUTH_CONFIGURATION],
    useFactory: (verifier: AccessTokenVerifier, { resources, realm }: OauthConfiguration) =>
      new ProtectedRequests(verifier, resources, realm),
  },
  {
    provide: ResourceMetadataEndpoint,
    inject: [OAUTH_CONFIGURATION],
    useFactory: ({ resources, issuer }: OauthConfiguration) =>
      new ResourceMetadataEndpoint(resources, issuer),
  },
];
