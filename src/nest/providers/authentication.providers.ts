import type { Provider } from '@nestjs/common';
import { GuardedJwksFetcher } from '../../fetch/guarded-jwks-fetcher.js';
import { ForeignHashes } from '../../hashes/foreign-hashes.js';
import { JoseEncryptionKeyFactory } from '../../jose/jose-encryption-key.factory.js';
import { JoseVerificationKeyFactory } from '../../jose/jose-verification-key.factory.js';
import { AuthenticationMethods } from '../../oauth/client/authentication/authentication-methods.js';
import { ClientAuthentication } from '../../oauth/client/authentication/client-authentication.js';
import { ClientRequests } from '../../oauth/client/authentication/client-request.js';
import { ClientSecretVerifier } from '../../oauth/client/authentication/client-secret.verifier.js';
import { FailedAttempts } from '../../oauth/client/authentication/failed-attempts.js';
import { ClientCache } from '../../oauth/client/client.cache.js';
import { ImportedHashes } from '../../oauth/client/imported-hashes.js';
import { ClientEncryptionKeys } from '../../oauth/client/keys/client-encryption-keys.js';
import { ClientKeys } from '../../oauth/client/keys/client-keys.js';
import { EncryptionKeyFactory } from '../../oauth/client/keys/encryption-key.js';
import { JwksFetcher } from '../../oauth/client/keys/jwks-fetcher.js';
import type { KeyLoader } from '../../oauth/client/keys/key-set.js';
import { RemoteKeySets } from '../../oauth/client/keys/remote-key-sets.js';
import { VerificationKeyFactory } from '../../oauth/client/keys/verification-key.js';
import { SecretUsage } from '../../oauth/client/secret-usage.js';
import { ConfigurationError } from '../../oauth/configuration.error.js';
import { OauthEvents } from '../../oauth/events/oauth-events.js';
import type { OauthConfiguration } from '../../oauth/oauth.configuration.js';
import { Persistence } from '../../oauth/persistence.js';
import { OneTimeUse } from '../../oauth/replay/one-time-use.js';
import { addressGroup } from '../../throttle/address-group.js';
import { FlexibleFailureThrottle } from '../../throttle/flexible-failure-throttle.js';
import { FailureLog } from '../failure.log.js';
import { OAUTH_CONFIGURATION, STRICT_CLIENT_REQUESTS } from '../oauth.tokens.js';
import { authenticationMethods } from './authentication-methods.factory.js';

function remoteKeySets<K>(
  fetcher: JwksFetcher,
  loader: KeyLoader<K>,
  { clock }: OauthConfiguration,
  log: FailureLog,
): RemoteKeySets<K> {
  const report = (cause: unknown) => log.warn('The keys of a client could not be fetched', cause);
  return new RemoteKeySets(fetcher, loader, clock, report);
}

function clientFetcher({
  jwksFetcher,
  jwksUriAllowLoopback: allowLoopback,
  jwksUriNetworks: allowedNetworks,
}: OauthConfiguration): JwksFetcher {
  if (jwksFetcher) return jwksFetcher;
  try {
    return new GuardedJwksFetcher({ allowLoopback, allowedNetworks });
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError('clientAssertions.jwksUriNetworks', got, 'networks such as "10.1.0.0/16"');
  }
}

function failedAttempts(
  { failureLimits, issuer, clock }: OauthConfiguration,
  { failureCounts }: Persistence,
  log: FailureLog,
): FailedAttempts {
  const throttle =
    failureLimits &&
    new FlexibleFailureThrottle(
      failureLimits,
      failureLimits.store === 'memory'
        ? 'memory'
        : failureLimits.store === 'database'
          ? failureCounts
          : failureLimits.store.redis,
      clock,
      (cause) => log.report('Failed authentications are counted in this process alone', cause),
    );
  return new FailedAttempts(throttle, addressGroup, issuer);
}

const REQUEST_PARTS = [AuthenticationMethods, FailedAttempts, OneTimeUse, OauthEvents, OAUTH_CONFIGURATION];
type RequestParts = readonly [
  AuthenticationMethods,
  FailedAttempts,
  OneTimeUse,
  OauthEvents,
  OauthConfiguration,
];

