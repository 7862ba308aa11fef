import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ConfigurationError } from '../oauth/configuration.error.js';
import { describe } from '../oauth/option-checks.js';
import { OauthEvents } from '../oauth/events/oauth-events.js';
import { resolveOptions, type OauthConfiguration } from '../oauth/oauth.configuration.js';
import type { OauthOptions } from '../oauth/oauth.options.js';
import { Persistence } from '../oauth/persistence.js';
import { ProtectedRequests } from '../oauth/resource/protected-request.js';
import { AccessTokenVerifier } from '../oauth/resource/access-token.verifier.js';
import { asyncOptions } from './async-options.js';
import { FailureLog } from './failure.log.js';
import { HandlerCheck } from './handler-check.js';
import { Housekeeping } from './housekeeping.js';
import type {
  OauthModuleAsyncOptions,
  OauthModuleExtras,
  OauthModuleOptions,
  OauthOptionsFactory,
} from './oauth-module.options.js';
import { OauthAdmin } from './oauth.admin.js';
import { OauthGuard } from './oauth.guard.js';
import { OauthService } from './oauth.service.js';
import { OAUTH_CONFIGURATION, OAUTH_OPTIONS } from './oauth.tokens.js';
import { administrationProviders } from './providers/administration.providers.js';
import { auditProviders } from './providers/audit.providers.js';
import { authenticationProviders } from './providers/authentication.providers.js';
import { clientProviders } from './providers/client.providers.js';
import { introspectionProviders } from './providers/introspection.providers.js';
import { keysProviders } from './providers/keys.providers.js';
import { registrationProviders } from './providers/registration.providers.js';
import { resourceProviders } from './providers/resource.providers.js';
import { tokenProviders } from './providers/token.providers.js';

/**
 * An OAuth 2.0 authorization server for machines. Import it once per issuer; two of them in one process share nothing
 * but the database that both are given.
 */
@Module({})
export class OauthModule {
  /** With values at hand. @throws ConfigurationError at boot, naming the option. */
  static forRoot({ persistence, isGlobal = false, ...options }: OauthModuleOptions): DynamicModule {
    return define({ persistence, isGlobal }, [], [{ provide: OAUTH_OPTIONS, useValue: options }]);
  }

  /** With values that come from elsewhere: a configuration service, a secret store. */
  static forRootAsync(options: OauthModuleAsyncOptions): DynamicModule {
    const values = asyncOptions(OAUTH_OPTIONS, options, (source: OauthOptionsFactory) =>
      source.createOauthOptions(),
    );
    return define(options, options.imports ?? [], values);
  }
}

function define(
  { persistence, isGlobal = false }: OauthModuleExtras,
  imports: NonNullable<DynamicModule['imports']>,
  options: Provider[],
): DynamicModule {
  if (typeof persistence !== 'function' || !(persistence.prototype instanceof Persistence)) {
    throw new ConfigurationError('persistence', describe(persistence), 'a class that extends Persistence');
  }
  return {
    module: OauthModule,
    global: isGlobal,
    imports: [DiscoveryModule, ...imports, ...(persistence.imports ?? [])],
    providers: [
      ...options,
      {
        provide: OAUTH_CONFIGURATION,
        inject: [OAUTH_OPTIONS],
        useFactory: (values: OauthOptions): OauthConfiguration => resolveOptions(values),
      },
      { provide: Persistence, useClass: persistence },
      ...keysProviders,
      ...authenticationProviders,
      ...clientProviders,
      ...tokenProviders,
      ...resourceProviders,
      ...introspectionProviders,
      ...auditProviders,
      ...administrationProviders,
      ...registrationProviders,
      FailureLog,
      HandlerCheck,
      Housekeeping,
      OauthService,
      OauthGuard,
      OauthAdmin,
    ],
    exports: [
      OauthService,
      OauthGuard,
      OauthAdmin,
      OauthEvents,
      AccessTokenVerifier,
      ProtectedRequests,
      FailureLog,
      OAUTH_CONFIGURATION,
    ],
  };
}
