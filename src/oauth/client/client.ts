import type { AccessTokenFormat } from '../token/access-token.js';
import type { SigningAlgorithm } from '../keys/signing-key.js';
import type { ContentEncryptionAlgorithm, KeyEncryptionAlgorithm } from './keys/encryption-key.js';
import type { AssertionAlgorithm } from './keys/verification-key.js';
import type { RegistrationPolicy } from '../registration/registration.policy.js';

/** A JWK Set, RFC 7517 §5. */
export interface JwkSet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** One of the live secrets of a client. The secret itself is never kept in the clear. */
export interface ClientSecret {
  readonly id: string;
  /** SHA-256 of the secret, in hexadecimal; or, until its first use, the hash of another system (`$argon2id$…`). */
  readonly digest: string;
  /** The secret itself, encrypted. Only for `client_secret_jwt`, which cannot do without it. */
  readonly encrypted?: string;
  /** Seconds since 1970, as every time below. */
  readonly createdAt: number;
  /** When it stops working. Missing: never. */
  readonly expiresAt?: number;
  /** When it last authenticated the client, to the minute. Missing: not yet. */
  readonly lastUsedAt?: number;
}

/** How a client that has registered itself manages its registration, RFC 7592. */
export interface SelfRegistration {
  /** SHA-256 of the registration access token, in hexadecimal. It lives as long as the client, whatever its secrets do. */
  readonly tokenDigest: string;
  /** What opened the registration: the id of a registration token, or `configured` for the host's initial access token. */
  readonly openedBy: string;
  /** What it may register: as it was granted then, for every update too. */
  readonly policy: RegistrationPolicy;
}

/** What an operator files clients under. The label `tenant` goes into events and the audit log. */
export type Labels = Readonly<Record<string, string>>;

/** A registered OAuth client: RFC 7591 metadata and what this server decides about it. */
export interface Client {
  /** `client_id`. */
  readonly id: string;
  /** Counts the changes; an update names the one that it has read. */
  readonly revision: number;
  readonly enabled: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
  /**
   * The series of its tokens: 16 random characters that the `jti` of each begins with. Tokens of an earlier series are
   * dead, so a new series revokes them all at once, whatever the clocks of the instances say.
   */
  readonly tokenSeries: string;
  /** `token_endpoint_auth_method`: one of the kit's, one of the host's own, or `none`. */
  readonly tokenEndpointAuthMethod: string;
  /** `token_endpoint_auth_signing_alg`: the only algorithm of its assertions. Missing: any of the server's. */
  readonly tokenEndpointAuthSigningAlg?: AssertionAlgorithm;
  /** `jwks`: its public keys, as they were registered. Never together with `jwksUri`. */
  readonly jwks?: JwkSet;
  /** `jwks_uri`: where its public keys stand. */
  readonly jwksUri?: string;
  /** Whether its assertions may name an endpoint's URL as their audience, as RFC 7523 had it. Missing: no. */
  readonly legacyAssertionAudience?: boolean;
  readonly grantTypes: readonly string[];
  /** The most that it can be granted. Missing: the default scopes of the resource servers. */
  readonly scope?: readonly string[];
  /** What it gets when it asks for no scope. Missing: the resource server's default scopes within `scope`. */
  readonly defaultScope?: readonly string[];
  /** The identifier of the resource server that this client is. */
  readonly resource?: string;
  /** `introspection_signed_response_alg` (RFC 9701 §6): what signs the introspection responses that it gets as JWTs. */
  readonly introspectionSignedResponseAlg?: SigningAlgorithm;
  /** `introspection_encrypted_response_alg`: how those are encrypted for its keys. Missing: they are not. */
  readonly introspectionEncryptedResponseAlg?: KeyEncryptionAlgorithm;
  /** `introspection_encrypted_response_enc`. There whenever the other one is. */
  readonly introspectionEncryptedResponseEnc?: ContentEncryptionAlgorithm;
  /** Overrides the format of the resource server. */
  readonly accessTokenFormat?: AccessTokenFormat;
  /** Seconds. Overrides the lifetime of the resource server, within the server's ceiling. */
  readonly accessTokenTtl?: number;
  /** Who is responsible for it: free text, or an id of the host's. Never from a request of the client's. */
  readonly owner?: string;
  /** What it is for, in an operator's words. */
  readonly description?: string;
  /** Never empty, and never from a request of the client's. Missing: none. */
  readonly labels?: Labels;
  /** Missing: it was made by an operator, and does not manage itself. */
  readonly registration?: SelfRegistration;
  /** Descriptive metadata of RFC 7591 §2, under its registered names: `client_name`, `contacts` and so on. */
  readonly information: Readonly<Record<string, unknown>>;
  readonly secrets: readonly ClientSecret[];
}

/** The tenant that an operator has filed a client under: its label `tenant`, whatever a request says. */
export function tenantOf({ labels }: Pick<Client, 'labels'>): string | undefined {
  return labels && Object.hasOwn(labels, 'tenant') ? labels['tenant'] : undefined;
}

/** What may change about a client after it was made, its secrets apart. */
export type ClientChange = Partial<Omit<Client, 'id' | 'revision' | 'createdAt' | 'updatedAt' | 'secrets'>>;
