import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OauthModule } from 'nestjs-oauth-kit';
import { TypeormPersistence } from 'nestjs-oauth-kit/typeorm';
import { CatalogController } from './catalog/catalog.controller.js';
import { CatalogItem } from './catalog/catalog.entity.js';
import { databaseOptions, openDatabase } from './database.js';
import { AuthenticationLog } from './oauth/authentication.log.js';
import { JwksController } from './oauth/jwks.controller.js';
import { MetadataController } from './oauth/metadata.controller.js';
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
      useFactory: () => {
        const { issuer, accessTokenLifetime, jwksUriAllowLoopback, keyEncryptionSecret, signingKeys } =
          readSettings();
        return {
          issuer,
          accessTokenLifetime,
          resources: [
            {
              identifier: '/api/catalog',
              scopes: ['catalog:read', 'catalog:write'],
              defaultScopes: ['catalog:read'],
              default: true,
            },
            { identifier: '/api/statistics', scopes: ['statistics:read'], accessTokenFormat: 'opaque' },
          ],
          clientAssertions: { jwksUriAllowLoopback },
          // Instances on one database count together.
          failureLimits: { store: 'database' },
          ...(keyEncryptionSecret !== undefined && { keyEncryptionSecret }),
          ...(signingKeys !== undefined && { signingKeys }),
        };
      },
    }),
  ],
  providers: [AuthenticationLog],
  controllers: [TokenController, JwksController, MetadataController, CatalogController, StatisticsController],
})
export class AppModule {}
