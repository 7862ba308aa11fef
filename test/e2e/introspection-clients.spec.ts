import { compactDecrypt, exportJWK, generateKeyPair } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import {
  KEY_ENCRYPTION_SECRET,
  assertionForm,
  clientKey,
  registerHmacSigner,
  registerSigner,
} from './support/assertions.js';
import {
  AS_JWT,
  expectActive,
  expectInactive,
  expectJwt,
  expectRefused,
  expectRevoked,
  FORMATS,
  INTROSPECT,
  introspect,
  LOOKUPS,
  post,
  registerResourceServer,
  REVOKE,
  tokenForm,
  tokenOf,
  use,
} from './support/lookups.js';
import { expectError, expectToken, openServer, type Server, type TestClient } from './support/server.js';

const http = { [oauth.allowInsecureRequests]: true };
const METHODS = ['client_secret_basic', 'client_secret_post'] as const;

describe.each(HTTP_ADAPTERS)('real clients that ask about tokens, on %s', (httpAdapter) => {
  let server: Server;
  let as: oauth.AuthorizationServer;

  beforeAll(async () => {
    server = await openServer({ httpAdapter });
    const issuer = new URL(server.issuer);
    const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http });
    as = await oauth.processDiscoveryResponse(issuer, answer);
  });

  afterAll(() => server.close());

  const clientOf = (method: (typeof METHODS)[number]) =>
    method === 'client_secret_basic' ? server.client : server.postClient;

  /** Introspection by oauth4webapi, signed as the server's metadata says. */
  async function lookUp(
    client: oauth.Client,
    auth: oauth.ClientAuth,
    token: string,
    more: oauth.IntrospectionRequestOptions & oauth.JWEDecryptOptions = {},
  ): Promise<oauth.IntrospectionResponse> {
    const answer = await oauth.introspectionRequest(as, client, auth, token, { ...http, ...more });
    const result = await oauth.processIntrospectionResponse(as, client, answer, more);
    const signed = answer.headers.get('content-type') === 'application/token-introspection+jwt';
    if (signed) await oauth.validateApplicationLevelSignature(as, answer, http);
    expect(signed).toBe(more.requestJwtResponse ?? client.introspection_signed_response_alg !== undefined);
    return result;
  }

  it.each(METHODS)('INT-001 REV-001 oauth4webapi looks up and revokes with %s', async (method) => {
    const { id, secret, basic } = clientOf(method);
    const client: oauth.Client = { client_id: id };
    const auth =
      method === 'client_secret_basic' ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret);
    for (const { scope, api } of FORMATS) {
      const token =
        method === 'client_secret_basic'
          ? await tokenOf(server, scope, { basic })
          : expectToken(
              await server.token(
                `grant_type=client_credentials&scope=${scope}&${server.postClient.post}`,
                {},
              ),
            ).access_token;
      expect(await lookUp(client, auth, token)).toMatchObject({ active: true, client_id: id, scope });
      const hint = { additionalParameters: { token_type_hint: 'access_token' } };
      const answer = await oauth.revocationRequest(as, client, auth, token, { ...http, ...hint });
      await oauth.processRevocationResponse(answer);
      expect(await lookUp(client, auth, token)).toEqual({ active: false });
      expectRefused(await use(server.port, api, token));
    }
  });

  it('INT-025 INT-026 INT-027 INT-031 oauth4webapi takes the signed answer, by default RS256', async () => {
    const { id, secret } = await registerResourceServer(server, '/api/catalog');
    const auth = oauth.ClientSecretBasic(secret);
    const client: oauth.Client = { client_id: id };
    const token = await tokenOf(server, 'catalog:read');
    const signed = { requestJwtResponse: true };
    const plain = await lookUp(client, auth, token);
    expect(plain).toMatchObject({ active: true, client_id: server.client.id });
    expect(await lookUp(client, auth, token, signed)).toEqual(plain);
    expect(await lookUp(client, auth, 'unknown', signed)).toEqual({ active: false });
    const foreign = await tokenOf(server, 'statistics:read');
    expect(await lookUp(client, auth, foreign, signed)).toEqual({ active: false });
  });

  it('INT-031 oauth4webapi takes the signature that it has registered', async () => {
    const introspection_signed_response_alg = 'ES256';
    const metadata = { introspection_signed_response_alg };
    const { id, secret } = await registerResourceServer(server, '/api/statistics', metadata);
    const client: oauth.Client = { client_id: id, introspection_signed_response_alg };
    const token = await tokenOf(server, 'statistics:read');
    const found = await lookUp(client, oauth.ClientSecretBasic(secret), token);
    expect(found).toMatchObject({ active: true, aud: `${server.issuer}/api/statistics` });
  });

  it('INT-031 oauth4webapi decrypts the answer that is for it alone', async () => {
    const pair = await generateKeyPair('RSA-OAEP-256', { extractable: true });
    const { id, secret } = await registerResourceServer(server, '/api/catalog', {
      jwks: { keys: [{ ...(await exportJWK(pair.publicKey)), use: 'enc', alg: 'RSA-OAEP-256' }] },
      introspection_encrypted_response_alg: 'RSA-OAEP-256',
      introspection_encrypted_response_enc: 'A256GCM',
    });
    const decrypted: string[] = [];
    const decrypt: oauth.JweDecryptFunction = async (jwe) => {
      const { plaintext, protectedHeader } = await compactDecrypt(jwe, pair.privateKey, {
        keyManagementAlgorithms: ['RSA-OAEP-256'],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      decrypted.push(protectedHeader.enc);
      return new TextDecoder().decode(plaintext);
    };
    const options = { requestJwtResponse: true, [oauth.jweDecrypt]: decrypt };
    const auth = oauth.ClientSecretBasic(secret);
    const token = await tokenOf(server, 'catalog:read');
    expect(await lookUp({ client_id: id }, auth, token, options)).toMatchObject({ active: true });
    expect(await lookUp({ client_id: id }, auth, 'unknown', options)).toEqual({ active: false });
    expect(decrypted).toEqual(['A256GCM', 'A256GCM']);
  });

  it('INT-005 REV-004 REV-005 oauth4webapi understands the refusals', async () => {
    const token = await tokenOf(server, 'catalog:read');
    const client: oauth.Client = { client_id: server.client.id };
    const wrong = oauth.ClientSecretBasic('wrong');
    await expect(lookUp(client, wrong, token)).rejects.toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
    const refused = await oauth.revocationRequest(as, client, wrong, token, http);
    await expect(oauth.processRevocationResponse(refused)).rejects.toBeInstanceOf(
      oauth.WWWAuthenticateChallengeError,
    );
    const stranger = await server.register();
    const auth = oauth.ClientSecretBasic(stranger.secret);
    const foreign = await oauth.revocationRequest(as, { client_id: stranger.id }, auth, token, http);
    await expect(oauth.processRevocationResponse(foreign)).rejects.toMatchObject({
      error: 'unauthorized_client',
      status: 400,
    });
    expectActive(await introspect(server.port, token, server.client));
  });

  it.each(METHODS)('INT-001 REV-001 openid-client looks up and revokes with %s', async (method) => {
    const { id, secret } = clientOf(method);
    const auth =
      method === 'client_secret_basic' ? openid.ClientSecretBasic(secret) : openid.ClientSecretPost(secret);
    const config = await openid.discovery(new URL(server.issuer), id, undefined, auth, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    });
    for (const { scope } of FORMATS) {
      const { access_token: token } = await openid.clientCredentialsGrant(config, { scope });
      const hint = { token_type_hint: 'refresh_token' };
      expect(await openid.tokenIntrospection(config, token, hint)).toMatchObject({
        active: true,
        client_id: id,
      });
      await openid.tokenRevocation(config, token, hint);
      await openid.tokenRevocation(config, token);
      expect(await openid.tokenIntrospection(config, token)).toEqual({ active: false });
    }
  });

  it('INT-031 REV-012 openid-client signs, decrypts and demands a signature', async () => {
    const key = await clientKey('ES256');
    const pair = await generateKeyPair('ECDH-ES', { extractable: true });
    const introspection_signed_response_alg = 'ES256';
    const { id } = await server.register({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.publicJwk, { ...(await exportJWK(pair.publicKey)), use: 'enc' }] },
      default_scope: 'catalog:read',
      introspection_signed_response_alg,
      introspection_encrypted_response_alg: 'ECDH-ES',
      introspection_encrypted_response_enc: 'A128GCM',
    });
    const auth = openid.PrivateKeyJwt({ key: key.privateKey, kid: key.kid });
    const config = await openid.discovery(
      new URL(server.issuer),
      id,
      { introspection_signed_response_alg },
      auth,
      {
        algorithm: 'oauth2',
        execute: [openid.allowInsecureRequests],
      },
    );
    openid.enableNonRepudiationChecks(config);
    openid.enableDecryptingResponses(config, ['A128GCM'], pair.privateKey);
    const { access_token: token } = await openid.clientCredentialsGrant(config);
    expect(await openid.tokenIntrospection(config, token)).toMatchObject({ active: true, client_id: id });
    await openid.tokenRevocation(config, token);
    expect(await openid.tokenIntrospection(config, token)).toEqual({ active: false });
  });
});

