import type { AccessTokenFormat } from '../token/access-token.js';
import type { AuthenticAccessToken } from './access-token.verifier.js';
import { BearerError, type Challenger } from './bearer.error.js';
import type { GuardedResources } from './guarded-resource.js';
import type { VerifiedAccessToken } from './verified-access-token.js';

/** Ends the request with this error. */
export type RefuseRequest = (error: BearerError) => never;

/** How the guard lets a handler ask for more. */
export class GuardedAccessToken implements VerifiedAccessToken {
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
  readonly #needed: readonly string[];
  readonly #challenger: Challenger;
  readonly #resources: GuardedResources;
  readonly #refuse: RefuseRequest;

  constructor(
    token: AuthenticAccessToken,
    /** The scopes that the handler requires. */
    needed: readonly string[],
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
    this.#needed = needed;
    this.#challenger = challenger;
    this.#resources = resources;
    this.#refuse = refuse;
  }

  hasScopes(...scopes: readonly string[]): boolean {
    return scopes.every((scope) => this.scope.includes(scope));
  }

  requireScopes(...scopes: readonly string[]): void {
    if (this.hasScopes(...scopes)) return;
    // All that the request needs: a token with no more than these scopes would be refused by the guard.
    const needed = [...new Set([...this.#needed, ...scopes])];
    this.#refuse(BearerError.insufficientScope(this.#challenger, needed));
  }

  requireAudience(...names: readonly string[]): void {
    const identifiers = names.map((name) => this.#resources.absolute(name));
    if (identifiers.some((identifier) => this.audience.includes(identifier))) return;
    const description = 'The access token is not for the resource that this request is about.';
    this.#refuse(BearerError.insufficientPrivileges(this.#challenger, description));
  }

  requireClient(...clientIds: readonly string[]): void {
    if (clientIds.includes(this.clientId)) return;
    const description = 'The client of the access token may not do this.';
    this.#refuse(BearerError.insufficientPrivileges(this.#challenger, description));
  }
}
