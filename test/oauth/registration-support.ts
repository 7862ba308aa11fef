import { inspect } from 'node:util';
import {
  MemoryPersistence,
  OauthEvents,
  type ClientManagementApplication,
  type ClientRegistration,
  type OauthContext,
  type OauthError,
  type OauthEvent,
  type OauthModuleOptions,
  type RegistrationTokenInput,
} from 'nestjs-oauth-kit';
import { expect, vi } from 'vitest';
import { FailureLog } from '../../src/nest/failure.log.js';
import {
  basic,
  bearer,
  openKit,
  registrationEcho,
  registrationRequest,
  type Deletion,
  type Kit,
  type Registration,
} from '../support/echo.js';
import { RecordingFetcher } from './assertions.js';
import { Faults, granted, GRANT, refused as tokenRefused, sharing } from './support.js';

/** The initial access token that the host has configured. */
export const INITIAL = 'initial-access-token-of-the-host-0123456789';
export const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };
export const WRONG = {
  ...NO_STORE,
  'WWW-Authenticate':
    'Bearer realm="oauth", error="invalid_token", error_description="The access token is not valid here."',
};
export const MISSING = { ...NO_STORE, 'WWW-Authenticate': 'Bearer realm="oauth"' };

export type Members = Record<string, unknown>;
export type Document = ClientRegistration['document'];
export type Answer = Registration | Deletion;

const managementEcho: ClientManagementApplication<OauthContext, Answer, Answer> = registrationEcho;

/** What a refusal must look like. */
export interface Refusal {
  readonly code: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What the description must name. */
  readonly names?: string;
}

/** The refusal of bad metadata that names this member. */
export function badMetadata(names: string, code = 'invalid_client_metadata'): Refusal {
  return { code, status: 400, headers: NO_STORE, names };
}

export const UNAUTHORIZED: Refusal = { code: 'invalid_token', status: 401, headers: WRONG };
export const UNAVAILABLE: Refusal = {
  code: 'temporarily_unavailable',
  status: 503,
  headers: { ...NO_STORE, 'Retry-After': '5' },
};

/** An authorization server whose host has configured {@link INITIAL}; its store, its events and its log can be looked at. */
export class Desk {
  readonly events: OauthEvent[] = [];

  private constructor(
    readonly kit: Kit,
    readonly store: MemoryPersistence,
    readonly faults: Faults,
    readonly fetcher: RecordingFetcher,
    readonly log: unknown[],
  ) {
    kit.get<OauthEvents>(OauthEvents).on('*', (event) => void this.events.push(event));
  }

  static async open(
    options: Partial<OauthModuleOptions> = {},
    store = new MemoryPersistence(),
  ): Promise<Desk> {
    const faults = new Faults();
    const fetcher = new RecordingFetcher();
    const log: unknown[] = [];
    for (const method of ['warn', 'report'] as const) {
      vi.spyOn(FailureLog.prototype, method).mockImplementation((...args) => void log.push(args));
    }
    const kit = await openKit({
      registration: { initialAccessTokens: [INITIAL], policy: { scopes: ['read', 'write', 'report'] } },
      persistence: sharing(store, faults),
      clientAssertions: { jwksFetcher: fetcher },
      ...options,
    });
    return new Desk(kit, store, faults, fetcher, log);
  }

  async close(): Promise<void> {
    vi.restoreAllMocks();
    await this.kit.close();
  }

  /** Everything that is stored, as text. */
  stored(): string {
    return inspect(this.store, { depth: Infinity, maxArrayLength: null, maxStringLength: null });
  }

  register(document: unknown = {}, token = INITIAL): Promise<Registration> {
    return this.kit.register(document, bearer(token));
  }

  /** A client that has registered itself. */
  async registered(document: unknown = {}, token = INITIAL): Promise<Document> {
    const { status, headers, document: answer } = succeeded(await this.register(document, token));
    expect([status, headers]).toEqual([201, NO_STORE]);
    return answer;
  }

