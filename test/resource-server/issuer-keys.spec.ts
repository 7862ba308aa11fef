import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { OauthGuard, RequireScopes, ResourceServerModule } from 'nestjs-oauth-kit/resource-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { API, closeApis, openApi, openModules, OrdersController, type Api } from './api.js';
import { CERTIFICATE, KEY } from '../fetch/certificate.js';
import { FakeIssuer, json, JWKS, METADATA, newKey, type Reply } from './fake-issuer.js';

let issuer: FakeIssuer;

beforeEach(async () => {
  issuer = await FakeIssuer.open();
});

afterEach(async () => {
  await closeApis();
  await issuer.close();
});

const open = (more: Partial<Parameters<typeof openApi>[0]> = {}): Promise<Api> =>
  openApi({ issuer: issuer.url, clock: issuer.clock, ...more });

const hang: Reply = () => undefined;
const cut: Reply = (response) => response.socket?.destroy();

const FAULTS: readonly (readonly [string, Reply])[] = [
  ['a status 500', json({ keys: [] }, {}, 500)],
  ['a status 404', json({ keys: [] }, {}, 404)],
  ['META-028 a redirect', json({}, { location: '/elsewhere' }, 302)],
  ['no JSON', json('<html>')],
  ['an array', json([])],
  ['more than 64 KiB', json(`{"keys":[],"x":"${'x'.repeat(70_000)}"}`)],
  ['a connection that is cut', cut],
];

describe('JWT-026 without anything of the issuer the answer is 503, not 401 and not 200', () => {
  it.each(FAULTS)('where the keys are %s', async (_, reply) => {
    issuer.replies.set(JWKS, reply);
    const api = await open();
    expect(await api.status(issuer.token())).toBe(503);
    expect(issuer.count('/elsewhere')).toBe(0);
  });

  it.each(FAULTS)('where the metadata is %s', async (_, reply) => {
    issuer.replies.set(METADATA, reply);
    const api = await open();
    expect(await api.status(issuer.token())).toBe(503);
    expect(issuer.count(JWKS) + issuer.count('/elsewhere')).toBe(0);
  });

  it.each([
    ['another issuer', { issuer: 'https://other.example' }],
    ['an issuer with a slash', { issuer: 'http://127.0.0.1/' }],
    ['no jwks_uri', { jwks_uri: undefined }],
    ['a jwks_uri by http on another host', { jwks_uri: 'http://keys.example/' }],
    ['a jwks_uri that is none', { jwks_uri: 'keys' }],
    ['a jwks_uri of another scheme', { jwks_uri: 'file:///etc/keys' }],
    ['a jwks_uri with a password', { jwks_uri: 'http://a:b@127.0.0.1/keys' }],
    ['a number for a jwks_uri', { jwks_uri: 7 }],
  ])('where the metadata has %s', async (_, members) => {
    issuer.replies.set(METADATA, json(issuer.metadata(members)));
    const api = await open();
    expect(await api.status(issuer.token())).toBe(503);
    expect(issuer.count(JWKS)).toBe(0);
    expect(api.log.text).toMatch(
      /metadata is not that of the issuer|metadata of the issuer has (?:a|no) jwks_uri/,
    );
  });

  it('where the metadata does not come in time', async () => {
    issuer.replies.set(METADATA, hang);
    const api = await open({ timeout: 1 });
    expect(await api.status(issuer.token())).toBe(503);
    expect(api.log.text).toContain('it took longer than 1 s');
  });

  it('META-028 where the issuer cannot prove who it is, or sends elsewhere; and the log says so', async () => {
    let requests = 0;
    const impostor = createServer({ key: KEY, cert: CERTIFICATE }, () => requests++).listen(0, '127.0.0.1');
    await once(impostor, 'listening');
    const { port } = impostor.address() as AddressInfo;
    const deceived = await open({ issuer: `https://127.0.0.1:${port}` });
    expect(await deceived.status(issuer.token())).toBe(503);
    expect([requests, deceived.log.text]).toEqual([
      0,
      expect.stringMatching(/127\.0\.0\.1:\d+ failed: \w*CERT\w*\./),
    ]);
    impostor.close();
    issuer.replies.set(METADATA, json({}, { location: '/elsewhere' }, 301));
    const sent = await open();
    expect(await sent.status(issuer.token())).toBe(503);
    expect(sent.log.text).toContain('it was redirected');
  });

  it('and a set of keys that are no public signing keys is as good as an empty one', async () => {
    const secret = { kty: 'oct', k: 'AAAA', kid: 'one', alg: 'HS256' };
    const { use, ...jwk } = issuer.key.jwk;
    expect(use).toBe('sig');
    issuer.replies.set(JWKS, json({ keys: [secret, { ...jwk, use: 'enc' }, { kty: 'EC' }, 7] }));
    const api = await open();
    expect(await api.status(issuer.token())).toBe(503);
  });
});

