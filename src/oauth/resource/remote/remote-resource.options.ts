import type { AsymmetricAlgorithm } from '../../client/keys/verification-key.js';
import type { Clock } from '../../clock.js';
import type { IntrospectionOptions } from './introspection.options.js';

/**
 * An API whose issuer is another process. Wrong values stop the start with a {@link ConfigurationError}; the issuer itself
 * is first asked when a token is to be checked.
 */
export interface RemoteResourceOptions {
  /**
   * The issuer identifier (RFC 8414 §2), exactly as its metadata has it: an https URL without query and fragment. Plain
   * http is for loopback addresses only. Nothing else about the issuer is configured: its metadata says the rest.
   */
  readonly issuer: string;
  /**
   * The resource indicator of this API (RFC 8707 §2), which a token must have among its audiences: an absolute URI without
   * a fragment. Compared as an exact string: a trailing slash counts.
   */
  readonly resource: string;
  /**
   * The scopes that exist here, published in the metadata. A handler that requires another stops the start. Default: not
   * said, and any may be required.
   */
  readonly scopes?: readonly string[] | undefined;
  /** What people call the API: `resource_name` of its metadata (RFC 9728 §2). Default: none. */
  readonly name?: string | undefined;
  /** A page for its developers: `resource_documentation` of its metadata. Default: none. */
  readonly documentation?: string | undefined;
  /**
   * Whether the API publishes its metadata (RFC 9728), by `ResourceServerService.resourceMetadata`, so that challenges say
   * where. Default: true.
   */
  readonly metadata?: boolean | undefined;
  /** The `realm` of the challenges (RFC 9110 §11.5), printable ASCII without `"` and `\`. Default: `oauth`. */
  readonly realm?: string | undefined;
  /**
   * The JWS algorithms by which the issuer may sign: never `none`, never HS256 and its like. Default: ES256, ES384, ES512,
   * EdDSA, Ed25519, RS256 to RS512, PS256 to PS512.
   */
  readonly algorithms?: readonly AsymmetricAlgorithm[] | undefined;
  /** Seconds, 0 to 60, that the issuer's clock may differ. Default: 10. */
  readonly clockTolerance?: number | undefined;
  /**
   * Seconds, 0 to 604800, for which keys and metadata of the issuer are used beyond their freshness while it cannot be
   * reached. Their freshness is the `max-age` that they come with, within 60 and 3600. Default: 3600.
   */
  readonly maxStale?: number | undefined;
  /** Seconds, 1 to 30, in which the issuer must have answered a request. Default: 5. */
  readonly timeout?: number | undefined;
  /**
   * How tokens are looked up at the issuer. Needed for opaque tokens, and where a revoked token must be refused before it
   * expires. Default: tokens are JWTs (RFC 9068) and verified here, so that one that was revoked is accepted until its end.
   */
  readonly introspection?: IntrospectionOptions | undefined;
  /** The time. For tests. Default: the clock of the machine. */
  readonly clock?: Clock | undefined;
}
