// The host's side: module, facade, guard, decorators.
export { OauthModule } from './nest/oauth.module.js';
export type {
  OauthModuleAsyncOptions,
  OauthModuleExtras,
  OauthModuleOptions,
  OauthOptionsFactory,
  PersistenceClass,
} from './nest/oauth-module.options.js';
export { ResourceServerModule } from './nest/resource-server.module.js';
export type {
  ResourceServerModuleAsyncOptions,
  ResourceServerModuleExtras,
  ResourceServerModuleOptions,
  ResourceServerOptionsFactory,
} from './nest/resource-server.options.js';
export { ResourceServerService } from './nest/resource-server.service.js';
export { OauthService } from './nest/oauth.service.js';
export { OauthAdmin } from './nest/oauth.admin.js';
export { BearerException, OauthGuard } from './nest/oauth.guard.js';
export {
  AccessToken,
  Oauth,
  ProtectedResource,
  Public,
  RequireAnyScope,
  RequireScopes,
} from './nest/oauth.decorators.js';
export type { HttpAnswer, HttpContext } from './nest/http-context.js';
export { useOauthBodies } from './nest/oauth-bodies.js';

// The callbacks and what they get.
export type { OauthContext, OauthRequest } from './oauth/oauth.request.js';
export { OauthError, type OauthErrorCode } from './oauth/oauth.error.js';
export type { TokenApplication } from './oauth/token/token.application.js';
export type { TokenResponse } from './oauth/token/token.response.js';
export type { IntrospectionApplication } from './oauth/introspection/introspection.application.js';
export type {
  ActiveToken,
  InactiveToken,
  IntrospectionDocument,
  IntrospectionResponse,
} from './oauth/introspection/introspection.response.js';
export type { RevocationApplication } from './oauth/revocation/revocation.application.js';
export type { RevocationResponse } from './oauth/revocation/revocation.response.js';
export type {
  ClientDeletionApplication,
  ClientManagementApplication,
  ClientReadApplication,
  ClientUpdateApplication,
  RegistrationApplication,
} from './oauth/registration/registration.application.js';
export type {
  ClientDeletion,
  ClientRegistration,
  ClientRegistrationDocument,
} from './oauth/registration/registration.response.js';
export type { JwksApplication } from './oauth/keys/jwks.application.js';
export type { JwksResponse } from './oauth/keys/jwks.response.js';
export type { MetadataApplication } from './oauth/metadata/metadata.application.js';
export type { ServerMetadata, ServerMetadataDocument } from './oauth/metadata/server-metadata.js';
export type { ResourceMetadataApplication } from './oauth/resource/resource-metadata.application.js';
export type { ResourceMetadata, ResourceMetadataDocument } from './oauth/resource/resource-metadata.js';

// Options, hooks, errors of configuration and administration.
export type {
  ClientAssertionOptions,
  EndpointOptions,
  FailureLimitOptions,
  OauthOptions,
  ResourceServerOptions,
} from './oauth/oauth.options.js';
export type { AuditOptions } from './oauth/audit/audit.options.js';
export type { RegistrationOptions } from './oauth/registration/registration.options.js';
export type {
  SoftwareStatementIssuer,
  SoftwareStatementOptions,
} from './oauth/registration/software-statement.options.js';
export { Clock } from './oauth/clock.js';
export { ConfigurationError } from './oauth/configuration.error.js';
export { AdministrationError, type AdministrationErrorCode } from './oauth/administration.error.js';
export type { AccessTokenClaimsHook } from './oauth/token/access-token.claims.js';
export type { IntrospectionPolicyHook } from './oauth/introspection/introspection.policy.js';
export type { ScopePolicyHook } from './oauth/token/scope.policy.js';
export type { OpaqueTokenGenerator } from './oauth/token/opaque-token.js';
export type { AccessTokenFormat } from './oauth/token/access-token.js';
export type { ResourceServer } from './oauth/resource/resource-server.js';

