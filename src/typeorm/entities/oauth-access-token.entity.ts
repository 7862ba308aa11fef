import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { integer, object, strings } from '../codecs.js';

/** An opaque access token: the digest of its value, and what it grants. */
@Entity({ name: 'oauth_access_token' })
@Index(['clientId', 'id'])
export class OauthAccessTokenEntity {
  @PrimaryColumn({ name: 'digest', type: 'varchar', length: 128 })
  digest!: string;

  /** `jti`. */
  @Column({ name: 'id', type: 'varchar', length: 255 })
  id!: string;

  @Column({ name: 'client_id', type: 'varchar', length: 255 })
  clientId!: string;

  @Column({ name: 'subject', type: 'text' })
  subject!: string;

  @Column({ name: 'audience', type: 'text' })
  audience!: string;

  @Column({ name: 'scope', type: 'text', transformer: strings })
  scope!: readonly string[];

  @Column({ name: 'issued_at', type: 'bigint', transformer: integer })
  issuedAt!: number;

  @Index()
  @Column({ name: 'expires_at', type: 'bigint', transformer: integer })
  expiresAt!: number;

  @Column({ name: 'claims', type: 'text', transformer: object })
  claims!: Readonly<Record<string, unknown>>;
}
