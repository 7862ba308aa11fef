import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MemoryPersistence, OauthEvents, OauthModule, type OauthEvent } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureLog } from '../../src/nest/failure.log.js';
import { basic, echo, formRequest, ISSUER, openKit, type Outcome } from '../support/echo.js';
import { Bench, formOf, INVALID_CLIENT, JWT_BEARER, type Party } from './assertions.js';
import {
  type Faults,
  faulty,
  granted,
  GRANT,
  refused,
  register,
  rendered,
  turn,
  type Registered,
} from './support.js';

const IP = '192.0.2.7';

let bench: Bench;
let faults: Faults;
let client: Registered;
let party: Party;

beforeEach(async () => {
  const made = faulty();
  faults = made.faults;
  bench = await Bench.open({
    persistence: made.persistence,
    failureLimits: { perClient: 50, perAddress: 50 },
  });
  client = await register(bench.kit, { client_id: 'basic' });
  party = await bench.client('ES256', { client_id: 'signs' });
});

afterEach(() => bench.close());

/** A token request from {@link IP}. */
function send(form: Record<string, string>, headers: Record<string, string> = {}): Promise<Outcome> {
  return bench.kit.oauth.token({ request: { ...formRequest(form, headers), ip: IP } }, echo);
}

/** What happens from now on. */
async function during(work: () => Promise<unknown>): Promise<OauthEvent[]> {
  const from = bench.events.length;
  await work();
  return bench.events.slice(from);
}

const failed = (reason: string, more: object = {}) => ({
  type: 'client.authentication_failed',
  at: bench.now,
  address: IP,
  reason,
  ...more,
});
const authenticated = (clientId: string, method: string) => ({
  type: 'client.authenticated',
  at: bench.now,
  address: IP,
  clientId,
  method,
});

describe('a token is issued', () => {
  it.each([
    ['jwt', 'read', `${ISSUER}/api`],
    ['opaque', 'report', `${ISSUER}/reports`],
  ])(
    'with %s: client.authenticated, then token.issued, with these members and no others',
    async (format, scope, audience) => {
      const events = await during(async () => granted(await send({ ...GRANT, scope }, client.basic)));
      expect(events).toEqual([
        authenticated('basic', 'client_secret_basic'),
        {
          type: 'token.issued',
          at: bench.now,
          address: IP,
          clientId: 'basic',
          grantType: 'client_credentials',
          tokenId: expect.stringMatching(/^[0-9a-f]{16}\.[\w-]{22}$/) as string,
          format,
          audience,
          scope: [scope],
          expiresAt: bench.now + 3600,
        },
      ]);
    },
  );

  it('with an assertion, the same', async () => {
    const assertion = await bench.assertion(party);
    const events = await during(async () => granted(await send(formOf(assertion))));
    expect(events).toMatchObject([authenticated('signs', 'private_key_jwt'), { type: 'token.issued' }]);
    expect(events).toHaveLength(2);
  });

  it('without an address where the platform tells none', async () => {
    const events = await during(() => bench.kit.token(GRANT, client.basic));
    expect(events.map(({ address }) => address)).toEqual([undefined, undefined]);
  });
});

describe('an authenticated client is refused a token', () => {
  it.each<[string, Record<string, string>]>([
    ['invalid_scope', { ...GRANT, scope: 'nope' }],
    ['invalid_target', { ...GRANT, resource: 'https://elsewhere.example' }],
    ['unsupported_grant_type', { grant_type: 'password' }],
    ['invalid_request', {}],
  ])('%s: token.refused after client.authenticated', async (error, form) => {
    const events = await during(() => send(form, client.basic));
    expect(events).toEqual([
      authenticated('basic', 'client_secret_basic'),
      { type: 'token.refused', at: bench.now, address: IP, clientId: 'basic', error },
    ]);
  });

  it('a store that is down: temporarily_unavailable', async () => {
    faults.reject('accessTokens.insert', new Error('down'));
    const events = await during(() => send({ ...GRANT, scope: 'report' }, client.basic));
    expect(events.at(-1)).toMatchObject({ type: 'token.refused', error: 'temporarily_unavailable' });
  });

  it('an assertion that is refused a token is not used up, hence not yet client.authenticated', async () => {
    const assertion = await bench.assertion(party);
    const events = await during(() => send(formOf(assertion, { scope: 'nope' })));
    expect(events).toMatchObject([{ type: 'token.refused', clientId: 'signs', error: 'invalid_scope' }]);
    expect(await during(() => send(formOf(assertion)))).toHaveLength(2);
  });
});

