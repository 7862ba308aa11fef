import { formatScope } from '../scope.js';
import type { Client, ClientSecret } from './client.js';

/** The client information response, RFC 7591 §3.2.1, with its registered names and the kit's own members. */
export type ClientInformation = Readonly<Record<string, unknown>>;

/** `secret` is there only when it was made just now: the one time that it is shown. */
export function toClientInformation(
  client: Client,
  issued?: { readonly secret: string; readonly stored: ClientSecret },
): ClientInformation {
  return {
    client_id: client.id,
    client_id_issued_at: client.createdAt,
    ...(issued && {
      client_secret: issued.secret,
      client_secret_expires_at: issued.stored.expiresAt ?? 0,
    }),
    ...client.information,
    token_endpoint_auth_method: client.tokenEndpointAuthMethod,
    ...(client.tokenEndpointAuthSigningAlg && {
      token_endpoint_auth_signing_alg: client.tokenEndpointAuthSigningAlg,
    }),
    ...(client.jwks && { jwks: client.jwks }),
    ...(client.jwksUri !== undefined && { jwks_uri: client.jwksUri }),
    ...(client.legacyAssertionAudience && { legacy_assertion_audience: true }),
    grant_types: client.grantTypes,
    response_types: [],
    ...(client.scope && { scope: formatScope(client.scope) }),
    ...(client.defaultScope && { default_scope: formatScope(client.defaultScope) }),
    ...(client.resource !== undefined && { resource: client.resource }),
    ...introspectionMembers(client),
    ...(client.accessTokenFormat && { access_token_format: client.accessTokenFormat }),
    ...(client.accessTokenTtl !== undefined && { access_token_ttl: client.accessTokenTtl }),
    ...(client.owner !== undefined && { owner: client.owner }),
    ...(client.description !== undefined && { description: client.description }),
    ...(client.labels && { labels: client.labels }),
  };
}

/** RFC 9701 §6. */
function introspectionMembers({
  introspectionSignedResponseAlg: signed,
  introspectionEncryptedResponseAlg: encrypted,
  introspectionEncryptedResponseEnc: content,
}: Client): ClientInformation {
  return {
    ...(signed && { introspection_signed_response_alg: signed }),
    ...(encrypted && { introspection_encrypted_response_alg: encrypted }),
    ...(content && { introspection_encrypted_response_enc: content }),
  };
}
