import type { Clock } from './clock.js';
import type { SigningAlgorithm } from './keys/signing-key.js';
import type { AccessTokenClaimsHook } from './token/access-token.claims.js';
import type { AccessTokenFormat } from './token/access-token.js';
import type { OpaqueTokenGenerator } from './token/opaque-token.js';
import type { ScopePolicyHook } from './token/scope.policy.js';

/** An API that accepts this server's tokens. */
export interface ResourceServerOptions {
  /**
   * Its resource indicator (RFC 8707 §2), the `aud` of its tokens: an absolute URI without a fragment, or a path such
   * as `/api/catalog`, which is appended to the issuer. Compared as an exact string: a trailing slash counts.
   */
  readonly identifier: string;
  /** The scopes that exist there, at least one. */
  readonly scopes: readonly string[];
  /**
   * What a client gets there that asks for no scope and has no default scope of its own. A client without a registered
   * scope can have these, and no others. Default: none.
   */
  readonly defaultScopes?: readonly string[] | undefined;
  /**
   * Whether a request that names neither resource nor scope is meant for it. Default: true where it is the only
   * resource, else false.
   */
  readonly default?: boolean | undefined;
  /** `jwt` (RFC 9068) or `opaque`. A client's own setting comes first. Default: `jwt`. */
  readonly accessTokenFormat?: AccessTokenFormat | undefined;
  /** Seconds. A client's own setting comes first. Default: the option `accessTokenLifetime`. */
  readonly accessTokenLifetime?: number | undefined;
}

/** Where the host serves the endpoints: paths, which are appended to the issuer, or absolute URLs. */
export interface EndpointOptions {
  /** Default: `/oauth/token`. */
  readonly token?: string | undefined;
  /** Default: `/oauth/jwks`. `false` where the host does not serve it: then every token must be opaque. */
  readonly jwks?: string | false | undefined;
}

/** Everything that a host can set. Wrong values stop the start with a {@link ConfigurationError}. */
export interface OauthOptions {
  /**
   * The issuer identifier (RFC 8414 §2): an https URL without query and fragment, which clients reach this server by.
   * Plain http is for loopback addresses only. No URL is ever built from a request.
   */
  readonly issuer: string;
  /** The APIs that accept the tokens, at least one. */
  readonly resources: readonly ResourceServerOptions[];
  /** Default: `/oauth/token` and `/oauth/jwks`. */
  readonly endpoints?: EndpointOptions | undefined;
  /** Seconds that an access token lives, where neither resource nor client says otherwise. Default: 3600. */
  readonly accessTokenLifetime?: number | undefined;
  /** Seconds that no access token can outlive, whatever else is set. Default: 86400. */
  readonly maxAccessTokenLifetime?: number | undefined;
  /** What opaque tokens begin with, for leak scanners: 1 to 16 characters out of `[A-Za-z0-9_]`. Default: `nok_`. */
  readonly opaqueTokenPrefix?: string | undefined;
  /** Replaces the generator of opaque tokens, prefix included. Default: the prefix and 256 random bits. */
  readonly opaqueTokenGenerator?: OpaqueTokenGenerator | undefined;
  /** Adds claims to access tokens of both formats. Default: none. */
  readonly accessTokenClaims?: AccessTokenClaimsHook | undefined;
  /** Narrows what a client is granted. Default: everything that client, resource and request agree on. */
  readonly scopePolicy?: ScopePolicyHook | undefined;
  /** `ES256`, `RS256`, `PS256` or `EdDSA`: what keys made by the kit sign with. Default: `ES256`. */
  readonly signingAlgorithm?: SigningAlgorithm | undefined;
  /**
   * The host's own signing keys: PEM private keys, a private JWK or a private JWK Set, as text. The first
   * key signs, the others are published and verify. Default: the kit makes keys and keeps them in the store.
   */
  readonly signingKeys?: string | undefined;
  /**
   * Encrypts private keys in the store (AES-256-GCM): a secret of 32 characters or more, or a list of which the first
   * encrypts and all decrypt. Default: none, which is allowed for an issuer on loopback, and with `signingKeys`.
   */
  readonly keyEncryptionSecret?: string | readonly string[] | undefined;
  /**
   * Seconds, 0 to 60, for which the token endpoint may use a client as it was read before. A new client, a new secret,
   * and every change made through this instance are seen at once all the same. Default: 5.
   */
  readonly clientCacheLifetime?: number | undefined;
  /**
   * How old the guard's view of a token's client may be: `strict` reads it for every request, so that a disabled or
   * deleted client is refused at once; a number of seconds, 1 to 300, saves that read. Default: `strict`.
   */
  readonly revocationFreshness?: 'strict' | number | undefined;
  /** Seconds, 0 to 60, that clocks of other machines may differ. Default: 5. */
  readonly clockTolerance?: number | undefined;
  /** Bytes that the body of a request to an OAuth endpoint may have. Default: 65536. */
  readonly bodyLimit?: number | undefined;
  /** Seconds in which that body must have arrived. Default: 10. */
  readonly bodyTimeout?: number | undefined;
  /** The `realm` of the challenges (RFC 9110 §11.5), printable ASCII without `"` and `\`. Default: `oauth`. */
  readonly realm?: string | undefined;
  /** A page for developers, published as `service_documentation` (RFC 8414 §2). Default: none. */
  readonly serviceDocumentation?: string | undefined;
  /** The time. For tests. Default: the clock of the machine. */
  readonly clock?: Clock | undefined;
}
