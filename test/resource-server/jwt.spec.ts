import { afterEach, describe, expect, it } from 'vitest';
import { segment } from '../nest/forge.js';
import { ADAPTERS } from '../nest/host.js';
import { API, closeApis, openApi } from './api.js';
import { freePort, openAuthorizationServer, type AuthorizationServer } from './authorization-server.js';

let server: AuthorizationServer | undefined;

async function started(port?: number): Promise<AuthorizationServer> {
  server = await openAuthorizationServer(port);
  return server;
}

afterEach(async () => {
  await Promise.all([closeApis(), server?.close()]);
  server = undefined;
});

describe.each(ADAPTERS)('an API of its own, by %s, with the tokens of a real server', (adapter) => {
  it('accepts a JWT, and hands what it says to the handler', async () => {
    const { issuer, client, token } = await started();
    const api = await openApi({ issuer }, adapter);
    const machine = await client();
    const { status, body } = await api.get('/orders', await token(machine));
    expect(status).toBe(200);
    expect(body).toEqual({
      clientId: machine.id,
      subject: machine.id,
      audience: [API],
      scope: ['read'],
      issuedAt: 1_800_000_000,
      expiresAt: 1_800_003_600,
      id: expect.any(String) as string,
      issuer,
      format: 'jwt',
      claims: { tenant: 'blue' },
    });
  });

  it('JWT-028 asks for scopes by exact membership, on the handler and in it', async () => {
    const { issuer, client, token } = await started();
    const api = await openApi({ issuer }, adapter);
    const machine = await client();
    const wider = await api.get('/orders', await token(machine, 'read:all'));
    expect(wider.status).toBe(403);
    expect(wider.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    const both = await api.get('/orders/both', await token(machine));
    expect([both.status, both.body['error']]).toEqual([403, 'insufficient_scope']);
    expect((await api.get('/orders/both', await token(machine, 'read write'))).status).toBe(200);
  });

  it('challenges a request without a token, naming its metadata, and lets everybody in where it is public', async () => {
    const { issuer } = await started();
    const api = await openApi({ issuer, realm: 'orders' }, adapter);
    const { status, headers } = await api.get('/orders');
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe(
      'Bearer realm="orders", scope="read", ' +
        'resource_metadata="https://api.example/.well-known/oauth-protected-resource/orders"',
    );
    expect((await api.get('/orders/open')).status).toBe(200);
  });

  it('publishes its metadata, RFC 9728', async () => {
    const { issuer } = await started();
    const options = { issuer, name: 'Orders', documentation: 'https://api.example/docs' };
    const api = await openApi(options, adapter);
    const { status, body } = await api.get('/.well-known/oauth-protected-resource/orders');
    expect(status).toBe(200);
    expect(body).toEqual({
      resource: API,
      authorization_servers: [issuer],
      scopes_supported: ['read', 'write'],
      bearer_methods_supported: ['header'],
      resource_name: 'Orders',
      resource_documentation: 'https://api.example/docs',
    });
    const posted = await api.get('/.well-known/oauth-protected-resource/orders', undefined, {
      method: 'POST',
    });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe('the two of them', () => {
  it('the API may start first: 503 until its issuer is there, and never 401', async () => {
    const port = await freePort();
    const api = await openApi({ issuer: `http://127.0.0.1:${port}` });
    const shaped = `${segment({ alg: 'ES256', typ: 'at+jwt', kid: 'x' })}.${segment({})}.AAAA`;
    const early = await api.get('/orders', shaped);
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '5']);
    const { client, token } = await started(port);
    api.clock.time += 10;
    expect(await api.status(await token(await client()))).toBe(200);
    expect(await api.status(shaped)).toBe(401);
  });

  it('JWT-026 when the issuer is gone, its tokens are still accepted', async () => {
    const { issuer, client, token } = await started();
    const api = await openApi({ issuer });
    const machine = await client();
    const [first, second] = [await token(machine), await token(machine)];
    expect(await api.status(first)).toBe(200);
    await server?.close();
    server = undefined;
    api.clock.time += 3000;
    expect([await api.status(first), await api.status(second)]).toEqual([200, 200]);
  });

  it('a key that the issuer has made since is found, and the tokens of the old one stay good', async () => {
    const { issuer, client, token, admin, clock } = await started();
    const api = await openApi({ issuer, clock });
    const machine = await client();
    const old = await token(machine);
    expect(await api.status(old)).toBe(200);
    await admin.keys.rotate();
    clock.time += 3000;
    const fresh = await token(machine);
    expect(fresh.split('.')[0]).not.toBe(old.split('.')[0]);
    expect([await api.status(fresh), await api.status(old)]).toEqual([200, 200]);
  });

  it('an opaque token is refused where tokens are JWTs, and nobody is asked', async () => {
    const { issuer, client, token } = await started();
    const api = await openApi({ issuer });
    expect(await api.status(await token(await client(), 'report'))).toBe(401);
  });
});