  /** The same client after an update, which must succeed. */
  async updated(client: Document, document: Members = {}): Promise<Document> {
    const { status, headers, document: answer } = succeeded(await this.put(client, document));
    expect([status, headers]).toEqual([200, NO_STORE]);
    return answer;
  }

  put({ client_id: id, registration_access_token: token }: Document, document: Members = {}) {
    return this.kit.updateClient(id, { client_id: id, ...document }, bearer(token));
  }

  get({ client_id: id, registration_access_token: token }: Document): Promise<Registration> {
    return this.kit.readClient(id, bearer(token));
  }

  delete({ client_id: id, registration_access_token: token }: Document): Promise<Deletion> {
    return this.kit.deleteClient(id, bearer(token));
  }

  /** A request to the address of a client, by whatever method. */
  manage(method: string, id: string, document?: unknown, headers: Record<string, string> = {}, more = {}) {
    const request = { ...registrationRequest(method, id, document, headers), ...more };
    return this.kit.oauth.manageClient({ request }, managementEcho);
  }

  /** It is refused like this, and the store is what it was: no client, no use of a token, nothing. */
  async refuses(send: () => Promise<Answer>, refusal: Refusal): Promise<OauthError> {
    const before = this.stored();
    const error = refusedAs(await send(), refusal);
    expect(this.stored()).toBe(before);
    expect(this.fetcher.asked).toEqual([]);
    return error;
  }

  /** A registration token of the operator's. */
  async issue(input: RegistrationTokenInput = {}): Promise<{ readonly value: string; readonly id: string }> {
    const { value, token } = await this.kit.admin.registrationTokens.create(input);
    return { value, id: token.id };
  }

  async usesOf(id: string): Promise<number | undefined> {
    const { tokens } = await this.kit.admin.registrationTokens.list();
    return tokens.find((token) => token.id === id)?.uses;
  }

  async clients(): Promise<number> {
    return (await this.kit.admin.clients.list()).clients.length;
  }

  /** The scope of a token that this client gets with its secret. */
  async scopeOf({ client_id: id, client_secret: secret }: Document, form: Record<string, string> = {}) {
    return granted(await this.kit.token({ ...GRANT, ...form }, basic(id, secret ?? ''))).scope;
  }

  /** The error code that the token endpoint has for this client. */
  async tokenError({ client_id: id, client_secret: secret }: Document, form: Record<string, string> = {}) {
    return tokenRefused(await this.kit.token({ ...GRANT, ...form }, basic(id, secret ?? ''))).code;
  }

  /** The reasons of the refusals so far. */
  reasons(): string[] {
    return this.events.flatMap((event) => (event.type === 'registration.refused' ? [event.reason] : []));
  }

  /** Neither the store nor an event nor the log has this. */
  keepsSecret(...secrets: (string | undefined)[]): void {
    const kept = this.stored() + inspect(this.events, { depth: Infinity }) + inspect(this.log, { depth: 9 });
    for (const secret of secrets) {
      expect(secret).toMatch(/^.{20,}$/);
      expect(kept.includes(secret ?? '')).toBe(false);
    }
  }
}

/** What the request has got. It must not have been refused. */
export function succeeded<S>(answer: { readonly success: S } | { readonly error: OauthError }): S {
  if ('error' in answer) throw new Error(`Refused: ${answer.error.code} ${answer.error.message}`);
  return answer.success;
}

/** The object without these members. */
export function without<T extends object, K extends keyof T & string>(object: T, ...names: K[]): Omit<T, K> {
  const kept = Object.entries(object).filter(([name]) => !names.some((each) => each === name));
  return Object.fromEntries(kept) as Omit<T, K>;
}

export function errorOf(answer: Answer): OauthError {
  if ('success' in answer) throw new Error(`Not refused: ${JSON.stringify(answer.success)}`);
  return answer.error;
}

export function refusedAs(answer: Answer, { code, status, headers, names }: Refusal): OauthError {
  const error = errorOf(answer);
  const told = { code: error.code, status: error.status, headers: error.headers };
  expect(told, error.description).toEqual({ code, status, headers });
  if (names !== undefined) expect(error.description).toContain(names);
  expect(error.description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,1000}$/);
  return error;
}
