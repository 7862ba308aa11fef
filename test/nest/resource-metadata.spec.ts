import { request as httpRequest } from 'node:http';
import {
  ConfigurationError,
  type OauthContext,
  type ResourceMetadataDocument,
  type ResourceServerOptions,
} from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formRequest, ISSUER, openKit } from '../support/echo.js';
import { ADAPTERS, openHost, type Host } from './host.js';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const PAGE = 'https://developers.example/reports';
const resources: ResourceServerOptions[] = [
  { identifier: '/api', scopes: ['read', 'write'], default: true },
  { identifier: '/api/deep/er', scopes: ['deep'], accessTokenFormat: 'opaque' },
  { identifier: '/reports', scopes: ['report'], name: 'Reports of ☃ "all"', documentation: PAGE },
  { identifier: '/quiet', scopes: ['quiet'], metadata: false },
  { identifier: 'urn:example:api', scopes: ['urn'] },
  { identifier: 'https://bare.example', scopes: ['bare'] },
  { identifier: 'https://one.example/v1', scopes: ['one'] },
  { identifier: 'https://two.example:8443/v1', scopes: ['two'] },
  { identifier: 'https://api.example/query?tenant=1', scopes: ['q1'] },
  { identifier: 'https://api.example/query?tenant=2', scopes: ['q2'] },
  { identifier: 'https://slash.example/with/', scopes: ['slash'] },
];
const PUBLISHED = resources.filter(
  ({ metadata, identifier }) => metadata !== false && !identifier.startsWith('urn'),
);

const absolute = (identifier: string) => (identifier.startsWith('/') ? ISSUER + identifier : identifier);

