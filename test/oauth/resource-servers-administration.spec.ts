import { OauthEvents, type OauthEvent } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ISSUER, openKit, type Kit } from '../support/echo.js';
import { register } from './support.js';

const NEW = `${ISSUER}/new`;

let kit: Kit;
const events: OauthEvent[] = [];

beforeEach(async () => {
  kit = await openKit({ maxAccessTokenLifetime: 7200 });
  events.length = 0;
  kit.get<OauthEvents>(OauthEvents).on('*', (event) => events.push(event));
});

afterEach(() => kit.close());

const servers = () => kit.admin.resourceServers;
const stored = () => kit.persistence.resourceServers.all();
const untyped = () =>
  servers() as unknown as Record<
    'create' | 'update' | 'get' | 'delete',
    (...args: unknown[]) => Promise<unknown>
  >;

describe('what an operator sees', () => {
  it('the configured ones first, then the stored ones by their identifiers', async () => {
    await servers().create('urn:z', { scopes: ['z'] });
    await servers().create('urn:a', { scopes: ['a'] });
    const listed = await servers().list();
    expect(listed.map(({ identifier, source, revision }) => [identifier, source, revision])).toEqual([
      [`${ISSUER}/api`, 'configured', undefined],
      [`${ISSUER}/reports`, 'configured', undefined],
      ['urn:a', 'stored', 1],
      ['urn:z', 'stored', 1],
    ]);
  });

  it('one of them, by identifier or path', async () => {
    await servers().create(NEW, { scopes: ['n'] });
    for (const name of ['/new', NEW]) {
      expect(await servers().get(name)).toMatchObject({ identifier: NEW, source: 'stored' });
    }
    expect(await servers().get('/api')).toMatchObject({ identifier: `${ISSUER}/api`, source: 'configured' });
  });
});

describe('a change', () => {
  beforeEach(async () => {
    kit.clock.time = 1_800_000_100;
    await servers().create('/new', {
      scopes: ['a', 'b'],
      defaultScopes: ['a'],
      name: 'New',
      metadata: false,
    });
    kit.clock.time += 50;
  });

  it('keeps what it does not name, and takes away what is null', async () => {
    const { publishesMetadata, ...rest } = await servers().update('/new', {
      documentation: 'http://x.example/',
    });
    expect([publishesMetadata, rest.revision]).toEqual([false, 2]);
    expect(rest).toMatchObject({ scopes: ['a', 'b'], defaultScopes: ['a'], name: 'New' });
    const cleared = { defaultScopes: null, name: null, documentation: null, metadata: null };
    expect(await servers().update('/new', cleared)).toMatchObject({ revision: 3, publishesMetadata: false });
    expect(await stored()).toEqual([
      {
        identifier: NEW,
        revision: 3,
        createdAt: 1_800_000_100,
        updatedAt: 1_800_000_150,
        scopes: ['a', 'b'],
        defaultScopes: [],
        publishesMetadata: false,
      },
    ]);
  });

  it('of a revision that is no longer there: conflict, and nothing is changed', async () => {
    await servers().update('/new', { name: 'Newer' }, { revision: 1 });
    await expect(servers().update('/new', { name: 'Lost' }, { revision: 1 })).rejects.toMatchObject({
      name: 'AdministrationError',
      code: 'conflict',
    });
    expect(await servers().get('/new')).toMatchObject({ name: 'Newer', revision: 2 });
  });

  it('two at once: one of them gets a conflict, with a revision and without', async () => {
    for (const options of [{ revision: 1 }, {}]) {
      const outcomes = await Promise.allSettled(
        ['One', 'Two'].map((name) => servers().update('/new', { name }, options)),
      );
      const failures = outcomes.flatMap((each) =>
        each.status === 'rejected' ? [each.reason as unknown] : [],
      );
      expect(failures).toEqual([expect.objectContaining({ code: 'conflict' })]);
    }
    expect((await servers().get('/new')).revision).toBe(3);
  });

  it('is told as an event: what, and in whose name, and the names of what has changed', async () => {
    events.length = 0;
    const admin = kit.admin.by({ name: 'alice', address: '192.0.2.1' }).resourceServers;
    await admin.create('urn:x', { scopes: ['x', 'y'] });
    await admin.update('urn:x', { scopes: ['x'], name: 'X', metadata: true });
    await admin.delete('urn:x');
    const by = { at: kit.clock.time, actor: 'alice', address: '192.0.2.1', subject: 'urn:x' };
    expect(events).toMatchObject([
      { type: 'resource_server.created', ...by, detail: { scopes: ['x', 'y'] } },
      { type: 'resource_server.updated', ...by, detail: { changed: ['scopes', 'name', 'metadata'] } },
      { type: 'resource_server.deleted', ...by, detail: {} },
    ]);
  });
});

