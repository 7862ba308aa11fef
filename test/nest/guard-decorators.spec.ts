import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  AccessToken,
  OauthGuard,
  ProtectedResource,
  Public,
  RequireAnyScope,
  RequireScopes,
  type VerifiedAccessToken,
} from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUER } from '../support/echo.js';
import {
  API_METADATA,
  ADAPTERS,
  newClient,
  openHost,
  OauthController,
  type Host,
  type HostClient,
} from './host.js';

const resources = [
  { identifier: '/api', scopes: ['read', 'write', 'admin', 'shared'], default: true },
  { identifier: '/reports', scopes: ['report', 'shared'] },
];
const scope = 'read write admin shared report';

@Controller('added')
@UseGuards(OauthGuard)
@RequireScopes('read')
class AddedController {
  @Get('class')
  ofClass() {
    return {};
  }

  @Get('both')
  @RequireScopes('write', 'admin')
  both() {
    return {};
  }

  @Get('any')
  @RequireAnyScope('write', 'admin')
  any() {
    return {};
  }

  @Get('public')
  @Public()
  open(@AccessToken() token: VerifiedAccessToken | undefined) {
    return { token: token ?? 'none' };
  }
}

@Controller('any')
@UseGuards(OauthGuard)
@RequireAnyScope('read', 'write')
class AnyController {
  @Get()
  any() {
    return {};
  }

  @Get('twice')
  @RequireAnyScope('admin', 'shared')
  twice() {
    return {};
  }
}

@Controller('named')
@UseGuards(OauthGuard)
@ProtectedResource('/reports')
class NamedController {
  @Get()
  ofClass() {
    return {};
  }

  @Get('shared')
  @RequireScopes('shared')
  shared() {
    return {};
  }

  @Get('api')
  @ProtectedResource(`${ISSUER}/api`)
  ofHandler() {
    return {};
  }
}

@Controller('wrong')
@UseGuards(OauthGuard)
class WrongController {
  @Get('untold')
  untold() {
    return { reached: true };
  }
}

@Controller('stacked')
@UseGuards(OauthGuard)
class StackedController {
  @Get()
  @RequireScopes('read')
  @RequireScopes('admin')
  both() {
    return {};
  }

  @Get('any')
  @RequireAnyScope('read', 'write')
  @RequireAnyScope('admin', 'shared')
  each() {
    return {};
  }
}

@Controller('opened')
@UseGuards(OauthGuard)
@Public()
class OpenController {
  @Get()
  open() {
    return {};
  }

  @Get('closed')
  @RequireScopes('read')
  closed() {
    return {};
  }
}

/** Handlers that no resource server, or more than one, could be meant by. */
const HOMELESS: Record<string, MethodDecorator[]> = {
  'an unknown scope': [RequireScopes('nonsense')],
  'scopes of two resources': [RequireScopes('read', 'report')],
  'a scope that two resources have': [RequireScopes('shared')],
  'an unknown resource': [ProtectedResource('/nowhere')],
  'a scope of another resource': [ProtectedResource('/reports'), RequireScopes('read')],
  'no scope': [RequireScopes()],
  'one of no scopes': [RequireAnyScope()],
};

@Controller('shared')
@UseGuards(OauthGuard)
@ProtectedResource('/api')
@RequireScopes('shared')
class SharedController {
  @Get()
  shared() {
    return {};
  }
}

