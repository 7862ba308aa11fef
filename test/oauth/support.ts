import type { Client, OauthError, OauthOptions, TokenResponse } from 'nestjs-oauth-kit';
import { MemoryPersistence, Persistence } from 'nestjs-oauth-kit';
import { basic, type Kit, type Outcome } from '../support/echo.js';

export const GRANT = { grant_type: 'client_credentials' } as const;

export interface Registered {
  readonly id: string;
  readonly secret: string;
  readonly client: Client;
  /** Headers that authenticate it. */
  readonly basic: { authorization: string };
}

/** A client that may have every scope of the server, unless the metadata says otherwise. */
export async function register(kit: Kit, metadata: Record<string, unknown> = {}): Promise<Registered> {
  const { client, issued } = await kit.admin.clients.create({ scope: 'read write report', ...metadata });
  if (!issued) throw new Error('The client has no secret.');
  return { id: client.id, secret: issued.secret, client, basic: basic(client.id, issued.secret) };
}

/** The response of a request that must have succeeded. */
export function granted(outcome: Outcome): TokenResponse {
  if ('error' in outcome) throw new Error(`Refused: ${outcome.error.code} ${outcome.error.message}`);
  return outcome.success;
}

/** The error of a request that must have been refused. */
export function refused(outcome: Outcome): OauthError {
  if ('success' in outcome) throw new Error(`A token was issued: ${JSON.stringify(outcome.success)}`);
  return outcome.error;
}

/** Everything of an error that a view may render. */
export function rendered({ status, headers, code, description }: OauthError): string {
  return JSON.stringify({ status, headers, code, description });
}

function segment(token: string, index: number): Record<string, unknown> {
  const text = Buffer.from(token.split('.')[index] ?? '', 'base64url').toString('utf8');
  return JSON.parse(text) as Record<string, unknown>;
}

export const headerOf = (token: string): Record<string, unknown> => segment(token, 0);
export const claimsOf = (token: string): Record<string, unknown> => segment(token, 1);

/** Gets what the store would do. */
type Behaviour = (ask: () => unknown) => unknown;

/** Faults to inject into a store, by the name of the call, such as `clients.find`; and how often each was called. */
export class Faults {
  private readonly behaviours = new Map<string, Behaviour>();
  readonly calls: string[] = [];

  /** The call rejects with this from now on. */
  reject(call: string, failure: unknown): void {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a store may reject with anything
    this.behaviours.set(call, () => Promise.reject(failure));
  }

  /** The call does this from now on, in place of what the store does. */
  replace(call: string, behaviour: Behaviour): void {
    this.behaviours.set(call, behaviour);
  }

  /** The store does what it is asked from now on, but its answer is lost. */
  loseAnswer(call: string): void {
    this.replace(call, async (ask) => {
      await ask();
      throw new Error('The connection was lost.');
    });
  }

  clear(): void {
    this.behaviours.clear();
    this.calls.length = 0;
  }

  count(call: string): number {
    return this.calls.filter((each) => each === call).length;
  }

  wrap<T extends object>(name: string, store: T): T {
    return new Proxy(store, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          const call = `${name}.${String(key)}`;
          this.calls.push(call);
          const behaviour = this.behaviours.get(call);
          const ask = (): unknown => member.apply(target, args) as unknown;
          return behaviour ? behaviour(ask) : ask();
        };
      },
    });
  }
}

/** A persistence class whose instances all stand on one store, as instances of a server do on one database. */
export function sharing(store: Persistence, faults = new Faults()): new () => Persistence {
  return class extends Persistence {
    readonly clients = faults.wrap('clients', store.clients);
    readonly clientSecrets = faults.wrap('clientSecrets', store.clientSecrets);
    readonly accessTokens = faults.wrap('accessTokens', store.accessTokens);
    readonly revokedTokens = faults.wrap('revokedTokens', store.revokedTokens);
    readonly signingKeys = faults.wrap('signingKeys', store.signingKeys);
    readonly usedIdentifiers = faults.wrap('usedIdentifiers', store.usedIdentifiers);
    readonly failureCounts = faults.wrap('failureCounts', store.failureCounts);
    readonly registrationTokens = faults.wrap('registrationTokens', store.registrationTokens);
    readonly resourceServers = faults.wrap('resourceServers', store.resourceServers);
    readonly auditLog = faults.wrap('auditLog', store.auditLog);

    async check(): Promise<void> {
      await store.check();
    }
  };
}

/** A store in memory with faults to inject, and the class that gives it to the kit. */
export function faulty(): { faults: Faults; persistence: new () => Persistence; store: Persistence } {
  const faults = new Faults();
  const store = new MemoryPersistence();
  return { faults, persistence: sharing(store, faults), store };
}

/** Options with two resource servers, neither of which is the default, that share the scope `shared`. */
export const TWO_RESOURCES: OauthOptions['resources'] = [
  { identifier: 'https://a.example/api', scopes: ['a', 'shared'], defaultScopes: ['a'] },
  { identifier: 'https://b.example/api?tenant=1', scopes: ['b', 'shared'], accessTokenFormat: 'opaque' },
];

/** Gives what was put on the event loop its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
