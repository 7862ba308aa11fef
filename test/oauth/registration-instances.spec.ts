import { MemoryPersistence, type OauthModuleOptions } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bearer, registrationEcho, registrationRequest } from '../support/echo.js';
import { granted, GRANT, register, rendered } from './support.js';
import { basic } from '../support/echo.js';
import {
  badMetadata,
  Desk,
  errorOf,
  INITIAL,
  NO_STORE,
  refusedAs,
  succeeded,
  UNAUTHORIZED,
  type Answer,
  type Document,
} from './registration-support.js';

let desks: Desk[];
let store: MemoryPersistence;

beforeEach(() => {
  desks = [];
  store = new MemoryPersistence();
});

afterEach(async () => {
  for (const desk of desks) await desk.close();
});

/** One more instance on the one store. */
async function open(options: Partial<OauthModuleOptions> = {}): Promise<Desk> {
  const desk = await Desk.open(options, store);
  desks.push(desk);
  return desk;
}

/** All clocks go on. */
function pass(seconds: number): void {
  for (const { kit } of desks) kit.clock.time += seconds;
}

describe('two instances on one store', () => {
  let a: Desk;
  let b: Desk;

  beforeEach(async () => {
    a = await open();
    b = await open();
  });

  it('DCR-001 a token of an operator at the one is good at the other, and the client is known at both at once', async () => {
    const { value, id } = await a.issue({ scopes: ['write'] });
    const client = await b.registered({ scope: 'write' }, value);
    for (const desk of [a, b]) {
      expect(await desk.scopeOf(client, { scope: 'write' })).toBe('write');
      expect(succeeded(await desk.get(client)).document.client_id).toBe(client.client_id);
    }
    await a.refuses(() => a.register({ scope: 'write' }, value), UNAUTHORIZED);
    expect(await b.usesOf(id)).toBe(1);
  });

  it('DCR-003 of 25 registrations at each with 5 uses together 5 are made', async () => {
    const { value, id } = await a.issue({ mostUses: 5 });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 ? a : b).register({}, value)),
    );
    expect(answers.filter((answer) => 'success' in answer)).toHaveLength(5);
    expect([await a.clients(), await b.usesOf(id)]).toEqual([5, 5]);
  });

  it('DCR-003 a token that was deleted at the one is dead at the other', async () => {
    const { value, id } = await a.issue({ mostUses: 0 });
    await b.registered({}, value);
    await a.kit.admin.registrationTokens.delete(id);
    await b.refuses(() => b.register({}, value), UNAUTHORIZED);
  });

  it('DCR-015 a rotation at the one is one at the other, at once', async () => {
    const client = await a.registered();
    succeeded(await b.get(client));
    const next = await a.updated(client, { client_name: 'n' });
    await b.refuses(() => b.get(client), UNAUTHORIZED);
    await b.refuses(() => b.put(client), UNAUTHORIZED);
    expect((await b.updated(next))['client_name']).toBeUndefined();
    await a.refuses(() => a.get(next), UNAUTHORIZED);
  });

  it('DCR-015 of updates at both at the same time one wins', async () => {
    const client = await a.registered();
    const answers = await Promise.all([a, b, a, b].map((desk, index) => desk.put(client, { client_name: `n${index}` })));
    expect(answers.map((answer) => ('success' in answer ? 200 : answer.error.status)).sort()).toEqual([200, 401, 401, 401]);
  }); // prettier-ignore

  it('DCR-017 a deletion at the one: at the other the registration token and its tokens are dead at once', async () => {
    const caller = await register(b.kit, { resource: '/api' });
    const client = await a.registered();
    const { accessToken: token } = granted(
      await b.kit.token(GRANT, basic(client.client_id, client.client_secret ?? '')),
    );
    succeeded(await a.delete(client));
    await b.refuses(() => b.get(client), UNAUTHORIZED);
    await b.refuses(() => b.delete(client), UNAUTHORIZED);
    const answer = await b.kit.introspect({ token }, caller.basic);
    expect('success' in answer && answer.success.document.active).toBe(false);
    pass(10);
    expect(await b.tokenError(client)).toBe('invalid_client');
  });

  it('DCR-018 a client that was disabled at the one is refused at the other', async () => {
    const client = await a.registered();
    await a.kit.admin.clients.disable(client.client_id);
    expect(errorOf(await b.get(client)).status).toBe(403);
    expect(errorOf(await b.put(client)).status).toBe(403);
  });

  it('DCR-019 a resource server that was added at the one can be registered for at the other within 10 seconds', async () => {
    await a.kit.admin.resourceServers.create('/stored', { scopes: ['stored'] });
    const { value } = await a.issue({ scopes: ['stored'], mostUses: 0 });
    expect((await a.registered({ scope: 'stored' }, value))['scope']).toBe('stored');
    pass(10);
    const client = await b.registered({ scope: 'stored' }, value);
    expect((await b.updated(client, { scope: 'stored' }))['scope']).toBe('stored');
    expect(
      (await b.registered({ scope: 'stored' }, (await b.issue({ resources: ['/stored'] })).value))['scope'],
    ).toBe('stored');
  });

  it('DCR-019 a resource server that was deleted at the one cannot be registered for at the other after 10 seconds', async () => {
    await a.kit.admin.resourceServers.create('/stored', { scopes: ['stored'] });
    const { value } = await a.issue({ scopes: ['stored', 'read'], mostUses: 0 });
    pass(10);
    const client = await b.registered({ scope: 'stored' }, value);
    await a.kit.admin.resourceServers.delete('/stored');
    pass(10);
    await b.refuses(() => b.register({ scope: 'stored' }, value), badMetadata('scope'));
    await b.refuses(() => b.put(client, { scope: 'stored' }), badMetadata('scope'));
  });
});

