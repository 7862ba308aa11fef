import { Catch, Controller, Get, Post, UseFilters, UseGuards, type ArgumentsHost } from '@nestjs/common';
import {
  AccessToken,
  BearerException,
  OauthGuard,
  ProtectedResource,
  Public,
  RequireAnyScope,
  RequireScopes,
  type VerifiedAccessToken,
} from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUER } from '../support/echo.js';
import { ADAPTERS, API_METADATA, newClient, openHost, type Host, type HostClient } from './host.js';

const resources = [
  { identifier: '/api', scopes: ['read', 'write', 'admin'], default: true },
  { identifier: '/reports', scopes: ['report'], accessTokenFormat: 'opaque' as const },
  { identifier: 'urn:example:quiet', scopes: ['quiet'] },
];
const scope = 'read write admin report quiet';
const REPORTS_METADATA = `resource_metadata="${ISSUER}/.well-known/oauth-protected-resource/reports"`;

const steps: string[] = [];
let allowed = '';

@Controller('api')
@UseGuards(OauthGuard)
@ProtectedResource('/api')
class ApiController {
  @Get('scopes')
  async scopes(@AccessToken() token: VerifiedAccessToken) {
    steps.push('begun');
    await new Promise(setImmediate);
    token.requireScopes('write', 'admin');
    steps.push('done');
    return { scope: token.scope };
  }

  @Get('none')
  none(@AccessToken() token: VerifiedAccessToken) {
    token.requireScopes();
    return { has: token.hasScopes(), not: token.hasScopes('read', 'rea'), reads: token.hasScopes('read') };
  }

  @Get('client')
  client(@AccessToken() token: VerifiedAccessToken) {
    token.requireClient('somebody', allowed);
    return { client: token.clientId };
  }

  @Get('evil')
  evil(@AccessToken() token: VerifiedAccessToken) {
    token.requireScopes('x"\r\nSet-Cookie: a=b\\é\u0000');
  }

  @Get('free')
  free(@AccessToken() token: VerifiedAccessToken) {
    token.requireClient();
  }

  @Get('more')
  @RequireScopes('read')
  more(@AccessToken() token: VerifiedAccessToken) {
    token.requireScopes('read', 'admin');
    token.requireScopes('write');
    return { scope: token.scope };
  }

  @Get('either')
  @RequireAnyScope('read', 'write')
  either(@AccessToken() token: VerifiedAccessToken) {
    token.requireScopes('admin');
    return { scope: token.scope };
  }

  @Post('body')
  @RequireScopes('read')
  body(@AccessToken() token: VerifiedAccessToken) {
    token.requireScopes('admin');
  }
}

@Controller('both')
@UseGuards(OauthGuard)
@ProtectedResource('/api', `${ISSUER}/reports`, 'urn:example:quiet')
class BothController {
  @Get()
  any(@AccessToken() token: VerifiedAccessToken) {
    return { audience: token.audience };
  }

  @Get('reports')
  reports(@AccessToken() token: VerifiedAccessToken) {
    token.requireAudience('/reports', 'urn:example:quiet');
    return { audience: token.audience };
  }

  @Get('full')
  full(@AccessToken() token: VerifiedAccessToken) {
    token.requireAudience(`${ISSUER}/api`);
    return {};
  }

  @Get('nobody')
  nobody(@AccessToken() token: VerifiedAccessToken) {
    token.requireAudience();
    return {};
  }

  @Get('unknown')
  unknown(@AccessToken() token: VerifiedAccessToken) {
    token.requireAudience('/elsewhere', '/API', `${ISSUER}/api/`, 'api');
    return {};
  }
}

@Catch(BearerException)
class Filter {
  catch(exception: BearerException, host: ArgumentsHost) {
    const response = host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(body: object): void } }>();
    response.status(exception.bearer.status).send({ mine: exception.bearer.code });
  }
}

@Controller('filtered')
@UseGuards(OauthGuard)
@UseFilters(Filter)
@ProtectedResource('/api')
class FilteredController {
  @Get()
  get(@AccessToken() token: VerifiedAccessToken) {
    token.requireScopes('admin');
  }
}

