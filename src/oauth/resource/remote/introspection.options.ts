import type { SigningAlgorithm } from '../../keys/signing-key.js';
import type { IntrospectionAuthentication } from './introspection-authentication.js';

/** With a secret, which the issuer has given to this resource server. */
export interface ClientSecretCredentials {
  /** RFC 6749 §2.3.1; for `client_secret_jwt` OpenID Connect Core §9, by HS256. */
  readonly method: 'client_secret_basic' | 'client_secret_post' | 'client_secret_jwt';
  /** For `client_secret_jwt` 32 bytes or more (RFC 7518 §3.2). */
  readonly secret: string;
}

/** With a private key whose public part the issuer knows, RFC 7523. */
export interface PrivateKeyCredentials {
  readonly method: 'private_key_jwt';
  /** A private key in PEM, or a private JWK, as text. The `kid` of a JWK goes into the assertions. */
  readonly key: string;
  /** What it signs by: `ES256`, `RS256`, `PS256` or `EdDSA`. Default: what the JWK says, else what fits the key. */
  readonly algorithm?: SigningAlgorithm | undefined;
}

/** Every token is looked up at the issuer: RFC 7662. */
export interface IntrospectionOptions {
  /** The client that this resource server is at the issuer, which must let it introspect tokens for `resource`. */
  readonly clientId: string;
  /** How it proves that: by one of the kit's methods, or one of your own. */
  readonly authentication: ClientSecretCredentials | PrivateKeyCredentials | IntrospectionAuthentication;
  /**
   * Seconds, 0 to 300, for which an active token is not looked up again: for so long one that was revoked is accepted.
   * Never beyond the token's end. Default: 0, each request asks.
   */
  readonly cache?: number | undefined;
  /**
   * Whether answers must be JWTs that the issuer has signed for this resource server (RFC 9701), which a plain answer then
   * is no substitute for. Encrypted ones are not understood. Default: false.
   */
  readonly signedResponses?: boolean | undefined;
}
