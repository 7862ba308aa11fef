import * as oauth from 'oauth4webapi';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort, HTTP_ADAPTERS } from '../support/sample-app.js';
import {
  expectActive,
  expectInactive,
  expectRefused,
  expectRevoked,
  FORMATS,
  introspect,
  post,
  registerResourceServer,
  revoke,
  tokenForm,
  tokenOf,
  use,
} from './support/lookups.js';
import { expectError, FORM, openServer, type Server } from './support/server.js';
import { exchange, head, type Answer } from './support/wire.js';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const APIS = ['/api/catalog', '/api/statistics'] as const;
const http = { [oauth.allowInsecureRequests]: true };

const challengeOf = ({ headers }: Answer): string => headers['www-authenticate'] ?? '';
const metadataUrlIn = (answer: Answer): string | undefined =>
  /resource_metadata="([^"]*)"/.exec(challengeOf(answer))?.[1];

/** What each of the two resource servers says of itself. */
function documentsOf(issuer: string): Record<(typeof APIS)[number], object> {
  const common = { authorization_servers: [issuer], bearer_methods_supported: ['header'] };
  return {
    '/api/catalog': {
      resource: `${issuer}/api/catalog`,
      resource_name: 'Catalog',
      scopes_supported: ['catalog:read', 'catalog:write'],
      ...common,
    },
    '/api/statistics': {
      resource: `${issuer}/api/statistics`,
      resource_name: 'Statistics',
      scopes_supported: ['statistics:read'],
      ...common,
    },
  };
}

