import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import { expectError, expectToken, FORM, GRANT, openServer, type Server } from './support/server.js';

const OPAQUE = `${GRANT}&scope=statistics:read`;

describe.each(HTTP_ADAPTERS)('a token request on %s', (httpAdapter) => {
  let server: Server;

  beforeAll(async () => {
    server = await openServer({ httpAdapter });
  });

  afterAll(() => server.close());

  afterEach(() => server.serves());

  const post = (body: string | Buffer, headers: Record<string, string>) =>
    server.send({
      method: 'POST',
      path: '/oauth/token',
      headers: { ...server.client.basic, ...headers },
      body,
    });

  it('TOK-001 TOK-056 TOK-057 TOK-058 answers a good request with a token', async () => {
    const answer = await server.token(GRANT);
    const body = expectToken(answer);
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'scope', 'token_type']);
    expect(body.scope).toBe('catalog:read');
  });

  it('TOK-002 refuses GET, with the parameters in the query', async () => {
    const before = await server.storedTokens();
    const answer = await server.send({ path: `/oauth/token?${OPAQUE}`, headers: server.client.basic });
    expectError(answer, 405, 'invalid_request');
    expect(answer.headers.allow).toMatch(/\bPOST\b/);
    expect(await server.storedTokens()).toBe(before);
  });

  it.each(['PUT', 'PATCH', 'DELETE'])('TOK-003 refuses %s', async (method) => {
    const before = await server.storedTokens();
    const headers = { ...server.client.basic, 'content-type': FORM };
    const answer = await server.send({ method, path: '/oauth/token', headers, body: OPAQUE });
    expectError(answer, 405, 'invalid_request');
    expect(answer.headers.allow).toMatch(/\bPOST\b/);
    expect(await server.storedTokens()).toBe(before);
  });

  it('TOK-004 refuses HEAD without a body and mints nothing', async () => {
    const before = await server.storedTokens();
    const headers = { ...server.client.basic, 'content-type': FORM };
    const answer = await server.send({ method: 'HEAD', path: `/oauth/token?${OPAQUE}`, headers });
    expect(answer).toMatchObject({ status: 405, text: '' });
    expect(answer.headers.allow).toMatch(/\bPOST\b/);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(await server.storedTokens()).toBe(before);
  });

  it('TOK-005 answers OPTIONS with Allow and never runs the grant', async () => {
    const before = await server.storedTokens();
    const headers = { ...server.client.basic, 'content-type': FORM };
    const answer = await server.send({ method: 'OPTIONS', path: '/oauth/token', headers, body: OPAQUE });
    expect([200, 204]).toContain(answer.status);
    expect(answer.headers.allow).toMatch(/\bPOST\b/);
    expect(answer.text).toBe('');
    expect(await server.storedTokens()).toBe(before);
  });

  it('TOK-006 sends no CORS headers', async () => {
    const origin = 'https://spa.example';
    const preflight = { origin, 'access-control-request-method': 'POST' };
    const path = '/oauth/token';
    const answers = [
      await server.token(GRANT, { ...server.client.basic, origin }),
      await server.token(GRANT, { origin }),
      await server.send({ method: 'OPTIONS', path, headers: preflight }),
    ];
    for (const { headers } of answers) {
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it.each([
    FORM,
    `${FORM}; charset=UTF-8`,
    `${FORM};charset=utf-8`,
    'Application/X-WWW-Form-Urlencoded;charset="utf-8"',
    `${FORM} ; Charset=Utf-8`,
    `${FORM};`,
  ])('TOK-008 accepts the media type %s', async (type) => {
    expectToken(await post(GRANT, { 'content-type': type }));
  });

  const boundary = 'X';
  const multipart = `--X\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nclient_credentials\r\n--X--\r\n`;
  it.each([
    ['TOK-009', 'application/json', '{"grant_type":"client_credentials"}'],
    ['TOK-009', 'application/json; charset=utf-8', '{"grant_type":"client_credentials"}'],
    ['TOK-009', 'application/json', '{broken'],
    ['TOK-010', `multipart/form-data; boundary=${boundary}`, multipart],
    ['TOK-010', 'text/plain', GRANT],
    ['TOK-010', 'application/xml', GRANT],
    ['TOK-010', 'application/x-www-form-urlencoded2', GRANT],
    ['TOK-010', `${FORM}, ${FORM}`, GRANT],
    ['TOK-010', 'x', GRANT],
    ['TOK-010', '/', GRANT],
    ['TOK-010', ';', GRANT],
    ['TOK-012', `${FORM}; charset=utf-16`, Buffer.from(GRANT, 'utf16le')],
    ['TOK-012', `${FORM}; charset=iso-8859-1`, GRANT],
    ['TOK-012', `${FORM}; charset="ISO-8859-1"`, GRANT],
    ['TOK-012', `${FORM}; charset=utf-7`, GRANT],
    ['TOK-012', `${FORM}; charset=utf-8; charset=utf-16`, GRANT],
    ['TOK-012', `${FORM}; foo=bar; charset=utf-16`, GRANT],
  ])('%s refuses the media type %s', async (_, type, body) => {
    expectError(await post(body, { 'content-type': type }), 400, 'invalid_request');
  });

  it('TOK-011 refuses a body without a media type', async () => {
    expectError(await post(GRANT, {}), 400, 'invalid_request');
  });

  it('TOK-011 refuses a request without body and media type', async () => {
    expectError(await post('', {}), 400, 'invalid_request');
  });

  it.each([
    ['gzip', gzipSync(GRANT)],
    ['deflate', gzipSync(GRANT)],
    ['br', gzipSync(GRANT)],
    ['gzip', Buffer.from(GRANT)],
    ['identity, gzip', gzipSync(GRANT)],
  ])('TOK-013 refuses Content-Encoding %s', async (encoding, body) => {
    const answer = await post(body, { 'content-type': FORM, 'content-encoding': encoding });
    expectError(answer, [400, 415], 'invalid_request');
  });

  it.each([
    `${GRANT}&${GRANT}`,
    `${GRANT}&grant_type=password`,
    `${GRANT}&scope=catalog:read&scope=catalog:read`,
    `${GRANT}&scope=catalog:read&scope=catalog:write`,
    `${GRANT}&client_id=s6BhdRkqt3&client_id=s6BhdRkqt3`,
    `${GRANT}&client_secret=a&client_secret=a`,
    `${GRANT}&client_assertion=a&client_assertion=a`,
    `${GRANT}&client_assertion_type=a&client_assertion_type=a`,
    `${GRANT}&authorization_details=a&authorization_details=a`,
    `${GRANT}&%73cope=catalog:read&scope=catalog:read`,
  ])('TOK-014 refuses a repeated parameter: %s', async (form) => {
    expectError(await server.token(form), 400, 'invalid_request');
  });

  it('TOK-014 refuses a repeat before it authenticates', async () => {
    expectError(await server.token(`${GRANT}&${GRANT}`, {}), 400, 'invalid_request');
  });

  it.each(['audience=a&audience=b', 'audience=a&audience=a'])(
    'TOK-015 takes the repeated %s',
    async (repeat) => {
      expectToken(await server.token(`${GRANT}&${repeat}`));
    },
  );

  it('TOK-015 does not call a repeated resource a duplicate', async () => {
    const resource = encodeURIComponent(`${server.issuer}/api/catalog`);
    const other = encodeURIComponent(`${server.issuer}/api/statistics`);
    expectError(await server.token(`${GRANT}&resource=${resource}&resource=${other}`), 400, 'invalid_target');
  });

  it.each(['foo=bar', 'foo', '=', '=x', '&', 'SCOPE=admin', 'scope%00=x', 'request_uri=http://evil.example'])(
    'TOK-016 ignores the unknown parameter %s',
    async (unknown) => {
      const body = expectToken(await server.token(`${unknown}&${GRANT}&${unknown}x`));
      expect(body.scope).toBe('catalog:read');
    },
  );

  it('TOK-017 ignores an unknown parameter twice', async () => {
    expectToken(await server.token(`${GRANT}&foo=1&foo=2`));
  });

  it.each(['scope=', 'scope'])('TOK-018 takes %s as omitted', async (scope) => {
    expect(expectToken(await server.token(`${GRANT}&${scope}`)).scope).toBe('catalog:read');
  });

  it.each(['grant_type=', 'grant_type', 'grant_type=&scope=catalog:read'])(
    'TOK-019 takes %s as missing',
    async (form) => {
      expectError(await server.token(form), 400, 'invalid_request');
    },
  );

  it('TOK-020 takes an empty client_secret beside Basic as omitted', async () => {
    expectToken(await server.token(`${GRANT}&client_secret=`));
  });

  it('TOK-020 takes empty assertion parameters beside Basic as omitted', async () => {
    expectToken(await server.token(`${GRANT}&client_assertion=&client_assertion_type=&client_id=`));
  });

  it('TOK-021 counts repeats before it drops empty values', async () => {
    expectError(await server.token(`${GRANT}&scope=&scope=catalog:read`), 400, 'invalid_request');
  });

  it.each(['', 'scope=catalog:read', 'foo=bar'])('TOK-022 misses grant_type in "%s"', async (form) => {
    expectError(await server.token(form), 400, 'invalid_request');
  });

  it.each([
    ['TOK-023', 'foo'],
    ['TOK-023', 'urn:x:y'],
    ['TOK-023', 'authorization_code'],
    ['TOK-023', 'refresh_token'],
    ['TOK-025', 'Client_Credentials'],
    ['TOK-025', 'CLIENT_CREDENTIALS'],
    ['TOK-025', 'client_credentials '],
    ['TOK-025', ' client_credentials'],
    ['TOK-025', 'client_credentials password'],
    ['TOK-025', 'client_credentials\0'],
    ['TOK-025', 'client_credentials\n'],
    ['TOK-026', 'password'],
  ])('%s does not serve grant_type=%j', async (_, type) => {
    const form = new URLSearchParams({ grant_type: type, username: 'a', password: 'b' }).toString();
    const answer = await server.token(form);
    const control = /\p{Cc}/u.test(type);
    // A control character may be refused as such (ROB-004).
    if (control && answer.json?.['error'] === 'invalid_request') expectError(answer, 400, 'invalid_request');
    else expectError(answer, 400, 'unsupported_grant_type');
  });

  it('TOK-024 refuses a grant that this client is not registered for', async () => {
    const client = await server.register({ grant_types: ['password'] });
    expectError(await server.token(GRANT, client.basic), 400, 'unauthorized_client');
  });

  it('TOK-024 does not tell an unauthenticated caller about grants', async () => {
    expectError(await server.token('grant_type=foo', {}), 401, 'invalid_client');
    expectError(await server.token('', {}), 401, 'invalid_client');
  });

  it('TOK-047 does not take credentials from the query', async () => {
    const { post: credentials } = server.postClient;
    for (const body of [GRANT, `${GRANT}&client_id=${server.postClient.id}`]) {
      const path = `/oauth/token?${credentials}`;
      const headers = { 'content-type': FORM };
      const answer = await server.send({ method: 'POST', path, headers, body });
      expectError(answer, [400, 401], answer.status === 401 ? 'invalid_client' : 'invalid_request');
    }
  });

  it('TOK-048 does not merge the query with the body', async () => {
    const headers = { ...server.client.basic, 'content-type': FORM };
    const withQuery = (query: string, body: string) =>
      server.send({ method: 'POST', path: `/oauth/token?${query}`, headers, body });
    expectError(await withQuery(`${GRANT}&scope=catalog:read`, ''), 400, 'invalid_request');
    expectError(await withQuery(GRANT, 'scope=catalog:read'), 400, 'invalid_request');
    expect(expectToken(await withQuery('scope=catalog:write', GRANT)).scope).toBe('catalog:read');
    expectToken(await withQuery('grant_type=password', GRANT));
    expectToken(await withQuery('%', GRANT));
  });

  it.each([
    ['GET with a wrong media type', 'GET', 'text/plain', '', 405, 'invalid_request'],
    ['a wrong media type with a repeat', 'POST', 'text/plain', `${GRANT}&${GRANT}`, 400, 'invalid_request'],
    ['wrong credentials with a wrong grant', 'POST', FORM, 'grant_type=foo', 401, 'invalid_client'],
    ['wrong credentials with a wrong scope', 'POST', FORM, `${GRANT}&scope=foo`, 401, 'invalid_client'],
    ['wrong credentials with a wrong target', 'POST', FORM, `${GRANT}&resource=foo`, 401, 'invalid_client'],
  ])('TOK-072 checks in the fixed order: %s', async (_, method, type, body, status, code) => {
    const headers = { authorization: 'Basic bm9ib2R5Ong=', 'content-type': type };
    expectError(await server.send({ method, path: '/oauth/token', headers, body }), status, code);
  });

  it('TOK-072 checks the target before the scope', async () => {
    expectError(await server.token(`${GRANT}&resource=foo&scope=foo`), 400, 'invalid_target');
  });
});
