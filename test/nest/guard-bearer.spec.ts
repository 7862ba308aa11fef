import { Controller, Get, Post, Query, UseGuards } from '@nestjs/common';
import { AccessToken, OauthGuard, RequireScopes, type VerifiedAccessToken } from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Faults, faulty } from '../oauth/support.js';
import { ISSUER } from '../support/echo.js';
import {
  API_METADATA,
  ADAPTERS,
  FORM,
  newClient,
  openHost,
  sendRaw,
  type Host,
  type HostClient,
} from './host.js';

let sideEffects = 0;

@Controller('api')
@UseGuards(OauthGuard)
class ApiController {
  @Get()
  @RequireScopes('read')
  read(@AccessToken() token: VerifiedAccessToken, @Query() query: unknown) {
    sideEffects++;
    return { token, query };
  }

  @Post()
  @RequireScopes('write')
  write() {
    sideEffects++;
    return { written: true };
  }
}

@Controller('reports')
@UseGuards(OauthGuard)
class ReportsController {
  @Get()
  @RequireScopes('report')
  report(@AccessToken() token: VerifiedAccessToken) {
    sideEffects++;
    return { token };
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe.each(ADAPTERS)('the guard on %s', (adapter) => {
  let host: Host;
  let faults: Faults;
  let client: HostClient;
  let token: string;
  let opaque: string;

  beforeAll(async () => {
    const made = faulty();
    faults = made.faults;
    const options = {
      persistence: made.persistence,
      realm: 'the realm',
      accessTokenClaims: () => ({ tenant: 't1' }),
    };
    host = await openHost({ adapter, controllers: [ApiController, ReportsController], options });
    client = await newClient(host);
    token = await client.token();
    opaque = await client.token('report');
  });

  afterAll(() => host.close());

  const send = (authorization: string) => host.request('/api', { headers: { authorization } });

  it('BEAR-001 BEAR-002 a good token, the scheme in any case', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR'])
      expect((await send(`${scheme} ${token}`)).status).toBe(200);
    expect((await send(`Bearer   ${token}`)).status).toBe(200);
  });

  it.each([
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Bearer "x"',
    'Bearer a,b',
    'Bearer a, Bearer b',
    'Bearer é',
    'Bearer a=b',
    'Bearer ===',
    'Bearer a;b',
    'Bearer token="a"',
  ])('BEAR-003 %s is malformed', async (authorization) => {
    const { status, challenge, body } = await send(Buffer.from(authorization).toString('latin1'));
    expect(status).toBe(400);
    expect(challenge).toMatch(
      new RegExp(
        `^Bearer realm="the realm", error="invalid_request", error_description="[^"]+", ${API_METADATA}$`,
      ),
    );
    expect(body['error']).toBe('invalid_request');
  });

  it.each(['Basic eDp5', 'Digest x', 'DPoP x', 'Token x', 'x', 'Bearerx y', 'Basic'])(
    'BEAR-009 %s is no bearer token: a challenge without an error',
    async (authorization) => {
      const { status, challenge } = await send(authorization);
      expect([status, challenge]).toEqual([401, `Bearer realm="the realm", scope="read", ${API_METADATA}`]);
    },
  );

  it('BEAR-005 BEAR-006 BEAR-008 BEAR-023 no token, or one that stands elsewhere: a challenge without an error', async () => {
    for (const [path, init] of [
      ['/api', {}],
      [`/api?access_token=${token}`, {}],
      ['/api', { method: 'POST', body: new URLSearchParams({ access_token: token }) }],
      ['/api', { method: 'POST', body: JSON.stringify({ access_token: token }), headers: JSON_TYPE }],
      ['/api', { headers: { cookie: `access_token=${token}; Authorization=Bearer ${token}` } }],
      [
        '/api',
        {
          headers: {
            'x-access-token': token,
            'x-authorization': `Bearer ${token}`,
            'proxy-authorization': `Bearer ${token}`,
          },
        },
      ],
    ] as [string, RequestInit][]) {
      const { status, challenge, body, headers } = await host.request(path, init);
      expect([status, challenge]).toEqual([
        401,
        `Bearer realm="the realm", scope="${init.method === 'POST' ? 'write' : 'read'}", ${API_METADATA}`,
      ]);
      expect(body).not.toHaveProperty('error_description');
      expect(body['error']).toBeUndefined();
      expect(headers.get('cache-control')).toBe('no-store');
    }
    const form = { method: 'POST', headers: { 'content-type': FORM }, body: `access_token=${token}` };
    expect((await host.request('/api', form)).status).toBe(401);
    const both = { headers: { authorization: `Bearer ${token}` } };
    expect((await host.request('/api?access_token=other', both)).status).toBe(200);
  });

  it('BEAR-010 BEAR-012 BEAR-016 BEAR-018 an unknown token', async () => {
    const { status, challenge, body, headers } = await send('Bearer unknown');
    expect(status).toBe(401);
    expect(challenge).toBe(
      `Bearer realm="the realm", error="invalid_token", error_description="${String(body['error_description'])}", ${API_METADATA}`,
    );
    expect(body).toEqual({ error: 'invalid_token', error_description: expect.any(String) as string });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('BEAR-011 too little scope', async () => {
    const init = { method: 'POST', headers: { authorization: `Bearer ${token}` } };
    const { status, challenge, body, headers } = await host.request('/api', init);
    expect(status).toBe(403);
    expect(challenge).toMatch(
      new RegExp(
        `^Bearer realm="the realm", error="insufficient_scope", error_description="[^"]+", scope="write", ${API_METADATA}$`,
      ),
    );
    expect(body['error']).toBe('insufficient_scope');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('BEAR-013 BEAR-014 BEAR-015 each parameter once, of safe characters, nothing of the request in it', async () => {
    const evil = 'x"\\\u00e9\u0007<script>';
    const answers = [
      await send(Buffer.from(`Bearer ${evil}`).toString('latin1').replace('\u0007', '')),
      await send('Bearer abcdefgh'),
      await host.request(`/api?${encodeURIComponent(evil)}=abcdefgh`),
      await send(`Basic ${Buffer.from(evil).toString('base64')}`),
    ];
    for (const { challenge, text } of answers) {
      const parameters = [...(challenge ?? '').matchAll(/(\w+)="([^"]*)"/g)];
      const names = parameters.map(([, name]) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(challenge).toBe(`Bearer ${parameters.map(([all]) => all).join(', ')}`);
      expect(challenge).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e"]+$/);
      for (const part of ['abcdefgh', '<script', 'script>']) {
        expect(challenge).not.toContain(part);
        expect(text).not.toContain(part);
      }
    }
  });

  it('BEAR-017 two Authorization lines are refused, also the same one twice, in any order', async () => {
    const lines = [
      [`Authorization: Bearer ${token}`, `Authorization: Bearer ${token}`],
      [`Authorization: Bearer ${token}`, 'authorization: Bearer other'],
      ['AUTHORIZATION: Basic eDp5', `Authorization: Bearer ${token}`],
    ];
    for (const pair of lines) {
      const raw = `GET /api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${pair.join('\r\n')}\r\n\r\n`;
      const { status, text } = await sendRaw(host.port, raw);
      expect(status).toBe(400);
      expect(text).toMatch(/www-authenticate: Bearer realm="the realm", error="invalid_request"/i);
    }
  });

  it('BEAR-019 a refused request reaches no handler', async () => {
    const before = sideEffects;
    await send('Bearer unknown');
    await host.request('/api', { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    await host.request('/reports');
    expect(sideEffects).toBe(before);
  });

  it('ROB-009 a token of 8 KiB is judged, not thought about', async () => {
    for (const long of [
      'a'.repeat(8193),
      `${'a.'.repeat(5000)}a`,
      `${'='.repeat(9000)}`,
      `a${'='.repeat(9000)}b`,
    ]) {
      expect([400, 401]).toContain((await send(`Bearer ${long}`)).status);
    }
  });

  it('@AccessToken has what the token says, in both formats', async () => {
    const now = host.clock.now();
    const common = { clientId: client.id, subject: client.id, issuer: ISSUER, claims: { tenant: 't1' } };
    const times = {
      issuedAt: now,
      expiresAt: now + 3600,
      id: expect.stringMatching(/^[0-9a-f]{16}\.[\w-]{22}$/) as string,
    };
    const jwt = await host.get('/api', token);
    expect(jwt.body['token']).toEqual({
      ...common,
      ...times,
      audience: [`${ISSUER}/api`],
      scope: ['read'],
      format: 'jwt',
    });
    const report = await host.get('/reports', opaque);
    const reports = { audience: [`${ISSUER}/reports`], scope: ['report'], format: 'opaque' };
    expect(report.body['token']).toEqual({ ...common, ...times, ...reports });
  });

  it('JWT-016 threat 36 a token for another resource is refused, in both formats', async () => {
    for (const [path, other] of [
      ['/reports', token],
      ['/api', opaque],
    ] as const) {
      const { status, body } = await host.get(path, other);
      expect([status, body['error']]).toEqual([401, 'invalid_token']);
    }
  });

  it('threat 34 an opaque token that is cut, longer, changed, or dressed up is refused', async () => {
    expect((await host.get('/reports', opaque)).status).toBe(200);
    const changed = [...opaque].map(
      (character, at) => opaque.slice(0, at) + (character === 'A' ? 'B' : 'A') + opaque.slice(at + 1),
    );
    const others = [
      ...changed,
      ...[
        opaque.slice(0, -1),
        opaque.slice(1),
        opaque.slice(4),
        opaque.slice(0, 22),
        `${opaque}a`,
        `a${opaque}`,
      ],
      ...[
        `${opaque}=`,
        `${opaque}==`,
        `${opaque}.`,
        `nok_${opaque}`,
        `xyz_${opaque.slice(4)}`,
        opaque.toLowerCase(),
      ],
      ...[opaque.toUpperCase(), opaque.split('').reverse().join('')],
    ];
    for (const other of others) {
      if (other === opaque) continue;
      expect([other, (await host.get('/reports', other)).status]).toEqual([other, 401]);
    }
    expect((await host.request('/reports', { headers: { authorization: `Bearer ${opaque} ` } })).status).toBe(
      200,
    );
  });

  it('threat 36 TOK-054 tokens of a client that is disabled or deleted are refused at once', async () => {
    for (const change of ['disable', 'delete'] as const) {
      const someone = await newClient(host);
      const pairs = [
        ['/api', await someone.token()],
        ['/reports', await someone.token('report')],
      ] as const;
      for (const [path, each] of pairs) expect((await host.get(path, each)).status).toBe(200);
      await host.admin.clients[change](someone.id);
      for (const [path, each] of pairs) {
        const { status, challenge } = await host.get(path, each);
        expect([status, challenge]).toEqual([
          401,
          expect.stringContaining('error="invalid_token"') as string,
        ]);
      }
      host.clock.time += 1;
      if (change === 'disable') await host.admin.clients.enable(someone.id);
      else await host.admin.clients.create({ client_id: someone.id, scope: 'read write report' });
      for (const [path, each] of pairs) expect((await host.get(path, each)).status).toBe(401);
    }
  });

  it('ROB-016 ROB-018 a store that is down: 503, never access and never the client’s fault', async () => {
    const secret = new Error('connect ECONNREFUSED 10.0.0.7 password=hunter2');
    for (const [call, path, each] of [
      ['clients.find', '/api', token],
      ['accessTokens.find', '/reports', opaque],
    ] as const) {
      faults.reject(call, secret);
      const { status, body, headers, text, challenge } = await host.get(path, each);
      faults.clear();
      expect([status, body['error'], challenge]).toEqual([503, 'temporarily_unavailable', null]);
      expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(text).not.toMatch(/hunter2|10\.0\.0\.7/);
      expect((await host.get(path, each)).status).toBe(200);
    }
    expect(host.log.text).toContain('ECONNREFUSED');
  });

  it('BEAR-021 tokens and secrets are in no line of the log', () => {
    for (const secret of [token, opaque, client.secret, token.split('.')[2] ?? 'x']) {
      expect(host.log.text).not.toContain(secret);
    }
  });
});

it('revocationFreshness: a number of seconds is how long a disabled client’s tokens may live on', async () => {
  const made = faulty();
  const options = { persistence: made.persistence, revocationFreshness: 10 };
  const host = await openHost({ controllers: [ApiController], options });
  const client = await newClient(host);
  const token = await client.token();
  made.faults.calls.length = 0;
  for (let request = 0; request < 5; request++) expect((await host.get('/api', token)).status).toBe(200);
  expect(made.faults.count('clients.find')).toBe(1);
  await made.store.clients.delete(client.id);
  host.clock.time += 10;
  expect((await host.get('/api', token)).status).toBe(401);
  await host.close();
});

it('revocationFreshness: a client that is disabled through this instance is refused at once all the same', async () => {
  const host = await openHost({ controllers: [ApiController], options: { revocationFreshness: 300 } });
  const client = await newClient(host);
  const token = await client.token();
  expect((await host.get('/api', token)).status).toBe(200);
  await host.admin.clients.disable(client.id);
  expect((await host.get('/api', token)).status).toBe(401);
  await host.close();
});
