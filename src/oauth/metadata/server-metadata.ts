import type { AuthenticationMethods } from '../client/authentication/authentication-methods.js';
import type { OauthConfiguration } from '../oauth.configuration.js';

/** Authorization server metadata under the names of RFC 8414 §2, so that a view can send `document` as it is. */
export interface ServerMetadataDocument {
  readonly issuer: string;
  readonly token_endpoint: string;
  readonly jwks_uri?: string;
  readonly scopes_supported?: readonly string[];
  /** Empty: there is no authorization endpoint. RFC 8414 §2 requires the member all the same. */
  readonly response_types_supported: readonly string[];
  readonly grant_types_supported: readonly string[];
  readonly token_endpoint_auth_methods_supported: readonly string[];
  readonly token_endpoint_auth_signing_alg_values_supported?: readonly string[];
  readonly service_documentation?: string;
}

export interface ServerMetadata {
  /** 304 when the caller has this very document already; then no body is sent. */
  readonly status: 200 | 304;
  readonly headers: Readonly<Record<string, string>>;
  readonly document: ServerMetadataDocument;
}

/** What this server can do: nothing that it cannot, and no member without elements but the required one. */
export function describeServer(
  { issuer, tokenEndpoint, jwksUri, resources, serviceDocumentation }: OauthConfiguration,
  grantTypes: readonly string[],
  { names, signingAlgorithms }: AuthenticationMethods,
): ServerMetadataDocument {
  return {
    issuer,
    token_endpoint: tokenEndpoint,
    ...(jwksUri !== undefined && { jwks_uri: jwksUri }),
    scopes_supported: resources.scopes,
    response_types_supported: [],
    grant_types_supported: grantTypes,
    token_endpoint_auth_methods_supported: names,
    ...(signingAlgorithms.length > 0 && {
      token_endpoint_auth_signing_alg_values_supported: signingAlgorithms,
    }),
    ...(serviceDocumentation !== undefined && { service_documentation: serviceDocumentation }),
  };
}
