import type { OauthError } from '../oauth.error.js';
import type { OauthContext } from '../oauth.request.js';
import type { JwksResponse } from './jwks.response.js';

/** What a host implements to publish its keys. Exactly one of the two is called, exactly once. */
export interface JwksApplication<C extends OauthContext, S = unknown, E = unknown> {
  /** The JWK Set, RFC 7517 §5. */
  jwkList(context: C, response: JwksResponse): S | Promise<S>;
  /** The method is not GET or HEAD, or the keys cannot be read. */
  jwksError(context: C, error: OauthError): E | Promise<E>;
}
