import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import {
  expectActive,
  expectInactive,
  FORMATS,
  INTROSPECT,
  introspect,
  post,
  registerResourceServer,
  revoke,
  tokenForm,
  tokenOf,
} from './support/lookups.js';
import { expectError, openServer, rawBasic, type Server, type TestClient } from './support/server.js';

const encode = encodeURIComponent;

describe.each(HTTP_ADAPTERS)('introspection on %s', (httpAdapter) => {
  let server: Server;
  /** The resource server of each API. */
  let apis: Record<string, TestClient>;

  beforeAll(async () => {
    server = await openServer({ httpAdapter });
    apis = {
      '/api/catalog': await registerResourceServer(server, '/api/catalog'),
      '/api/statistics': await registerResourceServer(server, '/api/statistics'),
    };
  });

  afterAll(async () => {
    const output = server.app.output();
    await server.close();
    expect(output).not.toMatch(/unhandled|ERROR|TypeError|RangeError/i);
  });

  afterEach(() => server.serves());

  const ask = (form: string, headers: Record<string, string> = server.client.basic) =>
    post(server.port, INTROSPECT, form, headers);
  const about = (token: string, client: TestClient = server.client) => introspect(server.port, token, client);
  const apiOf = (api: string) => apis[api] as TestClient;

  it.each(FORMATS)(
    'INT-001 INT-008 INT-011 INT-012 INT-016 describes a token of format $format to its client and its API',
    async ({ format, scope, api }) => {
      const before = Math.floor(Date.now() / 1000);
      const token = await tokenOf(server, scope);
      const own = await about(token);
      const { exp, iat, jti, ...rest } = expectActive(own);
      expect(rest).toEqual({
        active: true,
        scope,
        client_id: server.client.id,
        token_type: 'Bearer',
        sub: server.client.id,
        aud: server.issuer + api,
        iss: server.issuer,
      });
      expect([exp, iat].every(Number.isInteger)).toBe(true);
      expect(iat).toBeGreaterThanOrEqual(before - 1);
      expect(exp).toBe(Number(iat) + 3600);
      expect(jti).toMatch(/^[\w.-]{20,}$/);
      if (format === 'jwt') expect(decodeJwt(token)).toMatchObject({ exp, iat, jti });
      expect((await about(token, apiOf(api))).text).toBe(own.text);
    },
  );

  it('INT-011 INT-012 threat 16 names the scopes that were granted in one string, and no other', async () => {
    const token = await tokenOf(server, 'catalog:write catalog:read');
    const answer = await about(token);
    expect(String(expectActive(answer)['scope']).split(' ').sort()).toEqual([
      'catalog:read',
      'catalog:write',
    ]);
    const one = await tokenOf(server, 'catalog:read');
    const wider = await ask(`${tokenForm(one)}&scope=catalog:write&resource=${encode(server.issuer)}`);
    expect(expectActive(wider)['scope']).toBe('catalog:read');
  });

  it('threat 16 threat 17 the audience is the one that was asked for, whatever this request says', async () => {
    const resource = `${server.issuer}/api/statistics`;
    const form = `grant_type=client_credentials&scope=statistics:read&resource=${encode(resource)}`;
    const forged = '&aud=https://evil.example&audience=https://evil.example';
    const { json } = await server.token(form + forged);
    const token = String(json?.['access_token']);
    const answer = await ask(
      `${tokenForm(token)}${forged}&client_id=${server.client.id}&sub=admin&active=false`,
    );
    expect(expectActive(answer)).toMatchObject({ aud: resource, sub: server.client.id });
    expect(answer.text).not.toContain('evil');
  });

  it.each(['', 'token=', 'token', 'token_type_hint=access_token', 'Token=x', 'token[]=x', 'access_token=x'])(
    'INT-002 refuses the form "%s"',
    async (form) => {
      expectError(await ask(form), 400, 'invalid_request');
    },
  );

  it('INT-002 INT-003 reads no token from the query', async () => {
    const token = await tokenOf(server, 'catalog:read');
    const path = `${INTROSPECT}?${tokenForm(token)}`;
    expectError(await post(server.port, path, '', server.client.basic), 400, 'invalid_request');
    const other = await post(server.port, path, 'token=unknown', server.client.basic);
    expectInactive(other);
  });

  it.each(['token=T&token=T', 'token=T&token=', 'token=&token=T', 'token=T&token=U'])(
    'INT-018 refuses the form "%s"',
    async (form) => {
      const token = encode(await tokenOf(server, 'catalog:read'));
      expectError(await ask(form.replaceAll('T', token)), 400, 'invalid_request');
    },
  );

  it('INT-018 refuses any parameter of its own twice, and ignores what it does not know', async () => {
    const form = tokenForm(await tokenOf(server, 'catalog:read'));
    for (const twice of [
      'token_type_hint=a&token_type_hint=a',
      'client_id=a&client_id=a',
      'client_secret=&client_secret=',
    ]) {
      expectError(await ask(`${form}&${twice}`), 400, 'invalid_request');
    }
    expectActive(await ask(`foo=1&foo=2&${form}&__proto__=x&token[x]=y&resource=x&resource=y`));
  });

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'INT-003 answers %s without a look',
    async (method) => {
      const token = await tokenOf(server, 'catalog:read');
      const path = `${INTROSPECT}?${tokenForm(token)}`;
      const answer = await server.send({ method, path, headers: server.client.basic });
      expect(answer.status).toBe(method === 'OPTIONS' ? 204 : 405);
      expect(answer.headers.allow).toBe('POST');
      expect(answer.headers['cache-control']).toBe('no-store');
      if (method === 'HEAD' || method === 'OPTIONS') expect(answer.text).toBe('');
      else expectError(answer, 405, 'invalid_request');
      expect(server.app.output()).not.toContain(token);
    },
  );

  it('INT-004 INT-005 INT-006 tells nothing to a caller that is nobody', async () => {
    const token = await tokenOf(server, 'catalog:read');
    const form = tokenForm(token);
    const { id } = server.client;
    const refusals = [
      await ask(form, {}),
      await ask(`${form}&client_id=${id}`, {}),
      await ask(`${form}&client_id=${id}&client_secret=`, {}),
      await ask(`${form}&client_id=${id}&client_secret=wrong`, {}),
      await ask(form, rawBasic(`${id}:wrong`)),
      await ask(form, rawBasic(`${id}:`)),
      await ask(form, rawBasic('nobody:wrong')),
      await ask(form, { authorization: `Bearer ${token}` }),
      await ask(form, { authorization: 'Bearer x' }),
      await ask(form, { authorization: '' }),
      await ask('', {}),
      await ask('token=', rawBasic('nobody:wrong')),
    ];
    for (const answer of refusals) expectError(answer, 401, 'invalid_client');
    expect(new Set(refusals.map(({ text }) => text)).size).toBe(1);
  });

  it('INT-004 refuses a public client, and one by a method that it has not registered', async () => {
    const form = tokenForm(await tokenOf(server, 'catalog:read'));
    const open = await registerResourceServer(server, '/api/catalog', { token_endpoint_auth_method: 'none' });
    expectError(await ask(`${form}&client_id=${encode(open.id)}`, {}), 401, 'invalid_client');
    expectError(await ask(form, rawBasic(`${open.id}:`)), 401, 'invalid_client');
    expectError(await ask(`${form}&${server.client.post}`, {}), 401, 'invalid_client');
    expectError(await ask(form, server.postClient.basic), 401, 'invalid_client');
    expectError(await ask(`${form}&${server.client.post}`, server.client.basic), 400, 'invalid_request');
  });

  it('INT-007 INT-008 says one and the same of everything that is no live token', async () => {
    const jwt = await tokenOf(server, 'catalog:read');
    const [head = '', payload = '', signature = ''] = jwt.split('.');
    const revoked = await tokenOf(server, 'statistics:read');
    await revoke(server.port, revoked, server.client);
    const dead = [
      revoked, 'unknown', 'nok_', `nok_${'A'.repeat(43)}`, '.', '..', '...', 'a.b.c', `${head}.${payload}.`,
      `${head}.${payload}`, `${head}..${signature}`, `${head}.${payload}.${signature}.`, `${jwt}.x.y`, ` ${jwt}`,
      `${jwt} `, `${jwt}=`, `Bearer ${jwt}`, jwt.toUpperCase(), 'null', 'undefined', '{}', '[]', 'é€😀', '\0', 'a\r\nb',
      "' OR 1=1 --", '__proto__', 'x'.repeat(60_000), `${'a'.repeat(30_000)}.b.c`, server.client.id, server.client.secret,
    ]; // prettier-ignore
    for (const token of dead) expectInactive(await about(token));
    expectActive(await about(jwt));
  });

  it('INT-007 threat 34 knows an opaque token exactly as it was issued', async () => {
    const token = await tokenOf(server, 'statistics:read');
    const flip = (index: number) => (token[index] === 'A' ? 'B' : 'A');
    const changed = [
      ...Array.from(token, (_, index) => token.slice(0, index) + flip(index) + token.slice(index + 1)),
      ...[token.slice(0, -1), token.slice(1), token.slice(4), `${token}A`, `A${token}`, `nok_${token}`],
      ...[token.toUpperCase(), token.toLowerCase(), `${token}=`, `${token} `, ` ${token}`, `${token}\0`],
      ...[`${token}%`, `${token}\n`, token.replace('nok_', 'NOK_'), token.slice(0, 20)],
    ];
    for (const other of changed) expectInactive(await about(other));
    expectActive(await about(token));
  });

  it.each(FORMATS)(
    'INT-009 threat 12 hides a token of format $format from everybody else',
    async ({ scope, api }) => {
      const token = await tokenOf(server, scope);
      const stranger = await server.register();
      const sibling = await server.register({ resource: undefined, scope });
      const others = Object.keys(apis).filter((path) => path !== api);
      for (const client of [stranger, sibling, ...others.map(apiOf)]) {
        const unknown = await about('unknown', client);
        const answer = await about(token, client);
        expectInactive(answer);
        expect(answer.text).toBe(unknown.text);
        const names = ({ rawHeaders }: typeof answer) => rawHeaders.filter((_, index) => index % 2 === 0);
        expect(names(answer)).toEqual(names(unknown));
        expect(answer.headers['content-length']).toBe(unknown.headers['content-length']);
      }
      expectActive(await about(token, apiOf(api)));
    },
  );

  it.each([
    'access_token',
    'refresh_token',
    'foo',
    '',
    'id_token',
    'ACCESS_TOKEN',
    '__proto__',
    'é',
    'x'.repeat(5000),
  ])('INT-010 finds the token whatever the hint: "%s"', async (hint) => {
    for (const { scope } of FORMATS) {
      const token = await tokenOf(server, scope);
      const plain = await about(token);
      const answer = await ask(`${tokenForm(token)}&token_type_hint=${encode(hint)}`);
      expectActive(answer);
      expect(answer.text).toBe(plain.text);
      expectInactive(await ask(`token=unknown&token_type_hint=${encode(hint)}`));
    }
  });

  it('threat 37 puts nothing of the request into the answer or the log', async () => {
    const attack = encode('XYZZY"\r\nSet-Cookie: a=b\r\n\r\n<script>\\é');
    for (const form of [
      `token=${attack}`,
      `token=x&token_type_hint=${attack}`,
      `token=x&${attack}=${attack}`,
    ]) {
      const answer = await ask(form);
      expectInactive(answer);
      expect(answer.rawHeaders.join('\n')).not.toMatch(/script|Set-Cookie|XYZZY/i);
    }
    expect(server.app.output()).not.toContain('XYZZY');
  });
});
