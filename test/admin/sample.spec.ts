import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import { freePort } from '../support/sample-app.js';
import { openServer, type Server } from '../e2e/support/server.js';

describe.each(HTTP_ADAPTERS)(
  'the admin API of the sample app on %s, below the path of its issuer',
  (httpAdapter) => {
    let server: Server;
    let token: string;

    beforeAll(async () => {
    const port = await freePort();
    const env = { ISSUER: `http://127.0.0.1:${port}/tenant` };
    server = await openServer({ httpAdapter, port, env, prefix: '/tenant' });
    token = await tokenOf('operator', 'oauth:admin');
  }); // prettier-ignore

    afterAll(() => server.close());

    async function tokenOf(id: string, scope: string): Promise<string> {
      const { issued } = await server.admin.clients.create({ client_id: id, scope });
      const answer = await fetch(`${server.issuer}/oauth/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${id}:${issued?.secret}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
      });
      expect(answer.status).toBe(200);
      return String(((await answer.json()) as Record<string, unknown>)['access_token']);
    }

    const call = (path: string, init: RequestInit = {}, bearer = token) =>
      fetch(`${server.issuer}/admin${path}`, {
        ...init,
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      });

    it('makes a client, with an id and an identifier as long as may be, on the database', async () => {
      const id = `%/ ${'x'.repeat(252)}`;
      const made = await call('/clients', { method: 'POST', body: JSON.stringify({ client_id: id }) });
      expect([made.status, made.headers.get('location')]).toEqual([
        201,
        `/tenant/admin/clients/${encodeURIComponent(id)}`,
      ]);
      expect((await call(`/clients/${encodeURIComponent(id)}`)).status).toBe(200);
      const identifier = `https://api.example/${'%2F'.repeat(334)}`;
      const body = JSON.stringify({ identifier, scopes: ['long'] });
      expect((await call('/resource-servers', { method: 'POST', body })).status).toBe(201);
      const path = `/resource-servers/${encodeURIComponent(identifier)}`;
      expect(await (await call(path)).json()).toMatchObject({ identifier, scopes: ['long'] });
      expect((await call(path, { method: 'DELETE' })).status).toBe(204);
      expect((await call('/audit')).status).toBe(200);
    });

    it('is closed to tokens that are for something else, and to none', async () => {
      expect((await call('/clients', {}, await tokenOf('reader', 'catalog:read'))).status).toBe(401);
      expect((await fetch(`${server.issuer}/admin/clients`)).status).toBe(401);
      expect((await fetch(`http://127.0.0.1:${server.port}/admin/clients`)).status).toBe(404);
    });

    it('is not granted to a client that was not given the scope, and not advertised as a resource', async () => {
      const { client } = await server.admin.clients.create({ client_id: 'default' });
      expect(client.scope).toBeUndefined();
      expect(await tokenOf('another', 'catalog:read')).not.toBe('');
      const metadata = `http://127.0.0.1:${server.port}/.well-known/oauth-authorization-server/tenant`;
      const document = (await (await fetch(metadata)).json()) as Record<string, string[]>;
      expect(document['protected_resources']).not.toContain(`${server.issuer}/admin`);
      expect(document['scopes_supported']).toContain('oauth:admin');
      const own = `http://127.0.0.1:${server.port}/.well-known/oauth-protected-resource/tenant/admin`;
      expect((await fetch(own)).status).toBe(404);
    });

    it('is described at openapi.json', async () => {
      const answer = await fetch(`${server.issuer}/admin/openapi.json`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        200,
        expect.stringContaining('json'),
      ]);
      const { openapi, paths } = (await answer.json()) as { openapi: string; paths: Record<string, object> };
      expect(openapi).toMatch(/^3\./);
      expect(Object.keys(paths)).toContain('/tenant/admin/clients/{id}');
      expect(Object.keys(paths).filter((path) => !path.startsWith('/tenant/admin/'))).toEqual([]);
    });
  },
);