describe('what is refused', () => {
  const refusal = async (operation: Promise<unknown>) => {
    const failure: unknown = await operation.then(
      () => undefined,
      (cause: unknown) => cause,
    );
    return failure as { name: string; code: string; message: string; description?: string };
  };

  it.each(['/new', NEW, '/api', `${ISSUER}/reports`])('create %s, which is there', async (name) => {
    await servers().create('/new', { scopes: ['n'] });
    const failure = await refusal(servers().create(name, { scopes: ['m'] }));
    expect(failure).toMatchObject({ name: 'AdministrationError', code: 'resource_server_exists' });
    expect(await stored()).toMatchObject([{ scopes: ['n'], revision: 1 }]);
  });

  it('created twice at once: once', async () => {
    const outcomes = await Promise.allSettled([1, 2].map(() => servers().create('/new', { scopes: ['n'] })));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('a change of a configured one', async () => {
    for (const operation of [() => servers().update('/api', { name: 'x' }), () => servers().delete('/api')]) {
      expect(await refusal(operation())).toMatchObject({ name: 'AdministrationError', code: 'unsupported' });
    }
  });

  it.each(
    ['/nowhere', '', 'urn:x', '__proto__', 'x'.repeat(100_000), 7, null, undefined, {}, ['/api']].map(
      (name) => [(JSON.stringify(name) ?? 'undefined').slice(0, 20), name],
    ),
  )('%s, which is not there', async (_, name) => {
    const missing = { name: 'AdministrationError', code: 'resource_server_not_found' };
    for (const operation of ['get', 'update', 'delete'] as const) {
      const failure = await refusal(untyped()[operation](name, {}));
      expect(failure).toMatchObject(missing);
      expect(failure.message.length).toBeLessThan(300);
    }
  });

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['a number', 7],
    ['null', null],
    ['a list', [NEW]],
    ['an object', { toString: () => NEW }],
    ['a relative name', 'new'],
    ['a fragment', `${NEW}#part`],
    ['a space', '/a b'],
    ['a line break', '/new\n'],
    ['what is not ASCII', '/nöw'],
    ['a quote', '/"'],
    ['too long', `/${'x'.repeat(2000)}`],
    ['a megabyte', `/${'x'.repeat(1_000_000)}`],
    ['__proto__', '__proto__'],
  ])('an identifier: %s', async (_, identifier) => {
    const failure = await refusal(untyped().create(identifier, { scopes: ['n'] }));
    expect(failure).toMatchObject({ name: 'OauthError', code: 'invalid_request' });
    expect(failure.description).toMatch(/^identifier must be/);
    expect(await stored()).toEqual([]);
  });

  const many = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`);

  const WRONG: [string, Record<string, unknown>][] = [
    ['scopes', { scopes: null }],
    ['scopes', { scopes: 'n' }],
    ['scopes', { scopes: 7 }],
    ['scopes', { scopes: [] }],
    ['scopes', { scopes: {} }],
    ['scopes', { scopes: { 0: 'n', length: 1 } }],
    ['scopes', { scopes: new Set(['n']) }],
    ['scopes', { scopes: [{}] }],
    ['scopes', { scopes: [{ toString: () => 'n' }] }],
    ['scopes', { scopes: [['n']] }],
    ['scopes', { scopes: [null] }],
    ['scopes', { scopes: [''] }],
    ['scopes', { scopes: ['a b'] }],
    ['scopes', { scopes: ['a"'] }],
    ['scopes', { scopes: ['n\n'] }],
    ['scopes', { scopes: ['ö'] }],
    ['scopes', { scopes: ['n', 'n'] }],
    ['scopes', { scopes: many(201) }],
    ['scopes', { scopes: many(200_000) }],
    ['scopes', { scopes: ['x'.repeat(256)] }],
    ['scopes', { scopes: ['x'.repeat(1_000_000)] }],
    ['defaultScopes', { defaultScopes: 'n' }],
    ['defaultScopes', { defaultScopes: ['other'] }],
    ['defaultScopes', { defaultScopes: ['n', 'n'] }],
    ['defaultScopes', { defaultScopes: [{}] }],
    ['defaultScopes', { defaultScopes: { 0: 'n' } }],
    ['accessTokenFormat', { accessTokenFormat: 'JWT' }],
    ['accessTokenFormat', { accessTokenFormat: ['jwt'] }],
    ['accessTokenFormat', { accessTokenFormat: '' }],
    ['accessTokenFormat', { accessTokenFormat: '__proto__' }],
    ['accessTokenLifetime', { accessTokenLifetime: 0 }],
    ['accessTokenLifetime', { accessTokenLifetime: -1 }],
    ['accessTokenLifetime', { accessTokenLifetime: 7201 }],
    ['accessTokenLifetime', { accessTokenLifetime: 1.5 }],
    ['accessTokenLifetime', { accessTokenLifetime: Number.NaN }],
    ['accessTokenLifetime', { accessTokenLifetime: Infinity }],
    ['accessTokenLifetime', { accessTokenLifetime: 1e300 }],
    ['accessTokenLifetime', { accessTokenLifetime: '60' }],
    ['accessTokenLifetime', { accessTokenLifetime: [60] }],
    ['name', { name: '' }],
    ['name', { name: '  ' }],
    ['name', { name: 'a\u0000' }],
    ['name', { name: 'x'.repeat(256) }],
    ['name', { name: {} }],
    ['documentation', { documentation: '/docs' }],
    ['documentation', { documentation: 'javascript:alert(1)' }],
    ['documentation', { documentation: 'https://x.example/\n' }],
    ['documentation', { documentation: `https://x.example/${'x'.repeat(2000)}` }],
    ['documentation', { documentation: ['https://x.example'] }],
    ['metadata', { metadata: 'false' }],
    ['metadata', { metadata: 0 }],
    ['__proto__', JSON.parse('{"__proto__": {"scopes": ["n"]}}') as Record<string, unknown>],
  ];
  const labelled = WRONG.map(
    ([member, input], index) => [`${member}, case ${index}`, member, input] as const,
  );

  it.each(labelled)('%s', async (_, member, input) => {
    const names = new RegExp(`^(each of )?${member} must`);
    const created = await refusal(untyped().create('/new', withScopes(input)));
    expect(created).toMatchObject({ name: 'OauthError', code: 'invalid_request' });
    expect(created.description).toMatch(names);
    expect(created.message.length).toBeLessThan(1000);
    expect(await stored()).toEqual([]);
    await servers().create('/new', { scopes: ['n'] });
    const updated = await refusal(untyped().update('/new', input));
    expect(updated).toMatchObject({ name: 'OauthError', code: 'invalid_request' });
    expect(updated.description).toMatch(names);
    expect(await stored()).toMatchObject([{ scopes: ['n'], revision: 1 }]);
  });

  it.each([undefined, null, 7, 'scopes', ['n'], true])('%o as the whole of it', async (input) => {
    expect(await refusal(untyped().create('/new', input))).toMatchObject({ code: 'invalid_request' });
    await servers().create('/new', { scopes: ['n'] });
    expect(await refusal(untyped().update('/new', input))).toMatchObject({ code: 'invalid_request' });
  });

  it('what it inherits does not count', async () => {
    const input: unknown = Object.create({ scopes: ['n'] });
    expect(await refusal(untyped().create('/new', input))).toMatchObject({ code: 'invalid_request' });
  });

  it('default scopes that an update of the scopes leaves behind', async () => {
    await servers().create('/new', { scopes: ['a', 'b'], defaultScopes: ['a'] });
    const failure = await refusal(servers().update('/new', { scopes: ['b'] }));
    expect(failure.description).toBe('defaultScopes must be among scopes, which a is not');
  });

  it('tokens of the format jwt where the keys are not published', async () => {
    const opaque = { identifier: '/api', scopes: ['read'], accessTokenFormat: 'opaque' } as const;
    const keyless = await openKit({ endpoints: { jwks: false }, resources: [opaque] });
    for (const accessTokenFormat of ['jwt', undefined, null] as const) {
      const failure = await refusal(
        keyless.admin.resourceServers.create('/new', { scopes: ['n'], accessTokenFormat }),
      );
      expect(failure).toMatchObject({ code: 'invalid_request' });
      expect(failure.description).toMatch(/^accessTokenFormat must be opaque/);
    }
    await keyless.admin.resourceServers.create('/new', { scopes: ['n'], accessTokenFormat: 'opaque' });
    await keyless.close();
  });
});

