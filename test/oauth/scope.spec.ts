import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKit, type Kit } from '../support/echo.js';
import { claimsOf, granted, GRANT, refused, register, TWO_RESOURCES, type Registered } from './support.js';

const API = 'http://127.0.0.1:3999/api';
const REPORTS = 'http://127.0.0.1:3999/reports';

let kit: Kit;
let client: Registered;

beforeAll(async () => {
  kit = await openKit();
  client = await register(kit);
});

afterAll(() => kit.close());

const ask = (scope: string, who = client) => kit.token({ ...GRANT, scope }, who.basic);

async function invalidScope(scope: string, who = client): Promise<void> {
  const failure = refused(await ask(scope, who));
  expect(failure).toMatchObject({ status: 400, code: 'invalid_scope' });
  expect(failure.description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
}

describe('grammar', () => {
  it.each([
    'a"b',
    'a\\b',
    'read\twrite',
    'é',
    '\u007f',
    'read\u0000',
    'read\r\nX: y',
    'read\u00a0write',
    '"',
    '😀',
  ])('threat 37 TOK-064 TOK-069 ROB-004 %j', (scope) => invalidScope(scope));

  it.each([' read', 'read ', 'read  write', ' ', '  '])(
    'TOK-065 threat 16 spaces out of place: %j',
    (scope) => invalidScope(scope),
  );

  it.each(['READ', 'Read', 'rea', 'reads', 'read,write', 'read:all', 'read;write', '*', 'all'])(
    'TOK-066 TOK-068 threat 16 %s is not read',
    (scope) => invalidScope(scope),
  );

  it('TOK-067 order does not matter and repeats collapse', async () => {
    const response = granted(await ask('write read read write'));
    expect(response.scope.split(' ').sort()).toEqual(['read', 'write']);
    expect(String(claimsOf(response.accessToken)['scope']).split(' ').sort()).toEqual(['read', 'write']);
  });

  it('threat 16 threat 28 ten thousand scopes are refused, with an answer that fits', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `s${index}`).join(' ');
    const failure = refused(await ask(many.slice(0, 60_000)));
    expect(failure.code).toBe('invalid_scope');
    expect(failure.description.length).toBeLessThan(300);
  });
});

describe('what a client may have', () => {
  it('TOK-068 threat 16 one scope above the ceiling fails the whole request', async () => {
    const reader = await register(kit, { scope: 'read' });
    expect(granted(await ask('read', reader)).scope).toBe('read');
    await invalidScope('write', reader);
    await invalidScope('read write', reader);
    await invalidScope('read unknown', reader);
    await invalidScope('report', reader);
  });

  it('a client without a registered scope may have the default scopes and no others', async () => {
    const plain = await register(kit, { scope: undefined });
    expect(granted(await kit.token(GRANT, plain.basic)).scope).toBe('read');
    await invalidScope('write', plain);
  });

  it('TOK-063 TOK-060 without scope: the default of the client, else of the resource, never everything', async () => {
    const own = await register(kit, { default_scope: 'write' });
    expect(granted(await kit.token(GRANT, own.basic)).scope).toBe('write');
    expect(granted(await kit.token(GRANT, client.basic)).scope).toBe('read');
    const writer = await register(kit, { scope: 'write' });
    expect(refused(await kit.token(GRANT, writer.basic))).toMatchObject({
      status: 400,
      code: 'invalid_scope',
    });
    const reporter = await register(kit, { scope: 'report' });
    expect(refused(await kit.token(GRANT, reporter.basic))).toMatchObject({
      status: 400,
      code: 'invalid_scope',
    });
  });

  it('TOK-061 offline_access brings no refresh token', async () => {
    const other = await openKit({ resources: [{ identifier: '/api', scopes: ['offline_access'] }] });
    const offline = await register(other, { scope: 'offline_access' });
    const response = granted(await other.token({ ...GRANT, scope: 'offline_access' }, offline.basic));
    expect(response.scope).toBe('offline_access');
    expect(response.refreshToken).toBeUndefined();
    expect(JSON.parse(JSON.stringify(response))).not.toHaveProperty('refreshToken');
    await other.close();
  });

  it('a scope that has left every resource is not granted any more', async () => {
    const old = await register(kit);
    const stored = await kit.persistence.clients.find(old.id);
    if (!stored) throw new Error('missing');
    await kit.persistence.clients.update({ ...stored, scope: ['read', 'gone'], defaultScope: ['gone'] }, 1);
    expect(granted(await ask('read', old)).scope).toBe('read');
    await invalidScope('gone', old);
    expect(refused(await kit.token(GRANT, old.basic)).code).toBe('invalid_scope');
  });
});

