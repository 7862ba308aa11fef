import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import {
  ADVANCING_CLOCK,
  advance,
  KEY_ENCRYPTION_SECRET,
  registerHmacSigner,
  registerSigner,
  type SigningClient,
} from './support/assertions.js';
import {
  deniedTokens,
  expectActive,
  expectInactive,
  expectInactiveJwt,
  expectRefused,
  expectRevoked,
  AS_JWT,
  FORMATS,
  introspect,
  LOOKUPS,
  post,
  registerResourceServer,
  REVOKE,
  revoke,
  tokenForm,
  tokenOf,
  use,
  type Format,
} from './support/lookups.js';
import { expectError, openServer, rawBasic, type Server, type TestClient } from './support/server.js';

const METADATA = '/.well-known/oauth-authorization-server';
const encode = encodeURIComponent;

describe.each(HTTP_ADAPTERS)('revocation on %s', (httpAdapter) => {
  let server: Server;
  let apis: Record<Format['api'], TestClient>;

  beforeAll(async () => {
    server = await openServer({ httpAdapter, env: { KEY_ENCRYPTION_SECRET } });
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
    post(server.port, REVOKE, form, headers);
  const about = (token: string, client: TestClient = server.client) => introspect(server.port, token, client);

  async function expectAlive(token: string, api: Format['api']): Promise<void> {
    expect((await use(server.port, api, token)).status).toBe(200);
    expectActive(await about(token));
  }

  async function expectDead(token: string, api: Format['api']): Promise<void> {
    expectRefused(await use(server.port, api, token));
    expectInactive(await about(token));
    expectInactive(await about(token, apis[api]));
    await expectInactiveJwt(
      server,
      await introspect(server.port, token, server.client, AS_JWT),
      server.client,
    );
  }

  it.each(FORMATS)(
    'REV-001 REV-003 REV-008 BEAR-010 ends a token of format $format at once, and that one alone',
    async ({ scope, api }) => {
      const [token, other] = [await tokenOf(server, scope), await tokenOf(server, scope)];
      await expectAlive(token, api);
      const answer = await revoke(server.port, token, server.client);
      expectRevoked(answer);
      expect(answer.headers['content-type']).toBeUndefined();
      await expectDead(token, api);
      await expectAlive(other, api);
    },
  );

  it.each(FORMATS)(
    'REV-002 answers 200 for a token of format $format that is dead already',
    async ({ scope, api }) => {
      const token = await tokenOf(server, scope);
      const first = await revoke(server.port, token, server.client);
      for (let count = 0; count < 3; count++) {
        const again = await revoke(server.port, token, server.client);
        expectRevoked(again);
        expect(again.rawHeaders.filter((_, index) => index % 2 === 0)).toEqual(
          first.rawHeaders.filter((_, index) => index % 2 === 0),
        );
      }
      await expectDead(token, api);
    },
  );

  it('REV-002 answers 200 for what never was a token', async () => {
    const jwt = await tokenOf(server, 'catalog:read');
    const unknown = [
      'unknown', '.', '..', 'a.b.c', `${jwt}x`, ` ${jwt}`, `Bearer ${jwt}`, 'nok_', `nok_${'A'.repeat(43)}`, 'é€😀', '\0',
      "' OR 1=1 --", '__proto__', '%', 'null', 'x'.repeat(60_000), `${'a'.repeat(30_000)}.b.c`,
    ]; // prettier-ignore
    const denied = await deniedTokens(server);
    for (const token of unknown) expectRevoked(await revoke(server.port, token, server.client));
    expect(await deniedTokens(server)).toBe(denied);
    await expectAlive(jwt, '/api/catalog');
  });

  it('REV-004 revokes nothing for a caller that is nobody', async () => {
    const token = await tokenOf(server, 'statistics:read');
    const form = tokenForm(token);
    const { id } = server.client;
    const refusals = [
      await ask(form, {}),
      await ask(`${form}&client_id=${id}`, {}),
      await ask(`${form}&client_id=${id}&client_secret=wrong`, {}),
      await ask(form, rawBasic(`${id}:wrong`)),
      await ask(form, rawBasic('nobody:wrong')),
      await ask('token=unknown', rawBasic(`${id}:wrong`)),
      await ask('', rawBasic(`${id}:wrong`)),
      await ask(form, { authorization: `Bearer ${token}` }),
      await ask(`${form}&${server.client.post}`, {}),
    ];
    for (const answer of refusals) expectError(answer, 401, 'invalid_client');
    expect(new Set(refusals.map(({ text }) => text)).size).toBe(1);
    await expectAlive(token, '/api/statistics');
  });

  it.each(FORMATS)(
    'REV-005 leaves the token of another client alive, of format $format',
    async ({ scope, api }) => {
      const token = await tokenOf(server, scope);
      const stranger = await server.register();
      // What may look at it may still not end it.
      for (const client of [stranger, apis[api]]) {
        const answer = await revoke(server.port, token, client);
        expectError(answer, 400, 'unauthorized_client');
        expect(answer.text).not.toContain(server.client.id);
      }
      await expectAlive(token, api);
      expectRevoked(await revoke(server.port, token, server.client));
      // A dead one is like any that never was.
      expectRevoked(await revoke(server.port, token, stranger));
    },
  );

  it.each(['', 'token=', 'token', 'token_type_hint=access_token', 'Token=x', 'token[]=x', 'access_token=x'])(
    'REV-006 refuses the form "%s"',
    async (form) => {
      expectError(await ask(form), 400, 'invalid_request');
    },
  );

  it('REV-006 refuses a repeated token, which stays alive', async () => {
    const token = await tokenOf(server, 'catalog:read');
    const form = tokenForm(token);
    for (const twice of [form, 'token=', 'token=x']) {
      expectError(await ask(`${form}&${twice}`), 400, 'invalid_request');
      expectError(await ask(`${twice}&${form}`), 400, 'invalid_request');
    }
    expectError(await ask(`${form}&token_type_hint=a&token_type_hint=b`), 400, 'invalid_request');
    expectError(
      await post(server.port, `${REVOKE}?${form}`, '', server.client.basic),
      400,
      'invalid_request',
    );
    await expectAlive(token, '/api/catalog');
    expectRevoked(await ask(`foo=1&foo=2&${form}&token[x]=y`));
    await expectDead(token, '/api/catalog');
  });

  it.each(['access_token', 'refresh_token', 'foo', '', 'ACCESS_TOKEN', '__proto__', 'é', 'x'.repeat(5000)])(
    'REV-007 revokes whatever the hint: "%s"',
    async (hint) => {
      for (const { scope, api } of FORMATS) {
        const token = await tokenOf(server, scope);
        expectRevoked(await ask(`${tokenForm(token)}&token_type_hint=${encode(hint)}`));
        await expectDead(token, api);
        expectRevoked(await ask(`token=unknown&token_type_hint=${encode(hint)}`));
      }
    },
  );

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'REV-010 revokes nothing by %s',
    async (method) => {
      const token = await tokenOf(server, 'statistics:read');
      const path = `${REVOKE}?${tokenForm(token)}&callback=package.myCallback`;
      const answer = await server.send({ method, path, headers: server.client.basic });
      expect(answer.status).toBe(method === 'OPTIONS' ? 204 : 405);
      expect(answer.headers.allow).toBe('POST');
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.text).not.toContain('myCallback');
      if (method === 'HEAD' || method === 'OPTIONS') expect(answer.text).toBe('');
      else expectError(answer, 405, 'invalid_request');
      await expectAlive(token, '/api/statistics');
    },
  );

  it('REV-012 META-013 both endpoints have the methods of the token endpoint, and say so', async () => {
    const { json = {} } = await server.send({ path: METADATA });
    const methods = json['token_endpoint_auth_methods_supported'];
    const algorithms = json['token_endpoint_auth_signing_alg_values_supported'];
    expect(methods).toEqual(
      expect.arrayContaining(['client_secret_basic', 'client_secret_post', 'private_key_jwt']),
    );
    for (const name of ['introspection', 'revocation']) {
      expect(json[`${name}_endpoint_auth_methods_supported`]).toEqual(methods);
      expect(json[`${name}_endpoint_auth_signing_alg_values_supported`]).toEqual(algorithms);
    }
    expect(json).toMatchObject({
      introspection_endpoint: `${server.issuer}/oauth/introspect`,
      revocation_endpoint: `${server.issuer}/oauth/revoke`,
    });
  });

  it.each(LOOKUPS)('REV-012 takes every method that is published, at %s', async (path) => {
    const { json = {} } = await server.send({ path: METADATA });
    const signers: Record<string, SigningClient> = {
      private_key_jwt: await registerSigner(server),
      client_secret_jwt: await registerHmacSigner(server),
    };
    for (const method of json['revocation_endpoint_auth_methods_supported'] as string[]) {
      const asked =
        method === 'client_secret_basic'
          ? await post(server.port, path, 'token=unknown', server.client.basic)
          : method === 'client_secret_post'
            ? await post(server.port, path, `token=unknown&${server.postClient.post}`)
            : await post(server.port, path, `${(await signers[method]?.form()) ?? ''}&token=unknown`);
      expect(asked.status, method).toBe(200);
    }
    // Only by the registered one.
    const { post: credentials } = server.client;
    expectError(await post(server.port, path, `token=x&${credentials}`), 401, 'invalid_client');
    expectError(await post(server.port, path, 'token=x', server.postClient.basic), 401, 'invalid_client');
  });

  it.each(FORMATS)(
    'REV-015 fifty revocations of one token of format $format at once',
    async ({ scope, api }) => {
      const token = await tokenOf(server, scope);
      const copies = Array.from({ length: 50 }, () => revoke(server.port, token, server.client));
      for (const answer of await Promise.all(copies)) expectRevoked(answer);
      await expectDead(token, api);
    },
  );

  it('REV-001 REV-015 fifty tokens at once, each alone', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, index) => tokenOf(server, (FORMATS[index % 2] ?? FORMATS[0]).scope)),
    );
    const doomed = tokens.filter((_, index) => index % 4 < 2);
    await Promise.all(
      doomed.map(async (token) => expectRevoked(await revoke(server.port, token, server.client))),
    );
    for (const token of tokens) {
      const { active } = (await about(token)).json ?? {};
      expect(active).toBe(!doomed.includes(token));
    }
  });

  it('threat 37 puts nothing of the request into the answer or the log', async () => {
    const attack = encode('XYZZY"\r\nSet-Cookie: a=b\r\n\r\n<script>\\é');
    for (const form of [`token=${attack}`, `token=x&token_type_hint=${attack}`]) {
      const answer = await ask(form);
      expectRevoked(answer);
      expect(answer.rawHeaders.join('\n')).not.toMatch(/script|Set-Cookie|XYZZY/i);
    }
    expect(server.app.output()).not.toContain('XYZZY');
  });
});

