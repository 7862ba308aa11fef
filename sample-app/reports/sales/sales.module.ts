import { Module } from '@nestjs/common';
import { ResourceServerModule } from 'nestjs-oauth-kit/resource-server';
import { readSettings } from '../settings.js';
import { SalesMetadataController } from './sales-metadata.controller.js';
import { SalesController } from './sales.controller.js';

/** Its tokens are JWTs: checked here, with the keys that the issuer publishes. */
@Module({
  imports: [
    ResourceServerModule.forRootAsync({
      useFactory: () => {
        const { issuer, url } = readSettings();
        return {
          issuer,
          resource: `${url}/reports/sales`,
          name: 'Sales report',
          scopes: ['sales:read', 'sales:all'],
        };
      },
    }),
  ],
  controllers: [SalesController, SalesMetadataController],
})
export class SalesModule {}