describe.each(HTTP_ADAPTERS)('the metadata of resource servers on %s', (httpAdapter) => {
  let server: Server;

  beforeAll(async () => {
    server = await openServer({ httpAdapter });
  });

  afterAll(async () => {
    const output = server.app.output();
    await server.close();
    expect(output).not.toMatch(/unhandled|ERROR|TypeError|RangeError/i);
  });

  afterEach(() => server.serves());

  it.each(APIS)('META-029 META-030 META-032 META-033 META-037 describes %s', async (api) => {
    const answer = await server.send({ path: WELL_KNOWN + api });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json(?:;|$)/);
    expect(answer.json).toEqual(documentsOf(server.issuer)[api]);
    for (const [name, value] of Object.entries(answer.json ?? {})) {
      expect(value, name).not.toBeNull();
      expect(value, name).not.toEqual([]);
      expect(value, name).not.toBe('');
    }
    expect((await server.send({ path: `${WELL_KNOWN}${api}?x=y` })).text).toBe(answer.text);
  });

  it.each(APIS)('META-031 oauth4webapi finds the server of %s by its metadata', async (api) => {
    const resource = new URL(server.issuer + api);
    const answer = await oauth.resourceDiscoveryRequest(resource, http);
    const metadata = await oauth.processResourceDiscoveryResponse(resource, answer);
    expect(metadata.resource).toBe(resource.href);
    expect(metadata.authorization_servers).toEqual([server.issuer]);
    const issuer = new URL(metadata.authorization_servers?.[0] ?? '');
    const discovery = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http });
    const as = await oauth.processDiscoveryResponse(issuer, discovery);
    expect(as['protected_resources']).toContain(metadata.resource);
    // From the challenge of the API to a token that it takes, with nothing known but the client.
    const client: oauth.Client = { client_id: server.client.id };
    const auth = oauth.ClientSecretBasic(server.client.secret);
    const parameters = { resource: metadata.resource, scope: metadata.scopes_supported?.[0] ?? '' };
    const granted = await oauth.clientCredentialsGrantRequest(as, client, auth, parameters, http);
    const { access_token: token } = await oauth.processClientCredentialsResponse(as, client, granted);
    expect((await use(server.port, api, token)).status).toBe(200);
  });

  it.each(APIS)('META-036 META-031 every challenge of %s names it', async (api) => {
    const url = server.issuer + WELL_KNOWN + api;
    const other = api === '/api/catalog' ? 'statistics:read' : 'catalog:read';
    const revoked = await tokenOf(server, 'catalog:read');
    expectRevoked(await revoke(server.port, revoked, server.client));
    const challenges: [status: number, error: string | undefined, headers: Record<string, string>][] = [
      [401, undefined, {}],
      [401, undefined, { authorization: 'Basic x' }],
      [401, 'invalid_token', { authorization: 'Bearer x' }],
      [401, 'invalid_token', { authorization: `Bearer ${await tokenOf(server, other)}` }],
      [401, 'invalid_token', { authorization: `Bearer ${revoked}` }],
      [400, 'invalid_request', { authorization: 'Bearer a b' }],
    ];
    for (const [status, error, headers] of challenges) {
      const answer = await server.send({ path: api, headers });
      expect(answer.status, challengeOf(answer)).toBe(status);
      expect(metadataUrlIn(answer)).toBe(url);
      expect(/ error="(\w+)"/.exec(challengeOf(answer))?.[1]).toBe(error);
      expect(challengeOf(answer).match(/resource_metadata=/g)).toHaveLength(1);
    }
    expect((await fetch(url)).status).toBe(200);
  });

  it('META-036 a 403 names it as well', async () => {
    const token = await tokenOf(server, 'catalog:read');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await server.send({ method: 'POST', path: '/api/catalog', headers, body: '{"name":"x"}' });
    expect(answer.status).toBe(403);
    expect(challengeOf(answer)).toMatch(/ error="insufficient_scope"/);
    expect(metadataUrlIn(answer)).toBe(`${server.issuer}${WELL_KNOWN}/api/catalog`);
  });

  it.each(FORMATS)(
    'BEAR-010 META-036 the challenge to a revoked token of format $format',
    async ({ scope, api }) => {
      const token = await tokenOf(server, scope);
      expectRevoked(await revoke(server.port, token, server.client));
      const answer = await use(server.port, api, token);
      expectRefused(answer);
      const fresh = await use(server.port, api, 'never-was');
      expect(challengeOf(answer)).toBe(challengeOf(fresh));
      expect(answer.text).toBe(fresh.text);
      expect(answer.text).not.toMatch(/revoked/i);
    },
  );

  it('META-032 META-015 the authorization server lists them, and its endpoints', async () => {
    const { json } = await server.send({ path: '/.well-known/oauth-authorization-server' });
    expect(json).toMatchObject({
      protected_resources: APIS.map((api) => server.issuer + api),
      introspection_endpoint: `${server.issuer}/oauth/introspect`,
      revocation_endpoint: `${server.issuer}/oauth/revoke`,
    });
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('META-037 answers %s with Allow', async (method) => {
    for (const api of APIS) {
      const headers = { 'content-type': FORM };
      const answer = await server.send({ method, path: WELL_KNOWN + api, body: 'x=y', headers });
      expect(answer.status).toBe(method === 'OPTIONS' ? 204 : 405);
      expect(answer.headers.allow).toMatch(/\bGET\b/);
      if (method === 'OPTIONS') expect(answer.text).toBe('');
      else expectError(answer, 405, 'invalid_request');
    }
  });

  it('META-037 answers HEAD as GET without the body, and 304 to who has it', async () => {
    for (const api of APIS) {
      const path = WELL_KNOWN + api;
      const [got, headed] = [await server.send({ path }), await server.send({ method: 'HEAD', path })];
      expect(headed).toMatchObject({ status: 200, text: '' });
      for (const name of ['etag', 'content-type', 'content-length', 'cache-control']) {
        expect(headed.headers[name], name).toBe(got.headers[name]);
      }
      expect(got.headers['access-control-allow-origin']).toBe('*');
      expect(got.headers['cache-control']).toMatch(/^public, max-age=[1-9]\d*$/);
      const known = { 'if-none-match': got.headers.etag ?? '' };
      expect(await server.send({ path, headers: known })).toMatchObject({ status: 304, text: '' });
    }
  });

  it.each([
    WELL_KNOWN,
    `${WELL_KNOWN}/`,
    `${WELL_KNOWN}/api`,
    `${WELL_KNOWN}/api/catalog/`,
    `${WELL_KNOWN}/api/Catalog`,
    `${WELL_KNOWN}/api/catalog/x`,
    `${WELL_KNOWN}/tenant/api/catalog`,
    `${WELL_KNOWN}//api/catalog`,
    `${WELL_KNOWN}/__proto__`,
    '/api/catalog/.well-known/oauth-protected-resource',
  ])('META-029 has nothing at %s', async (path) => {
    expect([401, 404]).toContain((await server.send({ path })).status);
  });

  it.each(['evil.example', 'evil.example:1', '127.0.0.1', 'localhost', 'a"b', 'x'.repeat(300)])(
    'META-030 META-027 takes no URL from Host: %s',
    async (host) => {
      const headers = {
        host,
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
        'x-forwarded-prefix': '/evil',
        forwarded: 'host=evil.example;proto=https',
        'x-original-url': '/evil',
      };
      for (const api of APIS) {
        const { text } = await server.send({ path: WELL_KNOWN + api });
        const answer = await server.send({ path: WELL_KNOWN + api, headers });
        if (answer.status === 200) expect(answer.text).toBe(text);
        else expect([400, 421]).toContain(answer.status);
        expect(answer.text).not.toContain('evil.example');
        const refused = await server.send({ path: api, headers });
        expect([400, 401, 421]).toContain(refused.status);
        if (refused.status === 401) expect(metadataUrlIn(refused)).toBe(server.issuer + WELL_KNOWN + api);
        expect(challengeOf(refused)).not.toContain('evil');
      }
    },
  );

  it('META-027 INT-027 tells the same of a token whatever the Host', async () => {
    const token = await tokenOf(server, 'catalog:read');
    const headers = { ...server.client.basic, host: 'evil.example', 'x-forwarded-host': 'evil.example' };
    const answer = await post(server.port, '/oauth/introspect', tokenForm(token), headers);
    if (answer.status === 200)
      expect(answer.text).toBe((await introspect(server.port, token, server.client)).text);
    else expect([400, 421]).toContain(answer.status);
  });

  it('META-030 takes no URL from an absolute request target', async () => {
    const path = `${WELL_KNOWN}/api/catalog`;
    const { text } = await server.send({ path });
    const lines = [`GET http://evil.example${path} HTTP/1.1`, 'Host: evil.example', 'Connection: close'];
    const answer = await exchange(server.port, head(...lines), 'GET');
    if (answer?.status === 200) expect(answer.text).toBe(text);
    else expect([400, 404, 421]).toContain(answer?.status);
  });

  it('META-037 needs no authentication and minds none', async () => {
    for (const authorization of ['Bearer x', 'Basic x', '']) {
      const answer = await server.send({ path: `${WELL_KNOWN}/api/catalog`, headers: { authorization } });
      expect(answer.status).toBe(200);
    }
  });
});

