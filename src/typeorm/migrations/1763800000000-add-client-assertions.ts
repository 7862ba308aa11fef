import type { MigrationInterface, QueryRunner } from 'typeorm';
import { OauthClientSecretEntity } from '../entities/oauth-client-secret.entity.js';
import { OauthClientEntity } from '../entities/oauth-client.entity.js';
import { OauthFailureCountEntity } from '../entities/oauth-failure-count.entity.js';
import { OauthUsedIdentifierEntity } from '../entities/oauth-used-identifier.entity.js';
import {
  addColumns,
  createTables,
  dropColumns,
  dropTables,
  type Addition,
  type Creation,
} from './schema-change.js';

const COLUMNS: readonly Addition[] = [
  {
    entity: OauthClientEntity,
    name: 'oauth_client',
    columns: [
      { name: 'token_endpoint_auth_signing_alg', type: 'varchar', length: '16', isNullable: true },
      { name: 'jwks', type: 'text', isNullable: true },
      { name: 'jwks_uri', type: 'text', isNullable: true },
      { name: 'legacy_assertion_audience', type: 'boolean', isNullable: true },
    ],
  },
  {
    entity: OauthClientSecretEntity,
    name: 'oauth_client_secret',
    columns: [{ name: 'encrypted_secret', type: 'text', isNullable: true }],
  },
];

const TABLES: readonly Creation[] = [
  {
    entity: OauthUsedIdentifierEntity,
    name: 'oauth_used_identifier',
    columns: [
      { name: 'digest', type: 'varchar', length: '64', isPrimary: true },
      { name: 'expires_at', type: 'bigint' },
    ],
    indices: [{ columnNames: ['expires_at'] }],
  },
  {
    entity: OauthFailureCountEntity,
    name: 'oauth_failure_count',
    columns: [
      { name: 'key_digest', type: 'varchar', length: '64', isPrimary: true },
      { name: 'failures', type: 'integer' },
      { name: 'expires_at', type: 'bigint' },
    ],
    indices: [{ columnNames: ['expires_at'] }],
  },
];

/** What clients that authenticate with assertions need, and the counts of failed authentications. */
export class AddClientAssertions1763800000000 implements MigrationInterface {
  /** As written: a bundler may rename the class. */
  readonly name = 'AddClientAssertions1763800000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await addColumns(queryRunner, COLUMNS);
    await createTables(queryRunner, TABLES);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, TABLES);
    await dropColumns(queryRunner, COLUMNS);
  }
}
