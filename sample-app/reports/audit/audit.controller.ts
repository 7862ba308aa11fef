import { Controller, Get, UseGuards } from '@nestjs/common';
import { OauthGuard, RequireScopes } from 'nestjs-oauth-kit/resource-server';

const AUDIT = [
  { date: '2026-10-05', what: 'Prices changed', by: 'catalog' },
  { date: '2026-10-19', what: 'Refund above 500', by: 'web-shop' },
] as const;

@Controller('reports/audit')
@UseGuards(OauthGuard)
export class AuditController {
  @Get()
  @RequireScopes('audit:read')
  list() {
    return { audit: AUDIT };
  }
}
