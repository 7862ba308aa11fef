import type { AccessTokenFormat } from '../token/access-token.js';
import type { AuthenticAccessToken } from './access-token.verifier.js';
import { BearerError, type Challenger } from './bearer.error.js';
import type { GuardedResources } from './guarded-resource.js';

/** Ends the request with this error. */
export type RefuseRequest = (error: BearerError) => never;

/**
 * An access token that the guard has let through: authentic, alive, for the handler's resource server, with the scopes
 * that the handler requires. What a handler needs beyond that, it asks for here; where the token does not have it, the
 * request is answered with 403 `insufficient_scope` (RFC 6750 §3.1).
 */
export class VerifiedAccessToken implements AuthenticAccessToken {
  readonly clientId: string;
  readonly subject: string;
  readonly audience: readonly string[];
  readonly scope: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly id: string;
  readonly issuer: string;
  readonly format: AccessTokenFormat;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly #challenger: Challenger;
  readonly #resources: GuardedResources;
  readonly #refuse: RefuseRequest;

  /** @internal The guard makes it. */
  constructor(
    token: AuthenticAccessToken,
    challenger: Challenger,
    resources: GuardedResources,
    refuse: RefuseRequest,
  ) {
    this.clientId = token.clientId;
    this.subject = token.subject;
    this.audience = token.audience;
    this.scope = token.scope;
    this.issuedAt = token.issuedAt;
    this.expiresAt = token.expiresAt;
    this.id = token.id;
    this.issuer = token.issuer;
    this.format = token.format;
    this.claims = token.claims;
    this.#challenger = challenger;
    this.#resources = resources;
    this.#refuse = refuse;
  }

  /** Whether it has every one of these scopes. They are compared exactly: `read` is not `read:all` (RFC 6749 §3.3). */
  hasScopes(...scopes: readonly string[]): boolean {
    return scopes.every((scope) => this.scope.includes(scope));
  }

  /** It must have every one of these scopes, which the challenge names. @throws BearerException 403 */
  requireScopes(...scopes: readonly string[]): void {
    if (!this.hasScopes(...scopes)) this.#refuse(BearerError.insufficientScope(this.#challenger, scopes));
  }

  /**
   * It must be for one of these resource servers, named as in `@ProtectedResource`. For handlers that belong to several.
   * @throws BearerException 403
   */
  requireAudience(...names: readonly string[]): void {
    const identifiers = names.map((name) => this.#resources.absolute(name));
    if (identifiers.some((identifier) => this.audience.includes(identifier))) return;
    const description = 'The access token is not for the resource that this request is about.';
    this.#refuse(BearerError.insufficientPrivileges(this.#challenger, description));
  }

  /** It must have been issued to one of these clients. @throws BearerException 403 */
  requireClient(...clientIds: readonly string[]): void {
    if (clientIds.includes(this.clientId)) return;
    const description = 'The client of the access token may not do this.';
    this.#refuse(BearerError.insufficientPrivileges(this.#challenger, description));
  }
}
