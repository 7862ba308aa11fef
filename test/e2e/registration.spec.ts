import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import { clientKey, registerSigner } from './support/assertions.js';
import {
  bearer,
  expectNoToken,
  expectRefusal,
  expectRegistered,
  expectWrongToken,
  INITIAL,
  json,
  manage,
  OPEN,
  REGISTER,
  register,
} from './support/registration.js';
import { expectToken, GRANT, openServer, type Server } from './support/server.js';
import { exchange, head } from './support/wire.js';

const METADATA = '/.well-known/oauth-authorization-server';
const URI = 'https://client.example/jwks';
const BY_URI = { grant_types: ['client_credentials'], token_endpoint_auth_method: 'private_key_jwt' };

describe.each(HTTP_ADAPTERS)('registration on %s', (httpAdapter) => {
  let server: Server;

  beforeAll(async () => {
    server = await openServer({ httpAdapter, env: OPEN });
  });

  afterAll(() => server.close());

  const metadata = async () => (await server.send({ path: METADATA })).json ?? {};

  it('META-015 DCR-001 tells its endpoint where it is open', async () => {
    expect(await metadata()).toMatchObject({ registration_endpoint: `${server.issuer}${REGISTER}` });
  });

  it('V-DCR-1 DCR-001 DCR-007 registers a client with a jwks_uri, and gives it no secret', async () => {
    const { document, uri, id } = expectRegistered(await register(server.port, { ...BY_URI, jwks_uri: URI }));
    expect(document).toMatchObject({ ...BY_URI, jwks_uri: URI, response_types: [], scope: 'catalog:read' });
    expect(document).not.toHaveProperty('client_secret');
    expect(document).not.toHaveProperty('client_secret_expires_at');
    expect(Math.abs(Number(document['client_id_issued_at']) - Date.now() / 1000)).toBeLessThan(60);
    expect(uri).toBe(`${server.issuer}${REGISTER}/${id}`);
  });

  it('V-DCR-2 DCR-008 refuses it with a jwks besides', async () => {
    const both = await register(server.port, { ...BY_URI, jwks_uri: URI, jwks: { keys: [] } });
    expect(expectRefusal(both, 400, 'invalid_client_metadata')).toContain('jwks');
  });

  it('V-DCR-3 DCR-015 refuses an update with the id of another client', async () => {
    const [a, b] = [
      expectRegistered(await register(server.port)),
      expectRegistered(await register(server.port)),
    ];
    const answer = await manage(server.port, 'PUT', a, { client_id: b.id });
    expect(expectRefusal(answer, 400, 'invalid_client_metadata')).toContain('client_id');
    expectRegistered(await manage(server.port, 'GET', a), 200);
  });

  it('V-DCR-4 DCR-018 refuses the token of A at the URI of B, whatever is done with it', async () => {
    const [a, b] = [
      expectRegistered(await register(server.port)),
      expectRegistered(await register(server.port)),
    ];
    const mixed = { id: b.id, token: a.token };
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? { client_id: b.id } : undefined;
      expectWrongToken(await manage(server.port, method, mixed, body));
      expectWrongToken(await manage(server.port, method, { id: 'nobody', token: a.token }, body));
      expectWrongToken(await manage(server.port, method, { id: b.id, token: INITIAL }, body));
      expectNoToken(await server.send({ method, path: `${REGISTER}/${b.id}` }));
    }
    expect((await manage(server.port, 'HEAD', mixed)).status).toBe(401);
    expectRegistered(await manage(server.port, 'GET', b), 200);
  });

  it('DCR-002 DCR-006 the client gets tokens with what it was given', async () => {
    const client = expectRegistered(await register(server.port, {}));
    expect(client.document).toMatchObject({
      client_secret_expires_at: 0,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      response_types: [],
    });
    expect(expectToken(await server.token(GRANT, client.basic)).scope).toBe('catalog:read');
  });

  it('DCR-019 threat 14 a scope that the policy does not have is refused', async () => {
    const answer = await register(server.port, { scope: 'catalog:read oauth:admin' });
    expect(expectRefusal(answer, 400, 'invalid_client_metadata')).toContain('scope');
  });

  it('DCR-009 DCR-019 threat 13 a client that proves nothing is refused', async () => {
    const answer = await register(server.port, { ...BY_URI, token_endpoint_auth_method: 'none' });
    expect(expectRefusal(answer, 400, 'invalid_client_metadata')).toContain('token_endpoint_auth_method');
  });

  it('DCR-003 refuses who has no token, or another one', async () => {
    expectNoToken(await register(server.port, {}, { 'content-type': 'application/json' }));
    const secret = server.client.basic;
    expectNoToken(await register(server.port, {}, { ...secret, 'content-type': 'application/json' }));
    for (const wrong of ['wrong', `${INITIAL}x`, INITIAL.slice(1), INITIAL.toUpperCase()])
      expectWrongToken(await register(server.port, {}, json(wrong)));
    const query = `${REGISTER}?access_token=${INITIAL}`;
    expectNoToken(await register(server.port, {}, { 'content-type': 'application/json' }, query));
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expectNoToken(await register(server.port, `access_token=${INITIAL}`, form));
    expectNoToken(
      await register(server.port, { access_token: INITIAL }, { 'content-type': 'application/json' }),
    );
  });

  it('DCR-003 refuses two Authorization headers, and a malformed one', async () => {
    const lines = (...authorization: string[]) =>
      head(
        `POST ${REGISTER} HTTP/1.1`,
        'Host: 127.0.0.1',
        'Content-Type: application/json',
        'Content-Length: 2',
        ...authorization.map((value) => `Authorization: ${value}`),
      ) + '{}';
    const good = `Bearer ${INITIAL}`;
    for (const header of [
      [good, good],
      [good, 'Basic Zm9vOmJhcg=='],
      ['Bearer wrong', good],
      [`Bearer ${INITIAL} ${INITIAL}`],
    ]) {
      const answer = await exchange(server.port, lines(...header));
      expectRefusal(answer, 400, 'invalid_request');
      expect(answer?.headers['www-authenticate']).toMatch(/^Bearer realm=.*error="invalid_request"/);
    }
    const answer = await exchange(server.port, lines(good));
    expect(answer?.status, answer?.text).toBe(201);
  });

  it('DCR-001 DCR-018 tells the methods that it has', async () => {
    const client = expectRegistered(await register(server.port));
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await server.send({ method, path: REGISTER, headers: bearer(INITIAL) });
      expectRefusal(answer, 405, 'invalid_request');
      expect(answer.headers['allow']).toBe('POST');
    }
    for (const method of ['POST', 'PATCH']) {
      const answer = await manage(server.port, method, client);
      expectRefusal(answer, 405, 'invalid_request');
      expect(answer.headers['allow']).toBe('GET, PUT, DELETE');
    }
    for (const [path, allow] of [
      [REGISTER, 'POST'],
      [`${REGISTER}/${client.id}`, 'GET, PUT, DELETE'],
    ] as const) {
      const answer = await server.send({ method: 'OPTIONS', path });
      expect(answer).toMatchObject({ status: 204, text: '', headers: { allow } });
    }
    expect(await server.send({ method: 'HEAD', path: REGISTER })).toMatchObject({
      status: 405,
      text: '',
      headers: { allow: 'POST' },
    });
    expect(await manage(server.port, 'HEAD', client)).toMatchObject({
      status: 200,
      text: '',
      headers: { 'cache-control': 'no-store' },
    });
    expectRegistered(await manage(server.port, 'GET', client), 200);
  });

  it('DCR-019 DCR-021 names the member that is a megabyte long, and takes no 3 MB', async () => {
    const long = await register(server.port, { client_name: 'x'.repeat(1_000_000) });
    expect(expectRefusal(long, 400, 'invalid_client_metadata')).toContain('client_name');
    expect(long.text.length).toBeLessThan(1000);
    const tooLong = await register(server.port, { client_name: 'x'.repeat(3_000_000) });
    expect(tooLong.status).toBe(413);
    expectRefusal(tooLong, 413, 'invalid_request');
  });

  it.each([
    ['an array a hundred thousand deep', `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'nested'],
    ['objects a hundred thousand deep', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'nested'],
    ['500000 grant types', `{"grant_types":[${'"a",'.repeat(499_999)}"a"]}`, 'grant_types'],
    ['500000 contacts', `{"contacts":[${'"a",'.repeat(499_999)}"a"]}`, 'contacts'],
    ['500000 keys', `{"jwks":{"keys":[${'{},'.repeat(499_999)}{}]}}`, 'jwks'],
    ['500000 redirect URIs', `{"redirect_uris":[${'"a",'.repeat(499_999)}"a"]}`, 'redirect_uris'],
    [
      '100000 members',
      `{${Array.from({ length: 100_000 }, (_, n) => `"m${n}":[]`).join()},"scope":7}`,
      'scope',
    ],
  ])('DCR-004 DCR-012 %s: refused, and nobody else is kept waiting', async (_, bomb, member) => {
    const [answer, token] = await Promise.all([
      register(server.port, bomb),
      server.token(GRANT),
      server.token(GRANT),
    ]);
    const code = member === 'redirect_uris' ? 'invalid_redirect_uri' : 'invalid_client_metadata';
    expect(expectRefusal(answer, 400, code)).toContain(member);
    expectToken(token);
  });

  it.each([
    ['a member twice', '{"client_name":"a","client_name":"b"}', {}],
    ['a form', 'client_name=a', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['no type', '{}', { 'content-type': '' }],
    ['text', '{}', { 'content-type': 'text/plain' }],
    [
      'utf-16',
      Buffer.from('{"client_name":"a"}', 'utf16le'),
      { 'content-type': 'application/json; charset=utf-16' },
    ],
    ['utf-16 that is utf-8', '{"client_name":"a"}', { 'content-type': 'application/json; charset=utf-16' }],
    ['nothing', '', {}],
    ['an array', '[]', {}],
    ['half of it', '{"client_name":', {}],
    ['__proto__', '{"__proto__":{"scope":"catalog:write"}}', {}],
  ])('DCR-004 DCR-021 a body that is %s', async (_, body, headers) => {
    const answer = await register(server.port, body, { ...json(INITIAL), ...headers });
    expectRefusal(answer, 400, 'invalid_client_metadata');
  });

  it('DCR-021 a body that is compressed is not unpacked', async () => {
    const body = gzipSync('{"client_name":"a"}');
    const answer = await register(server.port, body, { ...json(INITIAL), 'content-encoding': 'gzip' });
    expectRefusal(answer, 415, 'invalid_client_metadata');
  });

  it('DCR-021 a body in chunks is taken', async () => {
    const chunked = { ...json(INITIAL), 'transfer-encoding': 'chunked' };
    expectRegistered(await register(server.port, '{"client_name":"a"}', chunked));
  });

  it('DCR-018 other spellings of a path lead to no other client, and open nothing', async () => {
    const { id, token } = expectRegistered(await register(server.port));
    const { id: other } = expectRegistered(await register(server.port));
    for (const path of [
      `${REGISTER}/`, `${REGISTER}/%2e%2e`, `${REGISTER}/%00`, `${REGISTER}/${id}%00`, `${REGISTER}/${id}/`, `${REGISTER}//${id}`,
      `${REGISTER}/%2f${id}`, `${REGISTER}/x%2f${id}`, `${REGISTER}/${other}%2f${id}`, `${REGISTER}/${id}/..`, `${REGISTER}/%`,
      `${REGISTER}/${id}%20`, `${REGISTER}/${id.toUpperCase()}%2e`, `${REGISTER}/${'x'.repeat(4000)}`,
      `${REGISTER}/${other}?client=${id}`, `${REGISTER}/${other}#${id}`, `${REGISTER}/${other};${id}`,
    ]) {
      for (const method of ['GET', 'DELETE']) {
        const answer = await server.send({ method, path, headers: bearer(token) });
        expect([400, 401, 404, 405, 414], `${method} ${path} ${answer.text}`).toContain(answer.status);
        expect(answer.text).not.toMatch(/registration_access_token|\n\s+at |node_modules/);
      }
    }
    expectRegistered(await manage(server.port, 'GET', { id, token }), 200);
    const spelled = `${REGISTER}/%${id.charCodeAt(0).toString(16)}${id.slice(1)}?x=/other`;
    expectRegistered(await server.send({ path: spelled, headers: bearer(token) }), 200);
  }); // prettier-ignore

  it.each([
    'http://client.example/jwks', 'file:///etc/passwd', 'data:application/json,{"keys":[]}', 'ftp://client.example/jwks',
    'https://user@client.example/jwks', 'https://user:pw@client.example/', `${URI}#x`, `${URI}#`, 'https:client.example',
    'https://192.0.2.1/jwks', 'https://[2001:db8::1]/jwks', 'https://[::ffff:169.254.169.254]/', 'https://0.0.0.0/',
    'https://0/', 'https://2852039166/', 'https://0xa9fea9fe/', 'https://0251.0376.0251.0376/', 'https://169.254.43518/',
    'https://127.1/', 'https://①②⑦.0.0.1/', 'https:\\\\127.0.0.1\\', '//client.example/jwks', 'jwks', 'https://', 'https://a b/',
    'http://169.254.169.254/latest/meta-data', 'https://localhost/', 'https://LOCALHOST./', 'https://a.localhost/', 'http://127.0.0.1/', 'https://127.0.0.1/', 'javascript:alert(1)', 'https://127.0.0.1.:65536/',
  ])('threat 14 DCR-019 jwks_uri %s is refused', async (jwks_uri) => {
    const answer = await register(server.port, { ...BY_URI, jwks_uri });
    expect(expectRefusal(answer, 400, 'invalid_client_metadata')).toContain('jwks_uri');
  }); // prettier-ignore

  it('DCR-010 DCR-005 what a registrant may not choose is not honoured', async () => {
    const chosen = {
      client_id: 'chosen',
      client_secret: 'chosen-secret',
      owner: 'me',
      labels: { tenant: 'x' },
    };
    const more = {
      default_scope: 'catalog:write',
      resource: '/api/catalog',
      access_token_ttl: 9,
      enabled: false,
      x: 1,
    };
    const client = expectRegistered(await register(server.port, { ...chosen, ...more }));
    expect([client.id, client.secret]).not.toContain('chosen');
    expect(client.secret).not.toBe('chosen-secret');
    for (const name of ['owner', 'labels', ...Object.keys(more)])
      expect(client.document).not.toHaveProperty(name);
    const stored = await server.admin.clients.get(client.id);
    expect([stored.owner, stored.labels, stored.resource, stored.accessTokenTtl]).toEqual([
      undefined, undefined, undefined, undefined,
    ]); // prettier-ignore
    await expect(server.admin.clients.get('chosen')).rejects.toMatchObject({ code: 'client_not_found' });
  });

  it('DCR-008 a private key is refused, and not repeated', async () => {
    const { privateJwk } = await clientKey();
    const answer = await register(server.port, { ...BY_URI, jwks: { keys: [privateJwk] } });
    expect(expectRefusal(answer, 400, 'invalid_client_metadata')).toContain('jwks.keys[0]');
    expect(answer.text).not.toContain(privateJwk.d);
  });

  it('no log line has a token or a secret', async () => {
    const client = expectRegistered(await register(server.port));
    await registerSigner(server);
    for (const value of [INITIAL, client.secret, client.token])
      expect(server.app.output()).not.toContain(value);
  });
});
