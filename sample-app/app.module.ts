import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OauthModule, type ResourceServerOptions } from 'nestjs-oauth-kit';
import { TypeormPersistence } from 'nestjs-oauth-kit/typeorm';
import { AdminApi, ADMINISTRATION } from './admin/admin-api.js';
import { CatalogController } from './catalog/catalog.controller.js';
import { CatalogItem } from './catalog/catalog.entity.js';
import { databaseOptions, openDatabase } from './database.js';
import { AuthenticationLog } from './oauth/authentication.log.js';
import { ClientManagementController } from './oauth/client-management.controller.js';
import { IntrospectionController } from './oauth/introspection.controller.js';
import { JwksController } from './oauth/jwks.controller.js';
import { MetadataController } from './oauth/metadata.controller.js';
import { RegistrationController } from './oauth/registration.controller.js';
import { ResourceMetadataController } from './oauth/resource-metadata.controller.js';
import { RevocationController } from './oauth/revocation.controller.js';
import { TokenController } from './oauth/token.controller.js';
import { readSettings } from './settings.js';
import { StatisticsController } from './statistics/statistics.controller.js';

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      useFactory: () => databaseOptions(readSettings().databaseUrl),
      dataSourceFactory: openDatabase,
    }),
    TypeOrmModule.forFeature([CatalogItem]),
    OauthModule.forRootAsync({
      persistence: TypeormPersistence,
      // For the admin API, too.
      isGlobal: true,
      useFactory: () => {
        const settings = readSettings();
        const { issuer, accessTokenLifetime, jwksUriAllowLoopback, reportsUrl } = settings;
        const { keyEncryptionSecret, signingKeys, registrationAccessToken } = settings;
        return {
          issuer,
          accessTokenLifetime,
          resources: [
            {
              identifier: '/api/catalog',
              name: 'Catalog',
              scopes: ['catalog:read', 'catalog:write'],
              defaultScopes: ['catalog:read'],
              default: true,
            },
            {
              identifier: '/api/statistics',
              name: 'Statistics',
              scopes: ['statistics:read'],
              accessTokenFormat: 'opaque',
            },
            ADMINISTRATION,
            ...(reportsUrl === undefined ? [] : reportsAt(reportsUrl)),
          ],
          clientAssertions: { jwksUriAllowLoopback },
          // Instances on one database count together.
          failureLimits: { store: 'database' },
          audit: { log: 'database' },
          ...(registrationAccessToken !== undefined && {
            registration: {
              initialAccessTokens: [registrationAccessToken],
              policy: { scopes: ['catalog:read', 'catalog:write', 'statistics:read'] },
            },
          }),
          ...(keyEncryptionSecret !== undefined && { keyEncryptionSecret }),
          ...(signingKeys !== undefined && { signingKeys }),
        };
      },
    }),
    AdminApi,
  ],
  providers: [AuthenticationLog],
  controllers: [
    TokenController,
    IntrospectionController,
    RevocationController,
    RegistrationController,
    ClientManagementController,
    JwksController,
    MetadataController,
    ResourceMetadataController,
    CatalogController,
    StatisticsController,
  ],
})
export class AppModule {}

/** APIs in a process of their own. */
function reportsAt(url: string): ResourceServerOptions[] {
  return [
    { identifier: `${url}/reports/sales`, name: 'Sales report', scopes: ['sales:read', 'sales:all'] },
    {
      identifier: `${url}/reports/audit`,
      name: 'Audit report',
      scopes: ['audit:read'],
      accessTokenFormat: 'opaque',
    },
  ];
}
