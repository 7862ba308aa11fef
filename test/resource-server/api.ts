import type { AddressInfo } from 'node:net';
import { All, Controller, Get, Module, UseGuards, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  AccessToken,
  Oauth,
  OauthGuard,
  Public,
  RequireScopes,
  ResourceServerModule,
  ResourceServerService,
  type HttpContext,
  type OauthError,
  type ResourceMetadata,
  type ResourceMetadataApplication,
  type ResourceServerModuleOptions,
  type VerifiedAccessToken,
} from 'nestjs-oauth-kit/resource-server';
import { LogBook, type Adapter } from '../nest/host.js';
import { ManualClock } from '../support/echo.js';

export const API = 'https://api.example/orders';

@Controller('orders')
@UseGuards(OauthGuard)
export class OrdersController {
  @Get()
  @RequireScopes('read')
  list(@AccessToken() token: VerifiedAccessToken) {
    return { ...token };
  }

  @Get('write')
  @RequireScopes('write')
  write() {
    return { written: true };
  }

  @Get('both')
  @RequireScopes('read')
  both(@AccessToken() token: VerifiedAccessToken) {
    token.requireScopes('write');
    return { both: true };
  }

  @Get('changing')
  @RequireScopes('read')
  changing(@AccessToken() { claims }: VerifiedAccessToken) {
    const before = structuredClone(claims);
    for (const claim of Object.values(claims)) Object.assign(claim as object, { changed: true });
    Object.assign(claims, { changed: {} });
    return before;
  }

  @Get('open')
  @Public()
  open() {
    return { open: true };
  }
}

@Controller('.well-known/oauth-protected-resource/orders')
export class OrdersMetadataController implements ResourceMetadataApplication<HttpContext> {
  constructor(private readonly resourceServer: ResourceServerService) {}

  @All()
  metadata(@Oauth() context: HttpContext) {
    return this.resourceServer.resourceMetadata(context, this);
  }

  resourceMetadataSuccess(context: HttpContext, metadata: ResourceMetadata) {
    context.send(metadata, metadata.document);
  }

  resourceMetadataError(context: HttpContext, error: OauthError) {
    context.send(error, { error: error.code });
  }
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
}

export interface Api {
  readonly url: string;
  readonly clock: ManualClock;
  readonly log: LogBook;
  /** A GET, with this token if there is one. */
  get(path: string, token?: string, init?: RequestInit): Promise<Answer>;
  /** The status of GET /orders with this token. */
  status(token: string): Promise<number>;
}

const opened: { close(): Promise<void> }[] = [];

/** Closes every API that a test has opened. */
export async function closeApis(): Promise<void> {
  await Promise.all(opened.splice(0).map((each) => each.close()));
}

export type ApiOptions = Partial<ResourceServerModuleOptions> & { readonly issuer: string };

/** An API in a process of its own, as far as it can tell: it knows the issuer by its URL alone. */
export function openApi(options: ApiOptions, adapter: Adapter = 'express'): Promise<Api> {
  const clock = options.clock instanceof ManualClock ? options.clock : new ManualClock();
  const module = ResourceServerModule.forRoot({
    resource: API,
    scopes: ['read', 'write'],
    clock,
    ...options,
  });
  return openModules([{ module, controllers: [OrdersController, OrdersMetadataController] }], clock, adapter);
}

/** An application of these features, each with a module of its own. */
export async function openModules(
  features: readonly { readonly module: DynamicModule; readonly controllers: Type[] }[],
  clock = new ManualClock(),
  adapter: Adapter = 'express',
): Promise<Api> {
  const log = new LogBook();
  const imports = features.map(({ module, controllers }) => {
    class FeatureModule {}
    Module({ imports: [module], controllers })(FeatureModule);
    return FeatureModule;
  });
  class ApiModule {}
  Module({ imports })(ApiModule);
  const app = await NestFactory.create(
    ApiModule,
    adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(),
    { logger: log, abortOnError: false },
  );
  await app.listen(0, '127.0.0.1');
  opened.push(app);
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const url = `http://127.0.0.1:${port}`;
  const get = async (path: string, token?: string, init: RequestInit = {}): Promise<Answer> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(url + path, { headers, ...init });
    const body: unknown = JSON.parse((await response.text()) || '{}');
    return { status: response.status, body: body as Answer['body'], headers: response.headers };
  };
  return { url, clock, log, get, status: async (token) => (await get('/orders', token)).status };
}
