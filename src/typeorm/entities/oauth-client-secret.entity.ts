import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { hexadecimal, integer, nullable } from '../codecs.js';

/** One of the secrets of a client: its digest, never the secret in the clear. A row whose client is gone means nothing. */
@Entity({ name: 'oauth_client_secret' })
export class OauthClientSecretEntity {
  /** In hexadecimal in the table: exact under every collation. */
  @PrimaryColumn({ name: 'id_hex', type: 'varchar', length: 128, transformer: hexadecimal })
  id!: string;

  @Index()
  @PrimaryColumn({ name: 'client_row_id', type: 'varchar', length: 32 })
  clientRowId!: string;

  @Column({ name: 'digest', type: 'varchar', length: 255 })
  digest!: string;

  @Column({ name: 'encrypted_secret', type: 'text', nullable: true })
  encrypted!: string | null;

  @Column({ name: 'created_at', type: 'bigint', transformer: integer })
  createdAt!: number;

  @Index()
  @Column({ name: 'expires_at', type: 'bigint', nullable: true, transformer: nullable(integer) })
  expiresAt!: number | null;

  @Column({ name: 'last_used_at', type: 'bigint', nullable: true, transformer: nullable(integer) })
  lastUsedAt!: number | null;
}
