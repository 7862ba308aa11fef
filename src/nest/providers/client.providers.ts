import type { Provider } from '@nestjs/common';
import { ClientAdministration } from '../../oauth/client/client.administration.js';
import { ClientAuthentication } from '../../oauth/client/client.authentication.js';
import { ClientCache, type ClientKeeper } from '../../oauth/client/client.cache.js';
import { ClientSecretAdministration } from '../../oauth/client/client-secret.administration.js';
import { SecretUsage } from '../../oauth/client/secret-usage.js';
import type { OauthConfiguration } from '../../oauth/oauth.configuration.js';
import { Persistence } from '../../oauth/persistence.js';
import { ClientStatus } from '../../oauth/resource/client-status.js';
import { FailureLog } from '../failure.log.js';
import { CLIENT_KEEPER, OAUTH_CONFIGURATION } from '../oauth.tokens.js';

export const clientProviders: Provider[] = [
  {
    provide: ClientCache,
    inject: [Persistence, OAUTH_CONFIGURATION],
    useFactory: ({ clients }: Persistence, { clientCacheLifetime, clock }: OauthConfiguration) =>
      new ClientCache(clients, clientCacheLifetime, clock),
  },
  {
    provide: ClientAuthentication,
    inject: [ClientCache, Persistence, OAUTH_CONFIGURATION, FailureLog],
    useFactory: (
      cache: ClientCache,
      { clientSecrets }: Persistence,
      { clock, realm }: OauthConfiguration,
      log: FailureLog,
    ) => {
      const usage = new SecretUsage(clientSecrets, clock, (cause) =>
        log.report('The last use of a secret could not be recorded', cause),
      );
      return new ClientAuthentication(cache, usage, clock, realm);
    },
  },
  {
    provide: CLIENT_KEEPER,
    inject: [ClientCache, ClientStatus],
    useFactory: (...keepers: ClientKeeper[]): ClientKeeper => ({
      forget: (id) => keepers.forEach((keeper) => keeper.forget(id)),
    }),
  },
  {
    provide: ClientAdministration,
    inject: [Persistence, CLIENT_KEEPER, OAUTH_CONFIGURATION],
    useFactory: ({ clients }: Persistence, keeper: ClientKeeper, configuration: OauthConfiguration) =>
      new ClientAdministration(clients, keeper, configuration, configuration.clock),
  },
  {
    provide: ClientSecretAdministration,
    inject: [ClientAdministration, Persistence, CLIENT_KEEPER, OAUTH_CONFIGURATION],
    useFactory: (
      clients: ClientAdministration,
      { clientSecrets }: Persistence,
      keeper: ClientKeeper,
      { clock }: OauthConfiguration,
    ) => new ClientSecretAdministration(clients, clientSecrets, keeper, clock),
  },
];
