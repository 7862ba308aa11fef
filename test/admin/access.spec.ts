import {
  ForbiddenException,
  Injectable,
  Scope,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import {
  ConfigurationError,
  MemoryPersistence,
  OauthAdmin,
  OauthGuard,
  OauthModule,
  ProtectedResource,
  RequireScopes,
} from 'nestjs-oauth-kit';
import { OauthAdminModule, type OauthAdminModuleOptions } from 'nestjs-oauth-kit/admin';
import { describe, expect, it } from 'vitest';
import { ADAPTERS, newClient } from '../nest/host.js';
import { ISSUER } from '../support/echo.js';
import { GUARDED, listOf, openAdmin, refusal } from './support.js';

const ROUTES: readonly [string, string][] = [
  ['GET', '/clients'], ['POST', '/clients'], ['GET', '/clients/operator'], ['PATCH', '/clients/operator'],
  ['DELETE', '/clients/operator'], ['POST', '/clients/operator/disable'], ['POST', '/clients/operator/enable'],
  ['POST', '/clients/operator/revoke-tokens'], ['GET', '/clients/operator/secrets'],
  ['POST', '/clients/operator/secrets'], ['DELETE', '/clients/operator/secrets/x'],
  ['GET', '/clients/operator/tokens'], ['DELETE', '/clients/operator/tokens/x'],
  ['GET', '/resource-servers'], ['POST', '/resource-servers'], ['GET', '/resource-servers/x'],
  ['PATCH', '/resource-servers/x'], ['DELETE', '/resource-servers/x'], ['GET', '/keys'], ['POST', '/keys'],
  ['DELETE', '/keys/x'], ['GET', '/registration-tokens'], ['POST', '/registration-tokens'],
  ['DELETE', '/registration-tokens/x'], ['GET', '/audit'],
]; // prettier-ignore

@Injectable()
class HeaderGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const { headers } = execution.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return headers['x-operator'] !== undefined;
  }
}

/** Uses what the module that it comes with imports. */
@Injectable()
class AskingGuard implements CanActivate {
  constructor(private readonly admin: OauthAdmin) {}

  async canActivate(): Promise<boolean> {
    return (await this.admin.clients.list()).clients.length > 0;
  }
}

interface NamedRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
}