describe('JWT-007 JWT-009 JWT-010 the audience follows from the scope', () => {
  it('of one resource: its identifier, and its token format', async () => {
    const api = granted(await ask('read write'));
    expect(claimsOf(api.accessToken)).toMatchObject({ aud: API, scope: 'read write' });
    const report = granted(await ask('report'));
    expect(report.accessToken).toMatch(/^nok_/);
    expect(report.scope).toBe('report');
  });

  it('of several resources: refused', async () => {
    await invalidScope('read report');
    await invalidScope('report write');
  });

  it('without scope: the default resource', async () => {
    expect(claimsOf(granted(await kit.token(GRANT, client.basic)).accessToken)['aud']).toBe(API);
  });

  it('without scope and without a default resource: refused', async () => {
    const two = await openKit({ resources: TWO_RESOURCES });
    const someone = await register(two, { scope: 'a b shared' });
    expect(refused(await two.token(GRANT, someone.basic))).toMatchObject({
      status: 400,
      code: 'invalid_scope',
    });
    const own = await register(two, { scope: 'a b shared', default_scope: 'a' });
    expect(claimsOf(granted(await two.token(GRANT, own.basic)).accessToken)['aud']).toBe(
      'https://a.example/api',
    );
    await two.close();
  });

  it('a scope of several resources: refused without resource, unless one is the default', async () => {
    const two = await openKit({ resources: TWO_RESOURCES });
    const someone = await register(two, { scope: 'a b shared' });
    const shared = { ...GRANT, scope: 'shared' };
    expect(refused(await two.token(shared, someone.basic))).toMatchObject({
      status: 400,
      code: 'invalid_target',
    });
    const both = { ...GRANT, scope: 'shared a' };
    expect(claimsOf(granted(await two.token(both, someone.basic)).accessToken)['aud']).toBe(
      'https://a.example/api',
    );
    const named = { ...shared, resource: 'https://b.example/api?tenant=1' };
    expect(granted(await two.token(named, someone.basic)).accessToken).toMatch(/^nok_/);
    await two.close();
    const [first, second] = TWO_RESOURCES;
    if (!first || !second) throw new Error('missing');
    const preferring = await openKit({ resources: [second, { ...first, default: true }] });
    const other = await register(preferring, { scope: 'a b shared' });
    expect(claimsOf(granted(await preferring.token(shared, other.basic)).accessToken)['aud']).toBe(
      first.identifier,
    );
    await preferring.close();
  });
});