describe('two issuers on one store', () => {
  it('DCR-003 have no registration token in common', async () => {
    const a = await open();
    const b = await open({ issuer: 'http://127.0.0.1:4000' });
    const { value } = await a.issue({ mostUses: 0 });
    await b.refuses(() => b.register({}, value), UNAUTHORIZED);
    await a.registered({}, value);
  });
});

describe('threat 38 DCR-021 guessing', () => {
  const HERE = '192.0.2.1';
  const ELSEWHERE = '198.51.100.9';
  let desk: Desk;
  let client: Document;

  beforeEach(async () => {
    desk = await open({ failureLimits: { perClient: 3, perAddress: 5, window: 60 } });
    client = await desk.registered();
  });

  const from = (
    ip: string,
    method: string,
    id: string,
    token: string,
    document?: unknown,
  ): Promise<Answer> => {
    const request = { ...registrationRequest(method, id, document, token === '' ? {} : bearer(token)), ip };
    if (id === '') return desk.kit.oauth.registerClient({ request }, registrationEcho);
    return desk.kit.oauth.readClient({ request }, registrationEcho);
  };
  const registering = (ip: string, token: string, document: unknown = {}) =>
    from(ip, 'POST', '', token, document);
  const reading = (ip: string, token: string, id = client.client_id) => from(ip, 'GET', id, token);
  const statusOf = (answer: Answer) => ('error' in answer ? answer.error.status : answer.success.status);

  const throttled = (seconds: number) => ({
    code: 'temporarily_unavailable',
    status: 429,
    headers: { ...NO_STORE, 'Retry-After': String(seconds) },
  });

  it('wrong initial access tokens are 429 after the limit, from there alone and for the window', async () => {
    for (let guess = 0; guess < 5; guess++)
      expect(statusOf(await registering(HERE, `guess${guess}`))).toBe(401);
    pass(20);
    await desk.refuses(() => registering(HERE, 'guess'), throttled(40));
    await desk.refuses(() => registering(HERE, INITIAL), throttled(40));
    expect(statusOf(await registering(ELSEWHERE, INITIAL))).toBe(201);
    expect(desk.reasons().slice(-2)).toEqual(['throttled', 'throttled']);
    pass(40);
    expect(statusOf(await registering(HERE, INITIAL))).toBe(201);
  });

  it('wrong registration access tokens of one client are 429 for that client, and then for the address', async () => {
    const other = await desk.registered();
    const token = client.registration_access_token;
    for (let guess = 0; guess < 3; guess++) expect(statusOf(await reading(HERE, `guess${guess}`))).toBe(401);
    refusedAs(await reading(HERE, token), throttled(60));
    expect(statusOf(await reading(ELSEWHERE, token))).toBe(200);
    expect(statusOf(await reading(HERE, other.registration_access_token, other.client_id))).toBe(200);
    for (let guess = 0; guess < 2; guess++)
      expect(statusOf(await reading(HERE, 'guess', `unknown${guess}`))).toBe(401);
    refusedAs(await reading(HERE, other.registration_access_token, other.client_id), throttled(60));
    expect(statusOf(await reading(ELSEWHERE, token))).toBe(200);
    pass(60);
    expect(statusOf(await reading(HERE, token))).toBe(200);
  });

  it('an unknown client waits as one that exists does', async () => {
    const answers = async (id: string, ip: string) => {
      const bytes: string[] = [];
      for (let guess = 0; guess < 6; guess++) bytes.push(rendered(errorOf(await reading(ip, 'guess', id))));
      return bytes;
    };
    expect(await answers('unknown', '203.0.113.1')).toEqual(await answers(client.client_id, '203.0.113.2'));
  });

  it('many guesses at once are counted, too', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, guess) => registering(HERE, `guess${guess}`)),
    );
    expect(answers.every((answer) => 'error' in answer)).toBe(true);
    refusedAs(await registering(HERE, INITIAL), throttled(60));
    expect(statusOf(await registering(ELSEWHERE, INITIAL))).toBe(201);
  });

  it('what is right, what is missing and what is bad metadata is not counted', async () => {
    for (let round = 0; round < 10; round++) {
      expect(statusOf(await registering(HERE, ''))).toBe(401);
      expect(statusOf(await registering(HERE, INITIAL, { client_name: 7 }))).toBe(400);
      expect(statusOf(await reading(HERE, client.registration_access_token))).toBe(200);
    }
    expect(statusOf(await registering(HERE, INITIAL))).toBe(201);
  });

  it('a token that is used up is a guess like others', async () => {
    const { value } = await desk.issue();
    expect(statusOf(await registering(HERE, value))).toBe(201);
    for (let guess = 0; guess < 5; guess++) expect(statusOf(await registering(HERE, value))).toBe(401);
    refusedAs(await registering(HERE, INITIAL), throttled(60));
  });

  it('where the failures cannot be counted the guess is still a wrong one', async () => {
    desk.faults.reject('failureCounts.add', new Error('down'));
    expect(statusOf(await registering(HERE, 'guess'))).toBe(401);
  });

  it('the events tell of it, and hold no token', async () => {
    for (let guess = 0; guess < 6; guess++)
      await registering(HERE, `a-guess-that-is-somebodys-token-${guess}`);
    expect(desk.reasons()).toEqual([...Array<string>(5).fill('unknown_token'), 'throttled']);
    desk.keepsSecret('a-guess-that-is-somebodys-token-5', INITIAL, client.registration_access_token);
  });
});
