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
  private known: { readonly all: readonly R[]; readonly byIdentifier: ReadonlyMap<string, R> };

  constructor(
    all: readonly R[],
    /** What a name that is a path stands below. */
    private readonly base?: string,
  ) {
    this.known = indexed(all);
  }

  /** Another array as soon as anything has changed, and the same one until then. */
  get all(): readonly R[] {
    return this.known.all;
  }

  find(identifier: string): R | undefined {
    return this.known.byIdentifier.get(identifier);
  }

  /** The one of this identifier, or of this path below the issuer. */
  named(name: string): R | undefined {
    return this.find(this.absolute(name));
  }

  /** The identifier that a name stands for. */
  absolute(name: string): string {
    return this.base === undefined ? name : absoluteIdentifier(name, this.base);
  }

  /** Called before they are used for a request. Resolves, and never rejects, when they are fresh; `undefined`: they are. */
  refresh(): Promise<void> | undefined {
    return undefined;
  }

  /**
   * Those that a handler belongs to, of which a token must have one among its audiences (RFC 9068 §4): the ones that it
   * names, or the only one at which the scopes that it requires exist. @throws Error when that cannot be told.
   */
  requiredBy(access: RequiredAccess): readonly R[] {
    const fitting = this.acceptedBy(access);
    if (fitting.length === Math.max(access.resources.length, 1)) return fitting;
    throw unplaced(access);
  }

  /**
   * The same while the application runs: what was there when it started may have been taken away, and then no token is
   * good for it. @throws Error when several may be meant.
   */
  acceptedBy(access: RequiredAccess): readonly R[] {
    const isNamed = access.resources.length > 0;
    const candidates = isNamed ? access.resources.map((name) => this.named(name)) : this.all;
    const fitting = candidates.filter(
      (resource) => resource !== undefined && (!resource.scopes || meets(resource.scopes, access)),
    ) as R[];
    if (isNamed) return fitting;
    const preferred = this.preferred(fitting);
    if (preferred.length > 1) throw unplaced(access);
    return preferred;
  }

  /** Those of several that are meant where none is named. */
  protected preferred(resources: readonly R[]): readonly R[] {
    return resources;
  }

  protected replace(all: readonly R[]): void {
    this.known = indexed(all);
  }
}

function indexed<R extends GuardedResource>(all: readonly R[]) {
  return { all, byIdentifier: new Map(all.map((resource) => [resource.identifier, resource])) };
}

function unplaced(access: RequiredAccess): Error {
  return new Error(
    'A guarded handler must belong to one resource server: require scopes that exist at one alone, or name it with ' +
      `@ProtectedResource, or let everybody in with @Public. It asks for ${JSON.stringify(access)}`,
  );
}

/** Where the challenges of an API say that its metadata stands. */
export function metadataUrlOf({ identifier, publishesMetadata }: GuardedResource): string | undefined {
  return publishesMetadata ? resourceMetadataUrl(identifier) : undefined;
}

/** A path stands for the resource of that path below the issuer. */
export function absoluteIdentifier(identifier: string, issuer: string): string {
  return identifier.startsWith('/') ? issuer.replace(/\/$/, '') + identifier : identifier;
}
