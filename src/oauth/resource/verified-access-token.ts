import type { AuthenticAccessToken } from './access-token.verifier.js';

/**
 * An access token that the guard has let through: authentic, alive, for the handler's resource server, with the scopes
 * that the handler requires. What a handler needs beyond that, it asks for here; where the token does not have it, the
 * request is answered with 403 `insufficient_scope` (RFC 6750 §3.1).
 */
export interface VerifiedAccessToken extends AuthenticAccessToken {
  /** Whether it has every one of these scopes. They are compared exactly: `read` is not `read:all` (RFC 6749 §3.3). */
  hasScopes(...scopes: readonly string[]): boolean;
  /** It must have every one of these scopes, which the challenge names beside those of the handler. @throws BearerException 403 */
  requireScopes(...scopes: readonly string[]): void;
  /**
   * It must be for one of these resource servers, named as in `@ProtectedResource`. For handlers that belong to several.
   * @throws BearerException 403
   */
  requireAudience(...names: readonly string[]): void;
  /** It must have been issued to one of these clients. @throws BearerException 403 */
  requireClient(...clientIds: readonly string[]): void;
}
