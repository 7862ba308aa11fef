import { AccessTokenVerifier, MemoryPersistence, type OauthContext } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { basic, formRequest, openKit, type Kit } from '../support/echo.js';
import {
  type Faults,
  faulty,
  granted,
  GRANT,
  refused,
  register,
  rendered,
  sharing,
  turn,
  type Registered,
} from './support.js';

const CAUSE = new Error(
  'connect ECONNREFUSED 10.0.0.7:5432 user=oauth password=hunter2 SELECT * FROM oauth_client',
);

let kit: Kit;
let faults: Faults;
let client: Registered;

beforeEach(async () => {
  const made = faulty();
  faults = made.faults;
  kit = await openKit({ persistence: made.persistence, clientCacheLifetime: 0 });
  client = await register(kit);
});

afterEach(() => kit.close());

async function unavailable(
  form: Record<string, string>,
  headers: Record<string, string> = client.basic,
): Promise<void> {
  const failure = refused(await kit.token(form, headers));
  expect(failure).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
  expect(failure.headers).toEqual({
    'Cache-Control': 'no-store',
    Pragma: 'no-cache',
    'Retry-After': expect.stringMatching(/^[1-9]\d*$/) as string,
  });
  expect(rendered(failure)).not.toMatch(/hunter2|10\.0\.0\.7|ECONN|SELECT|oauth_client/);
  expect(failure.message).not.toMatch(/hunter2|10\.0\.0\.7/);
  expect(failure.cause).toBe(CAUSE);
}

describe('threat 37 threat 39 ROB-016 ROB-017 a store that rejects', () => {
  it('clients.find: 503, for a known client, an unknown one and a wrong secret', async () => {
    faults.reject('clients.find', CAUSE);
    await unavailable(GRANT);
    await unavailable(GRANT, basic('nobody', 'x'));
    await unavailable(GRANT, basic(client.id, 'wrong'));
    faults.clear();
    expect(granted(await kit.token(GRANT, client.basic)).scope).toBe('read');
  });

  it('clients.find while the cache is looked at again: 503, never 401', async () => {
    const made = faulty();
    const cached = await openKit({ persistence: made.persistence, clientCacheLifetime: 60 });
    const someone = await register(cached);
    granted(await cached.token(GRANT, someone.basic));
    made.faults.reject('clients.find', CAUSE);
    expect(refused(await cached.token(GRANT, basic(someone.id, 'new secret')))).toMatchObject({
      status: 503,
    });
    await cached.close();
  });

  it('accessTokens.insert: 503 and no token', async () => {
    faults.reject('accessTokens.insert', CAUSE);
    await unavailable({ ...GRANT, scope: 'report' });
    expect(granted(await kit.token({ ...GRANT, scope: 'read' }, client.basic)).scope).toBe('read');
  });

  it('nothing is answered before the insert has resolved', async () => {
    let finish = () => {};
    faults.replace('accessTokens.insert', () => new Promise<void>((resolve) => (finish = resolve)));
    let answered = false;
    const outcome = kit
      .token({ ...GRANT, scope: 'report' }, client.basic)
      .then((each) => ((answered = true), each));
    await turn();
    await turn();
    expect(faults.count('accessTokens.insert')).toBe(1);
    expect(answered).toBe(false);
    finish();
    expect(granted(await outcome).scope).toBe('report');
  });

  it('clientSecrets.touch: the request is answered all the same', async () => {
    faults.reject('clientSecrets.touch', CAUSE);
    expect(granted(await kit.token(GRANT, client.basic)).scope).toBe('read');
    await turn();
    expect(faults.count('clientSecrets.touch')).toBe(1);
  });

  it('something else than an Error as the reason', async () => {
    for (const reason of [undefined, null, 'password=hunter2', { password: 'hunter2' }]) {
      faults.reject('clients.find', reason);
      const failure = refused(await kit.token(GRANT, client.basic));
      expect(failure.status).toBe(503);
      expect(rendered(failure)).not.toContain('hunter2');
    }
  });

  it('signingKeys.all: keys that are at hand keep working, in signing, publishing and verifying', async () => {
    const { accessToken } = granted(await kit.token(GRANT, client.basic));
    faults.reject('signingKeys.all', CAUSE);
    kit.clock.time += 1000;
    expect(granted(await kit.token(GRANT, client.basic)).scope).toBe('read');
    const verifier = kit.get<AccessTokenVerifier>(AccessTokenVerifier);
    expect(await verifier.verify(accessToken)).toMatchObject({ clientId: client.id });
    const context: OauthContext = { request: { ...formRequest(''), method: 'GET' } };
    const keys = await kit.oauth.jwks(context, {
      jwkList: (_, list) => list.keys,
      jwksError: (_, error) => error,
    });
    expect(keys).toHaveLength(1);
    expect(faults.count('signingKeys.all')).toBeGreaterThan(1);
  });
});

