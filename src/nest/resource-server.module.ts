import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AccessTokenVerifier } from '../oauth/resource/access-token.verifier.js';
import { ProtectedRequests } from '../oauth/resource/protected-request.js';
import { asyncOptions } from './async-options.js';
import { FailureLog } from './failure.log.js';
import { HandlerCheck } from './handler-check.js';
import { OauthGuard } from './oauth.guard.js';
import { resourceServerProviders } from './providers/resource-server.providers.js';
import type {
  ResourceServerModuleAsyncOptions,
  ResourceServerModuleExtras,
  ResourceServerModuleOptions,
  ResourceServerOptionsFactory,
} from './resource-server.options.js';
import { ResourceServerService } from './resource-server.service.js';
import { RESOURCE_SERVER_OPTIONS } from './resource-server.tokens.js';

/**
 * An API that accepts the tokens of an authorization server in another process. It needs no database: keys and endpoints
 * come from the issuer's metadata. Import it once per issuer or resource; each guards the modules that import it.
 */
@Module({})
export class ResourceServerModule {
  /** With values at hand. @throws ConfigurationError at boot, naming the option. */
  static forRoot({ isGlobal = false, ...options }: ResourceServerModuleOptions): DynamicModule {
    return define({ isGlobal }, [], [{ provide: RESOURCE_SERVER_OPTIONS, useValue: options }]);
  }

  /** With values that come from elsewhere: a configuration service, a secret store. */
  static forRootAsync(options: ResourceServerModuleAsyncOptions): DynamicModule {
    const values = asyncOptions(RESOURCE_SERVER_OPTIONS, options, (source: ResourceServerOptionsFactory) =>
      source.createResourceServerOptions(),
    );
    return define(options, options.imports ?? [], values);
  }
}

function define(
  { isGlobal = false }: ResourceServerModuleExtras,
  imports: NonNullable<DynamicModule['imports']>,
  options: Provider[],
): DynamicModule {
  return {
    module: ResourceServerModule,
    global: isGlobal,
    imports: [DiscoveryModule, ...imports],
    providers: [
      ...options,
      ...resourceServerProviders,
      FailureLog,
      HandlerCheck,
      ResourceServerService,
      OauthGuard,
    ],
    exports: [ResourceServerService, OauthGuard, AccessTokenVerifier, ProtectedRequests, FailureLog],
  };
}
