/** An opaque access token at rest. */
export interface StoredAccessToken {
  /** Identifies the token; its value cannot be had from it. Hexadecimal. */
  readonly digest: string;
  /** `jti`, for the log and for introspection. */
  readonly id: string;
  readonly clientId: string;
  readonly subject: string;
  readonly audience: string;
  readonly scope: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Where opaque access tokens are kept. Self-contained ones leave no trace here. */
export abstract class AccessTokenStore {
  /** Resolves when the token would survive a crash, not before. */
  abstract insert(token: StoredAccessToken): Promise<void>;
  abstract find(digest: string): Promise<StoredAccessToken | undefined>;
  /** False when there is no such token, or no more. */
  abstract delete(digest: string): Promise<boolean>;
  /** At most `limit` tokens of this client, in the order of the code points of their ids, from the first one after `after`. */
  abstract listOf(
    clientId: string,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<StoredAccessToken[]>;
  /** False when this client has no token of this id (its `jti`), or no more. */
  abstract deleteOf(clientId: string, id: string): Promise<boolean>;
  /** Removes what expired before this moment, and tells how many. */
  abstract deleteExpired(before: number): Promise<number>;
}
