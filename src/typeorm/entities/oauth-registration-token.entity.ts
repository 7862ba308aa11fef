import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Labels } from '../../oauth/client/client.js';
import type { RegistrationPolicy } from '../../oauth/registration/registration.policy.js';
import { labels, registrationPolicy } from '../client-codecs.js';
import { hexadecimal, integer, nullable, typedText } from '../codecs.js';

/** An initial access token that an operator has issued: its digest, and what it lets register. */
@Entity({ name: 'oauth_registration_token' })
export class OauthRegistrationTokenEntity {
  /** In hexadecimal in the table: exact and in order under every collation. */
  @PrimaryColumn({ name: 'id_hex', type: 'varchar', length: 128, transformer: hexadecimal })
  id!: string;

  @Index({ unique: true })
  @Column({ name: 'digest', type: 'varchar', length: 64 })
  digest!: string;

  @Column({ name: 'created_at', type: 'bigint', transformer: integer })
  createdAt!: number;

  @Index()
  @Column({ name: 'expires_at', type: 'bigint', nullable: true, transformer: nullable(integer) })
  expiresAt!: number | null;

  @Column({ name: 'most_uses', type: 'integer', nullable: true, transformer: nullable(integer) })
  mostUses!: number | null;

  @Column({ name: 'uses', type: 'integer', transformer: integer })
  uses!: number;

  @Column({ name: 'policy', type: 'text', transformer: registrationPolicy })
  policy!: RegistrationPolicy;

  @Column({ name: 'description', type: 'text', nullable: true, transformer: nullable(typedText) })
  description!: string | null;

  @Column({ name: 'owner', type: 'text', nullable: true, transformer: nullable(typedText) })
  owner!: string | null;

  @Column({ name: 'labels', type: 'text', nullable: true, transformer: nullable(labels) })
  labels!: Labels | null;
}
