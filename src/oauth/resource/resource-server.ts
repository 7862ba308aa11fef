import type { AccessTokenFormat } from '../token/access-token.js';

/** An API that accepts this server's tokens, with the rules for tokens meant for it. */
export interface ResourceServer {
  /** Its resource indicator, the `aud` of its tokens. Compared as an exact string (RFC 8707 §2). */
  readonly identifier: string;
  readonly scopes: readonly string[];
  /** What a client gets that asks for no scope and has no default of its own. */
  readonly defaultScopes: readonly string[];
  readonly isDefault: boolean;
  readonly accessTokenFormat: AccessTokenFormat;
  /** Seconds. */
  readonly accessTokenLifetime: number;
}

/** The resource servers of this authorization server. */
export class ResourceServers {
  /** Every scope that exists at any of them. */
  readonly scopes: readonly string[];
  readonly defaultScopes: readonly string[];
  private readonly byIdentifier: ReadonlyMap<string, ResourceServer>;

  constructor(
    readonly all: readonly ResourceServer[],
    private readonly issuer: string,
  ) {
    this.scopes = [...new Set(all.flatMap((resource) => resource.scopes))];
    this.defaultScopes = [...new Set(all.flatMap((resource) => resource.defaultScopes))];
    this.byIdentifier = new Map(all.map((resource) => [resource.identifier, resource]));
  }

  find(identifier: string): ResourceServer | undefined {
    return this.byIdentifier.get(identifier);
  }

  /** The one of this identifier, or of this path below the issuer. */
  named(name: string): ResourceServer | undefined {
    return this.find(absoluteIdentifier(name, this.issuer));
  }

  get default(): ResourceServer | undefined {
    return this.all.find((resource) => resource.isDefault);
  }

  /** Those that know every one of these scopes. */
  withScopes(scopes: readonly string[]): ResourceServer[] {
    return this.all.filter((resource) => scopes.every((scope) => resource.scopes.includes(scope)));
  }
}

/** A path stands for the resource of that path below the issuer. */
export function absoluteIdentifier(identifier: string, issuer: string): string {
  return identifier.startsWith('/') ? issuer.replace(/\/$/, '') + identifier : identifier;
}
