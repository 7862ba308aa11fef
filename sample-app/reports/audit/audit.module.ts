import { Module } from '@nestjs/common';
import { ResourceServerModule } from 'nestjs-oauth-kit/resource-server';
import { readSettings } from '../settings.js';
import { AuditMetadataController } from './audit-metadata.controller.js';
import { AuditController } from './audit.controller.js';

/** Its tokens are opaque: the issuer is asked about each, so that a revoked one is refused at once. */
@Module({
  imports: [
    ResourceServerModule.forRootAsync({
      useFactory: () => {
        const { issuer, url, clientId, clientKey } = readSettings();
        return {
          issuer,
          resource: `${url}/reports/audit`,
          name: 'Audit report',
          scopes: ['audit:read'],
          introspection: { clientId, authentication: { method: 'private_key_jwt', key: clientKey } },
        };
      },
    }),
  ],
  controllers: [AuditController, AuditMetadataController],
})
export class AuditModule {}
