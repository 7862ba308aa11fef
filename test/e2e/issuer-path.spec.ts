import * as oauth from 'oauth4webapi';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort, HTTP_ADAPTERS } from '../support/sample-app.js';
import { expectError, expectToken, FORM, GRANT, openServer, type Server } from './support/server.js';

const WELL_KNOWN = '/.well-known/oauth-authorization-server';
const http = { [oauth.allowInsecureRequests]: true };

describe.each(HTTP_ADAPTERS)('an issuer with a path on %s', (httpAdapter) => {
  let server: Server;

  beforeAll(async () => {
    const port = await freePort();
    const env = { ISSUER: `http://127.0.0.1:${port}/tenant` };
    server = await openServer({ httpAdapter, port, env, prefix: '/tenant' });
  });

  afterAll(() => server.close());

  it('META-002 META-004 stands behind the well-known path', async () => {
    const answer = await server.send({ path: `${WELL_KNOWN}/tenant` });
    expect(answer).toMatchObject({
      status: 200,
      json: {
        issuer: server.issuer,
        token_endpoint: `${server.issuer}/oauth/token`,
        jwks_uri: `${server.issuer}/oauth/jwks`,
        introspection_endpoint: `${server.issuer}/oauth/introspect`,
        revocation_endpoint: `${server.issuer}/oauth/revoke`,
        protected_resources: [`${server.issuer}/api/catalog`, `${server.issuer}/api/statistics`],
      },
    });
  });

  it.each([
    WELL_KNOWN,
    `${WELL_KNOWN}/`,
    `${WELL_KNOWN}/other`,
    `${WELL_KNOWN}/tenant/x`,
    `${WELL_KNOWN}/Tenant`,
    `/tenant${WELL_KNOWN}`,
  ])('META-002 does not stand at %s', async (path) => {
    expect((await server.send({ path })).status).toBe(404);
  });

  it('META-002 is found by discovery', async () => {
    const issuer = new URL(server.issuer);
    const as = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http }),
    );
    const client: oauth.Client = { client_id: server.client.id };
    const auth = oauth.ClientSecretBasic(server.client.secret);
    const answer = await oauth.clientCredentialsGrantRequest(as, client, auth, {}, http);
    const { access_token: token } = await oauth.processClientCredentialsResponse(as, client, answer);
    expect(decodeJwt(token)).toMatchObject({ iss: server.issuer, aud: `${server.issuer}/api/catalog` });
  });

  it('TOK-001 has its endpoints and its API below the path', async () => {
    const { access_token: token } = expectToken(await server.token(GRANT));
    const headers = { authorization: `Bearer ${token}` };
    expect((await server.send({ path: '/tenant/api/catalog', headers })).status).toBe(200);
    expect((await server.send({ path: '/tenant/oauth/jwks' })).status).toBe(200);
    const opaque = expectToken(await server.token(`${GRANT}&scope=statistics:read`));
    const bearer = { authorization: `Bearer ${opaque.access_token}` };
    expect((await server.send({ path: '/tenant/api/statistics', headers: bearer })).status).toBe(200);
  });

  it('TOK-080 has nothing above the path', async () => {
    const headers = { ...server.client.basic, 'content-type': FORM };
    expect((await server.send({ method: 'POST', path: '/oauth/token', headers, body: GRANT })).status).toBe(
      404,
    );
    expect((await server.send({ path: '/oauth/jwks' })).status).toBe(404);
    expect((await server.send({ path: '/api/catalog' })).status).toBe(404);
  });

  it('ROB-002 ROB-001 TOK-014 reads the form as strictly', async () => {
    expectError(await server.token(`${GRANT}&foo=%FF`), 400, 'invalid_request');
    expectError(await server.token(`${GRANT}&${GRANT}`), 400, 'invalid_request');
    expectError(await server.token(`${GRANT}&pad=`.padEnd(70_000, 'x')), [400, 413], 'invalid_request');
    expectError(await server.token('x'.repeat(2_000_000)), [400, 413], 'invalid_request');
  });

  it.each(['/tenant/', '/tenant/deep/er'])('META-002 takes an issuer of the path %s', async (path) => {
    const port = await freePort();
    const issuer = `http://127.0.0.1:${port}${path}`;
    const prefix = path.replace(/\/$/, '');
    const other = await openServer({ httpAdapter, port, env: { ISSUER: issuer }, prefix });
    onTestFinished(() => other.close());
    const answer = await other.send({ path: WELL_KNOWN + prefix });
    expect(answer).toMatchObject({ status: 200, json: { issuer } });
    await other.serves();
  });
});