function clientRequests(
  clients: ClientCache,
  ...[methods, attempts, oneTime, events, configuration]: RequestParts
): ClientRequests {
  const { realm } = configuration;
  const authentication = new ClientAuthentication(methods, clients, attempts, oneTime, events, realm);
  return new ClientRequests(authentication, configuration);
}

export const authenticationProviders: Provider[] = [
  { provide: VerificationKeyFactory, useClass: JoseVerificationKeyFactory },
  { provide: EncryptionKeyFactory, useClass: JoseEncryptionKeyFactory },
  {
    provide: ImportedHashes,
    inject: [OAUTH_CONFIGURATION],
    useFactory: ({ importedHashes }: OauthConfiguration) => importedHashes ?? new ForeignHashes(),
  },
  {
    provide: OauthEvents,
    inject: [OAUTH_CONFIGURATION, FailureLog],
    useFactory: ({ clock }: OauthConfiguration, log: FailureLog) =>
      new OauthEvents(clock, (cause) => log.report('A listener of events has failed', cause)),
  },
  {
    provide: SecretUsage,
    inject: [Persistence, OAUTH_CONFIGURATION, FailureLog],
    useFactory: ({ clientSecrets }: Persistence, { clock }: OauthConfiguration, log: FailureLog) =>
      new SecretUsage(clientSecrets, clock, (cause) =>
        log.report('The last use of a secret could not be recorded', cause),
      ),
  },
  { provide: JwksFetcher, inject: [OAUTH_CONFIGURATION], useFactory: clientFetcher },
  {
    provide: ClientKeys,
    inject: [JwksFetcher, VerificationKeyFactory, OAUTH_CONFIGURATION, FailureLog],
    useFactory: (
      fetcher: JwksFetcher,
      factory: VerificationKeyFactory,
      configuration: OauthConfiguration,
      log: FailureLog,
    ) => new ClientKeys(factory, remoteKeySets(fetcher, factory, configuration, log)),
  },
  {
    provide: ClientEncryptionKeys,
    inject: [JwksFetcher, EncryptionKeyFactory, OAUTH_CONFIGURATION, FailureLog],
    useFactory: (
      fetcher: JwksFetcher,
      factory: EncryptionKeyFactory,
      configuration: OauthConfiguration,
      log: FailureLog,
    ) => new ClientEncryptionKeys(factory, remoteKeySets(fetcher, factory, configuration, log)),
  },
  {
    provide: ClientSecretVerifier,
    inject: [Persistence, SecretUsage, ImportedHashes, ClientCache, OAUTH_CONFIGURATION, FailureLog],
    useFactory: (
      { clientSecrets }: Persistence,
      usage: SecretUsage,
      hashes: ImportedHashes,
      cache: ClientCache,
      { clock }: OauthConfiguration,
      log: FailureLog,
    ) =>
      new ClientSecretVerifier(clientSecrets, usage, hashes, cache, addressGroup, clock, (cause) =>
        log.report('The hash of an imported secret could not be replaced', cause),
      ),
  },
  {
    provide: AuthenticationMethods,
    inject: [OAUTH_CONFIGURATION, ClientSecretVerifier, ClientKeys, SecretUsage, FailureLog],
    useFactory: authenticationMethods,
  },
  {
    provide: FailedAttempts,
    inject: [OAUTH_CONFIGURATION, Persistence, FailureLog],
    useFactory: failedAttempts,
  },
  {
    provide: OneTimeUse,
    inject: [Persistence, OAUTH_CONFIGURATION],
    useFactory: ({ usedIdentifiers }: Persistence, { issuer, clockTolerance }: OauthConfiguration) =>
      new OneTimeUse(usedIdentifiers, issuer, clockTolerance),
  },
  {
    provide: ClientRequests,
    inject: [ClientCache, ...REQUEST_PARTS],
    useFactory: clientRequests,
  },
  {
    provide: STRICT_CLIENT_REQUESTS,
    inject: [Persistence, OAUTH_CONFIGURATION, ...REQUEST_PARTS],
    useFactory: ({ clients }: Persistence, { clock }: OauthConfiguration, ...parts: RequestParts) =>
      clientRequests(new ClientCache(clients, 0, clock), ...parts),
  },
];
