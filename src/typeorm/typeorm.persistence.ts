import { Injectable, type DynamicModule } from '@nestjs/common';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Persistence } from '../oauth/persistence.js';
import { oauthEntities } from './entities/oauth-entities.js';
import { checkSchema } from './schema-check.js';
import { TypeormAccessTokenStore } from './typeorm-access-token.store.js';
import { TypeormAuditStore } from './typeorm-audit.store.js';
import { TypeormClientSecretStore } from './typeorm-client-secret.store.js';
import { TypeormClientStore } from './typeorm-client.store.js';
import { TypeormFailureCountStore } from './typeorm-failure-count.store.js';
import { TypeormRegistrationTokenStore } from './typeorm-registration-token.store.js';
import { TypeormResourceServerStore } from './typeorm-resource-server.store.js';
import { TypeormRevokedTokenStore } from './typeorm-revoked-token.store.js';
import { TypeormSigningKeyStore } from './typeorm-signing-key.store.js';
import { TypeormUsedIdentifierStore } from './typeorm-used-identifier.store.js';

/**
 * Keeps everything in the host's relational database: SQLite, PostgreSQL, MySQL or MariaDB. The host runs
 * `oauthMigrations`, and its data source has `autoLoadEntities: true` or the `oauthEntities`.
 */
@Injectable()
export class TypeormPersistence extends Persistence {
  /** A getter: `forFeature` registers the entities at once, and not every host wants them on the default data source. */
  static get imports(): DynamicModule[] {
    return [TypeOrmModule.forFeature(oauthEntities)];
  }

  /** The same on the data source of this name. */
  static for(dataSourceName: string): typeof TypeormPersistence {
    @Injectable()
    class NamedTypeormPersistence extends TypeormPersistence {
      static override get imports(): DynamicModule[] {
        return [TypeOrmModule.forFeature(oauthEntities, dataSourceName)];
      }

      constructor(@InjectDataSource(dataSourceName) dataSource: DataSource) {
        super(dataSource);
      }
    }
    return NamedTypeormPersistence;
  }

  readonly clients: TypeormClientStore;
  readonly clientSecrets: TypeormClientSecretStore;
  readonly accessTokens: TypeormAccessTokenStore;
  readonly revokedTokens: TypeormRevokedTokenStore;
  readonly signingKeys: TypeormSigningKeyStore;
  readonly usedIdentifiers: TypeormUsedIdentifierStore;
  readonly failureCounts: TypeormFailureCountStore;
  readonly registrationTokens: TypeormRegistrationTokenStore;
  readonly resourceServers: TypeormResourceServerStore;
  readonly auditLog: TypeormAuditStore;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {
    super();
    this.clients = new TypeormClientStore(dataSource);
    this.clientSecrets = new TypeormClientSecretStore(dataSource);
    this.accessTokens = new TypeormAccessTokenStore(dataSource);
    this.revokedTokens = new TypeormRevokedTokenStore(dataSource);
    this.signingKeys = new TypeormSigningKeyStore(dataSource);
    this.usedIdentifiers = new TypeormUsedIdentifierStore(dataSource);
    this.failureCounts = new TypeormFailureCountStore(dataSource);
    this.registrationTokens = new TypeormRegistrationTokenStore(dataSource);
    this.resourceServers = new TypeormResourceServerStore(dataSource);
    this.auditLog = new TypeormAuditStore(dataSource);
  }

  check(): Promise<void> {
    return checkSchema(this.dataSource);
  }
}
