import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { IsListOf } from '../list.validation.js';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../keys/signing-key.js';
import { SCOPE_GRAMMAR } from '../scope.js';
import { ACCESS_TOKEN_FORMATS } from '../token/access-token.js';
import { requireValid } from '../validation.js';
import { INFORMATION_MEMBERS, text, url } from './client-description.metadata.js';
import { ClientRecord } from './client-record.metadata.js';
import { CLIENT_ID, CLIENT_SECRET } from './client-id.js';
import {
  CONTENT_ENCRYPTION_ALGORITHMS,
  KEY_ENCRYPTION_ALGORITHMS,
  type ContentEncryptionAlgorithm,
  type KeyEncryptionAlgorithm,
} from './keys/encryption-key.js';
import {
  ASYMMETRIC_ALGORITHMS,
  SYMMETRIC_ALGORITHMS,
  type AssertionAlgorithm,
} from './keys/verification-key.js';
import { says } from './metadata-refusal.js';
import { OauthError } from '../oauth.error.js';

/** RFC 7591 §2 names, and grants that other servers know: such a client can be moved here as it is. */
const GRANT_TYPE =
  /^(?:authorization_code|implicit|password|client_credentials|refresh_token|urn:[\x21-\x7e]{1,200})$/;
/** The names that a host's own methods may have, too; which of them this server has is checked at registration. */
const METHOD = /^[\x21-\x7e]{1,64}$/;
const ALGORITHMS = [...ASYMMETRIC_ALGORITHMS, ...SYMMETRIC_ALGORITHMS] as const;

/** Fits a column of every database. */
const LONGEST_SCOPE = 16_384;
const scopes = says(`a string of at most ${LONGEST_SCOPE} characters, of scopes separated by single spaces`);

/** Client metadata as it arrives, RFC 7591 §2, and what an operator may choose besides. All of it is optional. */
export class ClientMetadata extends ClientRecord {
  @IsOptional()
  @IsString(text)
  @Matches(CLIENT_ID, says('1 to 255 characters of printable ASCII'))
  readonly client_id?: string;

  @IsOptional()
  @IsString(text)
  @Matches(CLIENT_SECRET, says('1 to 1024 characters without control characters'))
  readonly client_secret?: string;

  /** Seconds since 1970; 0 is never (RFC 7591 §3.2.1). */
  @IsOptional()
  @IsInt(says('a whole number of seconds since 1970, or 0'))
  @Min(0, says('0 or more'))
  readonly client_secret_expires_at?: number;

  /** What another system has kept of the secret: an argon2id, bcrypt or scrypt hash. An operator's choice alone. */
  @IsOptional()
  @IsString(says('a hash of a secret'))
  @Matches(/^[\x21-\x7e]{1,255}$/, says('a hash of at most 255 characters'))
  readonly client_secret_hash?: string;

  @IsOptional()
  @IsString(text)
  @Matches(METHOD, says('the name of a method of client authentication'))
  readonly token_endpoint_auth_method?: string;

  @IsOptional()
  @IsIn(ALGORITHMS, says(`one of ${ALGORITHMS.join(', ')}`))
  readonly token_endpoint_auth_signing_alg?: AssertionAlgorithm;

  /** A JWK Set of public keys. Its keys are checked at registration. */
  @IsOptional()
  @IsObject(says('a JWK Set'))
  readonly jwks?: Readonly<Record<string, unknown>>;

  @IsOptional()
  @IsString(url)
  readonly jwks_uri?: string;

  /** Whether the URL of an endpoint may be the audience of its assertions (RFC 7523 §3). An operator's choice alone. */
  @IsOptional()
  @IsBoolean(says('true or false'))
  readonly legacy_assertion_audience?: boolean;

  @IsOptional()
  @IsListOf(20, says('an array of at most 20 different values'))
  @Matches(GRANT_TYPE, { each: true, ...says('an array of grant types') })
  readonly grant_types?: string[];

