import type { Provider } from '@nestjs/common';
import { AuthenticationMethods } from '../../oauth/client/authentication/authentication-methods.js';
import { ClientCache, type ClientKeeper } from '../../oauth/client/client.cache.js';
import type { RegistrationRules } from '../../oauth/client/client.registration.js';
import { ClientSecretIssuer } from '../../oauth/client/client-secret.issuer.js';
import { ImportedHashes } from '../../oauth/client/imported-hashes.js';
import { EncryptionKeyFactory } from '../../oauth/client/keys/encryption-key.js';
import { VerificationKeyFactory } from '../../oauth/client/keys/verification-key.js';
import type { KeyRing } from '../../oauth/keys/key-ring.js';
import type { OauthConfiguration } from '../../oauth/oauth.configuration.js';
import { Persistence } from '../../oauth/persistence.js';
import { ClientStatus } from '../../oauth/resource/client-status.js';
import { CLIENT_KEEPER, KEY_RING, OAUTH_CONFIGURATION, REGISTRATION_RULES } from '../oauth.tokens.js';

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
    provide: REGISTRATION_RULES,
    inject: [
      AuthenticationMethods,
      VerificationKeyFactory,
      EncryptionKeyFactory,
      KEY_RING,
      OAUTH_CONFIGURATION,
    ],
    useFactory: (
      methods: AuthenticationMethods,
      keys: VerificationKeyFactory,
      encryptionKeys: EncryptionKeyFactory,
      { introspectionAlgorithms }: KeyRing,
      configuration: OauthConfiguration,
    ): RegistrationRules => ({ ...configuration, methods, keys, encryptionKeys, introspectionAlgorithms }),
  },
];