describe('AUTH-062 the reason of a failure stands in the event alone', () => {
  const cases: [string, () => Promise<[object, Record<string, string>, Record<string, string>?]>][] = [
    ['no_credentials', async () => [{}, GRANT]],
    ['no_credentials', async () => [{}, { ...GRANT, client_id: 'basic' }]],
    ['no_credentials', async () => [{}, GRANT, { authorization: 'Bearer x' }]],
    ['malformed_credentials', async () => [BASIC, GRANT, { authorization: 'Basic %%%' }]],
    ['malformed_credentials', async () => [POST, { ...GRANT, client_secret: 'x' }]],
    ['malformed_credentials', async () => [ASSERTION, formOf('x.y.z')]],
    ['unknown_client', async () => [{ ...BASIC, clientId: 'nobody' }, GRANT, basic('nobody', 'x')]],
    ['wrong_secret', async () => [{ ...BASIC, clientId: 'basic' }, GRANT, basic('basic', 'x')]],
    [
      'wrong_method',
      async () => [
        { ...POST, clientId: 'basic' },
        { ...GRANT, client_id: 'basic', client_secret: client.secret },
      ],
    ],
    [
      'wrong_method',
      async () => [
        { ...PRIVATE, clientId: 'basic' },
        formOf(await bench.assertion({ ...party, id: 'basic' })),
      ],
    ],
    [
      'client_disabled',
      async () => {
        await bench.kit.admin.clients.disable('basic');
        return [{ ...BASIC, clientId: 'basic' }, GRANT, client.basic];
      },
    ],
    [
      'secret_expired',
      async () => {
        const ends = { client_secret_expires_at: bench.now };
        const old = await register(bench.kit, { client_id: 'old', ...ends });
        return [{ ...BASIC, clientId: 'old' }, GRANT, old.basic];
      },
    ],
    ['assertion_expired', async () => [SIGNS, formOf(await bench.assertion(party, { exp: bench.now - 60 }))]],
    ['assertion_audience', async () => [SIGNS, formOf(await bench.assertion(party, { aud: 'https://x' }))]],
    ['assertion_id', async () => [SIGNS, formOf(await bench.assertion(party, { jti: '' }))]],
    [
      'assertion_signature',
      async () => [SIGNS, formOf(await bench.assertion({ ...party, key: (await bench.client()).key }))],
    ],
    ['assertion_key', async () => [SIGNS, formOf(await bench.assertion(party, {}, { kid: 'unknown' }))]],
    [
      'keys_unavailable',
      async () => {
        const remote = await bench.client('ES256', { client_id: 'far', jwks_uri: 'https://keys.invalid/' });
        return [{ ...PRIVATE, clientId: 'far' }, formOf(await bench.assertion(remote))];
      },
    ],
    [
      'replayed',
      async () => {
        const form = formOf(await bench.assertion(party));
        granted(await send(form));
        return [SIGNS, form];
      },
    ],
  ];
  const BASIC = { method: 'client_secret_basic' };
  const POST = { method: 'client_secret_post' };
  const PRIVATE = { method: 'private_key_jwt' };
  const ASSERTION = { method: 'private_key_jwt', clientId: undefined };
  const SIGNS = { ...PRIVATE, clientId: 'signs' };

  it.each(cases)('%s: one event, and the bytes of every failure', async (reason, prepare) => {
    const [members, form, headers] = await prepare();
    const from = bench.events.length;
    const error = refused(await send(form, headers));
    expect(rendered(error)).toBe(INVALID_CLIENT);
    expect(bench.events.slice(from)).toEqual([failed(reason, members)]);
  });

  it('whom nobody can be is not repeated', async () => {
    for (const id of ['x'.repeat(256), 'a\u0001b', 'é']) {
      const events = await during(() => send({ ...GRANT, client_id: id, client_secret: 'x' }));
      expect(events).toEqual([failed('malformed_credentials', POST)]);
    }
  });

  it('a request that is malformed was no attempt: no event', async () => {
    const events = await during(async () => {
      const error = refused(await send({ ...GRANT, client_secret: 'x', client_id: 'basic' }, client.basic));
      expect(error.code).toBe('invalid_request');
      refused(await send({ ...GRANT, client_assertion_type: JWT_BEARER }));
    });
    expect(events).toEqual([]);
  });

  it('a failing server is neither success nor failure', async () => {
    faults.reject('clients.find', new Error('down'));
    expect(await during(() => send(GRANT, basic('other', 'x')))).toEqual([]);
    faults.clear();
    faults.reject('usedIdentifiers.insert', new Error('down'));
    const form = formOf(await bench.assertion(party));
    expect((await during(() => send(form))).map(({ type }) => type)).toEqual(['token.refused']);
  });
});

describe('threat 38 too many failures', () => {
  it('client.authentication_throttled, in place of every other event', async () => {
    for (let failure = 0; failure < 50; failure++) await send(GRANT, basic('basic', 'x'));
    const events = await during(async () =>
      expect(refused(await send(GRANT, client.basic)).status).toBe(429),
    );
    expect(events).toEqual([
      {
        type: 'client.authentication_throttled',
        at: bench.now,
        address: IP,
        clientId: 'basic',
        method: 'client_secret_basic',
        retryAfter: 60,
      },
    ]);
  });
});

