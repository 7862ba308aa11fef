import { Controller, Get, Param, UseGuards } from '@nestjs/common';
import {
  AccessToken,
  OauthGuard,
  RequireScopes,
  type VerifiedAccessToken,
} from 'nestjs-oauth-kit/resource-server';
import { SALES } from './sales.js';

@Controller('reports/sales')
@UseGuards(OauthGuard)
@RequireScopes('sales:read')
export class SalesController {
  @Get()
  sums() {
    const months = [...new Set(SALES.map(({ month }) => month))];
    return {
      sales: months.map((month) => ({ month, total: sum(SALES.filter((sale) => sale.month === month)) })),
    };
  }

  @Get(':client')
  of(@Param('client') client: string, @AccessToken() token: VerifiedAccessToken) {
    // Its own figures are any client's business, those of others are not.
    if (client !== token.clientId) token.requireScopes('sales:all');
    return { sales: SALES.filter((sale) => sale.client === client) };
  }
}

function sum(sales: readonly { readonly total: number }[]): number {
  return sales.reduce((all, { total }) => all + total, 0);
}