  /** Empty, since there is no authorization endpoint. */
  @IsOptional()
  @IsArray(says('an array'))
  @ArrayMaxSize(0, says('empty: this server has no authorization endpoint'))
  readonly response_types?: string[];

  @IsOptional()
  @IsString(scopes)
  @MaxLength(LONGEST_SCOPE, scopes)
  @Matches(SCOPE_GRAMMAR, scopes)
  readonly scope?: string;

  @IsOptional()
  @IsString(scopes)
  @MaxLength(LONGEST_SCOPE, scopes)
  @Matches(SCOPE_GRAMMAR, scopes)
  readonly default_scope?: string;

  @IsOptional()
  @IsString(says('the identifier of a resource server'))
  readonly resource?: string;

  @IsOptional()
  @IsIn(ACCESS_TOKEN_FORMATS, says('jwt or opaque'))
  readonly access_token_format?: (typeof ACCESS_TOKEN_FORMATS)[number];

  @IsOptional()
  @IsInt(says('a whole number of seconds'))
  @Min(1, says('1 or more'))
  @Max(31_536_000, says('at most a year'))
  readonly access_token_ttl?: number;

  /** RFC 9701 §6. Which of them this server can sign with is checked at registration. */
  @IsOptional()
  @IsIn(SIGNING_ALGORITHMS, says(`one of ${SIGNING_ALGORITHMS.join(', ')}`))
  readonly introspection_signed_response_alg?: SigningAlgorithm;

  @IsOptional()
  @IsIn(KEY_ENCRYPTION_ALGORITHMS, says(`one of ${KEY_ENCRYPTION_ALGORITHMS.join(', ')}`))
  readonly introspection_encrypted_response_alg?: KeyEncryptionAlgorithm;

  @IsOptional()
  @IsIn(CONTENT_ENCRYPTION_ALGORITHMS, says(`one of ${CONTENT_ENCRYPTION_ALGORITHMS.join(', ')}`))
  readonly introspection_encrypted_response_enc?: ContentEncryptionAlgorithm;

  /** Reads a parsed JSON document. Null is omitted, unknown members are ignored (RFC 7591 §2). */
  static from(document: unknown): ClientMetadata {
    if (typeof document !== 'object' || document === null || Array.isArray(document)) {
      throw OauthError.invalidClientMetadata('Client metadata must be a JSON object.');
    }
    const given = document as Readonly<Record<string, unknown>>;
    if (Object.hasOwn(given, '__proto__')) {
      throw OauthError.invalidClientMetadata('__proto__ must not be a member of client metadata.');
    }
    const metadata = new ClientMetadata();
    for (const name of METADATA_MEMBERS) {
      const value = Object.hasOwn(given, name) ? given[name] : undefined;
      if (value !== undefined && value !== null) Object.assign(metadata, { [name]: value });
    }
    return requireValid(metadata);
  }
}

/** What everybody may say about a client, RFC 7591 §2. */
export const REGISTRANT_MEMBERS = [
  'token_endpoint_auth_method', 'token_endpoint_auth_signing_alg', 'jwks', 'jwks_uri', 'grant_types', 'response_types', 'scope',
  'introspection_signed_response_alg', 'introspection_encrypted_response_alg', 'introspection_encrypted_response_enc',
  'dpop_bound_access_tokens', 'tls_client_certificate_bound_access_tokens',
  ...INFORMATION_MEMBERS,
] as const satisfies readonly (keyof ClientMetadata)[]; // prettier-ignore

/** What is an operator's choice alone, and stays when a client changes its registration. */
export const OPERATOR_MEMBERS = [
  'legacy_assertion_audience', 'default_scope', 'resource', 'access_token_format', 'access_token_ttl', 'owner', 'description', 'labels',
] as const satisfies readonly (keyof ClientMetadata)[]; // prettier-ignore

export const METADATA_MEMBERS = [
  'client_id', 'client_secret', 'client_secret_hash', 'client_secret_expires_at', ...OPERATOR_MEMBERS, ...REGISTRANT_MEMBERS,
] as const satisfies readonly (keyof ClientMetadata)[]; // prettier-ignore
