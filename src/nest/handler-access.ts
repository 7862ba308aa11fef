import { Reflector } from '@nestjs/core';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import type { RequiredAccess } from '../oauth/resource/required-access.js';
import { PROTECTED_RESOURCE, PUBLIC, REQUIRED_ANY_SCOPE, REQUIRED_SCOPES } from './oauth.decorators.js';

type Target = Parameters<Reflector['get']>[1];

const reflector = new Reflector();

/** Whether the guard lets everybody through. What stands on the handler comes before what stands on its class. */
export function isPublic(handler: Target, controller: Target): boolean {
  if (reflector.get<boolean | undefined>(PUBLIC, handler)) return true;
  return !asksForAccess(handler) && reflector.get<boolean | undefined>(PUBLIC, controller) === true;
}

/** Whether one of the decorators says what a token must have. */
export function asksForAccess(target: Target): boolean {
  return [REQUIRED_SCOPES, REQUIRED_ANY_SCOPE, PROTECTED_RESOURCE].some(
    (key) => reflector.get<unknown>(key, target) !== undefined,
  );
}

/** Whether requests can reach this method: `@Get()` and its like leave a path. */
export function isRoute(handler: Target): boolean {
  return reflector.get<unknown>(PATH_METADATA, handler) !== undefined;
}

/** What the decorators on a handler and on its class ask for together. */
export function requiredAccess(handler: Target, controller: Target): RequiredAccess {
  const both = [handler, controller];
  const lists = <T>(key: string): T[] =>
    reflector.getAll<(T[] | undefined)[]>(key, both).flatMap((list) => list ?? []);
  const resources = reflector.getAllAndOverride<readonly string[] | undefined>(PROTECTED_RESOURCE, both);
  return {
    allOf: lists<string>(REQUIRED_SCOPES),
    anyOf: lists<readonly string[]>(REQUIRED_ANY_SCOPE),
    resources: resources ?? [],
  };
}
