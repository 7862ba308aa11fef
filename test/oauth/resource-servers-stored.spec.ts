import { MemoryPersistence, type OauthModuleOptions } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureLog } from '../../src/nest/failure.log.js';
import { ISSUER, openKit, type Kit } from '../support/echo.js';
import { claimsOf, granted, GRANT, refused, register, sharing } from './support.js';

const NEW = `${ISSUER}/new`;

let store: MemoryPersistence;
const opened: Kit[] = [];

async function open(options: Partial<OauthModuleOptions> = {}): Promise<Kit> {
  const kit = await openKit({ persistence: sharing(store), ...options });
  opened.push(kit);
  return kit;
}

/** A row as an earlier deployment, or another hand, has left it. */
const stored = (row: object = {}): Promise<boolean> =>
  store.resourceServers.create({
    identifier: NEW,
    revision: 1,
    createdAt: 1_700_000_000,
    updatedAt: 1_700_000_000,
    scopes: ['n'],
    defaultScopes: [],
    publishesMetadata: true,
    ...row,
  });

const logged = () => vi.spyOn(FailureLog.prototype, 'report').mockImplementation(() => undefined);

beforeEach(() => {
  store = new MemoryPersistence();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(opened.splice(0).map((kit) => kit.close()));
});

describe('a resource server that was stored before the start', () => {
  it('is there from the first request on', async () => {
    await stored({ accessTokenLifetime: 70 });
    const kit = await open();
    const client = await register(kit, { scope: 'n' });
    const { accessToken, expiresIn } = granted(await kit.token(GRANT_N, client.basic));
    expect([claimsOf(accessToken)['aud'], expiresIn]).toEqual([NEW, 70]);
  });

  it('with a lifetime above what is the most by now: that counts', async () => {
    await stored({ accessTokenLifetime: 70_000 });
    const kit = await open({ maxAccessTokenLifetime: 600 });
    const client = await register(kit, { scope: 'n' });
    expect(granted(await kit.token(GRANT_N, client.basic)).expiresIn).toBe(600);
    expect(await kit.admin.resourceServers.get('/new')).toMatchObject({ accessTokenLifetime: 600 });
    await kit.admin.resourceServers.update('/new', { name: 'New' });
    expect(await store.resourceServers.all()).toMatchObject([{ accessTokenLifetime: 70_000, name: 'New' }]);
  });

  it('without a lifetime: the one of the options, as they are now', async () => {
    await stored();
    const kit = await open({ accessTokenLifetime: 120 });
    const client = await register(kit, { scope: 'n' });
    expect(granted(await kit.token(GRANT_N, client.basic)).expiresIn).toBe(120);
  });

  it('and is configured by now: that one counts, is listed once, and cannot be changed', async () => {
    await stored({ identifier: `${ISSUER}/reports`, scopes: ['report', 'n'], accessTokenLifetime: 70 });
    const kit = await open();
    const listed = await kit.admin.resourceServers.list();
    expect(listed.map(({ identifier, source }) => [identifier, source])).toEqual([
      [`${ISSUER}/api`, 'configured'],
      [`${ISSUER}/reports`, 'configured'],
    ]);
    const client = await register(kit);
    expect(granted(await kit.token({ ...GRANT, scope: 'report' }, client.basic)).expiresIn).toBe(3600);
    await expect(kit.admin.clients.create({ scope: 'n' })).rejects.toMatchObject({
      code: 'invalid_client_metadata',
    });
    await expect(kit.admin.resourceServers.delete('/reports')).rejects.toMatchObject({ code: 'unsupported' });
  });
});

const GRANT_N = { ...GRANT, scope: 'n' };
const OPAQUE = [{ identifier: '/api', scopes: ['read'], accessTokenFormat: 'opaque' as const }];
const KEYLESS = { endpoints: { jwks: false as const }, resources: OPAQUE };

describe('a stored resource server that cannot be used', () => {
  it.each<[string, object, Partial<OauthModuleOptions>]>([
    ['JWTs where no keys are published', {}, KEYLESS],
    ['JWTs, said so', { accessTokenFormat: 'jwt' }, KEYLESS],
    ['no scope', { scopes: [] }, {}],
    ['what is no scope', { scopes: ['n', 'a b'] }, {}],
    ['default scopes that are not there', { defaultScopes: ['read'] }, {}],
    ['what is no identifier', { identifier: 'new' }, {}],
  ])('%s: it is left out, the log is told once, the rest works', async (_, row, options) => {
    const report = logged();
    await stored(row);
    await stored({ identifier: 'urn:good', scopes: ['good'], accessTokenFormat: 'opaque' });
    const kit = await open(options);
    const client = await register(kit, { scope: 'read good' });
    for (let reads = 0; reads < 3; reads++) {
      for (const scope of ['read', 'good']) granted(await kit.token({ ...GRANT, scope }, client.basic));
      kit.clock.time += 10;
    }
    await expect(kit.admin.clients.create({ scope: 'n' })).rejects.toMatchObject({
      code: 'invalid_client_metadata',
    });
    const { identifier } = { identifier: NEW, ...row };
    expect(report.mock.calls.map(([what]) => what)).toEqual([
      `The stored resource server ${identifier} is left out`,
    ]);
    expect(await kit.admin.resourceServers.list()).toContainEqual(
      expect.objectContaining({ identifier, source: 'stored' }),
    );
    const other = kit.admin.resourceServers;
    await other.delete(identifier);
    await expect(other.get(identifier)).rejects.toMatchObject({ code: 'resource_server_not_found' });
  });

  it('is there as soon as it is put right', async () => {
    logged();
    await stored();
    const kit = await open(KEYLESS);
    await kit.admin.resourceServers.update('/new', { accessTokenFormat: 'opaque' });
    const client = await register(kit, { scope: 'n' });
    granted(await kit.token(GRANT_N, client.basic));
    await kit.admin.resourceServers.delete('/new');
    expect(refused(await kit.token(GRANT_N, client.basic))).toMatchObject({ code: 'invalid_scope' });
  });
});
