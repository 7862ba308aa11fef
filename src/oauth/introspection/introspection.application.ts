import type { OauthError } from '../oauth.error.js';
import type { OauthContext } from '../oauth.request.js';
import type { IntrospectionResponse } from './introspection.response.js';

/** What a host implements to answer introspection requests. Exactly one of the two is called, exactly once. */
export interface IntrospectionApplication<C extends OauthContext, S = unknown, E = unknown> {
  /** What there is to say about the token, which may be that it is not active: RFC 7662 §2.2. */
  introspectSuccess(context: C, response: IntrospectionResponse): S | Promise<S>;
  /** The request was refused: RFC 7662 §2.3. */
  introspectError(context: C, error: OauthError): E | Promise<E>;
}
