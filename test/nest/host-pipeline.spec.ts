import {
  Body,
  Catch,
  Controller,
  Get,
  HttpException,
  Param,
  Post,
  Query,
  UseGuards,
  ValidationPipe,
  type ArgumentsHost,
  type CallHandler,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type ValidationPipeOptions,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { IsInt, IsString } from 'class-validator';
import {
  AccessToken,
  BearerException,
  Oauth,
  OauthGuard,
  OauthService,
  RequireScopes,
  type HttpContext,
  type VerifiedAccessToken,
} from 'nestjs-oauth-kit';
import { map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { basic, echo } from '../support/echo.js';
import {
  API_METADATA,
  ADAPTERS,
  newClient,
  openHost,
  type Answer,
  type Host,
  type HostOptions,
} from './host.js';

class Item {
  @IsString() readonly name!: string;
  @IsInt() readonly count!: number;
}

@Controller('api')
@UseGuards(OauthGuard)
class ApiController {
  @Get()
  @RequireScopes('read')
  read(@AccessToken() token: VerifiedAccessToken, @Query() query: Record<string, unknown>) {
    return { client: token.clientId, scope: token.scope, claims: token.claims, query };
  }

  @Post(':id')
  @RequireScopes('write')
  write(@Param('id') id: string, @Body() item: Item, @AccessToken() token: VerifiedAccessToken) {
    return { id, item, client: token.clientId };
  }
}

/** Wraps every body, as many hosts do. */
class Wrapper implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

/** Answers everything in its own shape, and keeps what it has seen. */
@Catch()
class CatchAll implements ExceptionFilter {
  readonly seen: unknown[] = [];

  constructor(private readonly app: INestApplication) {}

  catch(failure: unknown, host: ArgumentsHost): void {
    this.seen.push(failure);
    const status = failure instanceof HttpException ? failure.getStatus() : 500;
    const { httpAdapter } = this.app.get(HttpAdapterHost);
    httpAdapter.reply(host.switchToHttp().getResponse(), { mine: true, status }, status);
  }
}

/** What every host below has to answer as the bare one does. */
async function exercise(host: Host, prefix = '') {
  const client = await newClient(host);
  const send = (form: Record<string, string>, headers: Record<string, string> = {}, method = 'POST') =>
    host.request(`${prefix}/oauth/token`, {
      method,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      ...(method === 'POST' && { body: new URLSearchParams(form).toString() }),
    });
  const good = await send(
    { grant_type: 'client_credentials', scope: 'read write', foo: 'bar' },
    client.basic,
  );
  return {
    client,
    good,
    token: String(good.body['access_token']),
    unauthorized: await send({ grant_type: 'client_credentials' }, basic(client.id, 'wrong')),
    bad: await send({ grant_type: 'password' }, client.basic),
    method: await send({}, {}, 'GET'),
    jwks: await host.request(`${prefix}/oauth/jwks`),
    noToken: await host.request(`${prefix}/api`),
  };
}

function expectOauth({ good, unauthorized, bad, method, jwks }: Record<string, unknown>): void {
  const [ok, no, wrong, get, keys] = [good, unauthorized, bad, method, jwks] as Answer[];
  expect(ok?.body).toEqual({
    access_token: expect.stringMatching(/^eyJ/) as string,
    token_type: 'Bearer',
    expires_in: 3600,
    scope: expect.stringMatching(/^(?:read write|write read)$/) as string,
  });
  expect(ok?.status).toBe(200);
  const names = ['content-type', 'cache-control', 'pragma'] as const;
  for (const answer of [ok, no, wrong, get]) {
    expect(names.map((name) => answer?.headers.get(name))).toEqual([
      'application/json',
      'no-store',
      'no-cache',
    ]);
  }
  const error = (code: string) => ({ error: code, error_description: expect.any(String) as string });
  expect([no?.status, no?.body, no?.challenge]).toEqual([
    401,
    error('invalid_client'),
    'Basic realm="oauth"',
  ]);
  expect([wrong?.status, wrong?.body]).toEqual([400, error('unsupported_grant_type')]);
  expect([get?.status, get?.body]).toEqual([405, error('invalid_request')]);
  expect(get?.headers.get('allow')).toContain('POST');
  expect([keys?.status, keys?.headers.get('cache-control')]).toEqual([200, 'public, max-age=300']);
  expect(Object.keys(keys?.body ?? {})).toEqual(['keys']);
}

const open = (setup: HostOptions) => openHost({ controllers: [ApiController], ...setup });

describe.each(ADAPTERS)('a host on %s', (adapter) => {
  it('that adds nothing', async () => {
    const host = await open({ adapter });
    const all = await exercise(host);
    expectOauth(all);
    expect(all.noToken.challenge).toBe(`Bearer realm="oauth", scope="read", ${API_METADATA}`);
    await host.close();
  });

  const strict: ValidationPipeOptions = {
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    forbidUnknownValues: true,
  };
  it.each<[string, ValidationPipeOptions]>([
    ['strict', strict],
    ['strict, for custom decorators too', { ...strict, validateCustomDecorators: true }],
    [
      'with other defaults',
      {
        ...strict,
        validateCustomDecorators: true,
        errorHttpStatusCode: 422,
        stopAtFirstError: true,
        transformOptions: { enableImplicitConversion: true },
      },
    ],
  ])('with a global ValidationPipe, %s', async (_, options) => {
    const accessTokenClaims = () => ({ tenant: 't1', nested: { a: [1] } });
    const host = await open({
      adapter,
      options: { accessTokenClaims },
      configure: (app) => app.useGlobalPipes(new ValidationPipe(options)),
    });
    const all = await exercise(host);
    expectOauth(all);
    const read = await host.get('/api?foo=bar', all.token);
    expect(read.status).toBe(200);
    expect(read.body).toMatchObject({ client: all.client.id, claims: { tenant: 't1', nested: { a: [1] } } });
    const write = (body: unknown) =>
      host.request('/api/7', {
        method: 'POST',
        headers: { authorization: `Bearer ${all.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect((await write({ name: 'x', count: 1 })).body).toMatchObject({ id: '7', client: all.client.id });
    expect((await write({ name: 'x', count: 1, more: 1 })).status).toBe(options.errorHttpStatusCode ?? 400);
    await host.close();
  });

  it('with a global interceptor that wraps every body', async () => {
    const host = await open({ adapter, configure: (app) => app.useGlobalInterceptors(new Wrapper()) });
    const all = await exercise(host);
    expectOauth(all);
    expect((await host.get('/api', all.token)).body).toMatchObject({ data: { client: all.client.id } });
    expect(all.noToken.challenge).toBe(`Bearer realm="oauth", scope="read", ${API_METADATA}`);
    expect(host.log.text).not.toMatch(/ERR_HTTP_HEADERS_SENT|already sent/);
    await host.close();
  });

  it('with a filter that catches everything: the answer is its own, the challenge stays', async () => {
    let filter: CatchAll | undefined;
    const host = await open({
      adapter,
      configure: (app) => app.useGlobalFilters((filter = new CatchAll(app))),
    });
    const all = await exercise(host);
    expectOauth(all);
    expect(filter?.seen).toHaveLength(1);
    expect([all.noToken.status, all.noToken.body]).toEqual([401, { mine: true, status: 401 }]);
    expect(all.noToken.challenge).toBe(`Bearer realm="oauth", scope="read", ${API_METADATA}`);
    expect(all.noToken.headers.get('cache-control')).toBe('no-store');
    const invalid = await host.get('/api', 'nonsense');
    expect(invalid.challenge).toContain('error="invalid_token"');
    const post = { method: 'POST', headers: { authorization: `Bearer ${await all.client.token('read')}` } };
    const scope = await host.request('/api/7', post);
    expect([scope.status, scope.challenge]).toEqual([
      403,
      expect.stringContaining('scope="write"') as string,
    ]);
    const failure = filter?.seen[1];
    expect(failure).toBeInstanceOf(BearerException);
    expect((failure as BearerException).bearer).toMatchObject({ code: 'invalid_token', status: 401 });
    expect(JSON.stringify((failure as BearerException).bearer)).not.toContain('nonsense');
    await host.close();
  });

  it('with a global prefix, and the endpoints told so', async () => {
    const endpoints = { token: '/v1/oauth/token', jwks: '/v1/oauth/jwks' };
    const configure = (app: INestApplication) => void app.setGlobalPrefix('v1');
    const host = await open({ adapter, options: { endpoints }, configure });
    // newClient's own way to the token endpoint has no prefix; only `send` of exercise is used here.
    const all = await exercise(host, '/v1');
    expectOauth(all);
    expect((await host.get('/v1/api', all.token)).body).toMatchObject({ client: all.client.id });
    expect((await host.request('/oauth/jwks')).status).toBe(404);
    const metadata = await host.request('/v1/.well-known/oauth-authorization-server');
    expect(metadata.body).toMatchObject({
      token_endpoint: expect.stringMatching(/\/v1\/oauth\/token$/) as string,
    });
    await host.close();
  });

  it('with a prefix that the endpoints were not told about, the token endpoint works all the same', async () => {
    const host = await open({ adapter, configure: (app) => void app.setGlobalPrefix('v1') });
    expectOauth(await exercise(host, '/v1'));
    await host.close();
  });

  it('with everything at once', async () => {
    const configure = (app: INestApplication) => {
      app.useGlobalPipes(new ValidationPipe({ ...strict, validateCustomDecorators: true }));
      app.useGlobalInterceptors(new Wrapper());
      app.useGlobalFilters(new CatchAll(app));
      app.enableCors({ origin: true, credentials: true });
    };
    const host = await open({ adapter, configure });
    const all = await exercise(host);
    expectOauth(all);
    expect((await host.get('/api', all.token)).body).toMatchObject({ data: { client: all.client.id } });
    await host.close();
  });

  it('whose callbacks return a value instead of sending: nothing is sent by itself', async () => {
    @Controller('silent')
    class SilentController {
      constructor(private readonly oauth: OauthService) {}
      @Post()
      async token(@Oauth() context: HttpContext) {
        const outcome = await this.oauth.token(context, echo);
        context.send({ status: 202, headers: { 'X-Mine': 'yes' } }, { error: 'error' in outcome });
      }
    }
    const host = await open({ adapter, controllers: [SilentController] });
    const init = { method: 'POST', body: new URLSearchParams({ grant_type: 'x' }) };
    const answer = await host.request('/silent', init);
    expect([answer.status, answer.headers.get('x-mine'), answer.body]).toEqual([202, 'yes', { error: true }]);
    await host.close();
  });
});
