import type { ResourceServers } from './resource-server.js';

/** What a handler asks of a token. */
export interface RequiredAccess {
  /** Every one of these scopes. */
  readonly allOf: readonly string[];
  /** Of each of these lists, at least one scope. */
  readonly anyOf: readonly (readonly string[])[];
  /** Identifier, or path below the issuer, of the resource server that the handler belongs to. */
  readonly resource?: string;
}

/**
 * The identifier that a token must have among its audiences (RFC 9068 §4): that of the one resource server at which the
 * required scopes exist. @throws Error when it cannot be told which one that is.
 */
export function requiredAudience(resources: ResourceServers, access: RequiredAccess): string {
  const named = access.resource === undefined ? undefined : [resources.named(access.resource)];
  const candidates = (named ?? resources.all).filter(
    (resource) => resource && meets(resource.scopes, access),
  );
  const [resource] = candidates;
  if (!resource || candidates.length > 1) {
    throw new Error(
      'A guarded handler must belong to one resource server: require scopes that exist at one alone, or name it with ' +
        `@ProtectedResource, or let everybody in with @Public. It asks for ${JSON.stringify(access)}`,
    );
  }
  return resource.identifier;
}

/** Whether these scopes are enough. Scopes are compared exactly: `read` is not `read:all` (RFC 6749 §3.3). */
export function meets(scopes: readonly string[], { allOf, anyOf }: RequiredAccess): boolean {
  return (
    allOf.every((scope) => scopes.includes(scope)) &&
    anyOf.every((list) => list.some((scope) => scopes.includes(scope)))
  );
}
