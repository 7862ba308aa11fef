import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import { openServer, type Server, type TestClient } from './support/server.js';

const METHODS = ['client_secret_basic', 'client_secret_post'] as const;
const http = { [oauth.allowInsecureRequests]: true };

describe.each(HTTP_ADAPTERS)('real clients on %s', (httpAdapter) => {
  let server: Server;
  let awkward: TestClient;

  beforeAll(async () => {
    server = await openServer({ httpAdapter });
    awkward = await server.register({
      client_id: 'a client:+',
      client_secret: 'p@ss:w%rd+ €£&=',
    });
  });

  afterAll(() => server.close());

  const clientOf = (method: (typeof METHODS)[number]) =>
    method === 'client_secret_basic' ? server.client : server.postClient;

  async function expectUsable(token: string, issuer: string): Promise<void> {
    const keys = createRemoteJWKSet(new URL(`${issuer}/oauth/jwks`));
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: `${issuer}/api/catalog`,
      typ: 'at+jwt',
    });
    expect(payload.exp).toBeGreaterThan(payload.iat ?? 0);
    const answer = await fetch(`${issuer}/api/catalog`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
  }

  async function discovered(): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(server.issuer);
    const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http });
    return oauth.processDiscoveryResponse(issuer, answer);
  }

  it.each(METHODS)('META-001 TOK-001 oauth4webapi gets a token by discovery with %s', async (method) => {
    const as = await discovered();
    expect(as.token_endpoint_auth_methods_supported).toContain(method);
    const { id, secret } = clientOf(method);
    const client: oauth.Client = { client_id: id };
    const auth =
      method === 'client_secret_basic' ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret);
    const answer = await oauth.clientCredentialsGrantRequest(
      as,
      client,
      auth,
      { scope: 'catalog:read' },
      http,
    );
    const result = await oauth.processClientCredentialsResponse(as, client, answer);
    expect(result).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'catalog:read' });
    await expectUsable(result.access_token, server.issuer);
  });

  it('TOK-030 oauth4webapi encodes awkward credentials as the server decodes them', async () => {
    const as = await discovered();
    const client: oauth.Client = { client_id: awkward.id };
    const auth = oauth.ClientSecretBasic(awkward.secret);
    const answer = await oauth.clientCredentialsGrantRequest(as, client, auth, {}, http);
    const result = await oauth.processClientCredentialsResponse(as, client, answer);
    await expectUsable(result.access_token, server.issuer);
  });

  it('TOK-044 oauth4webapi understands a refusal', async () => {
    const as = await discovered();
    const client: oauth.Client = { client_id: server.client.id };
    const wrong = await oauth.clientCredentialsGrantRequest(
      as,
      client,
      oauth.ClientSecretBasic('wrong'),
      {},
      http,
    );
    const failure: unknown = await oauth
      .processClientCredentialsResponse(as, client, wrong)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
    const auth = oauth.ClientSecretBasic(server.client.secret);
    const bad = await oauth.clientCredentialsGrantRequest(as, client, auth, { scope: 'foo' }, http);
    const refused: unknown = await oauth
      .processClientCredentialsResponse(as, client, bad)
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(oauth.ResponseBodyError);
    expect(refused).toMatchObject({ error: 'invalid_scope', status: 400 });
  });

  it('RES-001 oauth4webapi asks for a resource and calls it', async () => {
    const as = await discovered();
    const client: oauth.Client = { client_id: server.client.id };
    const resource = `${server.issuer}/api/statistics`;
    const parameters = { resource, scope: 'statistics:read' };
    const auth = oauth.ClientSecretBasic(server.client.secret);
    const answer = await oauth.clientCredentialsGrantRequest(as, client, auth, parameters, http);
    const { access_token: token } = await oauth.processClientCredentialsResponse(as, client, answer);
    const used = await oauth.protectedResourceRequest(
      token,
      'GET',
      new URL(resource),
      undefined,
      undefined,
      http,
    );
    expect(used.status).toBe(200);
  });

  it('oauth4webapi validates the access token as RFC 9068 says', async () => {
    const as = await discovered();
    const client: oauth.Client = { client_id: server.client.id };
    const auth = oauth.ClientSecretBasic(server.client.secret);
    const answer = await oauth.clientCredentialsGrantRequest(as, client, auth, {}, http);
    const { access_token: token } = await oauth.processClientCredentialsResponse(as, client, answer);
    const audience = `${server.issuer}/api/catalog`;
    const request = new Request(audience, { headers: { authorization: `Bearer ${token}` } });
    const claims = await oauth.validateJwtAccessToken(as, request, audience, http);
    expect(claims).toMatchObject({
      client_id: server.client.id,
      sub: server.client.id,
      scope: 'catalog:read',
    });
  });

  it.each(METHODS)('META-001 TOK-001 openid-client gets a token by discovery with %s', async (method) => {
    const { id, secret } = clientOf(method);
    const auth =
      method === 'client_secret_basic' ? openid.ClientSecretBasic(secret) : openid.ClientSecretPost(secret);
    const config = await openid.discovery(new URL(server.issuer), id, undefined, auth, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    });
    const resource = `${server.issuer}/api/catalog`;
    const tokens = await openid.clientCredentialsGrant(config, { scope: 'catalog:read', resource });
    expect(tokens.expiresIn()).toBeGreaterThan(0);
    await expectUsable(tokens.access_token, server.issuer);
    const used = await openid.fetchProtectedResource(config, tokens.access_token, new URL(resource), 'GET');
    expect(used.status).toBe(200);
  });

  it('TOK-044 openid-client understands a refusal', async () => {
    const auth = openid.ClientSecretBasic('wrong');
    const config = await openid.discovery(new URL(server.issuer), server.client.id, undefined, auth, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    });
    await expect(openid.clientCredentialsGrant(config)).rejects.toBeInstanceOf(
      openid.WWWAuthenticateChallengeError,
    );
  });
});
