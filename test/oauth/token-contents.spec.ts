import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { KEY_RING } from '../../src/nest/oauth.tokens.js';
import { basic, openKit, type Kit } from '../support/echo.js';

const GRANT = { grant_type: 'client_credentials' };

describe('what a token holds', () => {
  let kit: Kit;

  afterEach(() => kit.close());

  async function tokenOf(options: Parameters<typeof openKit>[0] = {}): Promise<string> {
    kit = await openKit(options);
    const { client, issued } = await kit.admin.clients.create({ scope: 'read' });
    const outcome = await kit.token(GRANT, basic(client.id, issued?.secret ?? ''));
    if ('error' in outcome) throw outcome.error;
    return outcome.success.accessToken;
  }

  it('JWT-013 JWT-030 the claims of RFC 9068 for a client, and nothing else', async () => {
    const token = await tokenOf();
    expect(decodeProtectedHeader(token)).toEqual({
      alg: 'ES256',
      typ: 'at+jwt',
      kid: expect.any(String) as string,
    });
    expect(Object.keys(decodeJwt(token)).sort()).toEqual(
      ['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'scope', 'sub'].sort(),
    );
  });

  it('JWT-034 roles, groups and entitlements of the host, as they are', async () => {
    const claims = { roles: ['operator'], groups: ['a', 'b'], entitlements: [] };
    expect(decodeJwt(await tokenOf({ accessTokenClaims: () => claims }))).toMatchObject(claims);
  });

  it('JWT-012 ids of clients are made by the server, 128 bits of them, and never the same', async () => {
    kit = await openKit();
    const created = await Promise.all(Array.from({ length: 200 }, () => kit.admin.clients.create({})));
    const ids = created.map(({ client }) => client.id);
    expect(new Set(ids).size).toBe(200);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('ROB-019 a signing key that fails is server_error, and there is no token', async () => {
    kit = await openKit();
    const { client, issued } = await kit.admin.clients.create({ scope: 'read' });
    const ring = kit.get<{ current(): Promise<unknown> }>(KEY_RING);
    for (const broken of [
      () => Promise.reject(new Error('HSM 10.0.0.7 is gone')),
      () =>
        Promise.resolve({
          algorithm: 'ES256',
          kid: 'x',
          sign: () => Promise.reject(new Error('HSM 10.0.0.7')),
        }),
    ]) {
      ring.current = broken;
      const outcome = await kit.token(GRANT, basic(client.id, issued?.secret ?? ''));
      expect(outcome).toMatchObject({ error: { code: 'server_error', status: 500 } });
      expect('error' in outcome && outcome.error.description).not.toContain('HSM');
    }
  });
});

describe('where the token endpoint is', () => {
  const metadataOf = async (kit: Kit) => {
    const request = { method: 'GET', url: '/.well-known/oauth-authorization-server', headers: {} };
    return kit.oauth.metadata(
      { request },
      { metadataSuccess: (_, { document }) => document, metadataError: (_, error) => Promise.reject(error) },
    );
  };

  it('TOK-075 is never on plain http, loopback apart', async () => {
    for (const token of ['http://auth.example.com/oauth/token', 'ftp://127.0.0.1/oauth/token']) {
      await expect(openKit({ endpoints: { token } })).rejects.toThrow(
        /option endpoints\.token is .*auth|ftp/,
      );
    }
  });

  it('TOK-076 a fragment stops the start, a query is kept', async () => {
    await expect(openKit({ endpoints: { token: '/oauth/token#x' } })).rejects.toThrow(
      /option endpoints\.token/,
    );
    const kit = await openKit({ endpoints: { token: '/oauth/token?tenant=1' } });
    expect(await metadataOf(kit)).toMatchObject({
      token_endpoint: 'http://127.0.0.1:3999/oauth/token?tenant=1',
    });
    await kit.close();
  });
});
