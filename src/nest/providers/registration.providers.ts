import type { Provider } from '@nestjs/common';
import { AuthenticationMethods } from '../../oauth/client/authentication/authentication-methods.js';
import { FailedAttempts } from '../../oauth/client/authentication/failed-attempts.js';
import type { RegistrationRules } from '../../oauth/client/client.registration.js';
import { VerificationKeyFactory } from '../../oauth/client/keys/verification-key.js';
import { OauthEvents } from '../../oauth/events/oauth-events.js';
import type { OauthConfiguration } from '../../oauth/oauth.configuration.js';
import { Persistence } from '../../oauth/persistence.js';
import { ClientAccess } from '../../oauth/registration/client-access.js';
import { ClientManagementEndpoint } from '../../oauth/registration/client-management.endpoint.js';
import { ClientUpdate } from '../../oauth/registration/client-update.js';
import { InitialAccessTokens } from '../../oauth/registration/initial-access.js';
import { RegistrationAvailability } from '../../oauth/registration/registration.availability.js';
import { RegistrationBearer } from '../../oauth/registration/registration-bearer.js';
import {
  RegistrationEndpoint,
  type RegistrationSettings,
} from '../../oauth/registration/registration.endpoint.js';
import { RegistrantMetadata } from '../../oauth/registration/registration.metadata.js';
import { checkPolicy } from '../../oauth/registration/registration.options.js';
import { loadStatementKeys } from '../../oauth/registration/software-statement.keys.js';
import { SoftwareStatements } from '../../oauth/registration/software-statement.js';
import { Grants } from '../../oauth/token/grants/grant.js';
import type { AdministrationFactory } from '../administrations.js';
import { FailureLog } from '../failure.log.js';
import { ADMINISTRATION_FACTORY, OAUTH_CONFIGURATION, REGISTRATION_RULES } from '../oauth.tokens.js';

/** Bytes: a document of a megabyte still gets an answer that says what is wrong with it. */
const BODY_LIMIT = 2_097_152;
/** A shorter token can be guessed. */
const SHORTEST_TOKEN = 32;

export const registrationProviders: Provider[] = [
  {
    provide: SoftwareStatements,
    inject: [OAUTH_CONFIGURATION, VerificationKeyFactory],
    useFactory: softwareStatements,
  },
  {
    provide: RegistrantMetadata,
    inject: [SoftwareStatements, AuthenticationMethods, Grants, REGISTRATION_RULES, OAUTH_CONFIGURATION],
    useFactory: (
      statements: SoftwareStatements,
      methods: AuthenticationMethods,
      { types: grantTypes }: Grants,
      rules: RegistrationRules,
      { resources, registration }: OauthConfiguration,
    ) => {
      const choices = { resources, methods, grantTypes };
      checkPolicy(registration.policy, choices);
      return new RegistrantMetadata(statements, choices, rules);
    },
  },
  {
    provide: InitialAccessTokens,
    inject: [OAUTH_CONFIGURATION, Persistence, FailedAttempts, OauthEvents, FailureLog],
    useFactory: initialAccessTokens,
  },
  {
    provide: RegistrationEndpoint,
    inject: [InitialAccessTokens, RegistrantMetadata, ADMINISTRATION_FACTORY, OAUTH_CONFIGURATION],
    useFactory: (
      tokens: InitialAccessTokens,
      metadata: RegistrantMetadata,
      factory: AdministrationFactory,
      configuration: OauthConfiguration,
    ) => {
      const clientsFor = (actor: Parameters<AdministrationFactory>[0]) => factory(actor).clients;
      return new RegistrationEndpoint(
        tokens,
        metadata,
        clientsFor,
        settings(configuration),
        configuration.clock,
      );
    },
  },
  {
    provide: ClientManagementEndpoint,
    inject: [
      Persistence,
      FailedAttempts,
      OauthEvents,
      RegistrantMetadata,
      ADMINISTRATION_FACTORY,
      OAUTH_CONFIGURATION,
    ],
    useFactory: (
      { clients }: Persistence,
      attempts: FailedAttempts,
      events: OauthEvents,
      metadata: RegistrantMetadata,
      factory: AdministrationFactory,
      configuration: OauthConfiguration,
    ) =>
      new ClientManagementEndpoint(
        new ClientAccess(clients, attempts, new RegistrationBearer(configuration.realm), events),
        new ClientUpdate(metadata, configuration.clock),
        (actor) => factory(actor).clients,
        settings(configuration),
      ),
  },
  {
    provide: RegistrationAvailability,
    inject: [Persistence, OAUTH_CONFIGURATION],
    useFactory: (
      { registrationTokens }: Persistence,
      { registrationEndpoint, registration, clock }: OauthConfiguration,
    ) =>
      new RegistrationAvailability(
        registrationEndpoint !== undefined,
        registration.initialAccessTokens.length > 0,
        registrationTokens,
        clock,
      ),
  },
];

function settings({
  registrationEndpoint,
  registration,
  bodyTimeout,
}: OauthConfiguration): RegistrationSettings {
  return {
    endpoint: registrationEndpoint,
    limits: { bodyLimit: BODY_LIMIT, bodyTimeout },
    secretLifetime: registration.clientSecretLifetime,
  };
}

function softwareStatements(
  { registration, issuer, registrationEndpoint, clockTolerance, clock }: OauthConfiguration,
  factory: VerificationKeyFactory,
): SoftwareStatements {
  const { softwareStatements: trusted = { issuers: [], algorithms: [], required: false } } = registration;
  const { algorithms, required } = trusted;
  const audiences = [issuer, ...(registrationEndpoint === undefined ? [] : [registrationEndpoint])];
  const keys = loadStatementKeys(trusted, factory);
  return new SoftwareStatements({ algorithms, required, keys, audiences, tolerance: clockTolerance }, clock);
}

function initialAccessTokens(
  { registration, issuer, realm, clock }: OauthConfiguration,
  { registrationTokens }: Persistence,
  attempts: FailedAttempts,
  events: OauthEvents,
  log: FailureLog,
): InitialAccessTokens {
  if (registration.initialAccessTokens.some(({ length }) => length < SHORTEST_TOKEN)) {
    const advice = `one of them has fewer than ${SHORTEST_TOKEN} characters, and may be guessed`;
    log.warn('registration.initialAccessTokens', advice);
  }
  const bearer = new RegistrationBearer(realm);
  return new InitialAccessTokens(registration, issuer, registrationTokens, attempts, bearer, events, clock);
}
