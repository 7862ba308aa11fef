import type { AccessTokenFormat } from '../token/access-token.js';

/** A resource server that an operator has added, at rest: as in the option `resources`. */
export interface StoredResourceServer {
  /** Its resource indicator, the `aud` of its tokens: at most 2000 characters. */
  readonly identifier: string;
  /** Counts the changes; an update names the one that it has read. */
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly scopes: readonly string[];
  readonly defaultScopes: readonly string[];
  readonly accessTokenFormat?: AccessTokenFormat;
  /** Seconds. */
  readonly accessTokenLifetime?: number;
  readonly name?: string;
  readonly documentation?: string;
  readonly publishesMetadata: boolean;
}

/** Where the resource servers beside the configured ones are kept. Each method is one atomic step. */
export abstract class ResourceServerStore {
  /** All of them, in the order of the code points of their identifiers. They are few. */
  abstract all(): Promise<StoredResourceServer[]>;
  /** False, and nothing stored, when the identifier is taken. */
  abstract create(server: StoredResourceServer): Promise<boolean>;
  /** Replaces the one of this identifier, if its revision is still `revision`, which becomes one more. False if not. */
  abstract update(server: StoredResourceServer, revision: number): Promise<boolean>;
  /** Removes the one of this identifier; with a revision, only at that revision. False when there was none. */
  abstract delete(identifier: string, revision?: number): Promise<boolean>;
}
