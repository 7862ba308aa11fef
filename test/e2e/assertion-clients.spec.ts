import { createHmac } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import {
  ASYMMETRIC,
  clientKey,
  JWT_BEARER,
  KEY_ENCRYPTION_SECRET,
  registerHmacSigner,
  registerSigner,
  SYMMETRIC,
  type SigningClient,
} from './support/assertions.js';
import { expectError, GRANT, openServer, type Server } from './support/server.js';

const http = { [oauth.allowInsecureRequests]: true };
const METHODS = ['private_key_jwt', 'client_secret_jwt', 'client_secret_basic', 'client_secret_post'];

interface Credentials {
  readonly id: string;
  /** Of either library: they are the same. */
  readonly auth: oauth.ClientAuth;
}

/** By a private key, as the libraries do it: they say `Ed25519` where the key is one, and can be told to say `EdDSA`. */
function byPrivateKey({ id, key }: SigningClient): Credentials {
  if (!key) throw new Error('The client has no key.');
  const { alg, kid, privateKey } = key;
  const modify: oauth.ModifyAssertionFunction = (header) => {
    if (alg === 'EdDSA') header['alg'] = alg;
    else expect(header['alg']).toBe(alg);
  };
  return {
    id,
    auth: oauth.PrivateKeyJwt({ key: privateKey, kid }, { [oauth.modifyAssertion]: modify }),
  };
}