// Client authentication: the host's own methods, hashes and fetchers; and what happens, as events.
export {
  ClientAuthenticationMethod,
  type OneTimeCredentials,
  type PresentedCredentials,
  type Refused,
  type Verdict,
  type Verified,
} from './oauth/client/authentication/authentication-method.js';
export type { BuiltInAuthenticationMethod } from './oauth/client/authentication/authentication.options.js';
export type { Parameters as RequestParameters } from './oauth/http/parameters.js';
export type {
  ContentEncryptionAlgorithm,
  KeyEncryptionAlgorithm,
} from './oauth/client/keys/encryption-key.js';
export { ImportedHashes } from './oauth/client/imported-hashes.js';
export { JwksFetcher, type FetchedJwks } from './oauth/client/keys/jwks-fetcher.js';
export type { RedisClient } from './oauth/client/authentication/failure-throttle.js';
export type { AssertionAlgorithm, AsymmetricAlgorithm } from './oauth/client/keys/verification-key.js';
export { OauthEvents, type OauthEventListener } from './oauth/events/oauth-events.js';
export type {
  AdministrativeAction,
  AdministrativeChange,
  AuthenticationFailureReason,
  ClientAuthenticated,
  ClientAuthenticationFailed,
  ClientAuthenticationThrottled,
  OauthEvent,
  OauthEventOf,
  OauthEventType,
  RegistrationRefusalReason,
  RegistrationRefused,
  TokenIntrospected,
  TokenIssued,
  TokenRefused,
  TokenRevoked,
} from './oauth/events/oauth-event.js';

// Administration, and the audit log.
export { AuditLog, AuditStore, toClientInformation } from './oauth/administration.js';
// prettier-ignore
export type {
  Actor, AuditDetail, AuditEntry, AuditFilter,
  AuditAdministration, AuditList, AuditQueryInput, ClientList,
  ClientQueryInput, ApplyOptions, ClientTransfer, ExportOptions,
  ImportPlan, RefusedLine, TokenAdministration, TokenInformation,
  TokenList, TokenPage, ListedResourceServer, ResourceServerAdministration,
  ResourceServerInput, RegistrationTokenAdministration, RegistrationTokenInformation, RegistrationTokenInput,
  RegistrationTokenList, ClientAdministration, ClientRevision, CreatedClient, ClientSecretAdministration,
  NewClientSecret, ClientInformation, KeyAdministration, SigningKeyInformation,
} from './oauth/administration.js';
export { JsonLinesAuditLog, type JsonLinesAuditLogOptions } from './audit/json-lines-audit.log.js';
// The resource server's side.
export { AccessTokenVerifier, type AuthenticAccessToken } from './oauth/resource/access-token.verifier.js';
export type { VerifiedAccessToken } from './oauth/resource/verified-access-token.js';
export type { BearerError, BearerErrorCode } from './oauth/resource/bearer.error.js';

export type { RemoteResourceOptions } from './oauth/resource/remote/remote-resource.options.js';
export type {
  ClientSecretCredentials,
  IntrospectionOptions,
  PrivateKeyCredentials,
} from './oauth/resource/remote/introspection.options.js';
export {
  IntrospectionAuthentication,
  type UnauthenticatedRequest,
} from './oauth/resource/remote/introspection-authentication.js';

// Persistence: the ports, and the adapter that needs nothing.
export { Persistence } from './oauth/persistence.js';
export { ClientSecretStore, ClientStore, type ClientWrite } from './oauth/client/client.store.js';
export {
  isWanted,
  nameKey,
  positionOf,
  searchText,
  sortKey,
  type ClientFilter,
  type ClientOrder,
  type ClientPage,
  type ClientPosition,
} from './oauth/client/client-page.js';
export type { Client, ClientSecret, JwkSet, Labels, SelfRegistration } from './oauth/client/client.js';
export { AccessTokenStore, type StoredAccessToken } from './oauth/token/access-token.store.js';
export { RevokedTokenStore } from './oauth/revocation/revoked-token.store.js';
export { UsedIdentifierStore } from './oauth/replay/used-identifier.store.js';
export { FailureCountStore, type FailureCount } from './oauth/client/authentication/failure-count.store.js';
export { SigningKeyStore, type StoredSigningKey } from './oauth/keys/signing-key.store.js';
export {
  RegistrationTokenStore,
  type StoredRegistrationToken,
} from './oauth/registration/registration-token.store.js';
export type { RegistrationPolicy } from './oauth/registration/registration.policy.js';
export { ResourceServerStore, type StoredResourceServer } from './oauth/resource/resource-server.store.js';
export type { SigningAlgorithm } from './oauth/keys/signing-key.js';
export { MemoryPersistence } from './memory/memory.persistence.js';