describe.each(ADAPTERS)('the guard of the admin API on %s', (adapter) => {
  it('keeps out who brings no token, a bad one, one without the scope, one for another resource', async () => {
    const host = await openAdmin({ adapter });
    const other = await newClient(host, { client_id: 'other', scope: 'read' });
    const tokens: [string | undefined, number][] = [
      [undefined, 401],
      ['nonsense', 401],
      [await other.token('read'), 401],
    ];
    for (const [method, path] of ROUTES) {
      for (const [token, status] of tokens) {
        const answer = await host.request(`/admin${path}`, {
          method,
          headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
          ...(method !== 'GET' && { body: '{"no json' }),
        });
        expect([path, answer.status]).toEqual([path, status]);
        expect(answer.challenge).toMatch(/^Bearer /);
        expect(answer.headers.get('cache-control')).toBe('no-store');
        expect(answer.headers.get('location')).toBeNull();
      }
    }
    expect((await host.call('GET', '/clients/operator')).body['revision']).toBe(1);
    await host.close();
  });

  it('answers 403 to a token of the resource without the scope', async () => {
    const host = await openAdmin({
      adapter,
      options: {
        resources: [{ identifier: '/admin', scopes: ['oauth:admin', 'read', 'write'], default: true }],
        audit: { log: 'database' },
      },
    });
    const reader = await newClient(host, { client_id: 'reader', scope: 'read' });
    const token = await reader.token('read');
    for (const [method, path] of ROUTES) {
      const answer = await host.request(`/admin${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
      });
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.challenge).toContain('insufficient_scope');
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
    await host.close();
  });

  it('is the host’s own, an instance, one of several, or one that injects', async () => {
    const instance: CanActivate = { canActivate: (execution) => new HeaderGuard().canActivate(execution) };
    for (const guard of [HeaderGuard, instance, [AskingGuard, HeaderGuard], [instance]]) {
      const host = await openAdmin({ adapter, api: { guard, decorators: [] } });
      const closed = await host.request('/admin/clients');
      expect([closed.status, closed.headers.get('cache-control')]).toEqual([403, 'no-store']);
      const open = await host.request('/admin/clients', { headers: { 'x-operator': 'ann' } });
      expect(open.status).toBe(200);
      await host.close();
    }
  });

  it('lets the actor be told by the host, and names the client of the token where it does not', async () => {
    const host = await openAdmin({
      adapter,
      metadata: {
        imports: [
          OauthAdminModule.forRoot({
            path: '/ops/v1',
            guard: HeaderGuard,
            actor: ({ headers }: NamedRequest) => {
              if (headers['x-operator'] === 'nobody') throw new ForbiddenException();
              if (headers['x-operator'] === 'later') return Promise.resolve('ann') as unknown as string;
              return headers['x-operator'] ?? '';
            },
          }),
          OauthAdminModule.forRoot({ path: 'bare', guard: HeaderGuard }),
        ],
      },
    });
    const make = (path: string, id: string, operator: string) =>
      host.request(`${path}/clients`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-operator': operator },
        body: JSON.stringify({ client_id: id }),
      });
    expect((await make('/ops/v1', 'by-ann', 'ann')).headers.get('location')).toBe('/ops/v1/clients/by-ann');
    expect((await make('/bare', 'by-somebody', 'ann')).status).toBe(201);
    expect((await make('/ops/v1', 'by-nobody', 'nobody')).status).toBe(403);
    expect(refusal(await make('/ops/v1', 'by-later', 'later'))).toEqual([500, 'server_error']);
    expect((await host.call('POST', '/clients', { body: { client_id: 'by-operator' } })).status).toBe(201);
    const { body } = await host.call('GET', '/audit?type=client.created');
    const entries = listOf(body['entries']).map(({ subject, actor, address }) => [subject, actor, address]);
    expect(entries).toEqual([
      ['by-operator', 'client:operator', '127.0.0.1'],
      ['by-somebody', 'admin-api', '127.0.0.1'],
      ['by-ann', 'ann', '127.0.0.1'],
      ['operator', 'host', undefined],
    ]);
    // The guards of one path are not those of another.
    expect((await host.request('/admin/clients', { headers: { 'x-operator': 'ann' } })).status).toBe(401);
    expect((await make('/bare', 'by-ann', 'ann')).status).toBe(409);
    await host.close();
  });

  it('may be made for each request, and come with a module that is not global', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class RequestGuard extends HeaderGuard {}
    const module = OauthModule.forRoot({
      issuer: ISSUER,
      persistence: MemoryPersistence,
      resources: [{ identifier: '/admin', scopes: ['oauth:admin', 'read'] }],
    });
    const host = await openAdmin({
      adapter,
      module,
      api: { imports: [module], guard: [OauthGuard, RequestGuard] },
    });
    expect((await host.call('GET', '/clients')).status).toBe(403);
    const open = await host.call('GET', '/clients/operator', { headers: { 'x-operator': 'ann' } });
    expect([open.status, open.body['client_id']]).toEqual([200, 'operator']);
    expect((await host.request('/admin/clients', { headers: { 'x-operator': 'ann' } })).status).toBe(401);
    await host.close();
  });

  it('may be the OauthGuard with a resource that is named', async () => {
    const decorators = [RequireScopes('oauth:admin'), ProtectedResource('/admin')];
    const host = await openAdmin({ adapter, api: { decorators } });
    expect((await host.call('GET', '/clients/operator')).status).toBe(200);
    expect(refusal(await host.call('GET', '/clients/nobody'))).toEqual([404, 'client_not_found']);
    await host.close();
  });
});

describe('the options of the admin API', () => {
  class NoGuard {}
  class ArrowGuard {
    canActivate = () => true;
  }
  const wrong: [string, string, Record<string, unknown>][] = [
    ['guard', 'missing', { guard: undefined }],
    ['guard', 'null', { guard: null }],
    ['guard', 'an empty list', { guard: [] }],
    ['guard', 'a list with a hole', { guard: [OauthGuard, undefined] }],
    ['guard', 'a class without canActivate', { guard: NoGuard }],
    ['guard', 'a class whose canActivate Nest cannot be sure of', { guard: ArrowGuard }],
    ['guard', 'a function', { guard: () => true }],
    ['guard', 'an object without canActivate', { guard: {} }],
    ['guard', 'a name', { guard: 'OauthGuard' }],
    ['path', 'missing', { path: undefined }],
    ['path', 'empty', { path: '' }],
    ['path', 'with a parameter', { path: 'admin/:tenant' }],
    ['path', 'with a wildcard', { path: 'admin/*' }],
    ['path', 'that no URL has', { path: 'v1/../admin' }],
    ['path', 'of a dot', { path: '.' }],
    ['decorators', 'no list', { decorators: RequireScopes('oauth:admin') }],
    ['decorators', 'no functions', { decorators: ['oauth:admin'] }],
    ['actor', 'a name', { actor: 'operator' }],
  ];
  it.each(wrong)('%s: %s stops the start', (option, _, given) => {
    const options = { ...GUARDED, ...given } as unknown as OauthAdminModuleOptions;
    expect(() => OauthAdminModule.forRoot(options)).toThrow(ConfigurationError);
    expect(() => OauthAdminModule.forRoot(options)).toThrow(`option ${option} is`);
  });

  it('a guard that nothing provides stops the start', async () => {
    @Injectable()
    class NeedyGuard extends HeaderGuard {
      constructor(readonly missing: NoGuard) {
        super();
      }
    }
    const guard: Type<CanActivate> = NeedyGuard;
    await expect(openAdmin({ api: { guard } })).rejects.toThrow('NeedyGuard');
  });

  it('a scope that no resource server has stops the start', async () => {
    const decorators = [RequireScopes('oauth:unknown')];
    await expect(openAdmin({ api: { decorators } })).rejects.toThrow(/without a place for Admin\w+\.\w+/);
  });
});
