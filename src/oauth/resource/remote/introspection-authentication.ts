/** An introspection request that is about to be sent. */
export interface UnauthenticatedRequest {
  /** Its body: `token` and `token_type_hint` stand there already. */
  readonly form: URLSearchParams;
  readonly headers: Headers;
}

/**
 * How a resource server shows the issuer who it is (RFC 7662 §2.1). Extend it for a method that the kit does not have, or
 * for a secret that changes while the API runs.
 */
export abstract class IntrospectionAuthentication {
  /**
   * Adds the credentials to form or headers, for every request anew. Rejects when it has none: the client of the API then
   * gets 503, and the message goes to the log, so it must not hold a secret.
   */
  abstract authenticate(request: UnauthenticatedRequest): void | Promise<void>;
}
