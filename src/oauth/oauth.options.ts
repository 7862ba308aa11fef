import type { AuditOptions } from './audit/audit.options.js';
import type { ClientAuthenticationMethod } from './client/authentication/authentication-method.js';
import type { BuiltInAuthenticationMethod } from './client/authentication/authentication.options.js';
import type { RedisClient } from './client/authentication/failure-throttle.js';
import type { ImportedHashes } from './client/imported-hashes.js';
import type { JwksFetcher } from './client/keys/jwks-fetcher.js';
import type { AssertionAlgorithm } from './client/keys/verification-key.js';
import type { Clock } from './clock.js';
import type { SigningAlgorithm } from './keys/signing-key.js';
import type { RegistrationOptions } from './registration/registration.options.js';
import type { AccessTokenClaimsHook } from './token/access-token.claims.js';
import type { AccessTokenFormat } from './token/access-token.js';
import type { OpaqueTokenGenerator } from './token/opaque-token.js';
import type { IntrospectionPolicyHook } from './introspection/introspection.policy.js';
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
  /** What people call it: `resource_name` of its metadata (RFC 9728 §2). Default: none. */
  readonly name?: string | undefined;
  /** A page for its developers: `resource_documentation` of its metadata. Default: none. */
  readonly documentation?: string | undefined;
  /**
   * Whether its metadata (RFC 9728) stands at its well-known address, so that challenges and the server's metadata name
   * it: served here by `OauthService.resourceMetadata`, or by the API itself where it is elsewhere. Default: true.
   */
  readonly metadata?: boolean | undefined;
}

/** Where the host serves the endpoints: paths, which are appended to the issuer, or absolute URLs. */
export interface EndpointOptions {
  /** Default: `/oauth/token`. */
  readonly token?: string | undefined;
  /** Default: `/oauth/jwks`. `false` where the host does not serve it: then every token must be opaque. */
  readonly jwks?: string | false | undefined;
  /** Default: `/oauth/introspect`. `false` where the host does not serve it. */
  readonly introspection?: string | false | undefined;
  /** Default: `/oauth/revoke`. `false` where the host does not serve it. */
  readonly revocation?: string | false | undefined;
  /** Default: `/oauth/register`. `false` where the host does not serve it: then nobody can register a client. */
  readonly registration?: string | false | undefined;
}

/** For `private_key_jwt` and `client_secret_jwt`, RFC 7523. */
export interface ClientAssertionOptions {
  /**
   * The signature algorithms. A client's `token_endpoint_auth_signing_alg` narrows them to one. Default: ES256, ES384,
   * ES512, EdDSA, Ed25519, RS256 to RS512, PS256 to PS512, and HS256 to HS512 for `client_secret_jwt` alone.
   */
  readonly algorithms?: readonly AssertionAlgorithm[] | undefined;
  /** Seconds, 10 to 3600, that an assertion may live, counted from its arrival. Default: 300. */
  readonly lifetime?: number | undefined;
  /**
   * Networks, such as `10.1.0.0/16`, in which a `jwks_uri` may lie besides the public Internet. Default: none: private,
   * loopback and link-local addresses are refused.
   */
  readonly jwksUriNetworks?: readonly string[] | undefined;
  /** Lets a `jwks_uri` be plain http on loopback, for tests. For an issuer on loopback only. Default: false. */
  readonly jwksUriAllowLoopback?: boolean | undefined;
  /** Fetches the key sets, in place of the kit's own fetcher and its guards. Default: that one. */
  readonly jwksFetcher?: JwksFetcher | undefined;
}

/**
 * Failed authentications are counted for each client at each address, and for each address (a whole /64 of IPv6). Past a
 * limit the answer is 429 until the window ends. A client at another address is never refused on account of them, so tell
 * your framework which proxies to trust: else the proxy is the one address of all. Never trust all of them, or the address
 * is the attacker's to choose.
 */
