import type { Provider } from '@nestjs/common';
import { AuditAdministration } from '../../oauth/audit/audit.administration.js';
import { AuditTrail } from '../../oauth/audit/audit-trail.js';
import { Journal, type Actor } from '../../oauth/audit/journal.js';
import { AuthenticationMethods } from '../../oauth/client/authentication/authentication-methods.js';
import { ClientAdministration } from '../../oauth/client/client.administration.js';
import type { ClientKeeper } from '../../oauth/client/client.cache.js';
import type { RegistrationRules } from '../../oauth/client/client.registration.js';
import { ClientSecretAdministration } from '../../oauth/client/client-secret.administration.js';
import { ClientSecretIssuer } from '../../oauth/client/client-secret.issuer.js';
import { SecretReencryption } from '../../oauth/client/client-secret.reencryption.js';
import { ClientTransfer } from '../../oauth/client/transfer/client.transfer.js';
import { OauthEvents } from '../../oauth/events/oauth-events.js';
import { KeyAdministration } from '../../oauth/keys/key.administration.js';
import type { KeyRing } from '../../oauth/keys/key-ring.js';
import type { OauthConfiguration } from '../../oauth/oauth.configuration.js';
import { Persistence } from '../../oauth/persistence.js';
import { RegistrationTokenAdministration } from '../../oauth/registration/registration-token.administration.js';
import { ResourceServerAdministration } from '../../oauth/resource/resource-server.administration.js';
import { RevokedTokens } from '../../oauth/revocation/revoked-tokens.js';
import { Grants } from '../../oauth/token/grants/grant.js';
import { TokenAdministration } from '../../oauth/token/token.administration.js';
import type { AdministrationFactory } from '../administrations.js';
import {
  ADMINISTRATION_FACTORY,
  CLIENT_KEEPER,
  KEY_RING,
  OAUTH_CONFIGURATION,
  REGISTRATION_RULES,
} from '../oauth.tokens.js';
import { PUBLISH_AHEAD } from './keys.providers.js';

/** Whom the audit log names where the host does not say. */
const HOST: Actor = { name: 'host' };

export const administrationProviders: Provider[] = [
  {
    provide: ADMINISTRATION_FACTORY,
    inject: [
      Persistence,
      CLIENT_KEEPER,
      REGISTRATION_RULES,
      ClientSecretIssuer,
      AuthenticationMethods,
      Grants,
      RevokedTokens,
      KEY_RING,
      OauthEvents,
      AuditTrail,
      OAUTH_CONFIGURATION,
    ],
    useFactory: administrationFactory,
  },
];

function administrationFactory(
  persistence: Persistence,
  keeper: ClientKeeper,
  rules: RegistrationRules,
  secretIssuer: ClientSecretIssuer,
  methods: AuthenticationMethods,
  grants: Grants,
  revoked: RevokedTokens,
  ring: KeyRing,
  events: OauthEvents,
  trail: AuditTrail,
  configuration: OauthConfiguration,
): AdministrationFactory {
  const { clock, encryption, resources, maxAccessTokenLifetime, clockTolerance, audit } = configuration;
  const { clients: store, clientSecrets } = persistence;
  const reencryption = new SecretReencryption(store, clientSecrets, encryption, keeper);
  const longest = maxAccessTokenLifetime + clockTolerance;
  const tokenRules = { ...configuration, methods, grantTypes: grants.types };
  return (actor = HOST) => {
    const journal = new Journal(events, trail, clock, actor);
    const clients = new ClientAdministration(
      store,
      clientSecrets,
      keeper,
      rules,
      secretIssuer,
      clock,
      journal,
    );
    return {
      clients,
      secrets: new ClientSecretAdministration(
        clients,
        clientSecrets,
        secretIssuer,
        reencryption,
        keeper,
        clock,
        journal,
      ),
      tokens: new TokenAdministration(clients, persistence.accessTokens, revoked, longest, clock, journal),
      transfer: new ClientTransfer(store, keeper, rules, secretIssuer, clock, journal),
      resourceServers: new ResourceServerAdministration(
        persistence.resourceServers,
        resources,
        clock,
        journal,
      ),
      keys: new KeyAdministration(ring, PUBLISH_AHEAD, clock, journal),
      registrationTokens: new RegistrationTokenAdministration(
        persistence.registrationTokens,
        tokenRules,
        clock,
        journal,
      ),
      audit: new AuditAdministration(audit.log === 'database' ? persistence.auditLog : undefined),
    };
  };
}
