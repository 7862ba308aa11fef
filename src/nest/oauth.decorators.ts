import {
  createParamDecorator,
  Res,
  SetMetadata,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { PlatformHttpContext } from './http-context.js';
import { toOauthRequest } from './platform-request.js';
import { verifiedToken } from './verified-request.js';

export const REQUIRED_SCOPES = 'nestjs-oauth-kit:scopes';
export const REQUIRED_ANY_SCOPE = 'nestjs-oauth-kit:any-scope';
export const PROTECTED_RESOURCE = 'nestjs-oauth-kit:resource';
export const PUBLIC = 'nestjs-oauth-kit:public';

const HttpContextOf = createParamDecorator((_: unknown, execution: ExecutionContext) => {
  const http = execution.switchToHttp();
  const request: Parameters<typeof toOauthRequest>[0] = http.getRequest();
  return new PlatformHttpContext(toOauthRequest(request), request, http.getResponse());
});

/**
 * The {@link HttpContext} of the request, for a controller that answers an OAuth endpoint. The handler then sends its
 * answer by `context.send`, as with Nest's `@Res()`: what it returns is not sent.
 */
export function Oauth(): ParameterDecorator {
  return (target, key, index) => {
    // @Res() tells Nest that the handler answers by itself; the context takes its place as the argument.
    Res()(target, key, index);
    HttpContextOf()(target, key, index);
  };
}

/**
 * The handler, or every handler of the class, needs a token with all of these scopes; without it the guard answers 403
 * `insufficient_scope`. It adds up: on the class and on the handler, and several times on one of them.
 */
export const RequireScopes = (...scopes: readonly string[]): MethodDecorator & ClassDecorator =>
  adding(REQUIRED_SCOPES, scopes);

/** Like {@link RequireScopes}, but one of these scopes is enough. */
export const RequireAnyScope = (...scopes: readonly string[]): MethodDecorator & ClassDecorator =>
  adding(REQUIRED_ANY_SCOPE, [scopes]);

/**
 * Names the resource server that a handler belongs to, by its identifier or its path below the issuer, so that only
 * tokens with that audience are accepted. Needed where the required scopes do not tell. With several, a token for one of
 * them is accepted.
 */
export const ProtectedResource = (...identifiers: readonly [string, ...string[]]): CustomDecorator =>
  SetMetadata(PROTECTED_RESOURCE, identifiers);

/** The guard lets every request to this handler or class through. */
export const Public = (): CustomDecorator => SetMetadata(PUBLIC, true);

/** The {@link VerifiedAccessToken} of a request that the guard let through. Undefined on a `@Public()` handler. */
export const AccessToken = createParamDecorator((_: unknown, execution: ExecutionContext) =>
  verifiedToken(execution.switchToHttp().getRequest<object>()),
);

/** Adds to what the same decorator has said before, where Nest's own would replace it. */
function adding<T>(key: string, items: readonly T[]): MethodDecorator & ClassDecorator {
  return (target: object, name?: string | symbol, descriptor?: PropertyDescriptor) => {
    const on = (descriptor === undefined ? target : descriptor.value) as () => unknown;
    const earlier = new Reflector().get<readonly T[] | undefined>(key, on) ?? [];
    const decorate = SetMetadata(key, [...earlier, ...items]);
    if (name === undefined || descriptor === undefined) decorate(on);
    else decorate(target, name, descriptor);
  };
}
