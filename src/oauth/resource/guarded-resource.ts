import { meets, type RequiredAccess } from './required-access.js';
import { resourceMetadataUrl } from './resource-metadata.js';

/** An API as its guard sees it. */
export interface GuardedResource {
  /** Its resource indicator, the `aud` of its tokens. Compared as an exact string (RFC 8707 §2). */
  readonly identifier: string;
  /** The scopes that exist there. Missing: it is not said, and a handler may require any. */
  readonly scopes?: readonly string[];
  /** What people call it. */
  readonly name?: string | undefined;
  /** A page for its developers. */
  readonly documentation?: string | undefined;
  /** Whether it publishes its metadata, RFC 9728. */
  readonly publishesMetadata: boolean;
}

/** The APIs that a guard stands before. */
export class GuardedResources<R extends GuardedResource = GuardedResource> {
  private readonly byIdentifier: ReadonlyMap<string, R>;

  constructor(
    readonly all: readonly R[],
    /** What a name that is a path stands below. */
    private readonly base?: string,
  ) {
    this.byIdentifier = new Map(all.map((resource) => [resource.identifier, resource]));
  }

  find(identifier: string): R | undefined {
    return this.byIdentifier.get(identifier);
  }

  /** The one of this identifier, or of this path below the issuer. */
  named(name: string): R | undefined {
    return this.find(this.absolute(name));
  }

  /** The identifier that a name stands for. */
  absolute(name: string): string {
    return this.base === undefined ? name : absoluteIdentifier(name, this.base);
  }

  /**
   * Those that a handler belongs to, of which a token must have one among its audiences (RFC 9068 §4): the ones that it
   * names, or the only one at which the scopes that it requires exist. @throws Error when that cannot be told.
   */
  requiredBy(access: RequiredAccess): readonly R[] {
    const named = access.resources.map((name) => this.named(name));
    const candidates = access.resources.length > 0 ? named : this.all;
    const fitting = candidates.filter(
      (resource) => resource !== undefined && (!resource.scopes || meets(resource.scopes, access)),
    );
    const ok = access.resources.length > 0 ? fitting.length === named.length : fitting.length === 1;
    if (ok) return fitting as R[];
    throw new Error(
      'A guarded handler must belong to one resource server: require scopes that exist at one alone, or name it with ' +
        `@ProtectedResource, or let everybody in with @Public. It asks for ${JSON.stringify(access)}`,
    );
  }
}

/** Where the challenges of an API say that its metadata stands. */
export function metadataUrlOf({ identifier, publishesMetadata }: GuardedResource): string | undefined {
  return publishesMetadata ? resourceMetadataUrl(identifier) : undefined;
}

/** A path stands for the resource of that path below the issuer. */
export function absoluteIdentifier(identifier: string, issuer: string): string {
  return identifier.startsWith('/') ? issuer.replace(/\/$/, '') + identifier : identifier;
}