describe('a store that throws instead of rejecting', () => {
  const thrower = () => {
    throw CAUSE;
  };

  it.each([
    ['clients.find', 'read'],
    ['accessTokens.insert', 'report'],
  ])('%s: 503 as well', async (call, scope) => {
    faults.replace(call, thrower);
    await unavailable({ ...GRANT, scope });
  });

  it.each<[string, () => unknown]>([
    ['throws', thrower],
    ['returns no promise', () => undefined],
  ])('clientSecrets.touch that %s does not end the process', async (_, behaviour) => {
    faults.replace('clientSecrets.touch', behaviour);
    const uncaught: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (failure) => uncaught.push(failure));
    try {
      expect(granted(await kit.token(GRANT, client.basic)).scope).toBe('read');
      await turn();
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
    expect(faults.count('clientSecrets.touch')).toBe(1);
    expect(uncaught).toEqual([]);
  });
});

describe('ROB-016 the resource server’s side', () => {
  const verify = (token: string) => kit.get<AccessTokenVerifier>(AccessTokenVerifier).verify(token);

  it('rejects, and never says good or bad, when it cannot tell', async () => {
    const jwt = granted(await kit.token({ ...GRANT, scope: 'read' }, client.basic)).accessToken;
    const opaque = granted(await kit.token({ ...GRANT, scope: 'report' }, client.basic)).accessToken;
    faults.reject('clients.find', CAUSE);
    await expect(verify(jwt)).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    await expect(verify(opaque)).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    faults.clear();
    faults.reject('accessTokens.find', CAUSE);
    await expect(verify(opaque)).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    expect(await verify(jwt)).toMatchObject({ clientId: client.id });
  });
});

describe('the operator’s side', () => {
  it.each([
    ['clients.create', () => kit.admin.clients.create({})],
    ['clients.find', () => kit.admin.clients.get(client.id)],
    ['clients.list', () => kit.admin.clients.list({ limit: 1 })],
    ['clients.update', () => kit.admin.clients.disable(client.id)],
    ['clients.delete', () => kit.admin.clients.delete(client.id)],
    ['clientSecrets.add', () => kit.admin.secrets.rotate(client.id, 0)],
    ['clientSecrets.expire', () => kit.admin.secrets.rotate(client.id, 0)],
    ['clientSecrets.remove', () => kit.admin.secrets.revoke(client.id, client.client.secrets[0]?.id ?? '')],
    ['signingKeys.all', () => kit.admin.keys.list()],
    ['signingKeys.insert', () => kit.admin.keys.rotate()],
  ])('%s', async (call, operation) => {
    faults.reject(call, CAUSE);
    await expect(operation()).rejects.toMatchObject({ code: 'temporarily_unavailable', cause: CAUSE });
    faults.clear();
    expect(granted(await kit.token(GRANT, client.basic)).scope).toBe('read');
  });

  it('a rotation that fails half-way leaves the old secret good and no new one', async () => {
    faults.reject('clientSecrets.expire', CAUSE);
    await expect(kit.admin.secrets.rotate(client.id, 0)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
    });
    faults.clear();
    expect(await kit.admin.secrets.list(client.id)).toHaveLength(1);
    expect(granted(await kit.token(GRANT, client.basic)).scope).toBe('read');
  });

  it('a rotation whose answer is lost leaves the client with a secret that works, seen or not', async () => {
    faults.loseAnswer('clientSecrets.expire');
    await expect(kit.admin.secrets.rotate(client.id, 0)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
    });
    faults.clear();
    const now = kit.clock.now();
    const live = (await kit.admin.secrets.list(client.id)).filter(
      ({ expiresAt = Infinity }) => expiresAt > now,
    );
    expect(live).toHaveLength(1);
  });
});

describe('the start', () => {
  it('stops when the store is not ready', async () => {
    const store = new MemoryPersistence();
    store.check = () => Promise.reject(CAUSE);
    await expect(openKit({ persistence: sharing(store) })).rejects.toBe(CAUSE);
  });

  it.each(['signingKeys.all', 'signingKeys.insert'])('stops when %s fails', async (call) => {
    const made = faulty();
    made.faults.reject(call, CAUSE);
    await expect(openKit({ persistence: made.persistence })).rejects.toMatchObject({ cause: CAUSE });
  });
});
