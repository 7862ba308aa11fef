import type { RemoteResourceOptions } from '../oauth/resource/remote/remote-resource.options.js';
import type { AsyncOptions } from './async-options.js';

/** The shape of the module: not values, so never asynchronous. */
export interface ResourceServerModuleExtras {
  /** Whether guard and services are at hand in every module without an import. Default: false. */
  readonly isGlobal?: boolean;
}

/** Argument of `ResourceServerModule.forRoot`. */
export type ResourceServerModuleOptions = RemoteResourceOptions & ResourceServerModuleExtras;

/** A class that makes the options, for `useClass` and `useExisting`. */
export interface ResourceServerOptionsFactory {
  createResourceServerOptions(): RemoteResourceOptions | Promise<RemoteResourceOptions>;
}

/** Argument of `ResourceServerModule.forRootAsync`: exactly one of `useFactory`, `useClass`, `useExisting`. */
export interface ResourceServerModuleAsyncOptions
  extends ResourceServerModuleExtras, AsyncOptions<RemoteResourceOptions, ResourceServerOptionsFactory> {}