describe.each(HTTP_ADAPTERS)('resource servers of an issuer with a path on %s', (httpAdapter) => {
  let server: Server;

  beforeAll(async () => {
    const port = await freePort();
    const env = { ISSUER: `http://127.0.0.1:${port}/tenant` };
    server = await openServer({ httpAdapter, port, env, prefix: '/tenant' });
  });

  afterAll(() => server.close());

  it.each(APIS)('META-029 META-030 META-032 stand behind the well-known path: %s', async (api) => {
    const answer = await server.send({ path: `${WELL_KNOWN}/tenant${api}` });
    expect(answer).toMatchObject({ status: 200, json: documentsOf(server.issuer)[api] });
    const resource = new URL(server.issuer + api);
    const found = await oauth.resourceDiscoveryRequest(resource, http);
    expect((await oauth.processResourceDiscoveryResponse(resource, found)).resource).toBe(resource.href);
    for (const path of [`/tenant${WELL_KNOWN}${api}`, WELL_KNOWN + api, `${WELL_KNOWN}${api}/tenant`]) {
      expect((await server.send({ path })).status, path).toBe(404);
    }
  });

  it.each(APIS)('META-036 the challenge names that place: %s', async (api) => {
    const { origin } = new URL(server.issuer);
    const answer = await server.send({ path: `/tenant${api}` });
    expect(answer.status).toBe(401);
    expect(metadataUrlIn(answer)).toBe(`${origin}${WELL_KNOWN}/tenant${api}`);
    expect((await fetch(metadataUrlIn(answer) ?? '')).status).toBe(200);
  });

  it.each(FORMATS)(
    'INT-001 REV-001 looks up and revokes below the path, format $format',
    async ({ scope, api }) => {
      const token = await tokenOf(server, scope);
      const reader = await registerResourceServer(server, api);
      const at = (path: string, { basic } = server.client) =>
        post(server.port, path, tokenForm(token), basic);
      const { iss, aud } = expectActive(await at('/tenant/oauth/introspect', reader));
      expect({ iss, aud }).toEqual({ iss: server.issuer, aud: server.issuer + api });
      expect((await at('/oauth/introspect')).status).toBe(404);
      expect((await at('/oauth/revoke')).status).toBe(404);
      expect((await use(server.port, `/tenant${api}`, token)).status).toBe(200);
      expectRevoked(await at('/tenant/oauth/revoke'));
      expectRefused(await use(server.port, `/tenant${api}`, token));
      expectInactive(await at('/tenant/oauth/introspect', reader));
    },
  );
});
