import type { Provider } from '@nestjs/common';
import { AuthenticationMethods } from '../../oauth/client/authentication/authentication-methods.js';
import { ClientAdministration } from '../../oauth/client/client.administration.js';
import { ClientCache, type ClientKeeper } from '../../oauth/client/client.cache.js';
import { ClientSecretAdministration } from '../../oauth/client/client-secret.administration.js';
import { ClientSecretIssuer } from '../../oauth/client/client-secret.issuer.js';
import { SecretReencryption } from '../../oauth/client/client-secret.reencryption.js';
import { ImportedHashes } from '../../oauth/client/imported-hashes.js';
import { EncryptionKeyFactory } from '../../oauth/client/keys/encryption-key.js';
import { VerificationKeyFactory } from '../../oauth/client/keys/verification-key.js';
import type { KeyRing } from '../../oauth/keys/key-ring.js';
import type { OauthConfiguration } from '../../oauth/oauth.configuration.js';
import { Persistence } from '../../oauth/persistence.js';
import { ClientStatus } from '../../oauth/resource/client-status.js';
import { CLIENT_KEEPER, KEY_RING, OAUTH_CONFIGURATION } from '../oauth.tokens.js';

export const clientProviders: Provider[] = [
  {
    provide: ClientCache,
    inject: [Persistence, OAUTH_CONFIGURATION],
    useFactory: ({ clients }: Persistence, { clientCacheLifetime, clock }: OauthConfiguration) =>
      new ClientCache(clients, clientCacheLifetime, clock),
  },
  {
    provide: CLIENT_KEEPER,
    inject: [ClientCache, ClientStatus],
    useFactory: (...keepers: ClientKeeper[]): ClientKeeper => ({
      forget: (id) => keepers.forEach((keeper) => keeper.forget(id)),
    }),
  },
  {
    provide: ClientSecretIssuer,
    inject: [ImportedHashes, OAUTH_CONFIGURATION],
    useFactory: (hashes: ImportedHashes, { encryption }: OauthConfiguration) =>
      new ClientSecretIssuer(hashes, encryption),
  },
  {
    provide: ClientAdministration,
    inject: [
      Persistence,
      CLIENT_KEEPER,
      AuthenticationMethods,
      VerificationKeyFactory,
      EncryptionKeyFactory,
      KEY_RING,
      ClientSecretIssuer,
      OAUTH_CONFIGURATION,
    ],
    useFactory: (
      { clients, clientSecrets }: Persistence,
      keeper: ClientKeeper,
      methods: AuthenticationMethods,
      keys: VerificationKeyFactory,
      encryptionKeys: EncryptionKeyFactory,
      { introspectionAlgorithms }: KeyRing,
      secrets: ClientSecretIssuer,
      configuration: OauthConfiguration,
    ) =>
      new ClientAdministration(
        clients,
        clientSecrets,
        keeper,
        { ...configuration, methods, keys, encryptionKeys, introspectionAlgorithms },
        secrets,
        configuration.clock,
      ),
  },
  {
    provide: ClientSecretAdministration,
    inject: [ClientAdministration, Persistence, CLIENT_KEEPER, ClientSecretIssuer, OAUTH_CONFIGURATION],
    useFactory: (
      administration: ClientAdministration,
      { clients, clientSecrets }: Persistence,
      keeper: ClientKeeper,
      issuer: ClientSecretIssuer,
      { encryption, clock }: OauthConfiguration,
    ) => {
      const reencryption = new SecretReencryption(clients, clientSecrets, encryption, keeper);
      return new ClientSecretAdministration(
        administration,
        clientSecrets,
        issuer,
        reencryption,
        keeper,
        clock,
      );
    },
  },
];
