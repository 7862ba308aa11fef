import { Body, Controller, Get, Post, UseGuards, ValidationPipe } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { AccessToken, OauthGuard, RequireScopes, type VerifiedAccessToken } from 'nestjs-oauth-kit';
import { Repository } from 'typeorm';
import { NewCatalogItem } from './catalog-item.dto.js';
import { CatalogItem } from './catalog.entity.js';

const PAGE = 100;

@Controller('api/catalog')
@UseGuards(OauthGuard)
export class CatalogController {
  constructor(@InjectRepository(CatalogItem) private readonly items: Repository<CatalogItem>) {}

  @Get()
  @RequireScopes('catalog:read')
  list() {
    return this.items.find({ order: { id: 'DESC' }, take: PAGE });
  }

  @Post()
  @RequireScopes('catalog:write')
  add(
    @Body(new ValidationPipe({ expectedType: NewCatalogItem })) item: NewCatalogItem,
    @AccessToken() token: VerifiedAccessToken,
  ) {
    return this.items.save({ name: item.name, createdBy: token.clientId });
  }
}
