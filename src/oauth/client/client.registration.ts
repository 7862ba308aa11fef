import { parseScope, shortened } from '../scope.js';
import type { ResourceServers } from '../resource/resource-server.js';
import type { Client } from './client.js';
import { DOT_SEGMENT } from './client-id.js';
import { registerAuthentication, type AuthenticationRules } from './client-authentication.registration.js';
import { refuseIf } from './metadata-refusal.js';
import { readLabels } from './client-record.metadata.js';
import { INFORMATION_MEMBERS } from './client-description.metadata.js';
import type { ClientMetadata } from './client.metadata.js';
import { registerIntrospection, type IntrospectionRules } from './introspection.registration.js';

/** Of descriptive metadata, as JSON. */
const MOST_CHARACTERS = 8192;

type Registered = Omit<
  Client,
  'id' | 'revision' | 'enabled' | 'createdAt' | 'updatedAt' | 'tokenSeries' | 'registration' | 'secrets'
>;

/** What a registration is checked against. */
export interface RegistrationRules extends AuthenticationRules, IntrospectionRules {
  readonly resources: ResourceServers;
  /** Seconds. */
  readonly maxAccessTokenLifetime: number;
}

/**
 * What this server makes of client metadata, with the defaults of RFC 7591 §2 for machines filled in. Scopes, the
 * resource server and the lifetime that the client has `before` may have been taken away meanwhile, and are let through.
 */
export function toRegistration(
  metadata: ClientMetadata,
  server: RegistrationRules,
  before?: Pick<Client, 'scope' | 'defaultScope' | 'resource' | 'accessTokenTtl'>,
): Registered {
  const { scope, default_scope: defaultScope, resource, access_token_ttl: ttl } = metadata;
  const unreachable = before === undefined && DOT_SEGMENT.test(metadata.client_id ?? '');
  refuseIf(unreachable, 'client_id must not be . or .., which no URL can have in its path');
  const authentication = registerAuthentication(metadata, server);
  const labels = readLabels(metadata.labels);
  const registered: Registered = {
    ...authentication,
    ...registerIntrospection(metadata, authentication, server),
    grantTypes: metadata.grant_types ?? ['client_credentials'],
    ...(scope !== undefined && { scope: parseScope(scope) }),
    ...(defaultScope !== undefined && { defaultScope: parseScope(defaultScope) }),
    ...(resource !== undefined && { resource: registeredResource(resource, server.resources, before) }),
    ...(metadata.access_token_format && { accessTokenFormat: metadata.access_token_format }),
    ...(ttl !== undefined && { accessTokenTtl: ttl }),
    ...(metadata.owner !== undefined && { owner: metadata.owner }),
    ...(metadata.description !== undefined && { description: metadata.description }),
    ...(labels && { labels }),
    information: Object.fromEntries(
      INFORMATION_MEMBERS.flatMap((name) => (metadata[name] === undefined ? [] : [[name, metadata[name]]])),
    ),
  };
  requireConsistent(registered, server.resources, server.maxAccessTokenLifetime, before);
  return registered;
}

/** A path stands for the resource server of that path below the issuer, as in the options. */
function registeredResource(
  name: string,
  resources: ResourceServers,
  before: Pick<Client, 'resource'> = {},
): string {
  if (name === before.resource) return name;
  const known = resources.named(name);
  refuseIf(
    known === undefined,
    `resource must be the identifier of a resource server: ${resources.all.map(({ identifier }) => identifier).join(', ')}`,
  );
  return known?.identifier ?? name;
}

function requireConsistent(
  registered: Registered,
  resources: ResourceServers,
  longest: number,
  before: Pick<Client, 'scope' | 'defaultScope' | 'accessTokenTtl'> = {},
): void {
  const { scope, defaultScope = [], accessTokenTtl = 1 } = registered;
  const known = new Set(before.scope);
  const added = (scope ?? []).filter((each) => !known.has(each));
  const unknown = added.filter((each) => resources.having(each).length === 0);
  refuseIf(unknown.length > 0, `scope has scopes that no resource server knows: ${shortened(unknown)}`);
  const kept = before.scope === undefined ? (before.defaultScope ?? []) : [];
  const ceiling = scope ?? [...resources.defaultScopes, ...kept];
  const beyond = defaultScope.filter((each) => !ceiling.includes(each));
  refuseIf(beyond.length > 0, `default_scope goes beyond what the client may have: ${shortened(beyond)}`);
  const tooLong = accessTokenTtl > longest && accessTokenTtl !== before.accessTokenTtl;
  refuseIf(tooLong, `access_token_ttl must be at most ${longest} seconds`);
  const size = JSON.stringify({ ...registered.information, software_statement: undefined }).length;
  refuseIf(
    size > MOST_CHARACTERS,
    `the client metadata must not have more than ${MOST_CHARACTERS} characters`,
  );
  // RFC 6749 §4.4: only a client that can keep a secret.
  const machine = registered.grantTypes.includes('client_credentials');
  refuseIf(
    machine && registered.tokenEndpointAuthMethod === 'none',
    'token_endpoint_auth_method must not be none for the grant type client_credentials',
  );
}
