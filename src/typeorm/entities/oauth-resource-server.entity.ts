import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AccessTokenFormat } from '../../oauth/token/access-token.js';
import { flag, integer, nullable, strings, typedText } from '../codecs.js';
import { accessTokenFormat } from './oauth-client.entity.js';

/** A resource server that an operator has added. */
@Entity({ name: 'oauth_resource_server' })
export class OauthResourceServerEntity {
  /** SHA-256 of the identifier: equal under every collation, and short enough for a key. */
  @PrimaryColumn({ name: 'identifier_digest', type: 'varchar', length: 64 })
  digest!: string;

  @Column({ name: 'identifier', type: 'text', transformer: typedText })
  identifier!: string;

  @Column({ name: 'revision', type: 'integer', transformer: integer })
  revision!: number;

  @Column({ name: 'created_at', type: 'bigint', transformer: integer })
  createdAt!: number;

  @Column({ name: 'updated_at', type: 'bigint', transformer: integer })
  updatedAt!: number;

  @Column({ name: 'scopes', type: 'text', transformer: strings })
  scopes!: readonly string[];

  @Column({ name: 'default_scopes', type: 'text', transformer: strings })
  defaultScopes!: readonly string[];

  @Column({
    name: 'access_token_format',
    type: 'varchar',
    length: 16,
    nullable: true,
    transformer: nullable(accessTokenFormat),
  })
  accessTokenFormat!: AccessTokenFormat | null;

  @Column({ name: 'access_token_lifetime', type: 'integer', nullable: true, transformer: nullable(integer) })
  accessTokenLifetime!: number | null;

  @Column({ name: 'name', type: 'text', nullable: true, transformer: nullable(typedText) })
  name!: string | null;

  @Column({ name: 'documentation', type: 'text', nullable: true, transformer: nullable(typedText) })
  documentation!: string | null;

  @Column({ name: 'publishes_metadata', type: 'boolean', transformer: flag })
  publishesMetadata!: boolean;
}
