import type { Client } from '../client/client.js';
import { OauthError } from '../oauth.error.js';
import type { ResourceServer, ResourceServers } from '../resource/resource-server.js';
import { formatScope, parseScope, shortened } from '../scope.js';

/** So that every token that is issued is short enough to be accepted. */
const LONGEST_SCOPE = 2048;

/** What a client is granted: scopes, and the one resource server that knows them all. */
export interface Authorization {
  readonly resource: ResourceServer;
  readonly scope: readonly string[];
}

/**
 * Decides scope and audience (RFC 6749 §3.3, RFC 8707 §2). A client's scope is a ceiling; one scope above it fails
 * the whole request. A client without one can have the default scopes of each resource server there, and not elsewhere.
 * With `resource`, the scopes that exist there are granted; without it, the audience follows from the scopes.
 */
export function authorize(
  resources: ResourceServers,
  client: Client,
  request: { readonly resource: string | undefined; readonly scope: string | undefined },
): Authorization {
  const ceiling = client.scope ?? resources.defaultScopes;
  const named = request.resource === undefined ? undefined : allowed(resources, client, request.resource);
  const wanted =
    request.scope === undefined ? defaults(client, named, resources.default) : parseScope(request.scope);
  refuseAny(wanted.filter((each) => !ceiling.includes(each) || resources.having(each).length === 0));
  const scope = named ? wanted.filter((each) => named.scopes.includes(each)) : wanted;
  if (scope.length === 0) {
    throw OauthError.invalidScope(
      request.scope === undefined
        ? 'No scope was requested and there is no default to grant.'
        : 'None of the requested scopes exists at the requested resource.',
    );
  }
  if (formatScope(scope).length > LONGEST_SCOPE) {
    throw OauthError.invalidScope(`At most ${LONGEST_SCOPE} characters of scope fit into one token.`);
  }
  const resource = named ?? inferred(resources, client, scope);
  refuseAny(scope.filter((each) => !ceilingAt(resource, client).includes(each)));
  if (!mayUse(client, resource)) throw notAllowed();
  return { resource, scope };
}

function refuseAny(refused: readonly string[]): void {
  if (refused.length === 0) return;
  throw OauthError.invalidScope(`This client cannot be granted the scope: ${shortened(refused)}`);
}

function ceilingAt(resource: ResourceServer, client: Client): readonly string[] {
  return client.scope ?? resource.defaultScopes;
}

/** A client that has registered itself keeps to the resource servers of its policy, whatever scopes others get later. */
function mayUse({ registration }: Client, { identifier }: ResourceServer): boolean {
  return registration?.policy.resources?.includes(identifier) ?? true;
}

function notAllowed(): OauthError {
  return OauthError.invalidTarget('The requested resource is unknown, or not allowed to this client.');
}

function allowed(resources: ResourceServers, client: Client, identifier: string): ResourceServer {
  const resource = resources.find(identifier);
  const some = resource?.scopes.some((scope) => ceilingAt(resource, client).includes(scope)) ?? false;
  if (!resource || !some || !mayUse(client, resource)) throw notAllowed();
  return resource;
}

/** The client's own, as far as it may have them there; else those of the resource server within the client's scope. */
function defaults(
  client: Client,
  named: ResourceServer | undefined,
  standard: ResourceServer | undefined,
): readonly string[] {
  const resource = named ?? standard;
  if (!client.defaultScope) return within(client, resource, resource?.defaultScopes ?? []);
  return named ? within(client, named, client.defaultScope) : client.defaultScope;
}

function within(
  client: Client,
  resource: ResourceServer | undefined,
  scope: readonly string[],
): readonly string[] {
  const ceiling = resource ? ceilingAt(resource, client) : [];
  return scope.filter((each) => ceiling.includes(each));
}

/** RFC 9068 §3: scopes of different resource servers cannot go into one token. */
function inferred(resources: ResourceServers, client: Client, scope: readonly string[]): ResourceServer {
  const candidates = resources.meantBy(
    scope,
    (each) => mayUse(client, each) && scope.every((one) => ceilingAt(each, client).includes(one)),
  );
  const resource = candidates.find((each) => each.isDefault) ?? candidates[0];
  if (!resource) {
    throw OauthError.invalidScope(
      'The requested scopes belong to different resources: name one with resource.',
    );
  }
  if (candidates.length > 1 && !resource.isDefault) {
    throw OauthError.invalidTarget(
      'The requested scopes exist at several resources: name one with resource.',
    );
  }
  return resource;
}
