import { Injectable, Scope, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  ConfigurationError,
  OauthGuard,
  ProtectedResource,
  Public,
  RequireAnyScope,
  RequireScopes,
} from 'nestjs-oauth-kit';
import { OauthAdminModule, type OauthAdminModuleOptions } from 'nestjs-oauth-kit/admin';
import { describe, expect, it } from 'vitest';
import { ADAPTERS, newClient } from '../nest/host.js';
import { openAdmin } from './support.js';

@Injectable()
class OwnGuard extends OauthGuard {}

@Injectable({ scope: Scope.REQUEST })
class RequestGuard extends OwnGuard {}

/** As a host makes one by itself. */
const INSTANCE: OauthGuard = Object.create(OauthGuard.prototype) as OauthGuard;

const OTHER = { canActivate: () => true };

const GUARDS: readonly [string, OauthAdminModuleOptions['guard']][] = [
  ['the class', OauthGuard],
  ['a subclass', OwnGuard],
  ['a subclass made for each request', RequestGuard],
  ['an instance', INSTANCE],
  ['one of several', [OTHER, OauthGuard]],
];

describe.each(GUARDS)('the OauthGuard of the admin API as %s', (_, guard) => {
  const start = (decorators?: readonly ClassDecorator[]) =>
    OauthAdminModule.forRoot({ path: 'admin', guard, ...(decorators && { decorators }) });

  it.each([
    ['none', undefined],
    ['an empty list', []],
    ['a resource alone', [ProtectedResource('/admin')]],
    ['RequireScopes of nothing', [RequireScopes()]],
    ['RequireAnyScope of nothing', [RequireAnyScope()]],
    ['both of nothing', [RequireScopes(), RequireAnyScope()]],
  ])('does not stand there without a scope: %s', (__, decorators) => {
    expect(() => start(decorators)).toThrow(ConfigurationError);
    expect(() => start(decorators)).toThrow(
      /option decorators is without a required scope, it must be .*RequireScopes/,
    );
  });

  it.each([
    ['alone', [Public()]],
    ['before the scope', [Public(), RequireScopes('oauth:admin')]],
    ['after the scope', [RequireScopes('oauth:admin'), Public()]],
  ])('does not stand there with Public() %s', (__, decorators) => {
    expect(() => start(decorators)).toThrow(/option decorators is a list with Public\(\), it must be/);
  });

  it.each([
    ['RequireScopes', [RequireScopes('oauth:admin')]],
    ['RequireAnyScope', [RequireAnyScope('oauth:admin', 'oauth:owner')]],
    ['several', [RequireScopes(), RequireAnyScope('oauth:admin'), ProtectedResource('/admin')]],
  ])('is enough with %s', (__, decorators) => {
    expect(start(decorators).module).toBe(OauthAdminModule);
  });
});

describe.each(ADAPTERS)('scopes of the admin API on %s', (adapter) => {
  it.each([OauthGuard, OwnGuard, RequestGuard])(
    'any of several is enough, and none is not',
    async (guard) => {
      const host = await openAdmin({
        adapter,
        api: { guard, decorators: [RequireAnyScope('oauth:admin', 'oauth:owner')] },
        options: { resources: [{ identifier: '/admin', scopes: ['oauth:admin', 'oauth:owner', 'read'] }] },
      });
      expect((await host.call('GET', '/clients')).status).toBe(200);
      const reader = await newClient(host, { client_id: 'reader', scope: 'read oauth:owner' });
      expect((await host.get('/admin/clients', await reader.token('oauth:owner'))).status).toBe(200);
      expect((await host.get('/admin/clients', await reader.token('read'))).status).toBe(403);
      await host.close();
    },
  );

  it('are the host’s business where its own guard stands there, as is Public() for its global OauthGuard', async () => {
    const guard = {
      canActivate: (execution: ExecutionContext) => {
        const { headers } = execution.switchToHttp().getRequest<{ headers: Record<string, string> }>();
        return headers['x-operator'] === 'ann';
      },
    };
    const host = await openAdmin({
      adapter,
      api: { guard, decorators: [Public()] },
      metadata: { providers: [{ provide: APP_GUARD, useClass: PublicHost }] },
    });
    const get = (headers: Record<string, string>) => host.request('/admin/clients', { headers });
    expect((await get({ 'x-operator': 'ann' })).status).toBe(200);
    expect((await get({})).status).toBe(403);
    expect((await get({ authorization: `Bearer ${host.bearer}` })).status).toBe(403);
    await host.close();
  });
});

/** The whole host is guarded, its own endpoints apart. */
@Injectable()
class PublicHost extends OauthGuard {
  override canActivate(execution: ExecutionContext): Promise<boolean> {
    const isAdmin = execution.getClass().name.startsWith('Admin');
    return isAdmin ? super.canActivate(execution) : Promise.resolve(true);
  }
}
