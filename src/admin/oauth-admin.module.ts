import { Controller, Module, UseGuards, type DynamicModule, type Type } from '@nestjs/common';
import { AdminApi } from './admin.api.js';
import { ADMIN_OPTIONS } from './admin.tokens.js';
import { checkAdminOptions, guardsOf, type OauthAdminModuleOptions } from './admin.options.js';
import { AuditController } from './controllers/audit.controller.js';
import { ClientChangesController } from './controllers/client-changes.controller.js';
import { ClientSecretsController } from './controllers/client-secrets.controller.js';
import { ClientTokensController } from './controllers/client-tokens.controller.js';
import { ClientsController } from './controllers/clients.controller.js';
import { KeysController } from './controllers/keys.controller.js';
import { RegistrationTokensController } from './controllers/registration-tokens.controller.js';
import { ResourceServersController } from './controllers/resource-servers.controller.js';
import { NoStoreGuard } from './no-store.guard.js';
import { refuseOpenDoor } from './open-door.js';

const CONTROLLERS: Readonly<Record<string, Type<object>>> = {
  Clients: ClientsController,
  ClientChanges: ClientChangesController,
  ClientSecrets: ClientSecretsController,
  ClientTokens: ClientTokensController,
  ResourceServers: ResourceServersController,
  Keys: KeysController,
  RegistrationTokens: RegistrationTokensController,
  Audit: AuditController,
};

/**
 * The operations of `OauthAdmin` as a REST API, described by OpenAPI (`SwaggerModule.createDocument` finds it). It needs
 * `@nestjs/swagger`. May be imported several times, with several paths and guards.
 */
@Module({})
export class OauthAdminModule {
  /** @throws ConfigurationError naming the option: without a guard, for example, or without a scope for the `OauthGuard`. */
  static forRoot(options: OauthAdminModuleOptions): DynamicModule {
    checkAdminOptions(options);
    const controllers = Object.entries(CONTROLLERS).map(([name, base]) => mounted(name, base, options));
    refuseOpenDoor(guardsOf(options.guard), controllers);
    return {
      module: OauthAdminModule,
      imports: [...(options.imports ?? [])],
      providers: [{ provide: ADMIN_OPTIONS, useValue: options }, AdminApi],
      controllers,
    };
  }
}

/** A class of its own for each module, since path and guards are written onto the class. */
function mounted(name: string, base: Type<object>, options: OauthAdminModuleOptions): Type {
  const { path, guard, decorators = [] } = options;
  class Mounted extends base {}
  // The ids of operations in OpenAPI documents begin with it, and have to be different.
  const prefix = path.replace(/(?:^|[^a-z0-9]+)([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
  Object.defineProperty(Mounted, 'name', { value: prefix + name });
  const all = [...decorators, UseGuards(NoStoreGuard, ...guardsOf(guard)), Controller(path)];
  for (const decorate of all) decorate(Mounted);
  return Mounted;
}