describe.each(ADAPTERS)('protected resource metadata on %s', (adapter) => {
  let host: Host;

  beforeAll(async () => {
    host = await openHost({ adapter, options: { resources } });
  });

  afterAll(() => host.close());

  const get = (path: string, init: RequestInit = {}) => host.request(WELL_KNOWN + path, init);

  /** fetch does not let a Host header be set. */
  const asHost = (path: string, headers: Record<string, string>) =>
    new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
      const sent = httpRequest(
        { port: host.port, host: '127.0.0.1', path: WELL_KNOWN + path, headers },
        (answer) => {
          let text = '';
          answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> }),
          );
        },
      );
      sent.on('error', reject).end();
    });

  it('META-029 META-030 META-032 META-033 META-037 the document, and no member beside', async () => {
    const { status, headers, body } = await get('/api');
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(body).toStrictEqual({
      resource: `${ISSUER}/api`,
      authorization_servers: [ISSUER],
      scopes_supported: ['read', 'write'],
      bearer_methods_supported: ['header'],
    });
  });

  it('META-032 resource_name and resource_documentation where the host has given them', async () => {
    const { body } = await get('/reports');
    expect(body).toMatchObject({
      resource: `${ISSUER}/reports`,
      resource_name: 'Reports of ☃ "all"',
      resource_documentation: PAGE,
    });
  });

  it.each([
    ['/api', `${ISSUER}/api`],
    ['/api/deep/er', `${ISSUER}/api/deep/er`],
    ['', 'https://bare.example'],
    ['/query?tenant=1', 'https://api.example/query?tenant=1'],
    ['/query?tenant=2', 'https://api.example/query?tenant=2'],
    ['/with/', 'https://slash.example/with/'],
    ['/api?x=1', `${ISSUER}/api`],
    ['?x=1', 'https://bare.example'],
  ])('META-029 META-030 %s is about %s', async (path, resource) => {
    const { status, body } = await get(path);
    expect([status, body['resource']]).toEqual([200, resource]);
  });

  it.each([
    '/quiet',
    '/',
    '/nowhere',
    '/api/',
    '/API',
    '/api/deep',
    '/api/deep/er/more',
    '/xapi',
    '/x/api',
    '/query',
    '/query?tenant=3',
    '/query?tenant=1&x=1',
    '/with',
    '/urn:example:api',
    '/__proto__',
    '/v1/',
    '//api',
    '/%61pi',
    '/nowhere?/.well-known/oauth-protected-resource/api',
    '/nowhere?x=/.well-known/oauth-protected-resource/query?tenant=1',
  ])('META-029 %s is none: 404', async (path) => {
    const { status, body, headers } = await get(path);
    expect([path, status]).toEqual([path, 404]);
    expect(headers.get('cache-control') ?? 'no-store').toBe('no-store');
    expect(body).not.toHaveProperty('resource');
  });

  it('two hosts with one path: the Host header chooses, and stands in no document', async () => {
    for (const [name, resource] of [
      ['one.example', 'https://one.example/v1'],
      ['two.example:8443', 'https://two.example:8443/v1'],
    ]) {
      const { status, body } = await asHost('/v1', { host: name ?? '' });
      expect([status, body['resource']]).toEqual([200, resource]);
    }
    for (const name of ['evil.example', 'two.example', 'one.example.evil.example', '', 'one.example:443']) {
      const { status, body } = await asHost('/v1', { host: name });
      expect([name, status]).toEqual([name, 404]);
      expect(body).not.toHaveProperty('resource');
    }
    const forwarded = {
      host: 'evil.example',
      'x-forwarded-host': 'one.example',
      forwarded: 'host=one.example',
    };
    expect((await asHost('/v1', forwarded)).status).toBe(404);
  });

  it('META-027 threat 30 no header of a request gets into a document', async () => {
    const plain = (await get('/api')).body;
    for (const headers of [
      { host: 'evil.example' },
      { host: 'evil.example:1', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
      {
        host: 'x',
        forwarded: 'host=evil.example;proto=https',
        'x-original-url': '/evil',
        'x-forwarded-prefix': '/evil',
      },
    ]) {
      const { status, body } = await asHost('/api', headers);
      expect([status, body]).toEqual([200, plain]);
    }
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('%s: 405 with Allow', async (method) => {
    for (const path of ['/api', '/nowhere', '']) {
      const { status, headers, body } = await get(path, { method });
      expect([path, status, headers.get('allow'), body['error']]).toEqual([
        path,
        405,
        'GET, HEAD',
        'invalid_request',
      ]);
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  it('HEAD has the headers and no body', async () => {
    const [full, head] = [await get('/api'), await get('/api', { method: 'HEAD' })];
    expect([head.status, head.text]).toEqual([200, '']);
    for (const name of ['etag', 'cache-control', 'content-type']) {
      expect([name, head.headers.get(name)]).toEqual([name, full.headers.get(name)]);
    }
  });

  it('may be kept, by its ETag, and read by scripts anywhere', async () => {
    const { headers } = await get('/api');
    const etag = headers.get('etag') ?? '';
    expect(headers.get('cache-control')).toMatch(/^public, max-age=\d+$/);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('set-cookie')).toBeNull();
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const { status, text, headers: again } = await get('/api', { headers: { 'if-none-match': tag } });
      expect([tag, status, text, again.get('etag')]).toEqual([tag, 304, '', etag]);
    }
    expect((await get('/api', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
    const other = await get('/reports', { headers: { 'if-none-match': etag } });
    expect([other.status, other.headers.get('etag') === etag]).toEqual([200, false]);
  });

  it('INT-032 META-022 META-023 REV-012 the server’s metadata names the resources that publish, and what else is new', async () => {
    const { body } = await host.request('/.well-known/oauth-authorization-server');
    expect(body['protected_resources']).toEqual(PUBLISHED.map(({ identifier }) => absolute(identifier)));
    expect(body).toMatchObject({
      introspection_endpoint: `${ISSUER}/oauth/introspect`,
      revocation_endpoint: `${ISSUER}/oauth/revoke`,
      introspection_endpoint_auth_methods_supported: body['token_endpoint_auth_methods_supported'],
      revocation_endpoint_auth_methods_supported: body['token_endpoint_auth_methods_supported'],
      introspection_signing_alg_values_supported: ['RS256', 'ES256', 'PS256', 'EdDSA'],
    });
    for (const name of [
      'introspection_encryption_alg_values_supported',
      'introspection_encryption_enc_values_supported',
    ]) {
      expect((body[name] as string[]).length).toBeGreaterThan(0);
    }
  });

  it('META-029 each address in a challenge or in the list is answered, for that very resource', async () => {
    for (const { identifier } of PUBLISHED) {
      const url = new URL(absolute(identifier));
      const rest = url.pathname === '/' ? url.search : url.pathname + url.search;
      const { status, body } = await asHost(rest, { host: url.host });
      expect([identifier, status, body['resource']]).toEqual([identifier, 200, absolute(identifier)]);
    }
  });
});

const read = (url: string, headers: Record<string, string> = {}): OauthContext => ({
  request: { ...formRequest('', headers, url), method: 'GET' },
});

async function documentAt(
  options: Parameters<typeof openKit>[0],
  url: string,
  headers: Record<string, string> = {},
) {
  const kit = await openKit(options);
  const found = await kit.oauth.resourceMetadata(read(url, headers), {
    resourceMetadataSuccess: (_, { document }): ResourceMetadataDocument | number => document,
    resourceMetadataError: (_, { status }): ResourceMetadataDocument | number => status,
  });
  await kit.close();
  return found;
}

describe('where it stands', () => {
  it('META-029 an issuer with a path: behind the well-known one, before the path', async () => {
    const options = {
      issuer: 'http://127.0.0.1:3999/tenant',
      resources: [{ identifier: '/api', scopes: ['read'] }],
    };
    const document = await documentAt(options, `${WELL_KNOWN}/tenant/api`);
    expect(document).toMatchObject({
      resource: 'http://127.0.0.1:3999/tenant/api',
      authorization_servers: ['http://127.0.0.1:3999/tenant'],
    });
    expect(await documentAt(options, `${WELL_KNOWN}/api`)).toBe(404);
  });

  it('below a prefix of the host', async () => {
    const resources = [{ identifier: '/api', scopes: ['read'] }];
    expect(await documentAt({ resources }, `/prefix${WELL_KNOWN}/api`)).toMatchObject({
      resource: `${ISSUER}/api`,
    });
    expect(await documentAt({ resources }, `/prefix${WELL_KNOWN}`)).toBe(404);
    expect(await documentAt({ resources }, '/api')).toBe(404);
    expect(await documentAt({ resources }, '')).toBe(404);
  });

  it.each(['https://bare.example', 'https://bare.example/'])(
    'META-029 META-030 %s: no trailing slash',
    async (identifier) => {
      const resources = [{ identifier, scopes: ['read'] }];
      expect(await documentAt({ resources }, WELL_KNOWN)).toMatchObject({ resource: identifier });
      expect(await documentAt({ resources }, `${WELL_KNOWN}/`)).toBe(404);
    },
  );

  it.each(['https://x.example?a=1', 'https://x.example/?a=1'])(
    'META-029 %s: the query follows at once',
    async (identifier) => {
      const resources = [{ identifier, scopes: ['read'] }];
      expect(await documentAt({ resources }, `${WELL_KNOWN}?a=1`)).toMatchObject({ resource: identifier });
      expect(await documentAt({ resources }, WELL_KNOWN)).toBe(404);
    },
  );

  it('META-029 META-030 a query tells two resources of one path apart, and one with a query from one without', async () => {
    const resources = [
      { identifier: '/api', scopes: ['read'] },
      { identifier: '/api?tenant=1', scopes: ['one'] },
      { identifier: 'https://other.example/api?tenant=1', scopes: ['two'] },
    ];
    const at = (url: string, host?: string) =>
      documentAt({ resources }, WELL_KNOWN + url, host === undefined ? {} : { host });
    for (const host of ['127.0.0.1:3999', 'other.example', 'evil.example', undefined]) {
      expect(await at('/api', host)).toMatchObject({ resource: `${ISSUER}/api` });
    }
    expect(await at('/api?tenant=1', '127.0.0.1:3999')).toMatchObject({ resource: `${ISSUER}/api?tenant=1` });
    expect(await at('/api?tenant=1', 'other.example')).toMatchObject({
      resource: 'https://other.example/api?tenant=1',
    });
    expect(await at('/api?tenant=1', 'OTHER.example')).toMatchObject({
      resource: 'https://other.example/api?tenant=1',
    });
    expect(await at('/api?x=1', '127.0.0.1:3999')).toMatchObject({ resource: `${ISSUER}/api` });
  });

  it('META-030 the identifier as it is written, upper case and escapes included', async () => {
    for (const identifier of [
      'https://X.example/Äpi'.replace('Ä', '%C3%84'),
      'https://x.example/A/./b',
      'HTTPS://x.example/up',
    ]) {
      const resources = [{ identifier, scopes: ['read'] }];
      const [, path = ''] = /^[^:]+:\/\/[^/]+(.*)$/.exec(identifier) ?? [];
      expect(await documentAt({ resources }, WELL_KNOWN + path)).toMatchObject({ resource: identifier });
    }
  });

  it('META-037 META-023 where none publishes, there is no member and no document', async () => {
    const resources = [{ identifier: '/api', scopes: ['read'], metadata: false }];
    expect(await documentAt({ resources }, `${WELL_KNOWN}/api`)).toBe(404);
    const kit = await openKit({ resources, endpoints: { introspection: false, revocation: false } });
    const document = await kit.oauth.metadata(read('/.well-known/oauth-authorization-server'), {
      metadataSuccess: (_, metadata) => ({ ...metadata.document }),
      metadataError: (_, error) => Promise.reject(error),
    });
    expect(document).not.toHaveProperty('protected_resources');
    expect(Object.keys(document).filter((name) => /introspection|revocation/.test(name))).toEqual([]);
    await kit.close();
  });

  it('INT-032 META-022 without published keys there are no signed responses, and none are offered', async () => {
    const resources = [{ identifier: '/api', scopes: ['read'], accessTokenFormat: 'opaque' as const }];
    const kit = await openKit({ resources, endpoints: { jwks: false } });
    const document = await kit.oauth.metadata(read('/.well-known/oauth-authorization-server'), {
      metadataSuccess: (_, metadata) => ({ ...metadata.document }),
      metadataError: (_, error) => Promise.reject(error),
    });
    expect(document).toHaveProperty('introspection_endpoint');
    expect(Object.keys(document).filter((name) => /introspection_(sign|encr)/.test(name))).toEqual([]);
    await kit.close();
  });

  it.each([
    { name: '' },
    { name: ' ' },
    { name: 1 },
    { name: null },
    { documentation: '/docs' },
    { documentation: 'javascript:alert(1)' },
    { documentation: '' },
    { documentation: null },
    { metadata: 'no' },
    { metadata: 0 },
    { metadata: null },
  ])('ROB-032 %j stops the start', async (wrong) => {
    const resources = [{ identifier: '/api', scopes: ['read'], ...wrong }] as ResourceServerOptions[];
    await expect(openKit({ resources })).rejects.toThrow(ConfigurationError);
  });
});