@Controller('public')
@Public()
@UseGuards(OauthGuard)
class PublicController {
  @Get()
  get(@AccessToken() token?: VerifiedAccessToken) {
    return { token: token === undefined ? 'none' : 'some' };
  }
}

describe.each(ADAPTERS)('what a handler requires after it has begun, on %s', (adapter) => {
  let host: Host;
  let client: HostClient;

  beforeAll(async () => {
    const controllers = [ApiController, BothController, FilteredController, PublicController];
    host = await openHost({ adapter, controllers, options: { resources } });
    client = await newClient(host, { scope });
  });

  afterAll(() => host.close());

  const get = async (path: string, asked = 'read') => host.get(path, await client.token(asked));

  /** 403 with a challenge of exactly these parameters, the same words in the body, and not to be stored. */
  async function refused(path: string, asked: string, metadata: string, scopes?: string) {
    const { status, challenge, body, headers } = await get(path, asked);
    expect([path, status]).toEqual([path, 403]);
    const description = String(body['error_description']);
    expect(description.length).toBeGreaterThan(10);
    expect(body).toEqual({ error: 'insufficient_scope', error_description: description });
    const parts = [
      'Bearer realm="oauth"',
      'error="insufficient_scope"',
      `error_description="${description}"`,
      ...(scopes === undefined ? [] : [`scope="${scopes}"`]),
      ...(metadata === '' ? [] : [metadata]),
    ];
    expect(challenge).toBe(parts.join(', '));
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('pragma')).toBe('no-cache');
    expect(headers.get('content-type')).toMatch(/^application\/json/);
  }

  it('BEAR-011 BEAR-018 requireScopes: 403 that names them, after the handler has begun', async () => {
    steps.length = 0;
    for (const asked of ['read', 'write', 'admin', 'read write']) {
      await refused('/api/scopes', asked, API_METADATA, 'write admin');
    }
    expect(steps).toEqual(['begun', 'begun', 'begun', 'begun']);
    expect((await get('/api/scopes', 'write admin')).status).toBe(200);
    expect(steps.at(-1)).toBe('done');
  });

  it('BEAR-011 requireScopes: the challenge names those of the handler too, each once', async () => {
    await refused('/api/more', 'read', API_METADATA, 'read admin');
    await refused('/api/more', 'read write', API_METADATA, 'read admin');
    await refused('/api/more', 'read admin', API_METADATA, 'read write');
    await refused('/api/either', 'write', API_METADATA, 'read write admin');
    // What the handler requires is found missing first.
    await refused('/api/more', 'write admin', API_METADATA, 'read');
  });

  it('BEAR-011 BEAR-018 who asks for exactly the scopes of the challenges gets through', async () => {
    const steppedUp = async (path: string, asked: string): Promise<string> => {
      const { status, challenge } = await get(path, asked);
      expect(status).toBe(403);
      return /scope="([^"]*)"/.exec(challenge ?? '')?.[1] ?? '';
    };
    for (const path of ['/api/scopes', '/api/either']) {
      const { status, body } = await get(path, await steppedUp(path, 'read'));
      expect([path, status, body]).toEqual([path, 200, { scope: expect.any(Array) as string[] }]);
    }
    // Two questions of one handler, one after the other: the scopes of both challenges together.
    const first = await steppedUp('/api/more', 'read');
    const second = await steppedUp('/api/more', first);
    const all = [...new Set(`${first} ${second}`.split(' '))].join(' ');
    expect((await get('/api/more', all)).status).toBe(200);
  });

  it('hasScopes compares exactly; no scopes are always there', async () => {
    expect((await get('/api/none')).body).toEqual({ has: true, not: false, reads: true });
  });

  it('BEAR-011 requireClient: 403 without a scope, for no scope would help', async () => {
    allowed = '';
    await refused('/api/client', 'read', API_METADATA);
    allowed = client.id.toUpperCase();
    await refused('/api/client', 'read', API_METADATA);
    allowed = client.id;
    expect((await get('/api/client')).body).toEqual({ client: client.id });
    await refused('/api/free', 'read', API_METADATA);
  });

  it('BEAR-011 requireAudience: by path and by identifier, one of several is enough', async () => {
    await refused('/both/reports', 'read', API_METADATA);
    expect((await get('/both/reports', 'report')).body).toEqual({ audience: [`${ISSUER}/reports`] });
    expect((await get('/both/reports', 'quiet')).body).toEqual({ audience: ['urn:example:quiet'] });
    expect((await get('/both/full', 'read')).status).toBe(200);
    await refused('/both/full', 'report', REPORTS_METADATA);
    await refused('/both/full', 'quiet', '');
    for (const path of ['/both/nobody', '/both/unknown']) {
      await refused(path, 'read', API_METADATA);
      await refused(path, 'report', REPORTS_METADATA);
    }
  });

  it('BEAR-014 BEAR-015 a scope that no challenge can hold is made harmless', async () => {
    const { status, challenge, headers } = await get('/api/evil');
    expect(status).toBe(403);
    expect(challenge).toMatch(/^Bearer [\x20-\x21\x23-\x5b\x5d-\x7e"]+$/);
    const parameters = [...(challenge ?? '').matchAll(/(\w+)="([^"]*)"/g)];
    expect(challenge).toBe(`Bearer ${parameters.map(([all]) => all).join(', ')}`);
    expect(headers.get('set-cookie')).toBeNull();
  });

  it('a request with a body is refused the same', async () => {
    const init = {
      method: 'POST',
      headers: { authorization: `Bearer ${await client.token('read')}`, 'content-type': 'application/json' },
      body: '{"a":1}',
    };
    const { status, body, challenge } = await host.request('/api/body', init);
    expect([status, body['error']]).toEqual([403, 'insufficient_scope']);
    expect(challenge).toContain('scope="read admin"');
  });

  it('a filter of the host gets it as a BearerException, and the challenge stands', async () => {
    const { status, body, challenge } = await get('/filtered');
    expect([status, body]).toEqual([403, { mine: 'insufficient_scope' }]);
    expect(challenge).toContain('scope="admin"');
  });

  it('requests at once: each is answered for its own token', async () => {
    const [poor, rich] = [await client.token('read'), await client.token('write admin')];
    const all = Array.from({ length: 40 }, (_, n) => host.get('/api/scopes', n % 2 === 0 ? poor : rich));
    const answers = await Promise.all(all);
    expect(answers.map(({ status }) => status)).toEqual(answers.map((_, n) => (n % 2 === 0 ? 403 : 200)));
    for (const { challenge, status } of answers) expect(challenge === null).toBe(status === 200);
  });

  it('none of it is an error of the server', () => {
    expect(host.log.lines.filter((line) => /ExceptionsHandler|Error:/.test(line))).toEqual([]);
  });

  it('what is handed to a handler has nothing of the guard’s that could be sent', async () => {
    let seen: VerifiedAccessToken | undefined;
    @Controller('seen')
    @UseGuards(OauthGuard)
    @RequireScopes('read')
    class SeenController {
      @Get()
      see(@AccessToken() token: VerifiedAccessToken) {
        seen = token;
        return token;
      }
    }
    const other = await openHost({ adapter, controllers: [SeenController], options: { resources } });
    const someone = await newClient(other, { scope });
    const token = await someone.token('read');
    const { body, text } = await other.get('/seen', token);
    expect(Object.keys(body).sort()).toEqual([
      'audience', 'claims', 'clientId', 'expiresAt', 'format', 'id', 'issuedAt', 'issuer', 'scope', 'subject',
    ]); // prettier-ignore
    expect(text).not.toContain(token);
    expect(Object.keys(seen ?? {}).sort()).toEqual(Object.keys(body).sort());
    expect(() => seen?.requireClient('x')).toThrow();
    await other.close();
  });
});
