// The module of an API whose authorization server is another process: facade, guard, decorators.
export { ResourceServerModule } from './nest/resource-server.module.js';
export type {
  ResourceServerModuleAsyncOptions,
  ResourceServerModuleExtras,
  ResourceServerModuleOptions,
  ResourceServerOptionsFactory,
} from './nest/resource-server.options.js';
export { ResourceServerService } from './nest/resource-server.service.js';
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

// Its options, and the host's own way to authenticate where tokens are introspected.
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
export type { AsymmetricAlgorithm } from './oauth/client/keys/verification-key.js';
export type { SigningAlgorithm } from './oauth/keys/signing-key.js';
export { Clock } from './oauth/clock.js';
export { ConfigurationError } from './oauth/configuration.error.js';

// Tokens, and what refuses them.
export { AccessTokenVerifier, type AuthenticAccessToken } from './oauth/resource/access-token.verifier.js';
export type { AccessTokenFormat } from './oauth/token/access-token.js';
export type { VerifiedAccessToken } from './oauth/resource/verified-access-token.js';
export type { BearerError, BearerErrorCode } from './oauth/resource/bearer.error.js';

// The callbacks of its metadata.
export type { OauthContext, OauthRequest } from './oauth/oauth.request.js';
export { OauthError, type OauthErrorCode } from './oauth/oauth.error.js';
export type { ResourceMetadataApplication } from './oauth/resource/resource-metadata.application.js';
export type { ResourceMetadata, ResourceMetadataDocument } from './oauth/resource/resource-metadata.js';
