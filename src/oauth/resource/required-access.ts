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
 * The identifiers of which a token must name one as its audience (RFC 9068 §4): of the resource servers at which the
 * required scopes exist. @throws Error when the handler cannot be told to belong to any.
 */
export function acceptedAudiences(resources: ResourceServers, access: RequiredAccess): readonly string[] {
  const { resource: name, allOf, anyOf } = access;
  const candidates = name === undefined ? resources.all : [resources.named(name)];
  const accepted = candidates.filter((resource) => resource && meets(resource.scopes, access));
  const told = name !== undefined || allOf.length + anyOf.length > 0 || resources.all.length === 1;
  if (!told || accepted.length === 0) {
    throw new Error(
      'A guarded handler must belong to a resource server: require scopes that exist at one, or name it with ' +
        `@ProtectedResource. It asks for ${JSON.stringify(access)}`,
    );
  }
  return accepted.flatMap((resource) => resource?.identifier ?? []);
}

/** Whether these scopes are enough. Scopes are compared exactly: `read` is not `read:all` (RFC 6749 §3.3). */
export function meets(scopes: readonly string[], { allOf, anyOf }: RequiredAccess): boolean {
  return (
    allOf.every((scope) => scopes.includes(scope)) &&
    anyOf.every((list) => list.some((scope) => scopes.includes(scope)))
  );
}