describe.each(HTTP_ADAPTERS)('assertions at every endpoint on %s', (httpAdapter) => {
  let server: Server;
  let reader: TestClient;

  beforeAll(async () => {
    server = await openServer({ httpAdapter, env: { KEY_ENCRYPTION_SECRET } });
    reader = await registerResourceServer(server, '/api/catalog');
  });

  afterAll(() => server.close());

  const kinds: [kind: string, register: (server: Server) => ReturnType<typeof registerSigner>][] = [
    ['private_key_jwt', (at) => registerSigner(at)],
    ['client_secret_jwt', (at) => registerHmacSigner(at)],
  ];

  it.each(kinds)('REV-012 INT-001 a client that signs by %s looks up and revokes', async (_, register) => {
    const client = await register(server);
    const token = expectToken(await server.token(await client.form(), {})).access_token;
    const ask = async (path: string, headers = {}) =>
      post(server.port, path, await client.form({}, `&${tokenForm(token)}`), headers);
    expect(expectActive(await ask(INTROSPECT))['client_id']).toBe(client.id);
    const { document } = await expectJwt(server, await ask(INTROSPECT, AS_JWT), client);
    expect(document).toMatchObject({ active: true, sub: client.id });
    expectRevoked(await ask(REVOKE));
    expectInactive(await ask(INTROSPECT));
    expectInactive(await introspect(server.port, token, reader));
  });

  it.each(kinds)(
    'REV-012 AUTH-021 threat 2 an assertion by %s works once, wherever it came first',
    async (_, register) => {
      const client = await register(server);
      const paths = ['/oauth/token', ...LOOKUPS];
      for (const first of paths) {
        const form = await client.form({}, '&token=unknown');
        expect((await post(server.port, first, form)).status, first).toBe(200);
        for (const path of paths) expectError(await post(server.port, path, form), 401, 'invalid_client');
      }
    },
  );

  it.each(kinds)(
    'REV-012 AUTH-021 threat 3 copies of an assertion by %s at all endpoints at once',
    async (_, register) => {
      const client = await register(server);
      const form = await client.form({}, '&token=unknown');
      const paths = ['/oauth/token', ...LOOKUPS];
      const copies = Array.from({ length: 30 }, (_unused, index) =>
        post(server.port, paths[index % 3] ?? '', form),
      );
      const statuses = (await Promise.all(copies)).map(({ status }) => status).sort();
      expect(statuses).toEqual([200, ...Array.from({ length: 29 }, () => 401)]);
    },
  );

  it.each(LOOKUPS)('AUTH-022 a request without a token uses nothing up, at %s', async (path) => {
    const client = await registerSigner(server);
    const assertion = await client.sign();
    expectError(await post(server.port, path, assertionForm(assertion)), 400, 'invalid_request');
    expectError(
      await post(server.port, path, assertionForm(assertion, '&token=a&token=a')),
      400,
      'invalid_request',
    );
    expect((await post(server.port, path, assertionForm(assertion, '&token=unknown'))).status).toBe(200);
  });

  it.each(LOOKUPS)('REV-012 threat 1 takes the issuer alone for the audience, at %s', async (path) => {
    const client = await registerSigner(server);
    for (const aud of [
      server.issuer + path,
      `${server.issuer}/oauth/token`,
      [server.issuer, 'https://b.example'],
    ]) {
      const form = await client.form({ claims: { aud } }, '&token=unknown');
      expectError(await post(server.port, path, form), 401, 'invalid_client');
    }
    expect((await post(server.port, path, await client.form({}, '&token=unknown'))).status).toBe(200);
    const legacy = await registerSigner(server, { legacy_assertion_audience: true });
    const form = await legacy.form({ claims: { aud: server.issuer + path } }, '&token=unknown');
    expect((await post(server.port, path, form)).status).toBe(200);
  });
});
