import type { CanActivate, ModuleMetadata, Type } from '@nestjs/common';
import { check } from '../oauth/option-checks.js';

/** A class that Nest makes the guard of, or a guard. */
export type AdminGuard = Type<CanActivate> | CanActivate;

/** Argument of `OauthAdminModule.forRoot`. */
export interface OauthAdminModuleOptions {
  /**
   * Where the API stands, below the host's global prefix: `admin`, `internal/oauth`. Ids are segments of its paths: on
   * Fastify set `routerOptions.maxParamLength`, without which those of more than 100 characters are answered with 404.
   */
  readonly path: string;
  /**
   * Who may come in: every one of these lets a request through, or it is refused. There is no default, and without one
   * the application does not start. A class needs `canActivate` as a method; what it injects comes from `imports`. One that
   * goes by cookies has to refuse what other sites make browsers send: not every change here needs a JSON body.
   */
  readonly guard: AdminGuard | readonly AdminGuard[];
  /**
   * Class decorators for every controller of the API, such as `RequireScopes('oauth:admin')`. The `OauthGuard` needs a
   * scope, by `RequireScopes` or `RequireAnyScope`: without one, any token of any client would do, and the application
   * does not start. Nor does it with `Public()`.
   */
  readonly decorators?: readonly ClassDecorator[];
  /** Where the `OauthModule` comes from that is administered, if that is not global, and what the guard needs. */
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  /**
   * Whom the audit log names, given the platform's request, which the guard has let through. Default: `client:ID` of the
   * access token that the `OauthGuard` has accepted, and `admin-api` without one. Printable ASCII; at most 255 characters
   * are kept.
   */
  actor?(request: object): string;
}

const SEGMENTS = /^\/?[\w.~-]+(?:\/[\w.~-]+)*$/;
const DOT_SEGMENT = /(?:^|\/)\.{1,2}(?:\/|$)/;

/** @throws ConfigurationError */
export function checkAdminOptions(options: OauthAdminModuleOptions): void {
  const { path, guard, decorators = [] } = options;
  const segments = typeof path === 'string' && SEGMENTS.test(path) && !DOT_SEGMENT.test(path);
  check(segments, 'path', path, 'a path without parameters, such as "admin"');
  const guards = guardsOf(guard);
  const closed = guards.length > 0 && guards.every(isGuard);
  check(closed, 'guard', guard, 'a guard, a class with a method canActivate, or a list of such');
  const decorating = Array.isArray(decorators) && decorators.every((each) => typeof each === 'function');
  check(decorating, 'decorators', decorators, 'a list of class decorators');
  const naming = ['undefined', 'function'].includes(typeof options.actor);
  check(naming, 'actor', 'something else', 'a function of the request that tells a name');
}

export function guardsOf(guard: OauthAdminModuleOptions['guard']): readonly AdminGuard[] {
  return isList(guard) ? guard : [guard];
}

function isList(guard: OauthAdminModuleOptions['guard']): guard is readonly AdminGuard[] {
  return Array.isArray(guard);
}

/** Nest leaves out, without a word, what has no `canActivate`: then everybody would come in. */
function isGuard(guard: unknown): boolean {
  const holder: unknown = typeof guard === 'function' ? guard.prototype : guard;
  if (typeof holder !== 'object' || holder === null) return false;
  return 'canActivate' in holder && typeof holder.canActivate === 'function';
}
