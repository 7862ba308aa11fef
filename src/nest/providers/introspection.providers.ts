import type { Provider } from '@nestjs/common';
import type { ClientRequests } from '../../oauth/client/authentication/client-request.js';
import { ClientEncryptionKeys } from '../../oauth/client/keys/client-encryption-keys.js';
import { OauthEvents } from '../../oauth/events/oauth-events.js';
import { IntrospectionEndpoint } from '../../oauth/introspection/introspection.endpoint.js';
import { IntrospectionJwtWriter } from '../../oauth/introspection/introspection-jwt.js';
import { IntrospectionPolicy } from '../../oauth/introspection/introspection.policy.js';
import type { KeyRing } from '../../oauth/keys/key-ring.js';
import type { OauthConfiguration } from '../../oauth/oauth.configuration.js';
import { Persistence } from '../../oauth/persistence.js';
import { RevocationEndpoint } from '../../oauth/revocation/revocation.endpoint.js';
import { RevokedTokens } from '../../oauth/revocation/revoked-tokens.js';
import { TokenRevocation } from '../../oauth/revocation/token-revocation.js';
import { FailureLog } from '../failure.log.js';
import { KEY_RING, OAUTH_CONFIGURATION, STRICT_CLIENT_REQUESTS, STRICT_VERIFIERS } from '../oauth.tokens.js';
import { rarely } from '../rarely.js';
import type { StrictVerifiers } from './resource.providers.js';

export const introspectionProviders: Provider[] = [
  {
    provide: RevokedTokens,
    inject: [Persistence, OAUTH_CONFIGURATION],
    useFactory: ({ revokedTokens }: Persistence, { issuer, clock }: OauthConfiguration) =>
      new RevokedTokens(revokedTokens, issuer, clock),
  },
  {
    provide: TokenRevocation,
    inject: [Persistence, RevokedTokens, OAUTH_CONFIGURATION],
    useFactory: (
      { accessTokens }: Persistence,
      revoked: RevokedTokens,
      { issuer, clockTolerance }: OauthConfiguration,
    ) => new TokenRevocation(accessTokens, revoked, issuer, clockTolerance),
  },
  {
    provide: RevocationEndpoint,
    inject: [STRICT_CLIENT_REQUESTS, STRICT_VERIFIERS, TokenRevocation, OauthEvents],
    useFactory: (
      requests: ClientRequests,
      { tolerant }: StrictVerifiers,
      revocation: TokenRevocation,
      events: OauthEvents,
    ) => new RevocationEndpoint(requests, tolerant, revocation, events),
  },
  {
    provide: IntrospectionEndpoint,
    inject: [
      STRICT_CLIENT_REQUESTS,
      STRICT_VERIFIERS,
      KEY_RING,
      ClientEncryptionKeys,
      OAUTH_CONFIGURATION,
      OauthEvents,
      FailureLog,
    ],
    useFactory: introspectionEndpoint,
  },
];

function introspectionEndpoint(
  requests: ClientRequests,
  { exact }: StrictVerifiers,
  ring: KeyRing,
  keys: ClientEncryptionKeys,
  { issuer, jwksUri, introspectionPolicy, clock }: OauthConfiguration,
  events: OauthEvents,
  log: FailureLog,
): IntrospectionEndpoint {
  const missing = rarely(clock, (cause) =>
    log.warn('An introspection response could not be encrypted', cause),
  );
  const policy = new IntrospectionPolicy(introspectionPolicy);
  const jwts =
    jwksUri === undefined ? undefined : new IntrospectionJwtWriter(ring, keys, issuer, clock, missing);
  return new IntrospectionEndpoint(requests, exact, policy, jwts, events);
}
