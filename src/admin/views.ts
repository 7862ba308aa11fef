import { isImported, type NewClientSecret } from '../oauth/client/client-secret.js';
import type { Client, ClientSecret } from '../oauth/client/client.js';
import { toClientInformation } from '../oauth/client/client.information.js';
import type { SigningKeyInformation } from '../oauth/keys/key.administration.js';
import type { RegistrationPolicy } from '../oauth/registration/registration.policy.js';
import type { RegistrationTokenInformation } from '../oauth/registration/registration-token.administration.js';
import type { ListedResourceServer } from '../oauth/resource/resource-server.administration.js';
import type { TokenInformation } from '../oauth/token/token.administration.js';

/** The members of RFC 7591, and what an operator sees besides. `issued` is there only when it was made just now. */
export function clientView(client: Client, issued?: NewClientSecret): object {
  const { enabled, revision, updatedAt, registration, secrets } = client;
  return {
    ...toClientInformation(client, issued),
    enabled,
    revision,
    updated_at: updatedAt,
    ...(registration && { opened_by: registration.openedBy, policy: policyView(registration.policy) }),
    secrets: secrets.map(secretView),
  };
}

/** Nothing of the secret itself, not even its digest. 0 is never. */
export function secretView(secret: ClientSecret): object {
  const { id, encrypted, createdAt, expiresAt = 0, lastUsedAt } = secret;
  return {
    id,
    kept_as: encrypted !== undefined ? 'encrypted' : isImported(secret) ? 'imported hash' : 'digest',
    created_at: createdAt,
    expires_at: expiresAt,
    ...(lastUsedAt !== undefined && { last_used_at: lastUsedAt }),
  };
}

/** A secret in the one moment in which it is shown. */
export function newSecretView(clientId: string, { secret, stored }: NewClientSecret): object {
  const { id, createdAt, expiresAt = 0 } = stored;
  return {
    client_id: clientId,
    id,
    client_secret: secret,
    client_secret_expires_at: expiresAt,
    created_at: createdAt,
  };
}

export function tokenView({ id, audience, scope, issuedAt, expiresAt }: TokenInformation): object {
  return { id, audience, scope: scope.join(' '), issued_at: issuedAt, expires_at: expiresAt };
}

export function resourceServerView(server: ListedResourceServer): object {
  return {
    identifier: server.identifier,
    ...defined({ name: server.name, documentation: server.documentation }),
    scopes: server.scopes,
    default_scopes: server.defaultScopes,
    access_token_format: server.accessTokenFormat,
    access_token_ttl: server.accessTokenLifetime,
    metadata: server.publishesMetadata,
    default: server.isDefault,
    source: server.source,
    ...defined({ revision: server.revision }),
  };
}

export function keyView(key: SigningKeyInformation): object {
  const { kid, algorithm, purpose, state, createdAt, activatesAt } = key;
  return { kid, algorithm, purpose, state, ...defined({ created_at: createdAt, activates_at: activatesAt }) };
}

/** 0 is never, and any number. */
export function registrationTokenView(token: RegistrationTokenInformation): object {
  const { id, createdAt, expiresAt = 0, mostUses = 0, uses, description, owner, labels } = token;
  return {
    id,
    created_at: createdAt,
    expires_at: expiresAt,
    most_uses: mostUses,
    uses,
    ...policyView(token.policy),
    ...defined({ description, owner, labels }),
  };
}

function policyView({ scopes, resources, authenticationMethods, grantTypes }: RegistrationPolicy): object {
  return defined({
    scopes,
    resources,
    authentication_methods: authenticationMethods,
    grant_types: grantTypes,
  });
}

/** Without the members that are undefined. */
function defined(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
