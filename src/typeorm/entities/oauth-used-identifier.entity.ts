import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { integer } from '../codecs.js';

/** An identifier that has been used. The primary key decides which of two that are the same came first. */
@Entity({ name: 'oauth_used_identifier' })
export class OauthUsedIdentifierEntity {
  @PrimaryColumn({ name: 'digest', type: 'varchar', length: 64 })
  digest!: string;

  @Index()
  @Column({ name: 'expires_at', type: 'bigint', transformer: integer })
  expiresAt!: number;
}
