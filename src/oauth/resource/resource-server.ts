import type { AccessTokenFormat } from '../token/access-token.js';
import { GuardedResources, type GuardedResource } from './guarded-resource.js';

/** An API that accepts this server's tokens, with the rules for tokens meant for it. */
export interface ResourceServer extends GuardedResource {
  readonly scopes: readonly string[];
  /** What a client gets that asks for no scope and has no default of its own. */
  readonly defaultScopes: readonly string[];
  readonly isDefault: boolean;
  readonly accessTokenFormat: AccessTokenFormat;
  /** Seconds. */
  readonly accessTokenLifetime: number;
}

/** The resource servers of this authorization server. */
export class ResourceServers extends GuardedResources<ResourceServer> {
  /** Every scope that exists at any of them. */
  readonly scopes: readonly string[];
  readonly defaultScopes: readonly string[];

  constructor(all: readonly ResourceServer[], issuer: string) {
    super(all, issuer);
    this.scopes = [...new Set(all.flatMap((resource) => resource.scopes))];
    this.defaultScopes = [...new Set(all.flatMap((resource) => resource.defaultScopes))];
  }

  get default(): ResourceServer | undefined {
    return this.all.find((resource) => resource.isDefault);
  }

  /** Those that know every one of these scopes. */
  withScopes(scopes: readonly string[]): ResourceServer[] {
    return this.all.filter((resource) => scopes.every((scope) => resource.scopes.includes(scope)));
  }
}
