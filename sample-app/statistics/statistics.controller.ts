import { Controller, Get, UseGuards } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { OauthGuard, RequireScopes } from 'nestjs-oauth-kit';
import { Repository } from 'typeorm';
import { CatalogItem } from '../catalog/catalog.entity.js';

/** How much each client has added to the catalog. */
@Controller('api/statistics')
@UseGuards(OauthGuard)
export class StatisticsController {
  constructor(@InjectRepository(CatalogItem) private readonly items: Repository<CatalogItem>) {}

  @Get()
  @RequireScopes('statistics:read')
  async statistics() {
    const rows = await this.items
      .createQueryBuilder('item')
      .select('item.createdBy', 'client')
      .addSelect('COUNT(*)', 'items')
      .groupBy('item.createdBy')
      .getRawMany<{ client: string; items: string | number }>();
    return { clients: rows.map(({ client, items }) => ({ client_id: client, items: Number(items) })) };
  }
}
