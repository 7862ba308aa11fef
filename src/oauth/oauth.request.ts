/**
 * What the protocol reads of an HTTP request. Structural: an Express request and a Fastify request both fit
 * after the adapter has said where the body stands.
 */
export interface OauthRequest {
  readonly method: string;
  /** Path and query, as on the request line. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Names and values in turn, as received: the only place where a repeated header line can be seen. */
  readonly rawHeaders?: readonly string[];
  /** The body as received, where the host kept it. Preferred to `body`. */
  readonly rawBody?: Uint8Array | undefined;
  /** The body as the host's parser left it. Only own string values of it count. */
  readonly body?: unknown;
  /** The body still unread. Used when there is neither `rawBody` nor `body`. */
  readonly stream?: AsyncIterable<Uint8Array> | undefined;
  /** Address of the peer. */
  readonly ip?: string | undefined;
}

/** What travels from the controller through the facade to the callback. Hosts may add what they like. */
export interface OauthContext {
  readonly request: OauthRequest;
}
