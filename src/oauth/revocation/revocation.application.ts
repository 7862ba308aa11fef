import type { OauthError } from '../oauth.error.js';
import type { OauthContext } from '../oauth.request.js';
import type { RevocationResponse } from './revocation.response.js';

/** What a host implements to answer revocation requests. Exactly one of the two is called, exactly once. */
export interface RevocationApplication<C extends OauthContext, S = unknown, E = unknown> {
  /** The token is dead, and was perhaps never alive: RFC 7009 §2.2. The answer has no body. */
  revokeSuccess(context: C, response: RevocationResponse): S | Promise<S>;
  /** The request was refused: RFC 7009 §2.2.1. */
  revokeError(context: C, error: OauthError): E | Promise<E>;
}
