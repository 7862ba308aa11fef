import type { FactoryProvider, ModuleMetadata, Provider, Type } from '@nestjs/common';
import { ConfigurationError } from '../oauth/configuration.error.js';

/** Where a module's options come from: exactly one of `useFactory`, `useClass`, `useExisting`. */
export interface AsyncOptions<Options, Factory> {
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  // A factory's parameters are what `inject` names; only the host can know their types.
  readonly useFactory?: (...dependencies: never[]) => Options | Promise<Options>;
  readonly useClass?: Type<Factory>;
  readonly useExisting?: Type<Factory>;
}

/** Provides the options under `token`. @throws ConfigurationError where they come from nowhere. */
export function asyncOptions<Options, Factory>(
  token: symbol,
  { useFactory, useClass, useExisting, inject = [] }: AsyncOptions<Options, Factory>,
  create: (source: Factory) => Options | Promise<Options>,
): Provider[] {
  if (useFactory) return [{ provide: token, inject, useFactory }];
  const factory = useExisting ?? useClass;
  if (!factory) {
    throw new ConfigurationError(
      'forRootAsync',
      'without a source',
      'given useFactory, useClass or useExisting',
    );
  }
  return [...(useClass ? [useClass] : []), { provide: token, inject: [factory], useFactory: create }];
}
