import type { MigrationInterface, QueryRunner } from 'typeorm';
import { OauthAccessTokenEntity } from '../entities/oauth-access-token.entity.js';
import { OauthClientSecretEntity } from '../entities/oauth-client-secret.entity.js';
import { OauthClientEntity } from '../entities/oauth-client.entity.js';
import { OauthSigningKeyEntity } from '../entities/oauth-signing-key.entity.js';
import { createTables, dropTables, type Creation } from './schema-change.js';

const TABLES: readonly Creation[] = [
  {
    entity: OauthClientEntity,
    name: 'oauth_client',
    columns: [
      { name: 'row_id', type: 'varchar', length: '32', isPrimary: true },
      { name: 'client_id', type: 'varchar', length: '255' },
      { name: 'client_id_hex', type: 'varchar', length: '510' },
      { name: 'revision', type: 'integer' },
      { name: 'enabled', type: 'boolean' },
      { name: 'created_at', type: 'bigint' },
      { name: 'updated_at', type: 'bigint' },
      { name: 'token_series', type: 'varchar', length: '32' },
      { name: 'token_endpoint_auth_method', type: 'varchar', length: '64' },
      { name: 'grant_types', type: 'text' },
      { name: 'scope', type: 'text', isNullable: true },
      { name: 'default_scope', type: 'text', isNullable: true },
      { name: 'resource', type: 'text', isNullable: true },
      { name: 'access_token_format', type: 'varchar', length: '16', isNullable: true },
      { name: 'access_token_ttl', type: 'integer', isNullable: true },
      { name: 'information', type: 'text' },
    ],
    indices: [{ columnNames: ['client_id_hex'], isUnique: true }],
  },
  {
    entity: OauthClientSecretEntity,
    name: 'oauth_client_secret',
    columns: [
      { name: 'id_hex', type: 'varchar', length: '128', isPrimary: true },
      { name: 'client_row_id', type: 'varchar', length: '32', isPrimary: true },
      { name: 'digest', type: 'varchar', length: '255' },
      { name: 'created_at', type: 'bigint' },
      { name: 'expires_at', type: 'bigint', isNullable: true },
      { name: 'last_used_at', type: 'bigint', isNullable: true },
    ],
    indices: [{ columnNames: ['client_row_id'] }, { columnNames: ['expires_at'] }],
  },
  {
    entity: OauthAccessTokenEntity,
    name: 'oauth_access_token',
    columns: [
      { name: 'digest', type: 'varchar', length: '128', isPrimary: true },
      { name: 'id', type: 'varchar', length: '255' },
      { name: 'client_id', type: 'varchar', length: '255' },
      { name: 'subject', type: 'text' },
      { name: 'audience', type: 'text' },
      { name: 'scope', type: 'text' },
      { name: 'issued_at', type: 'bigint' },
      { name: 'expires_at', type: 'bigint' },
      { name: 'claims', type: 'text' },
    ],
    indices: [{ columnNames: ['expires_at'] }],
  },
  {
    entity: OauthSigningKeyEntity,
    name: 'oauth_signing_key',
    columns: [
      { name: 'generation', type: 'integer', isPrimary: true },
      { name: 'kid', type: 'varchar', length: '255' },
      { name: 'algorithm', type: 'varchar', length: '16' },
      { name: 'private_key', type: 'text' },
      { name: 'created_at', type: 'bigint' },
      { name: 'activates_at', type: 'bigint' },
    ],
  },
];

/** The tables of 0.1, on every database that the kit supports. */
export class CreateOauthTables1763700000000 implements MigrationInterface {
  /** As written: a bundler may rename the class. */
  readonly name = 'CreateOauthTables1763700000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, TABLES);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, TABLES);
  }
}
