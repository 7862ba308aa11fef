import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { JwkSet, Labels } from '../../oauth/client/client.js';
import {
  CONTENT_ENCRYPTION_ALGORITHMS,
  KEY_ENCRYPTION_ALGORITHMS,
  type ContentEncryptionAlgorithm,
  type KeyEncryptionAlgorithm,
} from '../../oauth/client/keys/encryption-key.js';
import {
  ASYMMETRIC_ALGORITHMS,
  SYMMETRIC_ALGORITHMS,
  type AssertionAlgorithm,
} from '../../oauth/client/keys/verification-key.js';
import type { SigningAlgorithm } from '../../oauth/keys/signing-key.js';
import type { RegistrationPolicy } from '../../oauth/registration/registration.policy.js';
import { ACCESS_TOKEN_FORMATS, type AccessTokenFormat } from '../../oauth/token/access-token.js';
import { labels, registrationPolicy, searchable } from '../client-codecs.js';
import {
  flag,
  hexadecimal,
  integer,
  jwkSet,
  nullable,
  object,
  oneOf,
  strings,
  typedText,
} from '../codecs.js';
import { signingAlgorithm } from './oauth-signing-key.entity.js';

export const assertionAlgorithm = oneOf<AssertionAlgorithm>([
  ...ASYMMETRIC_ALGORITHMS,
  ...SYMMETRIC_ALGORITHMS,
]);
export const accessTokenFormat = oneOf<AccessTokenFormat>(ACCESS_TOKEN_FORMATS);
export const keyEncryptionAlgorithm = oneOf<KeyEncryptionAlgorithm>(KEY_ENCRYPTION_ALGORITHMS);
export const contentEncryptionAlgorithm = oneOf<ContentEncryptionAlgorithm>(CONTENT_ENCRYPTION_ALGORITHMS);

/** A registered client. Its secrets stand in rows of their own. */
@Entity({ name: 'oauth_client' })
@Index(['createdAt', 'exactClientId'])
@Index(['updatedAt', 'exactClientId'])
@Index(['nameKey', 'exactClientId'])
@Index(['ownerDigest', 'exactClientId'])
export class OauthClientEntity {
  /** Random. Secrets refer to it, so that a client made anew under an old id inherits none. */
  @PrimaryColumn({ name: 'row_id', type: 'varchar', length: 32 })
  rowId!: string;

  /** For the reader. Whether two ids are the same, and their order, is `exactClientId`'s to say. */
  @Column({ name: 'client_id', type: 'varchar', length: 255 })
  clientId!: string;

  /**
   * The id again, in hexadecimal in the table. The usual collations of MySQL and MariaDB take `a` for `A` and
   * `a ` for `a`, and those of PostgreSQL sort by language; over `0-9a-f` all of them agree with the code points.
   */
  @Index({ unique: true })
  @Column({ name: 'client_id_hex', type: 'varchar', length: 510, transformer: hexadecimal })
  exactClientId!: string;

  @Column({ name: 'revision', type: 'integer', transformer: integer })
  revision!: number;

  @Column({ name: 'enabled', type: 'boolean', transformer: flag })
  enabled!: boolean;

  /** Seconds since 1970, as every time. */
  @Column({ name: 'created_at', type: 'bigint', transformer: integer })
  createdAt!: number;

  @Column({ name: 'updated_at', type: 'bigint', transformer: integer })
  updatedAt!: number;

  @Column({ name: 'token_series', type: 'varchar', length: 32 })
  tokenSeries!: string;

  @Column({ name: 'token_endpoint_auth_method', type: 'varchar', length: 64 })
  tokenEndpointAuthMethod!: string;

  @Column({
    name: 'token_endpoint_auth_signing_alg',
    type: 'varchar',
    length: 16,
    nullable: true,
    transformer: nullable(assertionAlgorithm),
  })
  tokenEndpointAuthSigningAlg!: AssertionAlgorithm | null;

  @Column({ name: 'jwks', type: 'text', nullable: true, transformer: nullable(jwkSet) })
  jwks!: JwkSet | null;

  @Column({ name: 'jwks_uri', type: 'text', nullable: true })
  jwksUri!: string | null;

  @Column({ name: 'legacy_assertion_audience', type: 'boolean', nullable: true, transformer: nullable(flag) })
  legacyAssertionAudience!: boolean | null;

  /** JSON, as every list and object. */
  @Column({ name: 'grant_types', type: 'text', transformer: strings })
  grantTypes!: readonly string[];

  @Column({ name: 'scope', type: 'text', nullable: true, transformer: nullable(strings) })
  scope!: readonly string[] | null;

  @Column({ name: 'default_scope', type: 'text', nullable: true, transformer: nullable(strings) })
  defaultScope!: readonly string[] | null;

  @Column({ name: 'resource', type: 'text', nullable: true })
  resource!: string | null;

  @Column({
    name: 'introspection_signed_response_alg',
    type: 'varchar',
    length: 16,
    nullable: true,
    transformer: nullable(signingAlgorithm),
  })
  introspectionSignedResponseAlg!: SigningAlgorithm | null;

  @Column({
    name: 'introspection_encrypted_response_alg',
    type: 'varchar',
    length: 32,
    nullable: true,
    transformer: nullable(keyEncryptionAlgorithm),
  })
  introspectionEncryptedResponseAlg!: KeyEncryptionAlgorithm | null;

  @Column({
    name: 'introspection_encrypted_response_enc',
    type: 'varchar',
    length: 32,
    nullable: true,
    transformer: nullable(contentEncryptionAlgorithm),
  })
  introspectionEncryptedResponseEnc!: ContentEncryptionAlgorithm | null;

  @Column({
    name: 'access_token_format',
    type: 'varchar',
    length: 16,
    nullable: true,
    transformer: nullable(accessTokenFormat),
  })
  accessTokenFormat!: AccessTokenFormat | null;

  @Column({ name: 'access_token_ttl', type: 'integer', nullable: true, transformer: nullable(integer) })
  accessTokenTtl!: number | null;

  @Column({ name: 'information', type: 'text', transformer: object })
  information!: Readonly<Record<string, unknown>>;

  @Column({ name: 'owner', type: 'text', nullable: true, transformer: nullable(typedText) })
  owner!: string | null;

  /** SHA-256 of the owner: equal under every collation, and short enough for an index. */
  @Column({ name: 'owner_digest', type: 'varchar', length: 64, nullable: true })
  ownerDigest!: string | null;

  @Column({ name: 'description', type: 'text', nullable: true, transformer: nullable(typedText) })
  description!: string | null;

  @Column({ name: 'labels', type: 'text', nullable: true, transformer: nullable(labels) })
  labels!: Labels | null;

  @Column({ name: 'registration_token_digest', type: 'varchar', length: 64, nullable: true })
  registrationTokenDigest!: string | null;

  @Column({ name: 'registration_opened_by', type: 'varchar', length: 64, nullable: true })
  registrationOpenedBy!: string | null;

  @Column({
    name: 'registration_policy',
    type: 'text',
    nullable: true,
    transformer: nullable(registrationPolicy),
  })
  registrationPolicy!: RegistrationPolicy | null;

  /** What the client is put in order by. An instance of an earlier version leaves it empty. */
  @Column({ name: 'name_key', type: 'varchar', length: 510, default: '' })
  nameKey!: string;

  /** What the client is found by. An instance of an earlier version leaves it out. */
  @Column({ name: 'search_text', type: 'text', nullable: true, transformer: nullable(searchable) })
  searchText!: string | null;
}
