/** A request to the issuer: a GET, or a POST where there is a form. */
export interface IssuerRequest {
  readonly url: URL;
  readonly headers: Headers;
  readonly form?: URLSearchParams;
}

/** The answer, whatever its status. */
export interface IssuerResponse {
  readonly status: number;
  /** The `Content-Type` header, if there was one. */
  readonly contentType: string | undefined;
  /** The `Cache-Control` header, if there was one. */
  readonly cacheControl: string | undefined;
  readonly body: Uint8Array;
}

/** How a resource server reaches its issuer. */
export abstract class IssuerHttp {
  /**
   * Rejects, with a message for the log that holds nothing of the request but its host, when there is no answer in time,
   * or a redirect (RFC 8414 §6.2), or one that is too large.
   */
  abstract send(request: IssuerRequest): Promise<IssuerResponse>;
}
