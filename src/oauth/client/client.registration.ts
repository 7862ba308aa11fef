import { parseScope } from '../scope.js';
import type { ResourceServers } from '../resource/resource-server.js';
import type { Client } from './client.js';
import { registerAuthentication, type AuthenticationRules } from './client-authentication.registration.js';
import { refuseIf } from './metadata-refusal.js';
import { INFORMATION_MEMBERS } from './client-description.metadata.js';
import type { ClientMetadata } from './client.metadata.js';
import { registerIntrospection, type IntrospectionRules } from './introspection.registration.js';

/** Of descriptive metadata, as JSON. */
const MOST_CHARACTERS = 8192;

type Registered = Omit<
  Client,
  'id' | 'revision' | 'enabled' | 'createdAt' | 'updatedAt' | 'tokenSeries' | 'secrets'
>;

/** What a registration is checked against. */
export interface RegistrationRules extends AuthenticationRules, IntrospectionRules {
  readonly resources: ResourceServers;
  /** Seconds. */
  readonly maxAccessTokenLifetime: number;
}

/** What this server makes of client metadata, with the defaults of RFC 7591 §2 for machines filled in. */
export function toRegistration(metadata: ClientMetadata, server: RegistrationRules): Registered {
  const { scope, default_scope: defaultScope, resource, access_token_ttl: ttl } = metadata;
  const authentication = registerAuthentication(metadata, server);
  const registered: Registered = {
    ...authentication,
    ...registerIntrospection(metadata, authentication, server),
    grantTypes: metadata.grant_types ?? ['client_credentials'],
    ...(scope !== undefined && { scope: parseScope(scope) }),
    ...(defaultScope !== undefined && { defaultScope: parseScope(defaultScope) }),
    ...(resource !== undefined && { resource: registeredResource(resource, server.resources) }),
    ...(metadata.access_token_format && { accessTokenFormat: metadata.access_token_format }),
    ...(ttl !== undefined && { accessTokenTtl: ttl }),
    information: Object.fromEntries(
      INFORMATION_MEMBERS.flatMap((name) => (metadata[name] === undefined ? [] : [[name, metadata[name]]])),
    ),
  };
  requireConsistent(registered, server.resources, server.maxAccessTokenLifetime);
  return registered;
}

/** A path stands for the resource server of that path below the issuer, as in the options. */
function registeredResource(name: string, resources: ResourceServers): string {
  const known = resources.named(name);
  refuseIf(
    known === undefined,
    `resource must be the identifier of a resource server: ${resources.all.map(({ identifier }) => identifier).join(', ')}`,
  );
  return known?.identifier ?? name;
}

function requireConsistent(registered: Registered, resources: ResourceServers, longest: number): void {
  const { scope, defaultScope = [], accessTokenTtl = 1 } = registered;
  const unknown = (scope ?? []).filter((each) => !resources.scopes.includes(each));
  refuseIf(unknown.length > 0, `scope has scopes that no resource server knows: ${unknown.join(' ')}`);
  const ceiling = scope ?? resources.defaultScopes;
  const beyond = defaultScope.filter((each) => !ceiling.includes(each));
  refuseIf(beyond.length > 0, `default_scope goes beyond what the client may have: ${beyond.join(' ')}`);
  refuseIf(accessTokenTtl > longest, `access_token_ttl must be at most ${longest} seconds`);
  const size = JSON.stringify(registered.information).length;
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
