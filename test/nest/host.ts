import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import {
  All,
  Controller,
  Get,
  Module,
  type DynamicModule,
  type INestApplication,
  type LoggerService,
  type ModuleMetadata,
  type NestApplicationOptions,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  MemoryPersistence,
  Oauth,
  OauthAdmin,
  OauthModule,
  OauthService,
  useOauthBodies,
  type HttpContext,
  type IntrospectionApplication,
  type IntrospectionResponse,
  type JwksApplication,
  type JwksResponse,
  type MetadataApplication,
  type OauthError,
  type OauthModuleOptions,
  type ResourceMetadata,
  type ResourceMetadataApplication,
  type RevocationApplication,
  type RevocationResponse,
  type ServerMetadata,
  type TokenApplication,
  type TokenResponse,
} from 'nestjs-oauth-kit';
import { basic, ISSUER, ManualClock } from '../support/echo.js';

export const ADAPTERS = ['express', 'fastify'] as const;
export type Adapter = (typeof ADAPTERS)[number];
export const FORM = 'application/x-www-form-urlencoded';
/** What a challenge of the resource `/api` ends with. */
export const API_METADATA = `resource_metadata="${ISSUER}/.well-known/oauth-protected-resource/api"`;

/** What a host writes: the endpoints, with the wire names of RFC 6749. */
@Controller()
export class OauthController
  implements
    TokenApplication<HttpContext>,
    IntrospectionApplication<HttpContext>,
    RevocationApplication<HttpContext>,
    JwksApplication<HttpContext>,
    MetadataApplication<HttpContext>,
    ResourceMetadataApplication<HttpContext>
{
  constructor(private readonly oauth: OauthService) {}

  @All('oauth/token')
  token(@Oauth() context: HttpContext) {
    return this.oauth.token(context, this);
  }

  @All('oauth/introspect')
  introspect(@Oauth() context: HttpContext) {
    return this.oauth.introspect(context, this);
  }

  @All('oauth/revoke')
  revoke(@Oauth() context: HttpContext) {
    return this.oauth.revoke(context, this);
  }

  // `/*` is the spelling that Express and Fastify both understand.
  @All(['.well-known/oauth-protected-resource', '.well-known/oauth-protected-resource/*'])
  resourceMetadata(@Oauth() context: HttpContext) {
    return this.oauth.resourceMetadata(context, this);
  }

  @All('oauth/jwks')
  jwks(@Oauth() context: HttpContext) {
    return this.oauth.jwks(context, this);
  }

  @All('.well-known/oauth-authorization-server')
  metadata(@Oauth() context: HttpContext) {
    return this.oauth.metadata(context, this);
  }

  tokenSuccess(context: HttpContext, response: TokenResponse) {
    context.send(response, {
      access_token: response.accessToken,
      token_type: response.tokenType,
      expires_in: response.expiresIn,
      scope: response.scope,
    });
  }

  tokenError(context: HttpContext, error: OauthError) {
    context.send(error, { error: error.code, error_description: error.description });
  }

  introspectSuccess(context: HttpContext, response: IntrospectionResponse) {
    context.send(response, response.jwt ?? response.document);
  }

  introspectError(context: HttpContext, error: OauthError) {
    this.tokenError(context, error);
  }

  revokeSuccess(context: HttpContext, response: RevocationResponse) {
    context.send(response);
  }

  revokeError(context: HttpContext, error: OauthError) {
    this.tokenError(context, error);
  }

  resourceMetadataSuccess(context: HttpContext, metadata: ResourceMetadata) {
    context.send(metadata, metadata.document);
  }

  resourceMetadataError(context: HttpContext, error: OauthError) {
    this.tokenError(context, error);
  }

  jwkList(context: HttpContext, response: JwksResponse) {
    context.send(response, { keys: response.keys });
  }

  metadataSuccess(context: HttpContext, metadata: ServerMetadata) {
    context.send(metadata, metadata.document);
  }

  jwksError(context: HttpContext, error: OauthError) {
    this.tokenError(context, error);
  }

  metadataError(context: HttpContext, error: OauthError) {
    this.tokenError(context, error);
  }
}

@Controller('open')
export class OpenController {
  @Get()
  open() {
    return { open: true };
  }
}

