import type { INestApplication } from '@nestjs/common';
import { OauthGuard, RequireScopes } from 'nestjs-oauth-kit';
import { OauthAdminModule, type OauthAdminModuleOptions } from 'nestjs-oauth-kit/admin';
import { expect } from 'vitest';
import { newClient, openHost, type Answer, type Host, type HostOptions } from '../nest/host.js';

export const GUARDED = {
  path: 'admin',
  guard: OauthGuard,
  decorators: [RequireScopes('oauth:admin')],
} as const satisfies OauthAdminModuleOptions;

export interface Call {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AdminHost extends Host {
  /** The client whose token the calls bring. */
  readonly operator: string;
  readonly bearer: string;
  /** A request below /admin with a token of the scope `oauth:admin`. */
  call(method: string, path: string, call?: Call): Promise<Answer>;
}

export interface AdminHostOptions extends HostOptions {
  readonly api?: Partial<OauthAdminModuleOptions>;
  readonly prefix?: string;
}

/** A host with the API at /admin, guarded by the kit's own tokens, and an audit log. */
export async function openAdmin(setup: AdminHostOptions = {}): Promise<AdminHost> {
  const { api, prefix = '', options, metadata, configure, ...rest } = setup;
  const host = await openHost({
    ...rest,
    options: {
      isGlobal: true,
      resources: [
        { identifier: '/api', scopes: ['read', 'write'], defaultScopes: ['read'], default: true },
        { identifier: '/reports', scopes: ['report'], accessTokenFormat: 'opaque' },
        { identifier: '/admin', scopes: ['oauth:admin'], metadata: false },
      ],
      audit: { log: 'database' },
      ...options,
    },
    metadata: {
      ...metadata,
      imports: [OauthAdminModule.forRoot({ ...GUARDED, ...api }), ...(metadata?.imports ?? [])],
    },
    configure: (app: INestApplication) => {
      if (prefix !== '') app.setGlobalPrefix(prefix, { exclude: ['oauth/token'] });
      configure?.(app);
    },
  });
  const operator = await newClient(host, { client_id: 'operator', scope: 'oauth:admin read' });
  const bearer = await operator.token('oauth:admin');
  const call = (method: string, path: string, { body, headers = {} }: Call = {}): Promise<Answer> =>
    host.request(`${prefix && `/${prefix}`}/admin${path}`, {
      method,
      headers: {
        authorization: `Bearer ${bearer}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  return { ...host, operator: operator.id, bearer, call };
}

/** The status and the `error` of a refusal, which has no other members than these two. */
export function refusal({ status, body, headers }: Answer): [number, unknown] {
  expect(Object.keys(body)).toEqual(['error', 'error_description']);
  expect(headers.get('content-type')).toBe('application/json');
  expect(headers.get('cache-control')).toBe('no-store');
  return [status, body['error']];
}

export function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}
