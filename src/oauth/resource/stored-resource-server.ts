import { SCOPE_TOKEN } from '../scope.js';
import type { ResourceServer, ResourceServerRules } from './resource-server.js';
import { isResourceIdentifier } from './resource-identifier.js';
import type { StoredResourceServer } from './resource-server.store.js';

/** What the options make of it. They may be others than when it was stored: no token outlives their ceiling. */
export function toResourceServer(
  stored: StoredResourceServer,
  { lifetime, ceiling }: ResourceServerRules,
): ResourceServer {
  const { identifier, name, documentation, publishesMetadata, scopes, defaultScopes } = stored;
  return {
    identifier,
    name,
    documentation,
    publishesMetadata,
    scopes,
    defaultScopes,
    isDefault: false,
    accessTokenFormat: formatOf(stored),
    accessTokenLifetime: Math.min(stored.accessTokenLifetime ?? lifetime, ceiling),
  };
}

/** Why it cannot be used as it is stored. */
export function faultOf(stored: StoredResourceServer, rules: ResourceServerRules): string | undefined {
  const { identifier, scopes, defaultScopes } = stored;
  if (!isResourceIdentifier(identifier)) return 'identifier must be an absolute URI without a fragment';
  if (scopes.length === 0 || !scopes.every((scope) => SCOPE_TOKEN.test(scope))) {
    return 'scopes must be at least one scope of printable ASCII without space, " and \\';
  }
  if (!defaultScopes.every((scope) => scopes.includes(scope))) return 'defaultScopes must be among scopes';
  return wrongFormat(stored, rules);
}

export function wrongFormat(
  stored: Pick<StoredResourceServer, 'accessTokenFormat'>,
  { publishesKeys }: ResourceServerRules,
): string | undefined {
  if (publishesKeys || formatOf(stored) === 'opaque') return undefined;
  return 'accessTokenFormat must be opaque: this server does not publish its keys (endpoints.jwks)';
}

function formatOf({ accessTokenFormat = 'jwt' }: Pick<StoredResourceServer, 'accessTokenFormat'>) {
  return accessTokenFormat;
}
