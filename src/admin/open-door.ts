import type { Type } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';
import { isPublic, isRoute, requiredAccess } from '../nest/handler-access.js';
import { OauthGuard } from '../nest/oauth.guard.js';
import { ConfigurationError } from '../oauth/configuration.error.js';
import type { AdminGuard } from './admin.options.js';

const WANTS =
  "such that the OauthGuard asks for a scope that operators alone have, such as [RequireScopes('oauth:admin')]";

/**
 * Without a scope the OauthGuard lets in every client that has any token, and with `Public()` everybody.
 * @throws ConfigurationError
 */
export function refuseOpenDoor(guards: readonly AdminGuard[], controllers: readonly Type[]): void {
  if (!guards.some(isOauthGuard)) return;
  for (const controller of controllers) {
    const prototype = controller.prototype as Record<string, () => unknown>;
    for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
      const handler = prototype[name];
      if (handler && isRoute(handler)) requireScope(handler, controller);
    }
  }
}

function requireScope(handler: () => unknown, controller: Type): void {
  if (isPublic(controller, controller) || isPublic(handler, controller)) {
    throw new ConfigurationError('decorators', 'a list with Public()', WANTS);
  }
  const { allOf, anyOf } = requiredAccess(handler, controller);
  const asked = allOf.length > 0 || anyOf.some((scopes) => scopes.length > 0);
  if (!asked) throw new ConfigurationError('decorators', 'without a required scope', WANTS);
}

function isOauthGuard(guard: AdminGuard): boolean {
  if (guard instanceof OauthGuard || guard === OauthGuard) return true;
  return typeof guard === 'function' && guard.prototype instanceof OauthGuard;
}