describe('resource indicators', () => {
  const withResource = (
    resource: string | readonly string[],
    more: Record<string, string> = {},
    who = client,
  ) => {
    const form = new URLSearchParams({ ...GRANT, ...more });
    for (const each of [resource].flat()) form.append('resource', each);
    return kit.token(form.toString(), who.basic);
  };
  const invalidTarget = async (resource: string | readonly string[], who = client) => {
    const failure = refused(await withResource(resource, {}, who));
    expect(failure).toMatchObject({ status: 400, code: 'invalid_target' });
  };

  it('RES-001 JWT-008 a known one is the audience', async () => {
    expect(claimsOf(granted(await withResource(API)).accessToken)['aud']).toBe(API);
    expect(granted(await withResource(REPORTS, { scope: 'report' })).accessToken).toMatch(/^nok_/);
  });

  it.each([
    ...[
      '/api',
      'api',
      '//127.0.0.1:3999/api',
      ':x',
      '://x',
      'http:',
      'http://',
      'not a uri',
      'http://[::1',
      ' ',
    ],
    ...[
      `${API}\u0000`,
      `${API}\n`,
      ` ${API}`,
      `${API} `,
      'http://127.0.0.1:3999/äpi',
      'javascript:',
      '%',
      '\\\\api',
    ],
  ])('RES-002 ROB-004 %j is no absolute URI', (resource) => invalidTarget(resource));

  it.each(['#', '#x', '#/api', '%23#'])('RES-003 a fragment: %s', (fragment) =>
    invalidTarget(API + fragment),
  );

  it('RES-004 a query counts as registered', async () => {
    const two = await openKit({ resources: TWO_RESOURCES });
    const someone = await register(two, { scope: 'a b shared' });
    const ask = (resource: string) => two.token({ ...GRANT, scope: 'b', resource }, someone.basic);
    expect(granted(await ask('https://b.example/api?tenant=1')).scope).toBe('b');
    for (const other of [
      'https://b.example/api',
      'https://b.example/api?tenant=2',
      'https://b.example/api?tenant=1&x=1',
    ]) {
      expect(refused(await ask(other)).code).toBe('invalid_target');
    }
    await two.close();
  });

  it('RES-005 threat 16 unknown, or without a scope that this client may have', async () => {
    await invalidTarget('https://api.example.com');
    await invalidTarget('urn:example:api');
    const reader = await register(kit, { scope: 'read' });
    await invalidTarget(REPORTS, reader);
    const plain = await register(kit, { scope: undefined });
    await invalidTarget(REPORTS, plain);
  });

  it('RES-006 one at a time, even the same one twice', async () => {
    await invalidTarget([API, REPORTS]);
    await invalidTarget([API, API]);
    await invalidTarget([API, 'nonsense']);
    await invalidTarget(['https://a.example', 'https://b.example']);
  });

  it.each([
    `${API}/`,
    `${API}/v1`,
    API.slice(0, -1),
    API.toUpperCase(),
    `${API}?`,
    `${API}/.`,
    `${API}/../api`,
    'http://127.0.0.1:3999/%61pi',
    'http://127.0.0.1:3999',
    'https://127.0.0.1:3999/api',
    'http://localhost:3999/api',
  ])('RES-007 is compared as an exact string: %s', (resource) => invalidTarget(resource));

  it('RES-008 resource= is absent', async () => {
    expect(claimsOf(granted(await withResource('')).accessToken)['aud']).toBe(API);
    expect(claimsOf(granted(await withResource(['', API, ''])).accessToken)['aud']).toBe(API);
  });

  it('RES-009 the scopes that exist at the resource are granted; none left is refused', async () => {
    const response = granted(await withResource(API, { scope: 'report write' }));
    expect(response.scope).toBe('write');
    expect(claimsOf(response.accessToken)).toMatchObject({ aud: API, scope: 'write' });
    expect(refused(await withResource(API, { scope: 'report' }))).toMatchObject({
      status: 400,
      code: 'invalid_scope',
    });
    expect(refused(await withResource(API, { scope: 'write unknown' })).code).toBe('invalid_scope');
    expect(refused(await withResource(REPORTS)).code).toBe('invalid_scope');
  });

  it('RES-009 the default scope of a client is narrowed to the resource too', async () => {
    const both = await register(kit, { default_scope: 'read report' });
    expect(granted(await withResource(REPORTS, {}, both)).scope).toBe('report');
    expect(granted(await withResource(API, {}, both)).scope).toBe('read');
    expect(refused(await kit.token(GRANT, both.basic)).code).toBe('invalid_scope');
  });

  it('RES-010 threat 17 audience is ignored', async () => {
    const form = { ...GRANT, audience: REPORTS, aud: REPORTS };
    expect(claimsOf(granted(await kit.token(form, client.basic)).accessToken)['aud']).toBe(API);
  });
});
