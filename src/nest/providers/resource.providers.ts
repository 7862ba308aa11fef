import type { Provider } from '@nestjs/common';
import { ClientCache } from '../../oauth/client/client.cache.js';
import type { KeyRing } from '../../oauth/keys/key-ring.js';
import type { OauthConfiguration } from '../../oauth/oauth.configuration.js';
import { Persistence } from '../../oauth/persistence.js';
import { ClientStatus } from '../../oauth/resource/client-status.js';
import { JwtAccessTokenVerifier } from '../../oauth/resource/jwt-access-token.verifier.js';
import { LocalAccessTokenVerifier } from '../../oauth/resource/local-access-token.verifier.js';
import { ProtectedRequests } from '../../oauth/resource/protected-request.js';
import { AccessTokenVerifier } from '../../oauth/resource/verified-access-token.js';
import { KEY_RING, OAUTH_CONFIGURATION } from '../oauth.tokens.js';

export const resourceProviders: Provider[] = [
  {
    provide: ClientStatus,
    inject: [Persistence, OAUTH_CONFIGURATION],
    useFactory: ({ clients }: Persistence, { revocationFreshness, clock }: OauthConfiguration) =>
      new ClientStatus(new ClientCache(clients, revocationFreshness, clock)),
  },
  {
    provide: AccessTokenVerifier,
    inject: [KEY_RING, Persistence, ClientStatus, OAUTH_CONFIGURATION],
    useFactory: (
      ring: KeyRing,
      { accessTokens }: Persistence,
      clients: ClientStatus,
      { issuer, clock, clockTolerance: tolerance }: OauthConfiguration,
    ) => {
      const jwt = new JwtAccessTokenVerifier((kid) => ring.find(kid), { issuer, tolerance }, clock);
      return new LocalAccessTokenVerifier(jwt, accessTokens, clients, issuer, clock);
    },
  },
  {
    provide: ProtectedRequests,
    inject: [AccessTokenVerifier, OAUTH_CONFIGURATION],
    useFactory: (verifier: AccessTokenVerifier, { resources, realm }: OauthConfiguration) =>
      new ProtectedRequests(verifier, resources, realm),
  },
];
