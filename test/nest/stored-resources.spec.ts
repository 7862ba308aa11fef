import { Controller, Get, UseGuards } from '@nestjs/common';
import { MemoryPersistence, OauthGuard, ProtectedResource, RequireScopes } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sharing } from '../oauth/support.js';
import { ISSUER } from '../support/echo.js';
import { ADAPTERS, newClient, openHost, type Host } from './host.js';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const SERVER = '/.well-known/oauth-authorization-server';
const NEW = `${ISSUER}/new`;

@Controller('new')
@UseGuards(OauthGuard)
class NewController {
  @Get()
  @ProtectedResource('/new')
  @RequireScopes('n')
  named() {
    return { reached: 'new' };
  }

  @Get('inferred')
  @RequireScopes('n')
  inferred() {
    return { reached: 'inferred' };
  }

  @Get('both')
  @ProtectedResource('/new', '/api')
  both() {
    return { reached: 'both' };
  }
}

@Controller('api')
@UseGuards(OauthGuard)
class ApiController {
  @Get()
  @RequireScopes('read')
  read() {
    return { reached: 'api' };
  }
}

describe.each(ADAPTERS)('resource servers that are stored, on %s', (adapter) => {
  let store: MemoryPersistence;
  const opened: Host[] = [];

  const open = async (): Promise<Host> => {
    const controllers = [NewController, ApiController];
    const host = await openHost({ adapter, controllers, options: { persistence: sharing(store) } });
    opened.push(host);
    return host;
  };

  const row = (members: object = {}) => ({
    identifier: NEW,
    revision: 1,
    createdAt: 0,
    updatedAt: 0,
    scopes: ['n'],
    defaultScopes: [],
    publishesMetadata: true,
    ...members,
  });

  beforeEach(async () => {
    store = new MemoryPersistence();
    await store.resourceServers.create(row());
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((host) => host.close()));
  });

  it('handlers may belong to one that is stored before the start', async () => {
    const host = await open();
    const client = await newClient(host, { scope: 'n read' });
    const token = await client.token('n');
    for (const path of ['/new', '/new/inferred', '/new/both']) {
      expect((await host.get(path, token)).status).toBe(200);
    }
    expect((await host.get('/api', token)).status).toBe(401);
    expect((await host.get('/new', await client.token('read'))).status).toBe(401);
    const { status, challenge } = await host.request('/new');
    expect(status).toBe(401);
    expect(challenge).toBe(`Bearer realm="oauth", scope="n", resource_metadata="${ISSUER}${WELL_KNOWN}/new"`);
  });

  it('ROB-032 where it is stored later, the start is stopped, and the handler named', async () => {
    await store.resourceServers.delete(NEW);
    await expect(open()).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringContaining('NewController.named') as string,
    });
  });

  it('once deleted, its tokens are refused: here at once, elsewhere within ten seconds', async () => {
    const [host, other] = [await open(), await open()];
    const client = await newClient(host, { scope: 'n read' });
    const token = await client.token('n');
    const reading = await client.token('read');
    await host.admin.resourceServers.delete(NEW);
    for (const path of ['/new', '/new/inferred', '/new/both']) {
      const { status, challenge } = await host.get(path, token);
      expect([status, challenge?.includes('error="invalid_token"')]).toEqual([401, true]);
      expect((await host.request(path)).status).toBe(401);
      expect((await other.get(path, token)).status).toBe(200);
    }
    expect((await host.get('/new/both', reading)).status).toBe(200);
    expect((await host.get('/api', reading)).status).toBe(200);
    other.clock.time += 10;
    expect((await other.get('/new', token)).status).toBe(401);
  });

  it('a stored one with the scopes of a configured one takes no handler from it', async () => {
    const host = await open();
    const client = await newClient(host, { scope: 'n read' });
    await host.admin.resourceServers.create('urn:more', { scopes: ['read'] });
    expect((await host.get('/api', await client.token('read'))).status).toBe(200);
    const form = { grant_type: 'client_credentials', scope: 'read', resource: 'urn:more' };
    const { body } = await host.token(form, client.basic);
    expect((await host.get('/api', String(body['access_token']))).status).toBe(401);
  });

  it('META-029 META-033 their metadata is published, changes with them, and ends with them', async () => {
    const [host, other] = [await open(), await open()];
    const get = async (at: Host) => {
      const { status, body, headers } = await at.request(`${WELL_KNOWN}/new`);
      return { status, body, etag: headers.get('etag') };
    };
    const first = await get(host);
    expect(first).toMatchObject({ status: 200, body: { resource: NEW, scopes_supported: ['n'] } });
    await get(other);
    await host.admin.resourceServers.update('/new', { scopes: ['n', 'm'], name: 'New' });
    const second = await get(host);
    expect(second.body).toEqual({
      resource: NEW,
      authorization_servers: [ISSUER],
      scopes_supported: ['n', 'm'],
      bearer_methods_supported: ['header'],
      resource_name: 'New',
    });
    expect(second.etag).not.toBe(first.etag);
    expect(await get(other)).toEqual(first);
    other.clock.time += 10;
    expect(await get(other)).toEqual(second);
    await host.admin.resourceServers.update('/new', { metadata: false });
    expect((await get(host)).status).toBe(404);
    await host.admin.resourceServers.update('/new', { metadata: true });
    expect((await get(host)).status).toBe(200);
    await host.admin.resourceServers.delete('/new');
    expect((await get(host)).status).toBe(404);
    expect((await host.request(`${WELL_KNOWN}/api`)).status).toBe(200);
  });

  it('the metadata of the server names their scopes and, where they publish theirs, them', async () => {
    const [host, other] = [await open(), await open()];
    const get = async (at: Host) => {
      const { body } = await at.request(SERVER);
      return [body['scopes_supported'], body['protected_resources']];
    };
    const [api, reports] = [`${ISSUER}/api`, `${ISSUER}/reports`];
    expect(await get(host)).toEqual([
      ['read', 'write', 'report', 'n'],
      [api, reports, NEW],
    ]);
    await get(other);
    await host.admin.resourceServers.create('/hidden', { scopes: ['h'], metadata: false });
    await host.admin.resourceServers.delete('/new');
    const after = [
      ['read', 'write', 'report', 'h'],
      [api, reports],
    ];
    expect(await get(host)).toEqual(after);
    other.clock.time += 10;
    expect(await get(other)).toEqual(after);
  });
});
