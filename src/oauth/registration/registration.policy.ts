import type { ClientMetadata } from '../client/client.metadata.js';
import { refuseIf } from '../client/metadata-refusal.js';
import { PRIVATE_KEY_JWT } from '../client/authentication/private-key-jwt.js';
import type { ResourceServers } from '../resource/resource-server.js';
import { formatScope, parseScope, shortened } from '../scope.js';

/** What may be registered without an operator. An empty list allows nothing. */
export interface RegistrationPolicy {
  /** The scopes. Missing: those of `resources`; without these either, the default scopes of the resource servers (those that are default at each that has them). */
  readonly scopes?: readonly string[];
  /** Identifiers of resource servers. A scope may be registered if every resource server that has it is among them. */
  readonly resources?: readonly string[];
  /** Values of `token_endpoint_auth_method`. Missing: every method that this server has. */
  readonly authenticationMethods?: readonly string[];
  /** Missing: every grant that this server has. */
  readonly grantTypes?: readonly string[];
}

/** What this server has. */
export interface RegistrationChoices {
  readonly resources: ResourceServers;
  readonly methods: { readonly names: readonly string[] };
  readonly grantTypes: readonly string[];
}

/** What a policy makes of the three members that it decides. */
export interface Permitted {
  readonly scope: string;
  readonly token_endpoint_auth_method: string;
  readonly grant_types: readonly string[];
}

/** What a client keeps of a policy: without scopes of its own it has those of now, and no later ones. */
export function settled(
  policy: RegistrationPolicy,
  { resources }: Pick<RegistrationChoices, 'resources'>,
): RegistrationPolicy {
  return { ...policy, scopes: policy.scopes ?? openScopes(policy, resources) };
}

/**
 * The members that a policy decides, checked, and with its defaults where they were omitted: what is registered is told, and
 * never more than was allowed, or than the client has `before` (an operator may have given it more). @throws OauthError `invalid_client_metadata`
 */
export function permit(
  { scope, token_endpoint_auth_method: method, grant_types: grantTypes }: ClientMetadata,
  policy: RegistrationPolicy,
  server: RegistrationChoices,
  before: readonly string[] = [],
): Permitted {
  return {
    token_endpoint_auth_method: permitMethod(method, policy, server),
    grant_types: permitGrants(grantTypes, policy, server),
    scope: formatScope(permitScope(scope, policy, server, before)),
  };
}

function permitScope(
  scope: string | undefined,
  policy: RegistrationPolicy,
  { resources }: RegistrationChoices,
  before: readonly string[],
): readonly string[] {
  const allows = allowing(policy, resources);
  if (scope === undefined) {
    const defaults = resources.defaultScopes.filter(allows);
    refuseIf(
      defaults.length === 0,
      'scope must be given: there is no default scope that may be registered here',
    );
    return defaults;
  }
  const asked = parseScope(scope);
  const beyond = asked.filter((each) => !allows(each) && !before.includes(each));
  refuseIf(beyond.length > 0, `scope must not have what may not be registered here: ${shortened(beyond)}`);
  return asked;
}

/** Whether a scope may be registered. */
function allowing(
  { scopes, resources: listed }: RegistrationPolicy,
  resources: ResourceServers,
): (scope: string) => boolean {
  const named = new Set(scopes ?? openScopes({ ...(listed && { resources: listed }) }, resources));
  const isListed = (scope: string) =>
    !listed || resources.having(scope).every(({ identifier }) => listed.includes(identifier));
  return (scope) => named.has(scope) && isListed(scope);
}

/** The scopes of a policy that names none. */
function openScopes(
  { resources: listed }: Pick<RegistrationPolicy, 'resources'>,
  resources: ResourceServers,
): readonly string[] {
  if (!listed) return resources.defaultEverywhere;
  const own = new Set(listed.flatMap((identifier) => resources.find(identifier)?.scopes ?? []));
  return [...own].filter((scope) =>
    resources.having(scope).every(({ identifier }) => listed.includes(identifier)),
  );
}

function permitMethod(
  method: string | undefined,
  { authenticationMethods }: RegistrationPolicy,
  { methods }: RegistrationChoices,
): string {
  const allowed = methods.names.filter((name) => authenticationMethods?.includes(name) ?? true);
  if (method === undefined) return defaultMethod(allowed);
  refuseIf(
    !allowed.includes(method),
    `token_endpoint_auth_method must be one that may be registered here: ${allowed.join(', ')}`,
  );
  return method;
}

/** RFC 7591 §2 has `client_secret_basic`. */
function defaultMethod(allowed: readonly string[]): string {
  const withoutKeys = allowed.filter((name) => name !== PRIVATE_KEY_JWT);
  const standard = withoutKeys.find((name) => name === 'client_secret_basic') ?? withoutKeys[0];
  refuseIf(standard === undefined, `token_endpoint_auth_method must be given: one of ${allowed.join(', ')}`);
  return standard ?? '';
}

/** RFC 7591 §2 has `authorization_code`, which this server has not: machines get what machines can use. */
function permitGrants(
  grantTypes: readonly string[] = ['client_credentials'],
  policy: RegistrationPolicy,
  server: RegistrationChoices,
): readonly string[] {
  const allowed = server.grantTypes.filter((type) => policy.grantTypes?.includes(type) ?? true);
  const beyond = grantTypes.filter((type) => !allowed.includes(type));
  refuseIf(
    beyond.length > 0,
    `grant_types must only have what may be registered here: ${allowed.join(', ') || 'none'}`,
  );
  return grantTypes;
}