/** With the secret: HS256 as the libraries do it, the longer hashes by a method of the test's own. */
function bySecret({ id, secret }: SigningClient, alg: (typeof SYMMETRIC)[number]): Credentials {
  if (alg === 'HS256') return { id, auth: oauth.ClientSecretJwt(secret) };
  const auth: oauth.ClientAuth = (as, client, body) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: client.client_id, sub: client.client_id, aud: as.issuer, iat: now, exp: now + 60 };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${part({ alg })}.${part({ ...claims, jti: crypto.randomUUID() })}`;
    const signature = createHmac(`sha${alg.slice(2)}`, secret)
      .update(input)
      .digest('base64url');
    body.set('client_assertion_type', JWT_BEARER);
    body.set('client_assertion', `${input}.${signature}`);
  };
  return { id, auth };
}

describe.each(HTTP_ADAPTERS)('real clients with assertions on %s', (httpAdapter) => {
  let server: Server;

  beforeAll(async () => {
    server = await openServer({ httpAdapter, env: { KEY_ENCRYPTION_SECRET } });
  });

  afterAll(() => server.close());

  async function discovered(): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(server.issuer);
    const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http });
    return oauth.processDiscoveryResponse(issuer, answer);
  }

  async function byOauth4webapi({ id, auth }: Credentials): Promise<string> {
    const as = await discovered();
    const client: oauth.Client = { client_id: id };
    const parameters = { scope: 'catalog:read' };
    const answer = await oauth.clientCredentialsGrantRequest(as, client, auth, parameters, http);
    const result = await oauth.processClientCredentialsResponse(as, client, answer);
    expect(result).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'catalog:read' });
    return result.access_token;
  }

  async function byOpenidClient({ id, auth }: Credentials): Promise<string> {
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- it waits for what its type calls void
    const config = await openid.discovery(new URL(server.issuer), id, undefined, auth, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    });
    const tokens = await openid.clientCredentialsGrant(config, { scope: 'catalog:read' });
    expect(tokens.expiresIn()).toBeGreaterThan(0);
    return tokens.access_token;
  }

  async function expectTokenOf(id: string, token: string): Promise<void> {
    const { issuer } = server;
    const keys = createRemoteJWKSet(new URL(`${issuer}/oauth/jwks`));
    const { payload } = await jwtVerify(token, keys, { issuer, typ: 'at+jwt' });
    expect(payload).toMatchObject({ sub: id, client_id: id, scope: 'catalog:read' });
    const answer = await fetch(`${issuer}/api/catalog`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
  }

  const libraries: [string, (credentials: Credentials) => Promise<string>][] = [
    ['oauth4webapi', byOauth4webapi],
    ['openid-client', byOpenidClient],
  ];

  describe.each(libraries)('%s', (_, getToken) => {
    it.each(ASYMMETRIC)('AUTH-001 AUTH-061 gets tokens by private_key_jwt with %s', async (alg) => {
      const client = await registerSigner(server, {}, await clientKey(alg));
      const credentials = byPrivateKey(client);
      await expectTokenOf(client.id, await getToken(credentials));
      // Each assertion is another one.
      await expectTokenOf(client.id, await getToken(credentials));
    });

    it.each(ASYMMETRIC)(
      'AUTH-025 gets a token by private_key_jwt where only %s is registered',
      async (alg) => {
        const pinned = { token_endpoint_auth_signing_alg: alg };
        const client = await registerSigner(server, pinned, await clientKey(alg));
        await expectTokenOf(client.id, await getToken(byPrivateKey(client)));
      },
    );

    it.each(SYMMETRIC)('AUTH-001 AUTH-061 gets tokens by client_secret_jwt with %s', async (alg) => {
      const client = await registerHmacSigner(server, alg);
      await expectTokenOf(client.id, await getToken(bySecret(client, alg)));
      await expectTokenOf(client.id, await getToken(bySecret(client, alg)));
    });

    it('AUTH-029 gets a token by client_secret_jwt with a secret of its own of 32 octets', async () => {
      const secret = 'ä€+%:&='.padEnd(29, 'x');
      expect(Buffer.byteLength(secret)).toBe(32);
      const { id } = await server.register({
        token_endpoint_auth_method: 'client_secret_jwt',
        client_secret: secret,
      });
      await expectTokenOf(id, await getToken({ id, auth: oauth.ClientSecretJwt(secret) }));
    });

    it('AUTH-061 gets tokens by client_secret_basic and client_secret_post', async () => {
      const { client, postClient } = server;
      const basic = { id: client.id, auth: oauth.ClientSecretBasic(client.secret) };
      const post = { id: postClient.id, auth: oauth.ClientSecretPost(postClient.secret) };
      await expectTokenOf(client.id, await getToken(basic));
      await expectTokenOf(postClient.id, await getToken(post));
    });
  });

  it('AUTH-003 AUTH-047 the libraries understand the refusal of an assertion', async () => {
    const as = await discovered();
    const stranger = await registerSigner(server);
    const { auth } = byPrivateKey(stranger);
    const client: oauth.Client = { client_id: server.client.id };
    const answer = await oauth.clientCredentialsGrantRequest(as, client, auth, {}, http);
    await expect(oauth.processClientCredentialsResponse(as, client, answer)).rejects.toBeInstanceOf(
      oauth.WWWAuthenticateChallengeError,
    );
    await expect(byOpenidClient({ id: server.client.id, auth })).rejects.toBeInstanceOf(
      openid.WWWAuthenticateChallengeError,
    );
  });

  it('AUTH-061 META-012 publishes the methods and the algorithms that work, and no other', async () => {
    const {
      token_endpoint_auth_methods_supported: methods = [],
      token_endpoint_auth_signing_alg_values_supported: algorithms = [],
    } = await discovered();
    expect(methods.toSorted()).toEqual(METHODS.toSorted());
    expect(algorithms.toSorted()).toEqual([...ASYMMETRIC, ...SYMMETRIC].toSorted());
    expect(algorithms).not.toContain('none');
  });

  it('AUTH-030 META-012 without a key to encrypt with there is no client_secret_jwt', async () => {
    const bare = await openServer({ httpAdapter });
    onTestFinished(() => bare.close());
    const { json } = await bare.send({ path: '/.well-known/oauth-authorization-server' });
    const methods = json?.['token_endpoint_auth_methods_supported'];
    expect(methods).toEqual(METHODS.filter((method) => method !== 'client_secret_jwt'));
    expect(json?.['token_endpoint_auth_signing_alg_values_supported']).toEqual([...ASYMMETRIC]);
    await expect(bare.register({ token_endpoint_auth_method: 'client_secret_jwt' })).rejects.toMatchObject({
      code: 'invalid_client_metadata',
      message: expect.stringContaining('token_endpoint_auth_method') as unknown,
    });
    // The secret of a client that is registered for HTTP Basic is no key.
    const { id, secret } = bare.client;
    const body = new URLSearchParams(GRANT);
    const { auth } = bySecret({ id, secret } as SigningClient, 'HS512');
    await auth({ issuer: bare.issuer }, { client_id: id }, body, new Headers());
    expectError(await bare.token(body.toString(), {}), 401, 'invalid_client');
    await bare.serves();
  });
});
