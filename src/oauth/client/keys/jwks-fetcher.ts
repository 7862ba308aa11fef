/** What stood at a `jwks_uri`. */
export interface FetchedJwks {
  readonly body: Uint8Array;
  /** The `Cache-Control` header, if there was one. */
  readonly cacheControl: string | undefined;
}

/**
 * Fetches the JWK Set of a client. The kit's own refuses everything but https to a public address; replace it where
 * requests leave through a proxy.
 */
export abstract class JwksFetcher {
  /** Rejects, with a message for the log, when there is nothing usable. Must settle within seconds: requests wait for it. */
  abstract fetch(uri: URL): Promise<FetchedJwks>;
}