/** Keeps what is logged. */
export class LogBook implements LoggerService {
  readonly lines: string[] = [];
  private readonly add = (...parts: unknown[]): void => {
    this.lines.push(
      parts.map((part) => (part instanceof Error ? (part.stack ?? '') : String(part))).join(' '),
    );
  };
  readonly log = this.add;
  readonly error = this.add;
  readonly warn = this.add;
  readonly debug = this.add;
  readonly verbose = this.add;
  readonly fatal = this.add;

  get text(): string {
    return this.lines.join('\n');
  }
}

export interface HostOptions {
  readonly adapter?: Adapter;
  readonly options?: Partial<OauthModuleOptions>;
  readonly module?: DynamicModule;
  readonly metadata?: ModuleMetadata;
  readonly controllers?: Type[];
  /** How bodies are read: by `useOauthBodies`, by Nest's parsers, by Nest's parsers with `rawBody`, by nobody. */
  readonly bodies?: 'oauth' | 'default' | 'raw' | 'unread';
  readonly configure?: (app: INestApplication) => void;
}

export interface Host {
  readonly app: INestApplication;
  readonly url: string;
  readonly port: number;
  readonly clock: ManualClock;
  readonly log: LogBook;
  readonly admin: OauthAdmin;
  request(path: string, init?: RequestInit): Promise<Answer>;
  /** A request with this token. */
  get(path: string, token: string): Promise<Answer>;
  token(form: Record<string, string> | string, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, {} where it is none. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The WWW-Authenticate header. */
  readonly challenge: string | null;
}

/** A host with real HTTP on a free port. */
export async function openHost(setup: HostOptions = {}): Promise<Host> {
  const clock = new ManualClock();
  const log = new LogBook();
  const module =
    setup.module ??
    OauthModule.forRoot({
      issuer: ISSUER,
      clock,
      resources: [
        { identifier: '/api', scopes: ['read', 'write'], defaultScopes: ['read'], default: true },
        { identifier: '/reports', scopes: ['report'], accessTokenFormat: 'opaque' },
      ],
      persistence: MemoryPersistence,
      ...setup.options,
    });
  class HostModule {}
  Module({
    ...setup.metadata,
    imports: [module, ...(setup.metadata?.imports ?? [])],
    controllers: [OauthController, OpenController, ...(setup.controllers ?? [])],
  })(HostModule);
  const adapter = setup.adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
  const { bodies = 'oauth' } = setup;
  const options: NestApplicationOptions = {
    logger: log,
    abortOnError: false,
    ...((bodies === 'oauth' || bodies === 'unread') && { bodyParser: false }),
    ...(bodies === 'raw' && { rawBody: true }),
  };
  const app = await NestFactory.create(HostModule, adapter, options);
  if (bodies === 'oauth') useOauthBodies(app);
  setup.configure?.(app);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const url = `http://127.0.0.1:${port}`;
  const request = async (path: string, init: RequestInit = {}): Promise<Answer> =>
    answer(await fetch(url + path, { redirect: 'manual', ...init }));
  return {
    app,
    url,
    port,
    clock,
    log,
    admin: app.get(OauthAdmin, { strict: false }),
    request,
    get: (path, token) => request(path, { headers: { authorization: `Bearer ${token}` } }),
    token: (form, headers = {}) =>
      request('/oauth/token', {
        method: 'POST',
        headers: { 'content-type': FORM, ...headers },
        body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
      }),
    close: () => app.close(),
  };
}

async function answer(response: Response): Promise<Answer> {
  const text = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = {};
  }
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: body as Record<string, unknown>,
    challenge: response.headers.get('www-authenticate'),
  };
}

export interface HostClient {
  readonly id: string;
  readonly secret: string;
  readonly basic: { authorization: string };
  /** An access token for these scopes. */
  token(scope?: string): Promise<string>;
}

export async function newClient(host: Host, metadata: Record<string, unknown> = {}): Promise<HostClient> {
  const { client, issued } = await host.admin.clients.create({ scope: 'read write report', ...metadata });
  if (!issued) throw new Error('The client has no secret.');
  const headers = basic(client.id, issued.secret);
  const token = async (scope?: string) => {
    const form = { grant_type: 'client_credentials', ...(scope !== undefined && { scope }) };
    const { status, body, text } = await host.token(form, headers);
    if (status !== 200) throw new Error(`No token: ${status} ${text}`);
    return String(body['access_token']);
  };
  return { id: client.id, secret: issued.secret, basic: headers, token };
}

/** Sends these very bytes and resolves with status and text of the answer. */
export function sendRaw(port: number, text: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => {
      resolve({ status: Number(received.split(' ', 2)[1]), text: received });
    });
  });
}
