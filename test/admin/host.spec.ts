import {
  Injectable,
  Module,
  Scope,
  VersioningType,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { OauthAdminModule } from 'nestjs-oauth-kit/admin';
import { of, timeout } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ADAPTERS, openHost } from '../nest/host.js';
import { openAdmin } from './support.js';

@Injectable()
class Directory {
  readonly operators = new Set(['ann']);
}

@Module({ providers: [Directory], exports: [Directory] })
class DirectoryModule {}

/** Has what it needs from the module that comes in `imports`. */
@Injectable()
class DirectoryGuard implements CanActivate {
  constructor(private readonly directory: Directory) {}

  canActivate(execution: ExecutionContext): boolean {
    return this.directory.operators.has(nameIn(execution));
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestDirectoryGuard extends DirectoryGuard {}

function nameIn(execution: ExecutionContext): string {
  const { headers } = execution.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
  return headers['x-operator'] ?? '';
}

@Injectable()
class ClosedOnMonday implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const { headers } = execution.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return headers['x-day'] !== 'monday';
  }
}

class Impatient implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(timeout(60_000));
  }
}

/** Answers by itself, as a cache does. */
class Maintenance implements NestInterceptor {
  static on = false;

  intercept(_: ExecutionContext, next: CallHandler) {
    return Maintenance.on ? of({ maintenance: true }) : next.handle();
  }
}

describe.each(ADAPTERS)(
  'what a host does to all of its routes, and to those of the admin API, on %s',
  (adapter) => {
    it.each([DirectoryGuard, RequestDirectoryGuard])(
      'a guard has its dependencies from imports: %o',
      async (guard) => {
        const host = await openAdmin({ adapter, api: { guard, decorators: [], imports: [DirectoryModule] } });
        const status = async (name: string, method = 'GET') =>
          (await host.request('/admin/clients', { method, headers: { 'x-operator': name } })).status;
        expect([
          await status('ann'),
          await status('bob'),
          await status(''),
          await status('bob', 'HEAD'),
        ]).toEqual([200, 403, 403, 403]);
        await host.close();
      },
    );

    it('its global guard comes before, and its interceptors cannot open what the guard closes', async () => {
      const host = await openAdmin({
        adapter,
        metadata: {
          providers: [
            { provide: APP_GUARD, useClass: ClosedOnMonday },
            { provide: APP_INTERCEPTOR, useClass: Impatient },
            { provide: APP_INTERCEPTOR, useClass: Maintenance },
          ],
        },
      });
      const monday = { 'x-day': 'monday' };
      expect((await host.call('GET', '/clients')).status).toBe(200);
      expect((await host.call('GET', '/clients', { headers: monday })).status).toBe(403);
      expect((await host.request('/admin/clients')).status).toBe(401);
      Maintenance.on = true;
      expect((await host.request('/admin/clients')).status).toBe(401);
      Maintenance.on = false;
      await host.close();
    });

    const VERSIONS: readonly [string, (app: INestApplication) => void, string, Record<string, string>][] = [
    ['in the path, with a default', (app) => app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }), '/v1/admin', {}],
    ['in the path, without one', (app) => app.enableVersioning({ type: VersioningType.URI }), '/admin', {}],
    ['in a header', (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }), '/admin', {}],
    ['in a header, with a default', (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version', defaultVersion: '2' }), '/admin', { 'x-version': '2' }],
    ['below a prefix that leaves it out', (app) => app.setGlobalPrefix('v9', { exclude: ['admin/*path'] }), '/admin', {}],
  ]; // prettier-ignore
    it.each(VERSIONS)('versions %s', async (_, configure, base, more) => {
      const admin = { path: 'admin', guard: DirectoryGuard, imports: [DirectoryModule] };
      const host = await openHost({
        adapter,
        configure,
        options: { isGlobal: true },
        metadata: { imports: [OauthAdminModule.forRoot(admin)] },
      });
      const headers = { 'x-operator': 'ann', 'content-type': 'application/json', ...more };
      const made = await host.request(`${base}/clients`, {
        method: 'POST',
        headers,
        body: '{"client_id":"new"}',
      });
      expect([made.status, made.headers.get('location')]).toEqual([201, `${base}/clients/new`]);
      expect((await host.request(`${base}/clients/new`, { headers })).status).toBe(200);
      expect((await host.request(`${base}/clients/new`, { headers: more })).status).toBe(403);
      await host.close();
    });

    it('CORS is what the host says, and a preflight comes to no operation', async () => {
      const host = await openAdmin({
        adapter,
        configure: (app) => app.enableCors({ origin: 'https://console.example', methods: ['GET', 'DELETE'] }),
      });
      const origin = 'https://console.example';
      const preflight = await host.request('/admin/clients/operator', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'DELETE' },
      });
      expect([preflight.status, preflight.text]).toEqual([204, '']);
      expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
      const read = await host.call('GET', '/clients/operator', { headers: { origin } });
      expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
      const closed = await host.request('/admin/clients/operator', { headers: { origin } });
      expect([closed.status, closed.headers.get('access-control-allow-origin')]).toEqual([401, origin]);
      await host.close();
    });

    it('without CORS no origin is allowed, and OPTIONS tells methods at most', async () => {
      const host = await openAdmin({ adapter });
      for (const path of ['/clients', '/clients/operator', '/clients/nobody', '/audit']) {
        const headers = { origin: 'https://evil.example', 'access-control-request-method': 'DELETE' };
        const answer = await host.request(`/admin${path}`, { method: 'OPTIONS', headers });
        expect([path, [200, 404].includes(answer.status)]).toEqual([path, true]);
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
        expect(answer.text).not.toContain('client_id');
      }
      await host.close();
    });

    it('HEAD is guarded as GET is, says the same, and has no body', async () => {
      const host = await openAdmin({ adapter });
      for (const path of ['/clients', '/clients/operator', '/resource-servers', '/keys', '/audit']) {
        const closed = await host.request(`/admin${path}`, { method: 'HEAD' });
        expect([path, closed.status, closed.challenge?.slice(0, 6)]).toEqual([path, 401, 'Bearer']);
        const get = await host.call('GET', path);
        const head = await host.call('HEAD', path);
        expect([path, head.status, head.text]).toEqual([path, 200, '']);
        expect(head.headers.get('cache-control')).toBe('no-store');
        expect(head.headers.get('etag')).toBe(get.headers.get('etag'));
      }
      await host.close();
    });
  },
);