describe('clients of a resource server that is gone', () => {
  beforeEach(async () => {
    await servers().create('/new', { scopes: ['n', 'm'], defaultScopes: ['n'] });
  });

  it('can still be changed, if no scope is added that nobody knows', async () => {
    const { id } = await register(kit, { scope: 'read n', resource: '/new', default_scope: 'n' });
    await servers().delete('/new');
    const changed = await kit.admin.clients.update(id, { client_name: 'Kept' });
    expect(changed).toMatchObject({ scope: ['read', 'n'], resource: NEW, defaultScope: ['n'] });
    expect(await kit.admin.clients.update(id, { scope: 'read write n' })).toMatchObject({
      scope: ['read', 'write', 'n'],
    });
    for (const document of [{ scope: 'read n m' }, { resource: '/newer' }, { scope: 'read' }]) {
      await expect(kit.admin.clients.update(id, document)).rejects.toMatchObject({
        code: 'invalid_client_metadata',
      });
    }
    const freed = { scope: 'read', default_scope: null, resource: null };
    expect((await kit.admin.clients.update(id, freed)).scope).toEqual(['read']);
    await expect(kit.admin.clients.update(id, { scope: 'read n' })).rejects.toMatchObject({
      code: 'invalid_client_metadata',
    });
  });

  it('that have no scope of their own likewise', async () => {
    const { id } = await register(kit, { scope: null, default_scope: 'n' });
    await servers().delete('/new');
    const changed = await kit.admin.clients.update(id, { client_name: 'Kept' });
    expect(changed.defaultScope).toEqual(['n']);
    await expect(kit.admin.clients.update(id, { default_scope: 'n m' })).rejects.toMatchObject({
      code: 'invalid_client_metadata',
    });
  });

  it('new ones are not registered with its scopes', async () => {
    await servers().delete('/new');
    for (const document of [{ scope: 'n' }, { resource: '/new' }, { default_scope: 'n' }]) {
      await expect(kit.admin.clients.create(document)).rejects.toMatchObject({
        code: 'invalid_client_metadata',
      });
    }
  });
});

/** With the members as they are, `__proto__` among them as JSON.parse makes it. */
function withScopes(input: object): object {
  const members = Object.hasOwn(input, 'scopes') ? {} : { scopes: { value: ['n'], enumerable: true } };
  return Object.create(Object.prototype, {
    ...members,
    ...Object.getOwnPropertyDescriptors(input),
  }) as object;
}
