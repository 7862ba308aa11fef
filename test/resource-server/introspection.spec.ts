import { Controller, Get, UseGuards } from '@nestjs/common';
import {
  IntrospectionAuthentication,
  OauthGuard,
  RequireScopes,
  ResourceServerModule,
  type IntrospectionOptions,
  type UnauthenticatedRequest,
} from 'nestjs-oauth-kit/resource-server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ADAPTERS } from '../nest/host.js';
import { basic } from '../support/echo.js';
import { API, closeApis, openApi, openModules, type Api } from './api.js';
import {
  openAuthorizationServer,
  REPORTS,
  type AuthorizationServer,
  type Created,
} from './authorization-server.js';
import { newKey } from './fake-issuer.js';

let server: AuthorizationServer;
let machine: Created;

beforeAll(async () => {
  server = await openAuthorizationServer();
  machine = await server.client();
});

afterAll(() => server.close());
afterEach(closeApis);

type Authentication = IntrospectionOptions['authentication'];

/** The client that an API is, for its resource. */
function api(metadata: Record<string, unknown> = {}): Promise<Created> {
  return server.client({ resource: API, introspection_signed_response_alg: 'ES256', ...metadata });
}

function open(
  { id: clientId }: Created,
  authentication: Authentication,
  more: Partial<IntrospectionOptions> = {},
): Promise<Api> {
  return openApi({ issuer: server.issuer, introspection: { clientId, authentication, ...more } });
}

class HeaderOfTheHost extends IntrospectionAuthentication {
  constructor(private readonly client: Created) {
    super();
  }

  async authenticate({ headers }: UnauthenticatedRequest): Promise<void> {
    const { authorization } = await Promise.resolve(basic(this.client.id, this.client.secret));
    headers.set('authorization', authorization);
  }
}

describe('how an API authenticates at a real server', () => {
  it.each(['client_secret_basic', 'client_secret_post', 'client_secret_jwt'] as const)(
    '%s',
    async (method) => {
      const client = await api({ token_endpoint_auth_method: method });
      const opened = await open(client, { method, secret: client.secret });
      expect(await opened.status(await server.token(machine))).toBe(200);
      expect(await opened.status(await server.token(machine))).toBe(200);
    },
  );

  it('private_key_jwt, with a PEM', async () => {
    const { jwk, privateKey } = await newKey('registered');
    const client = await api({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } });
    const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const opened = await open(client, { method: 'private_key_jwt', key });
    expect(await opened.status(await server.token(machine))).toBe(200);
  });

  it('private_key_jwt, with a JWK that names its id', async () => {
    const [used, other] = await Promise.all([newKey('used'), newKey('other')]);
    const jwks = { keys: [other.jwk, used.jwk] };
    const client = await api({ token_endpoint_auth_method: 'private_key_jwt', jwks });
    const key = JSON.stringify({ ...used.privateKey.export({ format: 'jwk' }), kid: 'used' });
    const opened = await open(client, { method: 'private_key_jwt', key, algorithm: 'ES256' });
    expect(await opened.status(await server.token(machine))).toBe(200);
  });

  it("by a method of the host's own", async () => {
    const client = await api();
    const opened = await open(client, new HeaderOfTheHost(client));
    expect(await opened.status(await server.token(machine))).toBe(200);
  });

  it('where the server refuses it: 503 for the caller, one line for the log, no secret in it', async () => {
    const client = await api();
    const opened = await open(client, { method: 'client_secret_basic', secret: 'a-wrong-secret' });
    const token = await server.token(machine);
    expect(await opened.status(token)).toBe(503);
    const lines = opened.log.lines.filter((line) => line.includes('refuses the credentials'));
    expect(lines).toHaveLength(1);
    expect(opened.log.text).not.toMatch(/a-wrong-secret/);
    expect(opened.log.text).not.toContain(token);
  });

  it('an API that is no resource server at the issuer learns nothing, so nobody gets in', async () => {
    const client = await server.client();
    const opened = await open(client, { method: 'client_secret_basic', secret: client.secret });
    expect(await opened.status(await server.token(machine))).toBe(401);
  });
});

@Controller('reports')
@UseGuards(OauthGuard)
class ReportsController {
  @Get()
  @RequireScopes('report')
  list() {
    return { reports: [] };
  }
}

describe.each(ADAPTERS)('what it is told, by %s', (adapter) => {
  it.each([false, true])(
    'a token is seen as the server sees it, signed answers: %s',
    async (signedResponses) => {
      const client = await api();
      const authentication = { method: 'client_secret_basic', secret: client.secret } as const;
      const introspection = { clientId: client.id, authentication, signedResponses };
      const opened = await openApi({ issuer: server.issuer, introspection }, adapter);
      const token = await server.token(machine);
      const { status, body } = await opened.get('/orders', token);
      expect(status).toBe(200);
      expect(body).toEqual({
        clientId: machine.id,
        subject: machine.id,
        audience: [API],
        scope: ['read'],
        issuedAt: 1_800_000_000,
        expiresAt: 1_800_003_600,
        id: expect.any(String) as string,
        issuer: server.issuer,
        format: 'opaque',
        claims: { tenant: 'blue' },
      });
      expect((await opened.get('/orders/write', token)).status).toBe(403);
      await server.revoke(machine, token);
      expect(await opened.status(token)).toBe(401);
      expect(opened.log.text).not.toContain(token);
    },
  );

  it('INT-023 opaque tokens work, and only at the API that they are for', async () => {
    const client = await api({ resource: REPORTS });
    const authentication = { method: 'client_secret_basic', secret: client.secret } as const;
    const introspection = { clientId: client.id, authentication };
    const module = ResourceServerModule.forRoot({
      issuer: server.issuer,
      resource: REPORTS,
      introspection,
      clock: server.clock,
    });
    const opened = await openModules([{ module, controllers: [ReportsController] }], server.clock, adapter);
    const token = await server.token(machine, 'report');
    expect(token).not.toContain('.');
    expect((await opened.get('/reports', token)).status).toBe(200);
    expect((await opened.get('/reports', await server.token(machine))).status).toBe(401);
    await server.revoke(machine, token);
    expect((await opened.get('/reports', token)).status).toBe(401);
  });
});