describe.each(HTTP_ADAPTERS)('tokens as time goes on, on %s', (httpAdapter) => {
  let server: Server;

  beforeAll(async () => {
    server = await openServer({ httpAdapter, env: { ...ADVANCING_CLOCK, ACCESS_TOKEN_LIFETIME: '90' } });
  });

  afterAll(() => server.close());

  it('INT-007 INT-008 REV-002 TOK-073 an expired token is like any that never was', async () => {
    const tokens = await Promise.all(FORMATS.map(({ scope }) => tokenOf(server, scope)));
    const revoked = await tokenOf(server, 'catalog:read');
    expectRevoked(await revoke(server.port, revoked, server.client));
    for (const token of tokens) expectActive(await introspect(server.port, token, server.client));
    await advance(server.app);
    for (const token of tokens) expectActive(await introspect(server.port, token, server.client));
    expectInactive(await introspect(server.port, revoked, server.client));
    await advance(server.app);
    await advance(server.app);
    const denied = await deniedTokens(server);
    const stranger = await server.register();
    for (const token of [...tokens, revoked]) {
      expectInactive(await introspect(server.port, token, server.client));
      expectRevoked(await revoke(server.port, token, server.client));
      expectRevoked(await revoke(server.port, token, stranger));
    }
    expect(await deniedTokens(server)).toBe(denied);
  });
});