describe('JWT-026 an outage', () => {
  it('keys and metadata stay in use for maxStale beyond their freshness, and no longer', async () => {
    issuer.replies.set(METADATA, json(issuer.metadata(), { 'cache-control': 'max-age=300' }));
    issuer.replies.set(JWKS, json({ keys: [issuer.key.jwk] }, { 'cache-control': 'max-age=300' }));
    const api = await open({ maxStale: 600 });
    const token = issuer.token({ exp: issuer.clock.time + 100_000 });
    expect(await api.status(token)).toBe(200);
    issuer.replies.set(METADATA, cut);
    issuer.replies.set(JWKS, cut);
    issuer.clock.time += 899;
    expect(await api.status(token)).toBe(200);
    issuer.clock.time += 1;
    expect(await api.status(token)).toBe(503);
  });

  it('a clock that is put back does not make them last longer', async () => {
    const api = await open({ maxStale: 600 });
    const token = issuer.token({ exp: issuer.clock.time + 100_000 });
    expect(await api.status(token)).toBe(200);
    issuer.replies.set(METADATA, cut);
    issuer.replies.set(JWKS, cut);
    issuer.clock.time -= 50_000;
    expect(await api.status(token)).toBe(200);
    issuer.clock.time += 600;
    expect(await api.status(token)).toBe(503);
  });

  it('while it hangs, the last good metadata and keys answer before it does', async () => {
    const api = await open({ timeout: 30 });
    const token = issuer.token({ exp: issuer.clock.time + 100_000 });
    expect(await api.status(token)).toBe(200);
    const held = { begun: 0, over: 0 };
    const hold: Reply = (response) => {
      held.begun++;
      response.on('close', () => held.over++);
    };
    issuer.replies.set(METADATA, hold);
    issuer.replies.set(JWKS, hold);
    issuer.clock.time += 600;
    const statuses = await Promise.all(Array.from({ length: 20 }, () => api.status(token)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await api.status(token)).toBe(200);
    expect(held).toEqual({ begun: 2, over: 0 });
    expect(api.log.lines.filter((line) => line.includes(`${issuer.url} could not be read`))).toEqual([]);
  });

  it('nobody waits for an issuer that is known to hang', async () => {
    const api = await open({ timeout: 30 });
    const token = issuer.token({ exp: issuer.clock.time + 100_000 });
    expect(await api.status(token)).toBe(200);
    issuer.replies.set(METADATA, cut);
    issuer.clock.time += 700;
    expect(await api.status(token)).toBe(200);
    issuer.replies.set(METADATA, hang);
    issuer.replies.set(JWKS, json({ keys: [issuer.key.jwk] }));
    issuer.clock.time += 10;
    expect(await api.status(token)).toBe(200);
    // The answer does not wait for the attempt, which may still be on its way to the issuer.
    await expect.poll(() => issuer.count(METADATA)).toBe(3);
  });

  it('the issuer is asked again every ten seconds, not for every request, and the log has one line each', async () => {
    issuer.replies.set(METADATA, cut);
    const api = await open();
    const token = issuer.token();
    for (let request = 0; request < 5; request++) expect(await api.status(token)).toBe(503);
    expect(issuer.count(METADATA)).toBe(1);
    issuer.clock.time += 10;
    await api.status(token);
    expect(issuer.count(METADATA)).toBe(2);
    // The logger is that of the process: an earlier issuer may still have something to say.
    const lines = api.log.lines.filter((line) => line.includes(`metadata of ${issuer.url}`));
    expect(lines).toHaveLength(2);
    expect(api.log.text).not.toContain(token.slice(-40));
  });

  it('when it is back, all is as before', async () => {
    issuer.replies.set(METADATA, cut);
    const api = await open();
    expect(await api.status(issuer.token())).toBe(503);
    issuer.replies.set(METADATA, json(issuer.metadata()));
    issuer.clock.time += 10;
    expect(await api.status(issuer.token())).toBe(200);
  });
});

describe('JWT-026 a key that is not known', () => {
  it('is looked for once, then refused; and once more after a minute', async () => {
    const api = await open();
    expect(await api.status(issuer.token())).toBe(200);
    const next = await newKey('two');
    for (let request = 0; request < 3; request++) {
      expect(await api.status(issuer.token({ n: request }, {}, next))).toBe(401);
    }
    expect(issuer.count(JWKS)).toBe(2);
    issuer.replies.set(JWKS, json({ keys: [issuer.key.jwk, next.jwk] }));
    issuer.clock.time += 59;
    expect(await api.status(issuer.token({}, {}, next))).toBe(401);
    issuer.clock.time += 1;
    expect(await api.status(issuer.token({}, {}, next))).toBe(200);
    expect(issuer.count(JWKS)).toBe(3);
  });

  it('JWT-027 a thousand requests with a new key at once cause one', async () => {
    const api = await open();
    expect(await api.status(issuer.token())).toBe(200);
    const next = await newKey('two');
    issuer.replies.set(JWKS, (response, seen) => {
      setImmediate(() => json({ keys: [issuer.key.jwk, next.jwk] })(response, seen));
    });
    const tokens = Array.from({ length: 1000 }, (_, n) => issuer.token({ jti: `n${n}` }, {}, next));
    const statuses = await Promise.all(tokens.map((token) => api.status(token)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(issuer.count(JWKS)).toBe(2);
  });

  it('JWT-027 so do a thousand at the start', async () => {
    const api = await open();
    const tokens = Array.from({ length: 1000 }, (_, n) => issuer.token({ jti: `n${n}` }));
    const statuses = await Promise.all(tokens.map((token) => api.status(token)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect([issuer.count(METADATA), issuer.count(JWKS)]).toEqual([1, 1]);
  });

  it('a key that the issuer has withdrawn verifies nothing more once the keys are read again', async () => {
    const other = await newKey('two');
    issuer.replies.set(JWKS, json({ keys: [issuer.key.jwk, other.jwk] }));
    const api = await open();
    const claims = { exp: issuer.clock.time + 100_000 };
    const [token, kept] = [issuer.token(claims), issuer.token(claims, {}, other)];
    expect([await api.status(token), await api.status(kept)]).toEqual([200, 200]);
    issuer.replies.set(JWKS, json({ keys: [other.jwk] }));
    issuer.clock.time += 600;
    expect([await api.status(token), await api.status(kept)]).toEqual([401, 200]);
  });
});

@Controller('invoices')
@UseGuards(OauthGuard)
class InvoicesController {
  @Get()
  @RequireScopes('invoices')
  list() {
    return { invoices: [] };
  }
}

describe('JWT-025 two issuers in one application', () => {
  it('each guards what imports it, and neither takes the tokens of the other', async () => {
    const other = await FakeIssuer.open();
    const { clock } = issuer;
    const resource = 'https://api.example/invoices';
    const api = await openModules(
      [
        {
          module: ResourceServerModule.forRoot({
            issuer: issuer.url,
            resource: API,
            scopes: ['read', 'write'],
            clock,
          }),
          controllers: [OrdersController],
        },
        {
          module: ResourceServerModule.forRoot({ issuer: other.url, resource, scopes: ['invoices'], clock }),
          controllers: [InvoicesController],
        },
      ],
      clock,
    );
    const both = { aud: [API, resource], scope: 'read invoices' };
    const [ours, theirs] = [issuer.token(both), other.token(both)];
    expect((await api.get('/orders', ours)).status).toBe(200);
    expect((await api.get('/invoices', theirs)).status).toBe(200);
    expect((await api.get('/orders', theirs)).status).toBe(401);
    expect((await api.get('/invoices', ours)).status).toBe(401);
    const forged = other.token({ ...both, iss: issuer.url });
    expect((await api.get('/orders', forged)).status).toBe(401);
    await other.close();
  });
});
