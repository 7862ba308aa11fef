import type { DynamicModule, Type } from '@nestjs/common';
import type { OauthOptions } from '../oauth/oauth.options.js';
import type { Persistence } from '../oauth/persistence.js';
import type { AsyncOptions } from './async-options.js';

/** A class that extends {@link Persistence}. Nest makes the instance, so its constructor can inject. */
export interface PersistenceClass extends Type<Persistence> {
  /** Modules that it needs, imported with the OauthModule. */
  readonly imports?: readonly (Type | DynamicModule)[];
}

/** The shape of the module: not values, so never asynchronous. */
export interface OauthModuleExtras {
  /** Where the shared facts are kept. There is no default: `TypeormPersistence`, `MemoryPersistence`, or your own. */
  readonly persistence: PersistenceClass;
  /** Whether guard and services are at hand in every module without an import. Default: false. */
  readonly isGlobal?: boolean;
}

/** Argument of `OauthModule.forRoot`. */
export type OauthModuleOptions = OauthOptions & OauthModuleExtras;

/** A class that makes the options, for `useClass` and `useExisting`. */
export interface OauthOptionsFactory {
  createOauthOptions(): OauthOptions | Promise<OauthOptions>;
}

/** Argument of `OauthModule.forRootAsync`: exactly one of `useFactory`, `useClass`, `useExisting`. */
export interface OauthModuleAsyncOptions
  extends OauthModuleExtras, AsyncOptions<OauthOptions, OauthOptionsFactory> {}
