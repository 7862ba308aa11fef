import type { OauthContext } from '../oauth.request.js';
import type { OauthError } from '../oauth.error.js';
import type { TokenResponse } from './token.response.js';

/**
 * What a host implements to answer token requests. Exactly one of the two is called, exactly once, and what it
 * returns is what `OauthService.token` resolves with.
 */
export interface TokenApplication<C extends OauthContext, S = unknown, E = unknown> {
  /** A token was issued: RFC 6749 §5.1. */
  tokenSuccess(context: C, response: TokenResponse): S | Promise<S>;
  /** The request was refused: RFC 6749 §5.2. */
  tokenError(context: C, error: OauthError): E | Promise<E>;
}