export interface FailureLimitOptions {
  /** Failures of one client at one address within the window, 1 to 10000. Default: 100. */
  readonly perClient?: number | undefined;
  /** Failures at one address within the window, 1 to 100000. Default: 1000. */
  readonly perAddress?: number | undefined;
  /** Seconds, 1 to 86400, from the first failure. Default: 60. */
  readonly window?: number | undefined;
  /**
   * Where the counts are kept: `memory` counts for each process by itself, `database` in the `persistence`, and a Redis
   * client of yours (ioredis or node-redis) there; the last two for several instances together. Default: `memory`.
   */
  readonly store?: 'memory' | 'database' | { readonly redis: RedisClient } | undefined;
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
  /** Default: `/oauth/token`, `/oauth/jwks`, `/oauth/introspect`, `/oauth/revoke` and `/oauth/register`. */
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
  /** Narrows what a client learns by introspection. Default: all about its own tokens and about those for its resource. */
  readonly introspectionPolicy?: IntrospectionPolicyHook | undefined;
  /** `ES256`, `RS256`, `PS256` or `EdDSA`: what keys made by the kit sign with. Default: `ES256`. */
  readonly signingAlgorithm?: SigningAlgorithm | undefined;
  /**
   * The host's own signing keys: PEM private keys, a private JWK or a private JWK Set, as text. The first
   * key signs, the others are published and verify. Default: the kit makes keys and keeps them in the store.
   */
  readonly signingKeys?: string | undefined;
  /**
   * Encrypts private keys and the secrets of `client_secret_jwt` in the store (AES-256-GCM): a secret of 32 characters or
   * more, or a list of which the first encrypts and all decrypt. Default: none, which is allowed for an issuer on
   * loopback, and with `signingKeys`; `client_secret_jwt` is not offered then.
   */
  readonly keyEncryptionSecret?: string | readonly string[] | undefined;
  /**
   * Seconds, 0 to 60, for which the token endpoint may use a client as it was read before. A new client, a new secret,
   * and every change made through this instance are seen at once all the same. Default: 5.
   */
  readonly clientCacheLifetime?: number | undefined;
  /**
   * How old the guard's view of revocations may be: `strict` reads the token's client and the deny-list for every request,
   * so that a revoked token, and any token of a disabled or deleted client, is refused at once; a number of seconds, 1 to
   * 300, saves those reads, and what another instance has revoked is accepted for that long. Opaque tokens are always read.
   * The introspection endpoint is always strict. Default: `strict`.
   */
  readonly revocationFreshness?: 'strict' | number | undefined;
  /**
   * How clients may authenticate: names of the kit's methods, and instances of {@link ClientAuthenticationMethod} of your
   * own. Each client is registered for one of them, and no other works for it. Default: `private_key_jwt`,
   * `client_secret_basic`, `client_secret_post`, and `client_secret_jwt` where there is a `keyEncryptionSecret`.
   */
  readonly clientAuthenticationMethods?:
    readonly (BuiltInAuthenticationMethod | ClientAuthenticationMethod)[] | undefined;
  /** What client assertions may look like, and where the keys to them may come from. Default: 300 seconds, all algorithms. */
  readonly clientAssertions?: ClientAssertionOptions | undefined;
  /**
   * How often authentication may fail before it has to wait; `false`: as often as one likes. Default: 100 failures of a
   * client and 1000 in all at one address within 60 seconds, counted in each process by itself.
   */
  readonly failureLimits?: FailureLimitOptions | false | undefined;
  /** Registration of clients without an operator. Default: closed, until an operator issues a registration token. */
  readonly registration?: RegistrationOptions | undefined;
  /** Keeps an audit log. Default: none; what happens can be heard of by `OauthEvents`. */
  readonly audit?: AuditOptions | undefined;
  /** Verifies hashes of secrets that come from another system. Default: argon2id, bcrypt and scrypt. */
  readonly importedHashes?: ImportedHashes | undefined;
  /** Seconds, 0 to 60, that clocks of other machines may differ. Default: 10. */
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
