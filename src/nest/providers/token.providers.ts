import type { Provider } from '@nestjs/common';
import { AuthenticationMethods } from '../../oauth/client/authentication/authentication-methods.js';
import { ClientRequests } from '../../oauth/client/authentication/client-request.js';
import { OauthEvents } from '../../oauth/events/oauth-events.js';
import type { KeyRing } from '../../oauth/keys/key-ring.js';
import { CurrentMetadata } from '../../oauth/metadata/current-metadata.js';
import { MetadataEndpoint } from '../../oauth/metadata/metadata.endpoint.js';
import { describeServer } from '../../oauth/metadata/server-metadata.js';
import type { OauthConfiguration } from '../../oauth/oauth.configuration.js';
import { Persistence } from '../../oauth/persistence.js';
import { RegistrationAvailability } from '../../oauth/registration/registration.availability.js';
import { AccessTokenIssuer } from '../../oauth/token/access-token.issuer.js';
import { ClientCredentialsGrant } from '../../oauth/token/grants/client-credentials.grant.js';
import { Grants } from '../../oauth/token/grants/grant.js';
import { JwtAccessTokenWriter } from '../../oauth/token/jwt-access-token.js';
import { OpaqueTokenWriter } from '../../oauth/token/opaque-token.js';
import { ScopePolicy } from '../../oauth/token/scope.policy.js';
import { TokenEndpoint } from '../../oauth/token/token.endpoint.js';
import { KEY_RING, OAUTH_CONFIGURATION } from '../oauth.tokens.js';

export const tokenProviders: Provider[] = [
  {
    provide: AccessTokenIssuer,
    inject: [KEY_RING, Persistence, OAUTH_CONFIGURATION],
    useFactory: (ring: KeyRing, { accessTokens }: Persistence, configuration: OauthConfiguration) => {
      const { issuer, opaqueTokenGenerator, accessTokenClaims, maxAccessTokenLifetime, clock } =
        configuration;
      const writers = {
        jwt: new JwtAccessTokenWriter(ring, issuer),
        opaque: new OpaqueTokenWriter(accessTokens, opaqueTokenGenerator, issuer),
      };
      return new AccessTokenIssuer(writers, accessTokenClaims, maxAccessTokenLifetime, clock);
    },
  },
  {
    provide: Grants,
    inject: [AccessTokenIssuer, OAUTH_CONFIGURATION],
    useFactory: (issuer: AccessTokenIssuer, { resources, scopePolicy }: OauthConfiguration) =>
      new Grants([new ClientCredentialsGrant(resources, new ScopePolicy(scopePolicy), issuer)]),
  },
  {
    provide: TokenEndpoint,
    inject: [ClientRequests, Grants, OauthEvents],
    useFactory: (requests: ClientRequests, grants: Grants, events: OauthEvents) =>
      new TokenEndpoint(requests, grants, events),
  },
  {
    provide: MetadataEndpoint,
    inject: [OAUTH_CONFIGURATION, Grants, AuthenticationMethods, KEY_RING, RegistrationAvailability],
    useFactory: (
      configuration: OauthConfiguration,
      grants: Grants,
      methods: AuthenticationMethods,
      { introspectionAlgorithms }: KeyRing,
      registration: RegistrationAvailability,
    ) => {
      const current = new CurrentMetadata(
        (open) => describeServer(configuration, grants.types, methods, introspectionAlgorithms, open),
        () => registration.isOpen(),
        configuration.resources,
      );
      return new MetadataEndpoint(configuration.issuer, () => current.read());
    },
  },
];
