import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { All, Controller, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
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
  type OauthError,
  type OauthModuleOptions,
  type RevocationApplication,
} from 'nestjs-oauth-kit';
import { FORM, OauthController } from '../nest/host.js';
import { basic, ManualClock } from '../support/echo.js';
import { API } from './api.js';

export const REPORTS = 'https://api.example/reports';

@Controller('oauth')
class LookupController implements IntrospectionApplication<HttpContext>, RevocationApplication<HttpContext> {
  constructor(private readonly oauth: OauthService) {}

  @All('introspect')
  introspect(@Oauth() context: HttpContext) {
    return this.oauth.introspect(context, this);
  }

  @All('revoke')
  revoke(@Oauth() context: HttpContext) {
    return this.oauth.revoke(context, this);
  }

  introspectSuccess(context: HttpContext, response: IntrospectionResponse) {
    context.send(response, response.jwt ?? response.document);
  }

  introspectError(context: HttpContext, error: OauthError) {
    context.send(error, { error: error.code, error_description: error.description });
  }

  revokeSuccess(context: HttpContext, response: { status: number; headers: Record<string, string> }) {
    context.send(response);
  }

  revokeError(context: HttpContext, error: OauthError) {
    this.introspectError(context, error);
  }
}

export interface Created {
  readonly id: string;
  readonly secret: string;
}

export interface AuthorizationServer {
  readonly issuer: string;
  readonly clock: ManualClock;
  readonly admin: OauthAdmin;
  /** A client with this metadata besides. */
  readonly client: (metadata?: Record<string, unknown>) => Promise<Created>;
  /** An access token for this scope. */
  readonly token: (client: Created, scope?: string) => Promise<string>;
  readonly revoke: (client: Created, token: string) => Promise<void>;
  close(): Promise<void>;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** An authorization server whose issuer is where it listens: JWTs at {@link API}, opaque tokens at {@link REPORTS}. */
export async function openAuthorizationServer(
  port?: number,
  options: Partial<OauthModuleOptions> = {},
): Promise<AuthorizationServer> {
  const listening = port ?? (await freePort());
  const issuer = `http://127.0.0.1:${listening}`;
  const clock = options.clock instanceof ManualClock ? options.clock : new ManualClock();
  const module = OauthModule.forRoot({
    issuer,
    clock,
    resources: [
      { identifier: API, scopes: ['read', 'write', 'read:all'], defaultScopes: ['read'], default: true },
      { identifier: REPORTS, scopes: ['report'], accessTokenFormat: 'opaque' },
    ],
    keyEncryptionSecret: 'a secret for the keys of this test alone',
    accessTokenClaims: () => ({ tenant: 'blue' }),
    persistence: MemoryPersistence,
    ...options,
  });
  class ServerModule {}
  Module({ imports: [module], controllers: [OauthController, LookupController] })(ServerModule);
  const app: INestApplication = await NestFactory.create(ServerModule, {
    logger: false,
    abortOnError: false,
    bodyParser: false,
  });
  useOauthBodies(app);
  await app.listen(listening, '127.0.0.1');
  const admin = app.get(OauthAdmin, { strict: false });
  const post = async (
    path: string,
    { id, secret }: Created,
    form: Record<string, string>,
  ): Promise<string> => {
    const headers = { 'content-type': FORM, ...basic(id, secret) };
    const body = new URLSearchParams(form).toString();
    const response = await fetch(issuer + path, { method: 'POST', headers, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return text;
  };
  return {
    issuer,
    clock,
    admin,
    client: async (metadata = {}) => {
      const { client, issued } = await admin.clients.create({
        scope: 'read write read:all report',
        ...metadata,
      });
      return { id: client.id, secret: issued?.secret ?? '' };
    },
    token: async (client, scope = 'read') => {
      const text = await post('/oauth/token', client, { grant_type: 'client_credentials', scope });
      return String((JSON.parse(text) as Record<string, unknown>)['access_token']);
    },
    revoke: async (client, token) => {
      await post('/oauth/revoke', client, { token });
    },
    close: () => app.close(),
  };
}
