import { Controller, Get, Res, UseGuards } from '@nestjs/common';
import {
  AccessToken,
  BearerException,
  OauthGuard,
  RequireScopes,
  type VerifiedAccessToken,
} from 'nestjs-oauth-kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { turn } from '../oauth/support.js';
import { ADAPTERS, newClient, openHost, sendRaw, type Host, type HostClient } from './host.js';

interface Raw {
  write(text: string): unknown;
  end(text?: string): unknown;
}

/** What Express and Fastify have in common, and Fastify alone. */
interface Response {
  send(body: object): unknown;
  readonly raw?: Raw;
}

const rawOf = (response: Response): Raw => response.raw ?? (response as unknown as Raw);
const resources = [{ identifier: '/api', scopes: ['read', 'admin'] }];
const caught: unknown[] = [];

/** Asks for what the token does not have, and keeps what is thrown. */
function ask(token: VerifiedAccessToken): void {
  try {
    token.requireScopes('admin');
  } catch (failure) {
    caught.push(failure);
    throw failure;
  }
}

@Controller('api')
@UseGuards(OauthGuard)
@RequireScopes('read')
class LateController {
  @Get('sent')
  sent(@AccessToken() token: VerifiedAccessToken, @Res() response: Response) {
    response.send({ sent: true });
    ask(token);
  }

  @Get('later')
  async later(@AccessToken() token: VerifiedAccessToken, @Res() response: Response) {
    response.send({ sent: true });
    await turn();
    ask(token);
  }

  @Get('ended')
  ended(@AccessToken() token: VerifiedAccessToken, @Res() response: Response) {
    rawOf(response).end('{"sent":true}');
    ask(token);
  }

  @Get('begun')
  async begun(@AccessToken() token: VerifiedAccessToken, @Res() response: Response) {
    rawOf(response).write('begun');
    await turn();
    ask(token);
  }

  @Get('swallowed')
  swallowed(@AccessToken() token: VerifiedAccessToken, @Res() response: Response) {
    response.send({ sent: true });
    try {
      ask(token);
    } catch {
      // A host that has sent its answer has nothing more to say.
    }
  }

  @Get('all')
  all(@AccessToken() token: VerifiedAccessToken, @Res() response: Response) {
    response.send({ sent: true });
    for (const refuse of [
      () => token.requireScopes('admin'),
      () => token.requireClient('nobody'),
      () => token.requireAudience('/elsewhere'),
    ]) {
      try {
        refuse();
      } catch (failure) {
        caught.push(failure);
      }
    }
  }
}

describe.each(ADAPTERS)('a handler that asks for more when it has answered, on %s', (adapter) => {
  let host: Host;
  let client: HostClient;
  const crashes: unknown[] = [];
  const crash = (failure: unknown) => void crashes.push(failure);

  beforeAll(async () => {
    host = await openHost({ adapter, controllers: [LateController], options: { resources } });
    client = await newClient(host, { scope: 'read admin' });
    process.on('unhandledRejection', crash);
    process.on('uncaughtException', crash);
  });

  afterAll(async () => {
    process.off('unhandledRejection', crash);
    process.off('uncaughtException', crash);
    await host.close();
  });

  beforeEach(() => {
    caught.length = 0;
    crashes.length = 0;
  });

  afterEach(async () => {
    await turn();
    expect(crashes).toEqual([]);
    // It goes on to answer others.
    expect((await host.request('/open')).body).toEqual({ open: true });
  });

  function refusedOnce(times = 1): void {
    expect(caught).toHaveLength(times);
    for (const each of caught) {
      expect(each).toBeInstanceOf(BearerException);
      expect(each).toMatchObject({ status: 403, bearer: { code: 'insufficient_scope' } });
    }
  }

  it.each(['sent', 'later', 'ended', 'swallowed'])(
    'BEAR-011 %s: the answer stands, BearerException is thrown',
    async (path) => {
      const { status, text, challenge } = await host.get(`/api/${path}`, await client.token('read'));
      expect([path, status, JSON.parse(text)]).toEqual([path, 200, { sent: true }]);
      expect(challenge).toBeNull();
      await turn();
      refusedOnce();
    },
  );

  it('begun: the answer is cut off, and nothing is added to it but its end', async () => {
    const token = await client.token('read');
    const head = `GET /api/begun HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    const { status, text } = await sendRaw(host.port, head);
    expect(status).toBe(200);
    expect(text).toContain('begun');
    expect(text).not.toMatch(/WWW-Authenticate/i);
    refusedOnce();
  });

  it('everything that it may ask for is refused with the same', async () => {
    const { status, body } = await host.get('/api/all', await client.token('read'));
    expect([status, body]).toEqual([200, { sent: true }]);
    await turn();
    refusedOnce(3);
  });

  it('with the scope nothing is thrown', async () => {
    for (const path of ['sent', 'later', 'ended']) {
      expect((await host.get(`/api/${path}`, await client.token('read admin'))).status).toBe(200);
    }
    await turn();
    expect(caught).toEqual([]);
  });
});
