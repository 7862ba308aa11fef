import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ConfigurationError } from '../oauth/configuration.error.js';
import type { GuardedResources } from '../oauth/resource/guarded-resource.js';
import type { RequiredAccess } from '../oauth/resource/required-access.js';
import { asksForAccess, isPublic, isRoute, requiredAccess } from './handler-access.js';
import { GUARDED_RESOURCES } from './oauth.tokens.js';

/** Finds handlers at boot whose decorators no resource server can meet: a scope that does not exist, or exists twice. */
@Injectable()
export class HandlerCheck implements OnApplicationBootstrap {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
  ) {}

  /** @throws ConfigurationError naming the handler. */
  onApplicationBootstrap(): void {
    // With several issuers in one process, a handler belongs to any one of them.
    const guarded = this.discovery
      .getProviders()
      .filter(({ token }) => token === GUARDED_RESOURCES)
      .map(({ instance }) => instance as GuardedResources);
    for (const { name, access } of this.guardedHandlers()) {
      const failures = guarded.map((resources) => failureOf(resources, access));
      if (!failures.includes(undefined)) {
        const wants =
          'such that each guarded handler belongs to one of them: require scopes that exist at one alone';
        throw new ConfigurationError('resources', `without a place for ${name}`, wants, failures[0]);
      }
    }
  }

  private guardedHandlers(): { name: string; access: RequiredAccess }[] {
    return this.discovery.getControllers().flatMap(({ metatype }) => {
      if (typeof metatype !== 'function') return [];
      const prototype = metatype.prototype as Record<string, () => unknown>;
      return this.scanner.getAllMethodNames(prototype).flatMap((method) => {
        const handler = prototype[method];
        if (!handler || !isRoute(handler) || isPublic(handler, metatype)) return [];
        if (!asksForAccess(handler) && !asksForAccess(metatype)) return [];
        return [{ name: `${metatype.name}.${method}`, access: requiredAccess(handler, metatype) }];
      });
    });
  }
}

function failureOf(resources: GuardedResources, access: RequiredAccess): unknown {
  try {
    resources.requiredBy(access);
    return undefined;
  } catch (failure) {
    return failure;
  }
}
