import { Column, Entity, PrimaryColumn } from 'typeorm';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../oauth/keys/signing-key.js';
import type { StoredSigningKey } from '../../oauth/keys/signing-key.store.js';
import { integer, nullable, oneOf } from '../codecs.js';

type Purpose = NonNullable<StoredSigningKey['purpose']>;

export const signingAlgorithm = oneOf<SigningAlgorithm>(SIGNING_ALGORITHMS);
export const signingKeyPurpose = oneOf<Purpose>(['introspection']);

/** A key of the ring. Its generation is the primary key: that decides which instance has made the next one. */
@Entity({ name: 'oauth_signing_key' })
export class OauthSigningKeyEntity {
  @PrimaryColumn({ name: 'generation', type: 'integer', transformer: integer })
  generation!: number;

  @Column({ name: 'kid', type: 'varchar', length: 255 })
  kid!: string;

  @Column({ name: 'algorithm', type: 'varchar', length: 16, transformer: signingAlgorithm })
  algorithm!: SigningAlgorithm;

  /** A private JWK, encrypted where the host has configured a key for that. */
  @Column({ name: 'private_key', type: 'text' })
  privateKey!: string;

  /** Missing: it signs access tokens. */
  @Column({
    name: 'purpose',
    type: 'varchar',
    length: 16,
    nullable: true,
    transformer: nullable(signingKeyPurpose),
  })
  purpose!: Purpose | null;

  @Column({ name: 'created_at', type: 'bigint', transformer: integer })
  createdAt!: number;

  @Column({ name: 'activates_at', type: 'bigint', transformer: integer })
  activatesAt!: number;
}
