import { AccessTokenVerifier, MemoryPersistence, type OauthModuleOptions } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureLog } from '../../src/nest/failure.log.js';
import { ISSUER, openKit, type Kit } from '../support/echo.js';
import { claimsOf, Faults, granted, GRANT, refused, register, sharing, type Registered } from './support.js';

const NEW = `${ISSUER}/new`;
const DOWN = new Error('connect ECONNREFUSED');

let store: MemoryPersistence;
let faults: Faults;
let kit: Kit;
let other: Kit;
const opened: Kit[] = [];

/** An instance on the store that the test has. */
async function open(options: Partial<OauthModuleOptions> = {}, broken = new Faults()): Promise<Kit> {
  const instance = await openKit({ persistence: sharing(store, broken), ...options });
  opened.push(instance);
  return instance;
}

/** Time passes at every instance. */
function pass(seconds: number): void {
  for (const { clock } of opened) clock.time += seconds;
}

beforeEach(async () => {
  store = new MemoryPersistence();
  faults = new Faults();
  kit = await open();
  other = await open({}, faults);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

const create = (input: object = {}, at = kit) =>
  at.admin.resourceServers.create('/new', { scopes: ['n:read', 'n:write'], ...input });

const ask = (client: Registered, form: Record<string, string>, at = kit) =>
  at.token({ ...GRANT, ...form }, client.basic);

describe('a resource server that an operator adds', () => {
  it('has JWTs for its clients, whose audience follows from the scope', async () => {
    const created = await create({ name: 'New', documentation: 'https://docs.example/new' });
    expect(created).toEqual({
      identifier: NEW,
      name: 'New',
      documentation: 'https://docs.example/new',
      publishesMetadata: false,
      scopes: ['n:read', 'n:write'],
      defaultScopes: [],
      isDefault: false,
      accessTokenFormat: 'jwt',
      accessTokenLifetime: 3600,
      source: 'stored',
      revision: 1,
    });
    const client = await register(kit, { scope: 'read n:read n:write' });
    const inferred = granted(await ask(client, { scope: 'n:read n:write' }));
    expect(claimsOf(inferred.accessToken)).toMatchObject({ aud: NEW, scope: 'n:read n:write' });
    expect(inferred.expiresIn).toBe(3600);
    const named = granted(await ask(client, { scope: 'read n:read', resource: NEW }));
    expect(claimsOf(named.accessToken)).toMatchObject({ aud: NEW, scope: 'n:read' });
    expect(refused(await ask(client, { scope: 'read n:read' }))).toMatchObject({ code: 'invalid_scope' });
  });

  it('has opaque tokens of its lifetime, where it says so', async () => {
    await create({ accessTokenFormat: 'opaque', accessTokenLifetime: 60 });
    const client = await register(kit, { scope: 'n:read' });
    const { accessToken, expiresIn } = granted(await ask(client, { scope: 'n:read' }));
    expect([accessToken.startsWith('nok_'), expiresIn]).toEqual([true, 60]);
    const verified = await kit.get<AccessTokenVerifier>(AccessTokenVerifier).verify(accessToken);
    expect(verified).toMatchObject({ audience: [NEW], scope: ['n:read'] });
  });

  it('gives its default scopes where it is named, and is never the default resource', async () => {
    await create({ defaultScopes: ['n:read'], default: true, isDefault: true });
    for (const client of [
      await register(kit, { scope: 'read n:read' }),
      await register(kit, { scope: null }),
    ]) {
      const named = granted(await ask(client, { resource: NEW }));
      expect([named.scope, claimsOf(named.accessToken)['aud']]).toEqual(['n:read', NEW]);
      const unnamed = granted(await ask(client, {}));
      expect([unnamed.scope, claimsOf(unnamed.accessToken)['aud']]).toEqual(['read', `${ISSUER}/api`]);
    }
  });

  it('takes nothing from the configured ones: a scope of both means the configured one', async () => {
    const client = await register(kit);
    await create({ scopes: ['report', 'n:read'] });
    const { accessToken } = granted(await ask(client, { scope: 'report' }));
    const verify = (token: string) => kit.get<AccessTokenVerifier>(AccessTokenVerifier).verify(token);
    expect(await verify(accessToken)).toMatchObject({ audience: [`${ISSUER}/reports`] });
    const named = granted(await ask(client, { scope: 'report', resource: NEW }));
    expect(claimsOf(named.accessToken)['aud']).toBe(NEW);
  });

  it('a scope of several stored ones needs the resource to be named', async () => {
    await create();
    await kit.admin.resourceServers.create('urn:example:more', { scopes: ['n:read'] });
    const client = await register(kit, { scope: 'n:read' });
    expect(refused(await ask(client, { scope: 'n:read' }))).toMatchObject({ code: 'invalid_target' });
    const named = granted(await ask(client, { resource: 'urn:example:more', scope: 'n:read' }));
    expect(claimsOf(named.accessToken)['aud']).toBe('urn:example:more');
  });

  it('changes take effect at once', async () => {
    await create();
    const client = await register(kit, { scope: 'n:read n:write' });
    await kit.admin.resourceServers.update('/new', { scopes: ['n:read'], accessTokenLifetime: 30 });
    expect(granted(await ask(client, { scope: 'n:read' })).expiresIn).toBe(30);
    expect(refused(await ask(client, { scope: 'n:write' }))).toMatchObject({ code: 'invalid_scope' });
    await kit.admin.resourceServers.update('/new', {
      accessTokenLifetime: null,
      accessTokenFormat: 'opaque',
    });
    expect(granted(await ask(client, { scope: 'n:read' }))).toMatchObject({ expiresIn: 3600 });
  });

  it('deleted: no tokens any more, and its clients keep a scope that grants nothing', async () => {
    await create();
    const client = await register(kit, { scope: 'read n:read' });
    granted(await ask(client, { scope: 'n:read' }));
    await kit.admin.resourceServers.delete('/new');
    expect(refused(await ask(client, { scope: 'n:read' }))).toMatchObject({ code: 'invalid_scope' });
    expect(refused(await ask(client, { resource: NEW }))).toMatchObject({ code: 'invalid_target' });
    expect(granted(await ask(client, {})).scope).toBe('read');
    expect((await kit.admin.clients.get(client.id)).scope).toEqual(['read', 'n:read']);
  });

  it('two modules with stores of their own share nothing', async () => {
    const apart = await openKit();
    opened.push(apart);
    await create();
    expect(await apart.admin.resourceServers.list()).toHaveLength(2);
    await expect(apart.admin.clients.create({ scope: 'n:read' })).rejects.toMatchObject({
      code: 'invalid_client_metadata',
    });
  });
});

describe('several instances', () => {
  it('the others see it within ten seconds, without a restart', async () => {
    await create();
    const client = await register(kit, { scope: 'n:read' });
    pass(9);
    expect(refused(await ask(client, { scope: 'n:read' }, other))).toMatchObject({ code: 'invalid_scope' });
    pass(1);
    granted(await ask(client, { scope: 'n:read' }, other));
    await kit.admin.resourceServers.delete('/new');
    expect(refused(await ask(client, { scope: 'n:read' }))).toMatchObject({ code: 'invalid_scope' });
    pass(10);
    expect(refused(await ask(client, { scope: 'n:read' }, other))).toMatchObject({ code: 'invalid_scope' });
  });

  it('clients can be registered for it there as soon', async () => {
    await create();
    pass(10);
    await register(other, { scope: 'n:read', resource: '/new' });
  });

  it('many requests at once read the store once, and fresh ones not at all', async () => {
    const client = await register(kit);
    pass(10);
    faults.calls.length = 0;
    const many = Array.from({ length: 20 }, () => ask(client, { scope: 'read' }, other));
    for (const outcome of await Promise.all(many)) granted(outcome);
    granted(await ask(client, { scope: 'read' }, other));
    pass(9);
    granted(await ask(client, { scope: 'read' }, other));
    expect(faults.count('resourceServers.all')).toBe(1);
  });

  it('a clock that is set back: they are read again', async () => {
    await create();
    const client = await register(kit, { scope: 'n:read' });
    pass(-100);
    granted(await ask(client, { scope: 'n:read' }, other));
  });

  it('a change made here is there at once, even while they are being read', async () => {
    const client = await register(kit, { scope: 'read' });
    pass(10);
    let answer = (): void => undefined;
    const late = new Promise<[]>((resolve) => (answer = () => resolve([])));
    faults.replace('resourceServers.all', () => late);
    const waiting = ask(client, { scope: 'read' }, other);
    await vi.waitFor(() => expect(faults.count('resourceServers.all')).toBe(2));
    faults.clear();
    const created = create({}, other);
    await vi.waitFor(async () => expect(await store.resourceServers.all()).toHaveLength(1));
    answer();
    granted(await waiting);
    await created;
    const second = await register(other, { scope: 'n:read' });
    granted(await ask(second, { scope: 'n:read' }, other));
  });
});

describe('ROB-016 a store that is down', () => {
  it.each<[string, () => unknown]>([
    ['rejects', () => Promise.reject(DOWN)],
    [
      'throws',
      () => {
        throw DOWN;
      },
    ],
    ['answers with what is no list', () => Promise.resolve(undefined)],
  ])('that %s: what is known keeps working, and the log is told', async (_, behaviour) => {
    await create();
    pass(10);
    const client = await register(other, { scope: 'read report n:read' });
    granted(await ask(client, { scope: 'n:read' }, other));
    const report = vi.spyOn(other.get<FailureLog>(FailureLog), 'report');
    faults.replace('resourceServers.all', behaviour);
    pass(10);
    faults.calls.length = 0;
    for (const scope of ['read', 'report', 'n:read']) {
      const outcomes = await Promise.all([1, 2, 3].map(() => ask(client, { scope }, other)));
      for (const outcome of outcomes) granted(outcome);
    }
    expect(faults.count('resourceServers.all')).toBe(1);
    expect(report.mock.calls.map(([what]) => what)).toEqual([
      'The stored resource servers could not be read again',
    ]);
    faults.clear();
    await kit.admin.resourceServers.delete('/new');
    pass(10);
    expect(refused(await ask(client, { scope: 'n:read' }, other))).toMatchObject({ code: 'invalid_scope' });
  });

  it('at boot: the start stops', async () => {
    faults.reject('resourceServers.all', DOWN);
    await expect(open({}, faults)).rejects.toMatchObject({ cause: DOWN });
  });

  it.each<[string, (at: Kit) => Promise<unknown>]>([
    ['all', ({ admin }) => admin.resourceServers.list()],
    ['all', ({ admin }) => admin.resourceServers.get('/new')],
    ['all', ({ admin }) => admin.resourceServers.update('/new', {})],
    ['create', ({ admin }) => admin.resourceServers.create('/newer', { scopes: ['x'] })],
    ['update', ({ admin }) => admin.resourceServers.update('/new', {})],
    ['delete', ({ admin }) => admin.resourceServers.delete('/new')],
  ])('at %s: an operator is told to try later', async (call, operation) => {
    await create();
    faults.reject(`resourceServers.${call}`, DOWN);
    await expect(operation(other)).rejects.toMatchObject({ code: 'temporarily_unavailable', cause: DOWN });
  });

  it('right after a change: it is made, and said to be', async () => {
    faults.reject('resourceServers.all', DOWN);
    expect(await create({}, other)).toMatchObject({ identifier: NEW });
    expect(await store.resourceServers.all()).toHaveLength(1);
  });
});
