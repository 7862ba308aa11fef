import type { MigrationInterface, QueryRunner, TableColumnOptions } from 'typeorm';
import { OauthAccessTokenEntity } from '../entities/oauth-access-token.entity.js';
import { OauthAuditEntryEntity } from '../entities/oauth-audit-entry.entity.js';
import { OauthClientEntity } from '../entities/oauth-client.entity.js';
import { OauthRegistrationTokenEntity } from '../entities/oauth-registration-token.entity.js';
import { OauthResourceServerEntity } from '../entities/oauth-resource-server.entity.js';
import { describeClients } from './client-description.js';
import {
  addColumns,
  addIndices,
  createTables,
  dropColumns,
  dropIndices,
  dropTables,
  type Addition,
  type Creation,
  type IndexAddition,
} from './schema-change.js';

const NAME_KEY: TableColumnOptions = { name: 'name_key', type: 'varchar', length: '510', default: "''" };

const COLUMNS: Addition = {
  entity: OauthClientEntity,
  name: 'oauth_client',
  columns: [
    { name: 'owner', type: 'text', isNullable: true },
    { name: 'owner_digest', type: 'varchar', length: '64', isNullable: true },
    { name: 'description', type: 'text', isNullable: true },
    { name: 'labels', type: 'text', isNullable: true },
    { name: 'registration_token_digest', type: 'varchar', length: '64', isNullable: true },
    { name: 'registration_opened_by', type: 'varchar', length: '64', isNullable: true },
    { name: 'registration_policy', type: 'text', isNullable: true },
    { name: 'search_text', type: 'text', isNullable: true },
  ],
};

const INDICES: readonly IndexAddition[] = [
  {
    entity: OauthClientEntity,
    name: 'oauth_client',
    indices: ['created_at', 'updated_at', 'name_key', 'owner_digest'].map((key) => [key, 'client_id_hex']),
  },
  { entity: OauthAccessTokenEntity, name: 'oauth_access_token', indices: [['client_id', 'id']] },
];

const TABLES: readonly Creation[] = [
  {
    entity: OauthRegistrationTokenEntity,
    name: 'oauth_registration_token',
    columns: [
      { name: 'id_hex', type: 'varchar', length: '128', isPrimary: true },
      { name: 'digest', type: 'varchar', length: '64' },
      { name: 'created_at', type: 'bigint' },
      { name: 'expires_at', type: 'bigint', isNullable: true },
      { name: 'most_uses', type: 'integer', isNullable: true },
      { name: 'uses', type: 'integer' },
      { name: 'policy', type: 'text' },
      { name: 'description', type: 'text', isNullable: true },
      { name: 'owner', type: 'text', isNullable: true },
      { name: 'labels', type: 'text', isNullable: true },
    ],
    indices: [{ columnNames: ['digest'], isUnique: true }, { columnNames: ['expires_at'] }],
  },
  {
    entity: OauthResourceServerEntity,
    name: 'oauth_resource_server',
    columns: [
      { name: 'identifier_digest', type: 'varchar', length: '64', isPrimary: true },
      { name: 'identifier', type: 'text' },
      { name: 'revision', type: 'integer' },
      { name: 'created_at', type: 'bigint' },
      { name: 'updated_at', type: 'bigint' },
      { name: 'scopes', type: 'text' },
      { name: 'default_scopes', type: 'text' },
      { name: 'access_token_format', type: 'varchar', length: '16', isNullable: true },
      { name: 'access_token_lifetime', type: 'integer', isNullable: true },
      { name: 'name', type: 'text', isNullable: true },
      { name: 'documentation', type: 'text', isNullable: true },
      { name: 'publishes_metadata', type: 'boolean' },
    ],
  },
  {
    entity: OauthAuditEntryEntity,
    name: 'oauth_audit_entry',
    columns: [
      { name: 'id', type: 'varchar', length: '32', isPrimary: true },
      { name: 'at', type: 'bigint' },
      { name: 'type', type: 'varchar', length: '64' },
      { name: 'actor', type: 'varchar', length: '255', isNullable: true },
      { name: 'subject', type: 'varchar', length: '255', isNullable: true },
      { name: 'address', type: 'varchar', length: '64', isNullable: true },
      { name: 'tenant', type: 'text', isNullable: true },
      { name: 'detail', type: 'text' },
    ],
    indices: [['at'], ['subject', 'id'], ['actor', 'id'], ['type', 'id']].map((columnNames) => ({
      columnNames,
    })),
  },
];

/** What the registration of clients, their administration and the audit log need. */
export class AddClientManagement1764000000000 implements MigrationInterface {
  /** As written: a bundler may rename the class. */
  readonly name = 'AddClientManagement1764000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await addColumns(queryRunner, [this.columns(queryRunner)]);
    await describeClients(queryRunner);
    await addIndices(queryRunner, INDICES);
    await createTables(queryRunner, TABLES);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, TABLES);
    await dropIndices(queryRunner, INDICES);
    await dropColumns(queryRunner, [this.columns(queryRunner)]);
  }

  /** In MySQL a key of two columns, each of four bytes for a character, would be too long for an index. */
  private columns({ dataSource }: QueryRunner): Addition {
    const isMysql = ['mysql', 'mariadb'].includes(dataSource.options.type);
    const nameKey = isMysql ? { ...NAME_KEY, charset: 'ascii' } : NAME_KEY;
    return { ...COLUMNS, columns: [...COLUMNS.columns, nameKey] };
  }
}
