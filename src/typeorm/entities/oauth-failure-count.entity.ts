import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { integer } from '../codecs.js';

/** How many failures stand under a key, until when. */
@Entity({ name: 'oauth_failure_count' })
export class OauthFailureCountEntity {
  @PrimaryColumn({ name: 'key_digest', type: 'varchar', length: 64 })
  key!: string;

  @Column({ name: 'failures', type: 'integer', transformer: integer })
  count!: number;

  @Index()
  @Column({ name: 'expires_at', type: 'bigint', transformer: integer })
  expiresAt!: number;
}
