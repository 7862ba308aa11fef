import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { integer } from '../codecs.js';

/** A self-contained access token that was revoked, until it would have expired. */
@Entity({ name: 'oauth_revoked_token' })
export class OauthRevokedTokenEntity {
  @PrimaryColumn({ name: 'digest', type: 'varchar', length: 64 })
  digest!: string;

  @Index()
  @Column({ name: 'expires_at', type: 'bigint', transformer: integer })
  expiresAt!: number;
}