it('no event holds a secret, an assertion or a token', async () => {
  const secrets = [client.secret, 'wrong-secret'];
  for (const scope of ['read', 'report']) {
    secrets.push(granted(await send({ ...GRANT, scope }, client.basic)).accessToken);
  }
  for (const changes of [{}, { aud: 'x' }, { exp: 1 }]) {
    const assertion = await bench.assertion(party, changes);
    secrets.push(assertion, ...assertion.split('.'));
    for (let time = 0; time < 2; time++) await send(formOf(assertion));
  }
  await send(GRANT, basic('basic', 'wrong-secret'));
  await send({ ...GRANT, client_id: 'basic', client_secret: 'wrong-secret' });
  const told = JSON.stringify(bench.events);
  expect(bench.events.length).toBeGreaterThan(10);
  for (const secret of secrets.filter((each) => each.length > 0)) expect(told).not.toContain(secret);
  expect(told).not.toContain(client.basic.authorization.slice(6));
});

describe('listeners', () => {
  const events = () => bench.kit.get<OauthEvents>(OauthEvents);

  it('hear their type until they are ended; * hears all', async () => {
    const heard: string[] = [];
    const end = events().on('token.issued', ({ tokenId }) => heard.push(`issued ${typeof tokenId}`));
    events().on('client.authentication_failed', ({ reason }) => heard.push(reason));
    const both = (): Promise<unknown> => send(GRANT, client.basic).then(() => send(GRANT));
    await both();
    expect(heard).toEqual(['issued string', 'no_credentials']);
    end();
    end();
    expect(await during(both)).toHaveLength(3);
    expect(heard).toEqual(['issued string', 'no_credentials', 'no_credentials']);
  });

  it('the same function may listen twice, and end once', async () => {
    const heard = vi.fn();
    const end = events().on('token.issued', heard);
    events().on('token.issued', heard);
    await send(GRANT, client.basic);
    expect(heard).toHaveBeenCalledTimes(2);
    end();
    await send(GRANT, client.basic);
    expect(heard).toHaveBeenCalledTimes(3);
  });

  it('one that throws, rejects or never ends changes nothing for the request and for others; it is logged', async () => {
    const report = vi.spyOn(bench.kit.get<FailureLog>(FailureLog), 'report');
    const later = vi.fn();
    events().on('*', () => {
      throw new Error('thrown');
    });
    events().on('*', () => Promise.reject(new Error('rejected')));
    events().on('*', () => new Promise(() => {}));
    events().on('*', later);
    granted(await send(GRANT, client.basic));
    expect(rendered(refused(await send(GRANT)))).toBe(INVALID_CLIENT);
    await turn();
    expect(later).toHaveBeenCalledTimes(3);
    const causes = report.mock.calls.map(([what, cause]) => `${what}: ${(cause as Error).message}`);
    const of = (message: string) => `A listener of events has failed: ${message}`;
    expect(causes.sort()).toEqual(['rejected', 'thrown'].flatMap((each) => [of(each), of(each), of(each)]));
  });

  it('one that changes its event changes it for nobody else', async () => {
    const kit = await openKit();
    const other = await register(kit);
    const heard: OauthEvent[] = [];
    kit.get<OauthEvents>(OauthEvents).on('token.issued', (event) => {
      Object.assign(event, { clientId: 'changed' });
      (event.scope as string[]).push('changed');
    });
    kit.get<OauthEvents>(OauthEvents).on('token.issued', (event) => void heard.push(event));
    for (const scope of ['read', '', '']) {
      expect(granted(await kit.token({ ...GRANT, scope }, other.basic)).scope).toBe('read');
    }
    expect(heard[0]).toMatchObject({ clientId: other.id, scope: ['read'] });
    await kit.close();
  });
});

it('OauthEvents is injectable in a module of the host', async () => {
  @Injectable()
  class Audit {
    readonly heard: string[] = [];
    constructor(events: OauthEvents) {
      events.on('*', ({ type }) => void this.heard.push(type));
    }
  }
  // The compiler of the tests writes no types of parameters.
  Reflect.defineMetadata('design:paramtypes', [OauthEvents], Audit);
  const resources = [{ identifier: '/api', scopes: ['read'] }];
  @Module({
    imports: [OauthModule.forRoot({ issuer: ISSUER, persistence: MemoryPersistence, resources })],
    providers: [Audit],
  })
  class Host {}
  const host = await NestFactory.createApplicationContext(Host, { logger: false, abortOnError: false });
  const { OauthService } = await import('nestjs-oauth-kit');
  await host.get(OauthService, { strict: false }).token({ request: formRequest(GRANT) }, echo);
  expect(host.get(Audit).heard).toEqual(['client.authentication_failed']);
  await host.close();
});
