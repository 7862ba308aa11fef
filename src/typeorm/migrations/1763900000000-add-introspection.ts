import type { MigrationInterface, QueryRunner } from 'typeorm';
import { OauthClientEntity } from '../entities/oauth-client.entity.js';
import { OauthRevokedTokenEntity } from '../entities/oauth-revoked-token.entity.js';
import { OauthSigningKeyEntity } from '../entities/oauth-signing-key.entity.js';
import {
  addColumns,
  createTables,
  dropColumns,
  dropTables,
  tableName,
  type Addition,
  type Creation,
} from './schema-change.js';

const COLUMNS: readonly Addition[] = [
  {
    entity: OauthClientEntity,
    name: 'oauth_client',
    columns: [
      { name: 'introspection_signed_response_alg', type: 'varchar', length: '16', isNullable: true },
      { name: 'introspection_encrypted_response_alg', type: 'varchar', length: '32', isNullable: true },
      { name: 'introspection_encrypted_response_enc', type: 'varchar', length: '32', isNullable: true },
    ],
  },
  {
    entity: OauthSigningKeyEntity,
    name: 'oauth_signing_key',
    columns: [{ name: 'purpose', type: 'varchar', length: '16', isNullable: true }],
  },
];

const TABLES: readonly Creation[] = [
  {
    entity: OauthRevokedTokenEntity,
    name: 'oauth_revoked_token',
    columns: [
      { name: 'digest', type: 'varchar', length: '64', isPrimary: true },
      { name: 'expires_at', type: 'bigint' },
    ],
    indices: [{ columnNames: ['expires_at'] }],
  },
];

/** The deny-list of revoked tokens, and what introspection responses that are JWTs need. */
export class AddIntrospection1763900000000 implements MigrationInterface {
  /** As written: a bundler may rename the class. */
  readonly name = 'AddIntrospection1763900000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await addColumns(queryRunner, COLUMNS);
    await createTables(queryRunner, TABLES);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, TABLES);
    await this.deleteIntrospectionKeys(queryRunner);
    await dropColumns(queryRunner, COLUMNS);
  }

  /** Without the column they would pass for keys that sign access tokens. */
  private async deleteIntrospectionKeys(queryRunner: QueryRunner): Promise<void> {
    const table = tableName(queryRunner, OauthSigningKeyEntity, 'oauth_signing_key');
    const deletion = queryRunner.manager.createQueryBuilder().delete().from(table);
    await deletion.where('purpose IS NOT NULL').execute();
  }
}
