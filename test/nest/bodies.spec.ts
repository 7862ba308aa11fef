import { Body, Controller, Post, UseGuards } from '@nestjs/common';
import { OauthGuard, RequireScopes } from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

@Controller('echo')
class EchoController {
  @Post()
  echo(@Body() body: unknown) {
    return { body: body ?? 'nothing' };
  }
}

@Controller('api')
@UseGuards(OauthGuard)
class ApiController {
  @Post()
  @RequireScopes('write')
  write(@Body() body: unknown) {
    return { body: body ?? 'nothing' };
  }

  @Post('bodyless')
  @RequireScopes('write')
  bodyless() {
    return { done: true };
  }
}

const BODIES = ['oauth', 'raw', 'default'] as const;
const CASES = ADAPTERS.flatMap((adapter) => BODIES.map((bodies) => [adapter, bodies] as const));
const GRANT = 'grant_type=client_credentials';

describe.each(CASES)('on %s with the bodies of %s', (adapter, bodies) => {
  let host: Host;
  let client: HostClient;
  let token: string;

  beforeAll(async () => {
    host = await openHost({ adapter, bodies, controllers: [EchoController, ApiController] });
    client = await newClient(host);
    token = await client.token('write');
  });

  afterAll(() => host.close());

  const send = (form: string, headers: Record<string, string> = {}) =>
    host.token(form, { ...client.basic, ...headers });
  const expectError = async (
    form: string,
    status: number,
    error: string,
    headers: Record<string, string> = {},
  ) => {
    const answer = await send(form, headers);
    expect([form.slice(0, 80), answer.status, answer.body['error']]).toEqual([
      form.slice(0, 80),
      status,
      error,
    ]);
  };

  it('TOK-008 the token endpoint works, whatever the content type looks like', async () => {
    for (const type of [
      FORM,
      `${FORM}; charset=UTF-8`,
      'Application/X-WWW-Form-Urlencoded;charset="utf-8"',
    ]) {
      const { status, body } = await send(`${GRANT}&scope=read+write`, { 'content-type': type });
      expect([type, status]).toEqual([type, 200]);
      expect(String(body['scope']).split(' ').sort()).toEqual(['read', 'write']);
    }
  });

  it('TOK-030 a secret in the body with every awkward character', async () => {
    const secret = 'p@ss:w%rd+ €£&=?#%2B"\\é😀';
    const poster = await newClient(host, {
      client_secret: secret,
      token_endpoint_auth_method: 'client_secret_post',
    });
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: poster.id,
      client_secret: secret,
    });
    expect((await host.token(form.toString())).status).toBe(200);
    form.set('client_secret', `${secret}x`);
    expect((await host.token(form.toString())).status).toBe(401);
  });

  it('threat 24 TOK-014 ROB-007 duplicates are refused', async () => {
    for (const again of [
      'grant_type=client_credentials',
      'scope=read&scope=read',
      'scope=read&scope=write',
      'client_id=a&client_id=a',
      'scope=&scope=read',
    ]) {
      await expectError(`${GRANT}&${again}`, 400, 'invalid_request');
    }
    expect((await send(`${GRANT}&foo=1&foo=2`)).status).toBe(200);
    expect((await send(`${GRANT}&resource=&resource=`)).status).toBe(200);
  });

  it('threat 25 ROB-005 ROB-006 brackets and prototypes never become parameters', async () => {
    for (const more of [
      'client_id[$ne]=1',
      'x[y][z]=1',
      'toString=x',
      'scope[]=write',
      'scope[x]=write',
      '__proto__=x',
    ]) {
      const { status, body } = await send(`${GRANT}&${more}`);
      // A parser of the host may make a list or an object of it, and may refuse it in its own way.
      if (bodies === 'oauth' || status === 200)
        expect([more, status, body['scope']]).toEqual([more, 200, 'read']);
      else expect([more, status, body['access_token']]).toEqual([more, 400, undefined]);
    }
    for (const name of [
      'grant_type[]',
      'grant_type[x]',
      '__proto__[grant_type]',
      'constructor[prototype][grant_type]',
    ]) {
      const { status, body } = await send(`${name}=client_credentials`);
      expect([name, status, body['access_token']]).toEqual([name, 400, undefined]);
      if (bodies === 'oauth') expect(body['error']).toBe('invalid_request');
    }
    expect(({} as Record<string, unknown>)['grant_type']).toBeUndefined();
  });

  it('TOK-009 TOK-010 TOK-011 threat 27 JSON, multipart, text and nothing are no forms', async () => {
    const json = JSON.stringify({ grant_type: 'client_credentials' });
    await expectError(json, 400, 'invalid_request', { 'content-type': 'application/json' });
    await expectError(GRANT, 400, 'invalid_request', { 'content-type': 'text/plain' });
    const multipart =
      '--x\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nclient_credentials\r\n--x--\r\n';
    const raw = (type: string, body: string) =>
      sendRaw(
        host.port,
        `POST /oauth/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${type}Authorization: ${client.basic.authorization}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    const untyped = await raw('', GRANT);
    // Fastify's own parsers refuse a body without a type before the kit sees it.
    expect(untyped.status).toBe(adapter === 'fastify' && bodies !== 'oauth' ? 415 : 400);
    const part = await raw('Content-Type: multipart/form-data; boundary=x\r\n', multipart);
    expect(part.status).toBe(adapter === 'fastify' && bodies !== 'oauth' ? 415 : 400);
    for (const { text } of [untyped, part]) expect(text).not.toContain('access_token');
  });

  it('an empty body', async () => {
    await expectError('', 400, 'invalid_request');
  });

  it('a guarded handler gets its body', async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await host.request('/api', { method: 'POST', headers, body: '{"a":1}' });
    expect(answer.body).toEqual({ body: { a: 1 } });
    expect((await host.request('/api', { method: 'POST', body: 'a=1' })).status).toBeGreaterThanOrEqual(400);
  });

  it('the bodies of other routes are parsed as usual', async () => {
    const post = (type: string, body: string) =>
      host.request('/echo', { method: 'POST', headers: { 'content-type': type }, body });
    expect((await post('application/json', '{"a":[1,{"b":null}]}')).body).toEqual({
      body: { a: [1, { b: null }] },
    });
    expect((await post('application/json; charset=utf-8', '{"ü":"€"}')).body).toEqual({ body: { ü: '€' } });
    expect((await post(FORM, 'a=1&b=x+y%21&c=1&c=2')).body).toEqual({
      body: { a: '1', b: 'x y!', c: ['1', '2'] },
    });
    expect((await host.request('/echo', { method: 'POST' })).status).toBe(201);
    expect((await post('application/json', '{"a":')).status).toBe(400);
    expect((await post('application/json', `{"a":"${'x'.repeat(2_000_000)}"}`)).status).toBe(413);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe.each(ADAPTERS)('useOauthBodies on %s', (adapter) => {
  let host: Host;
  let client: HostClient;
  let token: string;

  beforeAll(async () => {
    host = await openHost({ adapter, controllers: [EchoController, ApiController] });
    client = await newClient(host);
    token = await client.token('write');
  });

  afterAll(() => host.close());

  const post = (path: string, type: string, body: string, more: Record<string, string> = {}) =>
    host.request(path, { method: 'POST', headers: { 'content-type': type, ...more }, body });
  const withToken = () => ({ authorization: `Bearer ${token}` });

  const faults: [string, string, string, Record<string, string>, number][] = [
    ['malformed JSON', 'application/json', '{"a":', {}, 400],
    ['too large', 'application/json', `{"a":"${'x'.repeat(2_000_000)}"}`, {}, 413],
    ['too large a form', FORM, `a=${'x'.repeat(2_000_000)}`, {}, 413],
  ];
  it.each(faults)(
    'BEAR-019 %s: 401 without a token, %s of the parser with one',
    async (_, type, body, headers, status) => {
      const without = await post('/api', type, body, headers);
      expect([without.status, without.challenge]).toEqual([
        401,
        `Bearer realm="oauth", scope="write", ${API_METADATA}`,
      ]);
      const bad = await post('/api', type, body, { ...headers, authorization: 'Bearer nonsense' });
      expect([bad.status, bad.body['error']]).toEqual([401, 'invalid_token']);
      const good = await post('/api', type, body, { ...headers, ...withToken() });
      expect(good.status).toBe(status);
      expect(good.text).not.toContain('xxxx');
      expect(good.text).not.toMatch(/at .*\.js/);
    },
  );

  // Each platform has its own idea of what it cannot read, with this function as without.
  const unreadable: [string, string, Record<string, string>][] =
    adapter === 'express'
      ? [
          ['encoding', 'application/json', { 'content-encoding': 'bogus' }],
          ['charset', 'application/json; charset=bogus', {}],
        ]
      : [['type', 'application/x-bogus', {}]];
  it.each(unreadable)(
    'BEAR-019 an unknown %s: 401 without a token, 415 with one',
    async (_, type, headers) => {
      const without = await post('/api', type, '{}', headers);
      expect([without.status, without.challenge]).toEqual([
        401,
        `Bearer realm="oauth", scope="write", ${API_METADATA}`,
      ]);
      expect((await post('/api', type, '{}', { ...headers, ...withToken() })).status).toBe(415);
    },
  );

  it('a handler that wants no body does not mind a bad one', async () => {
    expect((await post('/api/bodyless', 'application/json', '{"a":', withToken())).body).toEqual({
      done: true,
    });
  });

  it('good bodies arrive at guarded handlers', async () => {
    expect((await post('/api', 'application/json', '{"a":1}', withToken())).body).toEqual({ body: { a: 1 } });
    expect((await post('/api', 'application/vnd.api+json', '{"a":1}', withToken())).body).toEqual({
      body: { a: 1 },
    });
    expect((await post('/api', FORM, 'a=1', withToken())).body).toEqual({ body: { a: '1' } });
  });

  it('threat 26 __proto__ in JSON pollutes nothing', async () => {
    const { text } = await post(
      '/echo',
      'application/json',
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    );
    expect(text).toBeDefined();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('ROB-001 ROB-002 ROB-003 the token endpoint reads its own body, strictly', async () => {
    const send = (form: string, headers: Record<string, string> = {}) =>
      host.token(form, { ...client.basic, ...headers });
    for (const form of ['%zz', 'scope=%', 'scope=%FF', 'a=%C0%AF', '%u0041=1']) {
      const { status, body } = await send(`${GRANT}&${form}`);
      expect([form, status, body['error']]).toEqual([form, 400, 'invalid_request']);
    }
    const large = await send(`${GRANT}&a=${'x'.repeat(70_000)}`);
    expect([large.status, large.body['error']]).toEqual([413, 'invalid_request']);
    const packed = await send(GRANT, { 'content-encoding': 'gzip' });
    expect([packed.status, packed.body['error']]).toEqual([415, 'invalid_request']);
    for (const charset of ['utf-16', 'iso-8859-1', 'utf-7', 'utf8x', '']) {
      const { status, body } = await send(GRANT, { 'content-type': `${FORM}; charset=${charset}` });
      expect([charset, status, body['error']]).toEqual([charset, 400, 'invalid_request']);
    }
    expect((await send(GRANT)).status).toBe(200);
  });

  it('ROB-012 two content types', async () => {
    const raw = `POST /oauth/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${FORM}\r\nContent-Type: ${FORM}\r\nAuthorization: ${client.basic.authorization}\r\nContent-Length: ${GRANT.length}\r\n\r\n${GRANT}`;
    const { status, text } = await sendRaw(host.port, raw);
    expect(status).toBe(400);
    expect(text).not.toContain('access_token');
  });

  it('a path that only looks like the token endpoint is another route', async () => {
    for (const path of ['/oauth/token/x', '/oauth/tokens', '/x/oauth/token']) {
      expect((await post(path, FORM, GRANT, client.basic)).status).toBe(404);
    }
  });
});
