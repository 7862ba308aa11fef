import type { AuthenticationMethods } from '../client/authentication/authentication-methods.js';
import { CONTENT_ENCRYPTION_ALGORITHMS, KEY_ENCRYPTION_ALGORITHMS } from '../client/keys/encryption-key.js';
import { metadataUrlOf } from '../resource/guarded-resource.js';
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
  readonly introspection_endpoint?: string;
  readonly introspection_endpoint_auth_methods_supported?: readonly string[];
  readonly introspection_endpoint_auth_signing_alg_values_supported?: readonly string[];
  /** RFC 9701 §7, as the next two. */
  readonly introspection_signing_alg_values_supported?: readonly string[];
  readonly introspection_encryption_alg_values_supported?: readonly string[];
  readonly introspection_encryption_enc_values_supported?: readonly string[];
  readonly revocation_endpoint?: string;
  readonly revocation_endpoint_auth_methods_supported?: readonly string[];
  readonly revocation_endpoint_auth_signing_alg_values_supported?: readonly string[];
  /** RFC 7591. There while somebody can register. */
  readonly registration_endpoint?: string;
  /** RFC 9728 §4. */
  readonly protected_resources?: readonly string[];
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
  configuration: OauthConfiguration,
  grantTypes: readonly string[],
  { names, signingAlgorithms }: AuthenticationMethods,
  introspectionAlgorithms: readonly string[],
  registrationOpen: boolean,
): ServerMetadataDocument {
  const { issuer, tokenEndpoint, jwksUri, resources, serviceDocumentation } = configuration;
  const { introspectionEndpoint, revocationEndpoint, registrationEndpoint } = configuration;
  const assertions = signingAlgorithms.length > 0;
  const published = resources.all.filter((resource) => metadataUrlOf(resource) !== undefined);
  return {
    issuer,
    token_endpoint: tokenEndpoint,
    ...(jwksUri !== undefined && { jwks_uri: jwksUri }),
    scopes_supported: resources.scopes,
    response_types_supported: [],
    grant_types_supported: grantTypes,
    token_endpoint_auth_methods_supported: names,
    ...(assertions && { token_endpoint_auth_signing_alg_values_supported: signingAlgorithms }),
    ...(introspectionEndpoint !== undefined && {
      introspection_endpoint: introspectionEndpoint,
      introspection_endpoint_auth_methods_supported: names,
      ...(assertions && { introspection_endpoint_auth_signing_alg_values_supported: signingAlgorithms }),
      // Without the keys nobody could verify the JWTs.
      ...(jwksUri !== undefined && {
        introspection_signing_alg_values_supported: introspectionAlgorithms,
        introspection_encryption_alg_values_supported: KEY_ENCRYPTION_ALGORITHMS,
        introspection_encryption_enc_values_supported: CONTENT_ENCRYPTION_ALGORITHMS,
      }),
    }),
    ...(revocationEndpoint !== undefined && {
      revocation_endpoint: revocationEndpoint,
      revocation_endpoint_auth_methods_supported: names,
      ...(assertions && { revocation_endpoint_auth_signing_alg_values_supported: signingAlgorithms }),
    }),
    ...(registrationOpen &&
      registrationEndpoint !== undefined && { registration_endpoint: registrationEndpoint }),
    ...(published.length > 0 && { protected_resources: published.map(({ identifier }) => identifier) }),
    ...(serviceDocumentation !== undefined && { service_documentation: serviceDocumentation }),
  };
}
