import { NestFactory } from '@nestjs/core';
import {
  type ClientDeletion,
  type ClientDeletionApplication,
  type ClientReadApplication,
  type ClientRegistration,
  type ClientUpdateApplication,
  Clock,
  MemoryPersistence,
  OauthAdmin,
  OauthModule,
  OauthService,
  type IntrospectionApplication,
  type IntrospectionResponse,
  type OauthContext,
  type OauthError,
  type OauthModuleOptions,
  type OauthRequest,
  Persistence,
  type RegistrationApplication,
  type RevocationApplication,
  type RevocationResponse,
  type TokenApplication,
  type TokenResponse,
} from 'nestjs-oauth-kit';

export const ISSUER = 'http://127.0.0.1:3999';

/** A clock that a test sets. */
export class ManualClock extends Clock {
  constructor(public time = 1_800_000_000) {
    super();
  }

  now(): number {
    return this.time;
  }
}

export type Outcome = { readonly success: TokenResponse } | { readonly error: OauthError };

/** An application that returns what it was called with: the protocol without HTTP. */
export const echo: TokenApplication<OauthContext, Outcome, Outcome> = {
  tokenSuccess: (_, success) => ({ success }),
  tokenError: (_, error) => ({ error }),
};

export type Introspection = { readonly success: IntrospectionResponse } | { readonly error: OauthError };
export type Revocation = { readonly success: RevocationResponse } | { readonly error: OauthError };

const introspectionEcho: IntrospectionApplication<OauthContext, Introspection, Introspection> = {
  introspectSuccess: (_, success) => ({ success }),
  introspectError: (_, error) => ({ error }),
};

const revocationEcho: RevocationApplication<OauthContext, Revocation, Revocation> = {
  revokeSuccess: (_, success) => ({ success }),
  revokeError: (_, error) => ({ error }),
};

interface Refusal {
  readonly error: OauthError;
}
export type Registration = { readonly success: ClientRegistration } | Refusal;
export type Deletion = { readonly success: ClientDeletion } | Refusal;

type Registered = { readonly success: ClientRegistration };
type Deleted = { readonly success: ClientDeletion };

/** The same for the endpoints of registration. */
export const registrationEcho: RegistrationApplication<OauthContext, Registered, Refusal> &
  ClientReadApplication<OauthContext, Registered, Refusal> &
  ClientUpdateApplication<OauthContext, Registered, Refusal> &
  ClientDeletionApplication<OauthContext, Deleted, Refusal> = {
  clientRegistered: (_, success) => ({ success }),
  clientRead: (_, success) => ({ success }),
  clientUpdated: (_, success) => ({ success }),
  clientDeleted: (_, success) => ({ success }),
  registrationFailure: (_, error) => ({ error }),
};

type Form = Record<string, string> | string;

export interface Kit {
  readonly oauth: OauthService;
  readonly admin: OauthAdmin;
  readonly persistence: Persistence;
  readonly clock: ManualClock;
  /** One token request with this form and these headers, answered by {@link echo}. */
  token(form: Form, headers?: Record<string, string>): Promise<Outcome>;
  /** One introspection request with this form and these headers, likewise. */
  introspect(form: Form, headers?: Record<string, string>): Promise<Introspection>;
  /** One revocation request, likewise. */
  revoke(form: Form, headers?: Record<string, string>): Promise<Revocation>;
  /** One registration with this document (a text is sent as it is) and these headers, likewise. */
  register(document: unknown, headers?: Record<string, string>): Promise<Registration>;
  readClient(id: string, headers?: Record<string, string>): Promise<Registration>;
  updateClient(id: string, document: unknown, headers?: Record<string, string>): Promise<Registration>;
  deleteClient(id: string, headers?: Record<string, string>): Promise<Deletion>;
  get<T>(token: unknown): T;
  close(): Promise<void>;
}

/** An authorization server in memory: scopes `read` (default) and `write` at /api, `report` at /reports (opaque). */
export async function openKit(options: Partial<OauthModuleOptions> = {}): Promise<Kit> {
  const clock = new ManualClock();
  const module = OauthModule.forRoot({
    issuer: ISSUER,
    clock,
    resources: [
      { identifier: '/api', scopes: ['read', 'write'], defaultScopes: ['read'], default: true },
      { identifier: '/reports', scopes: ['report'], accessTokenFormat: 'opaque' },
    ],
    persistence: MemoryPersistence,
    ...options,
  });
  const context = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  const oauth = context.get(OauthService);
  return {
    oauth,
    admin: context.get(OauthAdmin),
    persistence: context.get(Persistence, { strict: false }),
    clock,
    token: (form, headers = {}) => oauth.token({ request: formRequest(form, headers) }, echo),
    introspect: (form, headers = {}) =>
      oauth.introspect({ request: formRequest(form, headers, '/oauth/introspect') }, introspectionEcho),
    revoke: (form, headers = {}) =>
      oauth.revoke({ request: formRequest(form, headers, '/oauth/revoke') }, revocationEcho),
    register: (document, headers = {}) =>
      oauth.registerClient({ request: registrationRequest('POST', '', document, headers) }, registrationEcho),
    readClient: (id, headers = {}) =>
      oauth.readClient({ request: registrationRequest('GET', id, undefined, headers) }, registrationEcho),
    updateClient: (id, document, headers = {}) =>
      oauth.updateClient({ request: registrationRequest('PUT', id, document, headers) }, registrationEcho),
    deleteClient: (id, headers = {}) =>
      oauth.deleteClient(
        { request: registrationRequest('DELETE', id, undefined, headers) },
        registrationEcho,
      ),
    get: <T>(token: unknown) => context.get<T>(token as symbol, { strict: false }),
    close: () => context.close(),
  };
}

/** A request with a form as an adapter would hand it to the kit. */
export function formRequest(
  form: Form,
  headers: Record<string, string> = {},
  url = '/oauth/token',
): OauthRequest {
  const all = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
  return {
    method: 'POST',
    url,
    headers: all,
    rawHeaders: Object.entries(all).flat(),
    rawBody: Buffer.from(typeof form === 'string' ? form : new URLSearchParams(form).toString()),
  };
}

/** A request to the registration endpoint; or, with the id of a client, to the one where that client is managed. */
export function registrationRequest(
  method: string,
  id: string,
  document: unknown,
  headers: Record<string, string> = {},
): OauthRequest {
  const all = { ...(document !== undefined && { 'content-type': 'application/json' }), ...headers };
  return {
    method,
    url: id === '' ? '/oauth/register' : `/oauth/register/${encodeURIComponent(id)}`,
    headers: all,
    rawHeaders: Object.entries(all).flat(),
    rawBody: Buffer.from(typeof document === 'string' ? document : (JSON.stringify(document) ?? '')),
  };
}

/** RFC 6750 §2.1. */
export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** RFC 6749 §2.3.1. */
export function basic(id: string, secret: string): { authorization: string } {
  const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
  return { authorization: `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}` };
}