describe.each(ADAPTERS)('decorators on %s', (adapter) => {
  let host: Host;
  let client: HostClient;

  beforeAll(async () => {
    const controllers = [
      AddedController,
      AnyController,
      NamedController,
      WrongController,
      SharedController,
      StackedController,
      OpenController,
    ];
    host = await openHost({ adapter, controllers, options: { resources } });
    client = await newClient(host, { scope });
  });

  afterAll(() => host.close());

  async function check(path: string, asked: string, status: number, needed?: string): Promise<void> {
    const answer = await host.get(path, await client.token(asked));
    expect([path, asked, answer.status]).toEqual([path, asked, status]);
    if (needed !== undefined) expect(answer.challenge).toContain(`scope="${needed}"`);
  }

  it('@RequireScopes on class and handler add up', async () => {
    await check('/added/class', 'read', 200);
    await check('/added/class', 'write', 403, 'read');
    await check('/added/both', 'read write admin', 200);
    for (const asked of ['read', 'read write', 'read admin', 'write admin'])
      await check('/added/both', asked, 403);
    const { challenge } = await host.get('/added/both', await client.token('read'));
    expect(
      /scope="([^"]*)"/
        .exec(challenge ?? '')?.[1]
        ?.split(' ')
        .sort(),
    ).toEqual(['admin', 'read', 'write']);
  });

  it('@RequireAnyScope: one is enough, of each list', async () => {
    await check('/any', 'read', 200);
    await check('/any', 'write', 200);
    await check('/any', 'admin', 403, 'read write');
    await check('/any/twice', 'read admin', 200);
    await check('/any/twice', 'write shared', 200);
    for (const asked of ['read write', 'admin shared', 'read', 'admin'])
      await check('/any/twice', asked, 403);
    await check('/added/any', 'read admin', 200);
    await check('/added/any', 'read', 403);
    await check('/added/any', 'admin', 403);
  });

  it('@ProtectedResource: by path and by identifier, the handler’s before the class’s', async () => {
    await check('/named', 'report', 200);
    await check('/named', 'read', 401);
    await check('/named/api', 'read', 200);
    await check('/named/api', 'report', 401);
    await check('/named/shared', 'shared report', 200);
    await check('/named/shared', 'shared', 401);
    await check('/named/shared', 'report', 403, 'shared');
  });

  it('JWT-016 threat 16 a scope of several resources: a token for the handler’s own alone', async () => {
    await check('/shared', 'shared', 200);
    await check('/shared', 'shared report', 401);
    await check('/shared', 'report', 401);
  });

  it('several times on one handler they add up', async () => {
    await check('/stacked', 'read admin', 200);
    for (const asked of ['read', 'admin']) await check('/stacked', asked, 403);
    await check('/stacked/any', 'write shared', 200);
    for (const asked of ['read write', 'admin shared']) await check('/stacked/any', asked, 403);
  });

  it('@Public on the class does not open a handler that requires scopes', async () => {
    expect((await host.request('/opened')).status).toBe(200);
    expect((await host.request('/opened/closed')).status).toBe(401);
    await check('/opened/closed', 'read', 200);
  });

  it('@Public: no token is asked for, and @AccessToken is undefined even where one was sent', async () => {
    expect((await host.request('/added/public')).body).toEqual({ token: 'none' });
    expect((await host.get('/added/public', await client.token('read'))).body).toEqual({ token: 'none' });
    expect((await host.get('/added/public', 'nonsense')).status).toBe(200);
  });

  it('a handler that does not tell its resource fails closed, with and without a token', async () => {
    const lines = host.log.lines.length;
    const answers = [
      await host.request('/wrong/untold'),
      await host.get('/wrong/untold', 'nonsense'),
      await host.get('/wrong/untold', await client.token('read write admin shared')),
    ];
    for (const { status, text } of answers) {
      expect(status).toBe(500);
      expect(text).not.toMatch(/reached|ProtectedResource|nonsense/);
    }
    expect(host.log.lines.slice(lines).join('\n')).toContain('@ProtectedResource');
  });

  it.each(Object.entries(HOMELESS))(
    'ROB-032 a handler that asks for %s stops the start',
    async (_, decorators) => {
      @Controller('homeless')
      @UseGuards(OauthGuard)
      class HomelessController {
        @Get()
        handler() {
          return {};
        }
      }
      const descriptor = Object.getOwnPropertyDescriptor(HomelessController.prototype, 'handler');
      if (!descriptor) throw new Error('no handler');
      for (const decorate of decorators) decorate(HomelessController.prototype, 'handler', descriptor);
      const start = openHost({ adapter, controllers: [HomelessController], options: { resources } });
      await expect(start).rejects.toMatchObject({
        name: 'ConfigurationError',
        message: expect.stringContaining('HomelessController.handler') as string,
      });
    },
  );

  it('with one resource alone every handler is its own', async () => {
    const one = await openHost({
      adapter,
      controllers: [WrongController],
      options: { resources: resources.slice(0, 1) },
    });
    const someone = await newClient(one, { scope: 'read' });
    expect((await one.get('/wrong/untold', await someone.token('read'))).status).toBe(200);
    expect((await one.request('/wrong/untold')).challenge).toBe(`Bearer realm="oauth", ${API_METADATA}`);
    await one.close();
  });
});

describe.each(ADAPTERS)('the guard as APP_GUARD on %s', (adapter) => {
  it('guards every handler but the public ones', async () => {
    @Controller('api')
    class ApiController {
      @Get()
      @RequireScopes('read')
      read(@AccessToken() token: VerifiedAccessToken) {
        return { client: token.clientId };
      }
    }
    // The endpoints of the host have to be public: its own classes carry the decorator.
    Public()(OauthController);
    try {
      const metadata = { providers: [{ provide: APP_GUARD, useExisting: OauthGuard }] };
      const host = await openHost({ adapter, controllers: [ApiController], metadata });
      const client = await newClient(host);
      expect((await host.request('/api')).status).toBe(401);
      expect((await host.get('/api', await client.token('read'))).body).toEqual({ client: client.id });
      expect((await host.request('/oauth/jwks')).status).toBe(200);
      // Not public, and no scope that tells its resource: closed.
      expect((await host.request('/open')).status).toBe(500);
      await host.close();
    } finally {
      Reflect.deleteMetadata('nestjs-oauth-kit:public', OauthController);
    }
  });

  it('from a module of its own, by useClass, which needs the OauthModule to be global', async () => {
    @Controller('api')
    @RequireScopes('read')
    class ApiController {
      @Get()
      read() {
        return {};
      }
    }
    @Module({ controllers: [ApiController], providers: [{ provide: APP_GUARD, useClass: OauthGuard }] })
    class GuardModule {}
    const host = await openHost({
      adapter,
      options: { isGlobal: true },
      metadata: { imports: [GuardModule] },
    });
    expect((await host.request('/api')).status).toBe(401);
    await host.close();
  });
});
