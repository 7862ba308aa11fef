import { Controller, Get, UseGuards } from '@nestjs/common';
import { OauthGuard, RequireScopes } from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Faults, faulty } from '../oauth/support.js';
import { ADAPTERS, API_METADATA, FORM, newClient, openHost, sendRaw, type Answer, type Host, type HostClient } from './host.js'; // prettier-ignore

@Controller('api')
@UseGuards(OauthGuard)
class ApiController {
  @Get()
  @RequireScopes('read')
  read() {
    return { reached: true };
  }
}

@Controller('reports')
@UseGuards(OauthGuard)
class ReportsController {
  @Get()
  @RequireScopes('report')
  report() {
    return { reached: true };
  }
}

const TYPE = 'application/token-introspection+jwt';
const PATHS = [
  ['read', '/api', 'jwt'],
  ['report', '/reports', 'opaque'],
] as const;

describe.each(ADAPTERS)('introspection and revocation over HTTP on %s', (adapter) => {
  let host: Host;
  let faults: Faults;
  let client: HostClient;

  beforeAll(async () => {
    const made = faulty();
    ({ faults } = made);
    const options = { persistence: made.persistence };
    host = await openHost({ adapter, controllers: [ApiController, ReportsController], options });
    client = await newClient(host, { introspection_signed_response_alg: 'ES256' });
  });

  afterAll(() => host.close());

  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = client.basic) =>
    host.request(path, {
      method: 'POST',
      headers: { 'content-type': FORM, ...headers },
      body: new URLSearchParams(form).toString(),
    });
  const introspect = (token: string, headers?: Record<string, string>) =>
    post('/oauth/introspect', { token }, headers);
  const revoke = (token: string, headers?: Record<string, string>) =>
    post('/oauth/revoke', { token }, headers);

  function notStored({ headers }: Answer): void {
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('pragma')).toBe('no-cache');
  }

  it.each(PATHS)(
    'BEAR-010 REV-001 a revoked token (%s at %s, %s) is refused at once',
    async (scope, path) => {
      const [token, other] = [await client.token(scope), await client.token(scope)];
      for (let request = 0; request < 3; request++) expect((await host.get(path, token)).status).toBe(200);
      const answer = await revoke(token);
      expect([answer.status, answer.text, answer.headers.get('content-length')]).toEqual([200, '', '0']);
      expect(answer.headers.get('content-type')).toBeNull();
      notStored(answer);
      const refused = await host.get(path, token);
      expect([refused.status, refused.body['error']]).toEqual([401, 'invalid_token']);
      expect(refused.challenge).toBe(
        `Bearer realm="oauth", error="invalid_token", error_description="The access token is not valid here.", ${API_METADATA.replace('/api', path)}`,
      );
      expect((await host.get(path, other)).status).toBe(200);
    },
  );

  it.each(PATHS)('BEAR-010 all of a client’s tokens (%s at %s, %s) by revokeTokens', async (scope, path) => {
    const someone = await newClient(host);
    const token = await someone.token(scope);
    expect((await host.get(path, token)).status).toBe(200);
    await host.admin.clients.revokeTokens(someone.id);
    expect((await host.get(path, token)).status).toBe(401);
    expect((await host.get(path, await someone.token(scope))).status).toBe(200);
  });

  it.each(PATHS)(
    'INT-001 INT-016 introspection of a token (%s at %s, %s) as JSON',
    async (scope, path, format) => {
      const token = await client.token(scope);
      const answer = await introspect(token);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
      expect(answer.body).toMatchObject({ active: true, scope, client_id: client.id });
      expect(token.includes('.')).toBe(format === 'jwt');
      notStored(answer);
      const nothing = await introspect(`${token}x`);
      expect([nothing.status, nothing.text, path]).toEqual([200, '{"active":false}', path]);
      notStored(nothing);
    },
  );

  it('INT-026 as a JWT, with its content type and nothing but the token in the body', async () => {
    const answer = await introspect(await client.token('read'), { ...client.basic, accept: TYPE });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, TYPE]);
    expect(answer.text).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(answer.headers.get('content-length')).toBe(String(answer.text.length));
    notStored(answer);
  });

  it('INT-003 REV-010 other methods: 405 with Allow', async () => {
    const token = await client.token('read');
    for (const path of ['/oauth/introspect', '/oauth/revoke']) {
      for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
        const answer = await host.request(`${path}?token=${token}`, { method, headers: client.basic });
        expect([path, method, answer.status, answer.headers.get('allow')]).toEqual([
          path,
          method,
          405,
          'POST',
        ]);
        notStored(answer);
      }
      const head = await host.request(`${path}?token=${token}`, { method: 'HEAD', headers: client.basic });
      expect([head.status, head.text]).toEqual([405, '']);
    }
    expect((await host.get('/api', token)).status).toBe(200);
  });

  it('INT-004 INT-006 REV-004 without a client: 401, with a challenge', async () => {
    const token = await client.token('read');
    for (const headers of [{}, { authorization: `Bearer ${token}` }, { authorization: 'Basic eDp5' }]) {
      for (const answer of [await introspect(token, headers), await revoke(token, headers)]) {
        expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
        expect(answer.challenge).toBe('Basic realm="oauth"');
        notStored(answer);
      }
    }
    expect((await host.get('/api', token)).status).toBe(200);
  });

  it('two Accept lines are read together; two Authorization lines are refused', async () => {
    const raw = (...lines: string[]) => {
      const body = 'token=x';
      const all = [
        'POST /oauth/introspect HTTP/1.1',
        'Host: x',
        'Connection: close',
        `Content-Type: ${FORM}`,
        `Content-Length: ${body.length}`,
        ...lines,
      ];
      return sendRaw(host.port, `${all.join('\r\n')}\r\n\r\n${body}`);
    };
    const login = `Authorization: ${client.basic.authorization}`;
    expect((await raw(login)).text).toContain('{"active":false}');
    expect((await raw(login, 'Accept: text/html', `Accept: ${TYPE}`)).text).toMatch(
      new RegExp(`content-type: ${TYPE.replace('+', '\\+')}`, 'i'),
    );
    expect((await raw(login, login)).status).toBe(400);
  });

  it('threat 37 threat 39 BEAR-010 a deny-list that is down: 503 at the guard and at both endpoints', async () => {
    const token = await client.token('read');
    faults.reject('revokedTokens.has', new Error('ECONNREFUSED 10.0.0.7 password=hunter2'));
    const answers = [await host.get('/api', token), await introspect(token), await revoke(token)];
    faults.clear();
    for (const answer of answers) {
      expect([answer.status, answer.body['error']]).toEqual([503, 'temporarily_unavailable']);
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.text).not.toMatch(/hunter2|10\.0\.0\.7/);
    }
    expect((await host.get('/api', token)).status).toBe(200);
    expect(host.log.text).toContain('ECONNREFUSED');
  });

  it('BEAR-021 no token is in a line of the log', async () => {
    const token = await client.token('read');
    await introspect(token);
    await introspect(token, { ...client.basic, accept: TYPE });
    await revoke(token);
    await host.get('/api', token);
    for (const part of [token, token.split('.')[2] ?? 'x', client.secret]) {
      expect(host.log.text).not.toContain(part);
    }
  });
});

describe.each(ADAPTERS)('REV-014 revocationFreshness in seconds on %s', (adapter) => {
  it('what was revoked here is refused at once; reads of the deny-list are saved', async () => {
    const made = faulty();
    const options = { persistence: made.persistence, revocationFreshness: 60 };
    const host = await openHost({ adapter, controllers: [ApiController], options });
    const client = await newClient(host);
    const token = await client.token('read');
    made.faults.clear();
    for (let request = 0; request < 5; request++) expect((await host.get('/api', token)).status).toBe(200);
    expect(made.faults.count('revokedTokens.has')).toBe(1);
    const { status } = await host.request('/oauth/revoke', {
      method: 'POST',
      headers: { 'content-type': FORM, ...client.basic },
      body: `token=${token}`,
    });
    expect(status).toBe(200);
    expect((await host.get('/api', token)).status).toBe(401);
    await host.close();
  });
});
