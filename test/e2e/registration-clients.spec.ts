import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import { clientKey } from './support/assertions.js';
import { FORMATS, use } from './support/lookups.js';
import { INITIAL, OPEN } from './support/registration.js';
import { openServer, type Server } from './support/server.js';

const http = { [oauth.allowInsecureRequests]: true };
const opened: openid.DynamicClientRegistrationRequestOptions = {
  algorithm: 'oauth2',
  execute: [openid.allowInsecureRequests],
};
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

describe.each(HTTP_ADAPTERS)('real clients that register themselves, on %s', (httpAdapter) => {
  let server: Server;
  let as: oauth.AuthorizationServer;

  beforeAll(async () => {
    server = await openServer({ httpAdapter, env: OPEN });
    const issuer = new URL(server.issuer);
    const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http });
    as = await oauth.processDiscoveryResponse(issuer, answer);
  });

  afterAll(() => server.close());

  const registration = (metadata: Partial<oauth.OmitSymbolProperties<oauth.Client>>, token = INITIAL) =>
    oauth.dynamicClientRegistrationRequest(as, metadata, { initialAccessToken: token, ...http });

  async function register(metadata: Partial<oauth.OmitSymbolProperties<oauth.Client>>) {
    return oauth.processDynamicClientRegistrationResponse(await registration(metadata));
  }

  /** A token for each API, which takes it. */
  async function works(client: oauth.Client, auth: oauth.ClientAuth): Promise<void> {
    for (const { scope, api } of FORMATS) {
      const answer = await oauth.clientCredentialsGrantRequest(as, client, auth, { scope }, http);
      const result = await oauth.processClientCredentialsResponse(as, client, answer);
      expect(result.scope).toBe(scope);
      expect((await use(server.port, api, result.access_token)).status).toBe(200);
    }
  }

  it('DCR-001 DCR-002 oauth4webapi registers a client, which gets tokens with its secret', async () => {
    const client = await register({ client_name: 'Nightly report', scope: 'catalog:read statistics:read' });
    expect(client).toMatchObject({
      client_name: 'Nightly report',
      client_secret_expires_at: 0,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
    });
    await works(client, oauth.ClientSecretBasic(text(client.client_secret)));
  });

  it('DCR-001 DCR-008 oauth4webapi registers a client, which gets tokens with its key', async () => {
    const key = await clientKey();
    const client = await register({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.publicJwk] },
      scope: 'catalog:read statistics:read',
    });
    expect(client).not.toHaveProperty('client_secret');
    expect(client).toMatchObject({ jwks: { keys: [key.publicJwk] } });
    await works(client, oauth.PrivateKeyJwt({ key: key.privateKey, kid: key.kid }));
  });

  it('DCR-003 DCR-004 oauth4webapi understands the refusals', async () => {
    await expect(
      registration({}, 'wrong').then(oauth.processDynamicClientRegistrationResponse),
    ).rejects.toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
    await expect(register({ grant_types: ['implicit'] })).rejects.toMatchObject({
      error: 'invalid_client_metadata',
      error_description: expect.stringContaining('grant_types') as string,
      status: 400,
    });
    await expect(register({ redirect_uris: ['javascript:alert(1)'] })).rejects.toMatchObject({
      error: 'invalid_redirect_uri',
    });
  });

  it.each([
    ['client_secret_basic', openid.ClientSecretBasic()],
    // What it takes where it is told nothing.
    ['client_secret_post', undefined],
  ])('DCR-001 openid-client registers a client, which gets tokens with %s', async (method, auth) => {
    const config = await openid.dynamicClientRegistration(
      new URL(server.issuer),
      { token_endpoint_auth_method: method, scope: 'catalog:read' },
      auth,
      { initialAccessToken: INITIAL, ...opened },
    );
    const { client_id: id } = config.clientMetadata();
    const { access_token: token } = await openid.clientCredentialsGrant(config);
    expect(decodeJwt(token)).toMatchObject({ client_id: id, scope: 'catalog:read' });
    expect((await use(server.port, '/api/catalog', token)).status).toBe(200);
  });

  it('DCR-001 openid-client registers a client with a key, which gets tokens', async () => {
    const key = await clientKey();
    const config = await openid.dynamicClientRegistration(
      new URL(server.issuer),
      { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.publicJwk] } },
      openid.PrivateKeyJwt({ key: key.privateKey, kid: key.kid }),
      { initialAccessToken: INITIAL, ...opened },
    );
    const { access_token: token } = await openid.clientCredentialsGrant(config, { scope: 'catalog:read' });
    expect((await use(server.port, '/api/catalog', token)).status).toBe(200);
  });

  it('DCR-003 openid-client cannot register without a token', async () => {
    await expect(
      openid.dynamicClientRegistration(new URL(server.issuer), {}, undefined, opened),
    ).rejects.toThrow();
  });

  it('DCR-013 DCR-014 DCR-017 the client manages itself where it was told to', async () => {
    const made = await register({ scope: 'catalog:read' });
    const uri = text(made['registration_client_uri']);
    const authorization = `Bearer ${text(made['registration_access_token'])}`;
    const read = await fetch(uri, { headers: { authorization } });
    expect(
      await oauth.processDynamicClientRegistrationResponse(
        new Response(read.body, {
          status: 201,
          headers: read.headers,
        }),
      ),
    ).toMatchObject({ client_id: made.client_id, scope: 'catalog:read' });
    expect((await fetch(uri, { method: 'DELETE', headers: { authorization } })).status).toBe(204);
    await expect(works(made, oauth.ClientSecretBasic(text(made.client_secret)))).rejects.toMatchObject({
      status: 401,
    });
  });
});
