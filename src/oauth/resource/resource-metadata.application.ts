import type { OauthError } from '../oauth.error.js';
import type { OauthContext } from '../oauth.request.js';
import type { ResourceMetadata } from './resource-metadata.js';

/** What a host implements to publish the metadata of its resource servers. Exactly one of the two is called, exactly once. */
export interface ResourceMetadataApplication<C extends OauthContext, S = unknown, E = unknown> {
  /** RFC 9728 §3.2. */
  resourceMetadataSuccess(context: C, metadata: ResourceMetadata): S | Promise<S>;
  /** The method is not GET or HEAD, or there is no resource server of that path. */
  resourceMetadataError(context: C, error: OauthError): E | Promise<E>;
}
