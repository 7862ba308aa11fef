import { Module } from '@nestjs/common';
import { AuditModule } from './audit/audit.module.js';
import { SalesModule } from './sales/sales.module.js';

/** Two APIs in a process of their own: the authorization server is elsewhere. */
@Module({ imports: [SalesModule, AuditModule] })
export class ReportsModule {}
