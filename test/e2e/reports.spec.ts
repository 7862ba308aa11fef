import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort, HTTP_ADAPTERS, startProgram, startSampleApp } from '../support/sample-app.js';
import { clientKey, type ClientKey } from './support/assertions.js';
import { startReports, type Reports } from './support/reports.js';
import { expectToken, FORM, GRANT, openServer, type Server, type TestClient } from './support/server.js';

const SCOPE = 'catalog:read sales:read sales:all audit:read';

/** Any of its answers, as far as these tests look at them. */
interface Seen {
  readonly status: number;
  readonly challenge: string;
  readonly json: unknown;
}

async function get(url: string, token?: string): Promise<Seen> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(url, { headers });
  const challenge = answer.headers.get('www-authenticate') ?? '';
  return { status: answer.status, challenge, json: await answer.json() };
}

describe.each(HTTP_ADAPTERS)('the reports on %s', (httpAdapter) => {
  const folder = mkdtempSync(join(tmpdir(), 'oauth-reports-'));
  const databaseUrl = `sqlite:${join(folder, 'reports.sqlite')}`;
  let server: Server;
  let key: ClientKey;
  let reports: Reports;
  let client: TestClient;

  beforeAll(async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const port = await freePort();
    key = await clientKey();
    // The reports come first: they do not need the issuer in order to start.
    const issuer = `http://127.0.0.1:${port}`;
    reports = await startReports({ url, issuer, key: JSON.stringify(key.privateJwk), httpAdapter });
    expect((await get(`${url}/reports/audit`, 'nok_x')).status).toBe(503);
    server = await openServer({ httpAdapter, databaseUrl, port, env: { REPORTS_URL: url } });
    await server.register({
      client_id: 'reports',
      scope: undefined,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.publicJwk] },
      grant_types: [],
      resource: `${url}/reports/audit`,
    });
    client = await server.register({ scope: SCOPE });
  });

  afterAll(async () => {
    await reports.stop();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function token(scope: string, by: TestClient = client): Promise<string> {
    const answer = await server.token(`${GRANT}&scope=${encodeURIComponent(scope)}`, by.basic);
    return expectToken(answer).access_token;
  }

  const report = (name: string, bearer?: string) => get(`${reports.url}/reports/${name}`, bearer);

  it('answer to good tokens of either format', async () => {
    const [jwt, opaque] = [await token('sales:read'), await token('audit:read')];
    expect(jwt.split('.')).toHaveLength(3);
    expect(opaque).toMatch(/^nok_/);
    await expect
      .poll(() => report('sales', jwt), { timeout: 20_000 })
      .toMatchObject({
        status: 200,
        json: { sales: [{ month: '2026-09' }, { month: '2026-10' }] },
      });
    await expect
      .poll(() => report('audit', opaque), { timeout: 20_000 })
      .toMatchObject({
        status: 200,
        json: { audit: [{ what: 'Prices changed' }, { what: 'Refund above 500' }] },
      });
  });

  it('refuse a token without the scope, and say which', async () => {
    const seen = await report('sales', await token('sales:all'));
    expect(seen.status).toBe(403);
    expect(seen.challenge).toMatch(/error="insufficient_scope".*scope="sales:read"/);
  });

  it('show the figures of other clients to those alone that may see them', async () => {
    const shop = await server.register({ client_id: 'web-shop', scope: SCOPE });
    const [own, more] = [await token('sales:read', shop), await token('sales:read sales:all', shop)];
    expect(await report('sales/web-shop', own)).toMatchObject({ status: 200, json: { sales: [{}, {}] } });
    const refused = await report('sales/demo', own);
    expect(refused.status).toBe(403);
    expect(refused.challenge).toContain('scope="sales:read sales:all"');
    expect(await report('sales/demo', more)).toMatchObject({ status: 200, json: { sales: [{}, {}] } });
  });

  it.each([
    ['sales', 'catalog:read'],
    ['sales', 'audit:read'],
    ['audit', 'catalog:read'],
    ['audit', 'sales:read'],
  ])('refuse at %s a token for another resource, of %s', async (name, scope) => {
    const seen = await report(name, await token(scope));
    expect(seen.status).toBe(401);
    expect(seen.challenge).toContain('error="invalid_token"');
  });

  it('refuse a revoked opaque token at once', async () => {
    const opaque = await token('audit:read');
    expect((await report('audit', opaque)).status).toBe(200);
    const revoked = await server.send({
      method: 'POST',
      path: '/oauth/revoke',
      headers: { 'content-type': FORM, ...client.basic },
      body: `token=${opaque}`,
    });
    expect(revoked.status).toBe(200);
    expect((await report('audit', opaque)).status).toBe(401);
  });

  it.each(['sales', 'audit'])(
    'META-029 META-036 say in the challenge of %s where its metadata stands',
    async (name) => {
      const { status, challenge } = await report(name);
      expect(status).toBe(401);
      expect(challenge).not.toContain('error=');
      const address = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? '';
      expect(address).toBe(`${reports.url}/.well-known/oauth-protected-resource/reports/${name}`);
      expect(await get(address)).toMatchObject({
        status: 200,
        json: {
          resource: `${reports.url}/reports/${name}`,
          authorization_servers: [server.issuer],
          scopes_supported: expect.arrayContaining([`${name}:read`]) as unknown,
        },
      });
    },
  );

  it('go on with JWTs while the issuer is away, and with everything once it is back', async () => {
    const [jwt, opaque] = [await token('sales:read'), await token('audit:read')];
    expect((await report('sales', jwt)).status).toBe(200);
    await server.app.stop();
    expect((await report('sales', jwt)).status).toBe(200);
    expect(await report('audit', opaque)).toMatchObject({ status: 503, challenge: '' });
    const again = await startSampleApp({
      httpAdapter,
      databaseUrl,
      port: server.port,
      env: { REPORTS_URL: reports.url },
    });
    onTestFinished(async () => void (await again.stop()));
    await expect.poll(async () => (await report('audit', opaque)).status, { timeout: 20_000 }).toBe(200);
    expect((await report('sales', jwt)).status).toBe(200);
  });

  it('keep their key to themselves', () => {
    expect(reports.output()).not.toContain(key.privateJwk.d);
  });
});

describe('the settings of the reports', () => {
  it.each([
    ['no key', {}, /REPORTS_CLIENT_KEY/],
    ['a key that is none', { REPORTS_CLIENT_KEY: 'hunter2' }, /key/],
    ['another adapter', { HTTP_ADAPTER: 'foo' }, /HTTP_ADAPTER/],
    ['a URL with a path', { REPORTS_CLIENT_KEY: 'x', REPORTS_URL: 'http://127.0.0.1:1/x' }, /REPORTS_URL/],
  ])('stop the start with %s, in one line', async (_, env, names) => {
    const program = startProgram('reports/main.js', {
      REPORTS_URL: `http://127.0.0.1:${await freePort()}`,
      ...env,
    });
    const code = await new Promise((resolve) => program.process.once('close', resolve));
    expect(code, program.output()).toBe(1);
    expect(program.output()).toMatch(names);
    expect(program.output()).not.toMatch(/hunter2|\n\s+at /);
  });
});
