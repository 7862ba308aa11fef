import type { OauthError } from '../oauth.error.js';
import type { OauthContext } from '../oauth.request.js';
import type { ServerMetadata } from './server-metadata.js';

/** What a host implements to publish its metadata. Exactly one of the two is called, exactly once. */
export interface MetadataApplication<C extends OauthContext, S = unknown, E = unknown> {
  /** RFC 8414 §3.2. */
  metadataSuccess(context: C, metadata: ServerMetadata): S | Promise<S>;
  /** The method is not GET or HEAD, or the path is that of another issuer. */
  metadataError(context: C, error: OauthError): E | Promise<E>;
}
