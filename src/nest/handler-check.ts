import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ConfigurationError } from '../oauth/configuration.error.js';
import type { GuardedResources } from '../oauth/resource/guarded-resource.js';
import type { RequiredAccess } from '../oauth/resource/required-access.js';
import { asksForAccess, isPublic, isRoute, requiredAccess } from './handler-access.js';
import { OauthGuard } from './oauth.guard.js';
import { GUARDED_RESOURCES } from './oauth.tokens.js';

interface GuardedHandler {
  readonly name: string;
  readonly access: RequiredAccess;
  /** What the guards of its own module stand before. */
  readonly guarding: readonly GuardedResources[];
}

/** Finds handlers at boot whose decorators no resource server can meet: a scope that does not exist, or exists twice. */
@Injectable()
export class HandlerCheck implements OnApplicationBootstrap {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
  ) {}

  /** @throws ConfigurationError naming the handler. */
  onApplicationBootstrap(): void {
    const all = this.discovery
      .getProviders()
      .filter(({ token }) => token === GUARDED_RESOURCES)
      .map(({ instance }) => instance as GuardedResources);
    for (const { name, access, guarding } of this.guardedHandlers()) {
      // Where a guard for the whole application decides, a handler belongs to any one of several modules.
      const failures = (guarding.length > 0 ? guarding : all).map((resources) =>
        failureOf(resources, access),
      );
      if (!failures.includes(undefined)) {
        const wants =
          'such that each guarded handler belongs to one of them: require scopes that exist at one alone';
        throw new ConfigurationError('resources', `without a place for ${name}`, wants, failures[0]);
      }
    }
  }

  private guardedHandlers(): GuardedHandler[] {
    return this.discovery.getControllers().flatMap(({ metatype, host }) => {
      if (typeof metatype !== 'function') return [];
      const guarding = [...(host?.injectables.values() ?? [])].flatMap(({ instance }) =>
        resourcesOf(instance),
      );
      const prototype = metatype.prototype as Record<string, () => unknown>;
      return this.scanner.getAllMethodNames(prototype).flatMap((method) => {
        const handler = prototype[method];
        if (!handler || !isRoute(handler) || isPublic(handler, metatype)) return [];
        if (!asksForAccess(handler) && !asksForAccess(metatype)) return [];
        const access = requiredAccess(handler, metatype);
        return [{ name: `${metatype.name}.${method}`, access, guarding }];
      });
    });
  }
}

/** What a guard that Nest has made for the controllers of a module stands before. */
function resourcesOf(injectable: unknown): readonly GuardedResources[] {
  return injectable instanceof OauthGuard && injectable.resources ? [injectable.resources] : [];
}

function failureOf(resources: GuardedResources, access: RequiredAccess): unknown {
  try {
    resources.requiredBy(access);
    return undefined;
  } catch (failure) {
    return failure;
  }
}
