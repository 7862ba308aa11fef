import { afterEach, describe, expect, it } from 'vitest';
import { basic, bearer, openKit, type Kit } from '../support/echo.js';
import { faulty } from './support.js';

const INITIAL = 'initial-access-token-of-the-host-itself';

let kit: Kit;

afterEach(() => kit.close());

interface Registered {
  readonly client_id: string;
  readonly client_secret: string;
  readonly scope: string;
  readonly registration_access_token: string;
}

async function register(document: object, token: string): Promise<Registered> {
  const answer = await kit.register(document, bearer(token));
  if ('error' in answer) throw answer.error;
  return answer.success.document as unknown as Registered;
}

async function refusal(document: object, token: string) {
  const answer = await kit.register(document, bearer(token));
  return 'error' in answer ? answer.error : undefined;
}

async function request({ client_id, client_secret }: Registered, form: Record<string, string>) {
  const answer = await kit.token(
    { grant_type: 'client_credentials', ...form },
    basic(client_id, client_secret),
  );
  return 'error' in answer ? answer.error.code : answer.success.scope;
}

async function open(more: Parameters<typeof openKit>[0] = {}) {
  kit = await openKit({ registration: { initialAccessTokens: [INITIAL] }, ...more });
}

describe('threat 16 a scope that is a default somewhere is none elsewhere', () => {
  it('for clients without a scope of their own: a stored resource server opens nothing at another', async () => {
    await open();
    const { client, issued } = await kit.admin.clients.create({});
    const plain = { client_id: client.id, client_secret: issued?.secret ?? '' } as Registered;
    expect(await request(plain, { scope: 'write' })).toBe('invalid_scope');
    await kit.admin.resourceServers.create('/other', {
      scopes: ['write', 'own'],
      defaultScopes: ['write', 'own'],
    });
    expect(await request(plain, { scope: 'write' })).toBe('write');
    expect(await request(plain, { scope: 'write', resource: `${kit.admin.issuer}/api` })).toBe(
      'invalid_scope',
    );
    expect(await request(plain, { scope: 'read write' })).toBe('invalid_scope');
    expect(await request(plain, { scope: 'write', resource: `${kit.admin.issuer}/other` })).toBe('write');
    expect(await request(plain, { scope: 'read' })).toBe('read');
    expect(await request(plain, { scope: 'own' })).toBe('own');
  });

  it('for a default scope of the client’s own, too, which never stands in the way of what it can have', async () => {
    await open({
      resources: [
        { identifier: '/a', scopes: ['read', 'write'], defaultScopes: ['read'], default: true },
        { identifier: '/b', scopes: ['read', 'write'], defaultScopes: ['write'] },
      ],
    });
    const { client, issued } = await kit.admin.clients.create({ default_scope: 'read write' });
    const plain = { client_id: client.id, client_secret: issued?.secret ?? '' } as Registered;
    const at = (path: string) => ({ resource: `${kit.admin.issuer}${path}` });
    expect(await request(plain, at('/a'))).toBe('read');
    expect(await request(plain, at('/b'))).toBe('write');
    expect(await request(plain, { scope: 'write' })).toBe('write');
    expect(await request(plain, { scope: 'write', ...at('/a') })).toBe('invalid_scope');
    expect(await request(plain, { scope: 'read write' })).toBe('invalid_scope');
  });

  it('DCR-019 nor does the policy of the host get it into a registration', async () => {
    await open();
    await kit.admin.resourceServers.create('/other', { scopes: ['report'], defaultScopes: ['report'] });
    const registered = await register({}, INITIAL);
    expect(registered.scope).toBe('read');
    expect(await refusal({ scope: 'report' }, INITIAL)).toMatchObject({ code: 'invalid_client_metadata' });
  });
});

describe('DCR-019 a policy that names resource servers', () => {
  async function issue(input: Parameters<Kit['admin']['registrationTokens']['create']>[0]) {
    return (await kit.admin.registrationTokens.create({ mostUses: 0, ...input })).value;
  }

  it('holds for every token, whatever scopes other resource servers get later', async () => {
    await open();
    const value = await issue({ resources: [`${kit.admin.issuer}/api`] });
    const client = await register({ scope: 'write' }, value);
    expect(await request(client, { scope: 'write' })).toBe('write');
    await kit.admin.resourceServers.create('/payroll', { scopes: ['write'] });
    expect(await request(client, { scope: 'write' })).toBe('write');
    expect(await request(client, { scope: 'write', resource: `${kit.admin.issuer}/payroll` })).toBe(
      'invalid_target',
    );
    expect(await refusal({ scope: 'write' }, value)).toMatchObject({ code: 'invalid_client_metadata' });
  });

  it('is a reason to mean these alone where no resource is named', async () => {
    await open();
    await kit.admin.resourceServers.create('/x', { scopes: ['shared'] });
    const value = await issue({ resources: [`${kit.admin.issuer}/x`] });
    const client = await register({ scope: 'shared' }, value);
    await kit.admin.resourceServers.create('/y', { scopes: ['shared'] });
    expect(await request(client, { scope: 'shared' })).toBe('shared');
    expect(await request(client, { scope: 'shared', resource: `${kit.admin.issuer}/y` })).toBe(
      'invalid_target',
    );
  });

  it('is kept as it was then: scopes that its resource servers get later are not in it', async () => {
    await open();
    await kit.admin.resourceServers.create('/x', { scopes: ['x:read'], defaultScopes: ['x:read'] });
    const value = await issue({ resources: [`${kit.admin.issuer}/x`] });
    const client = await register({ scope: 'x:read' }, value);
    await kit.admin.resourceServers.update('/x', { scopes: ['x:read', 'x:delete'] });
    const change = { client_id: client.client_id, scope: 'x:read x:delete' };
    const answer = await kit.updateClient(client.client_id, change, bearer(client.registration_access_token));
    expect(answer).toMatchObject({ error: { code: 'invalid_client_metadata' } });
    expect((await kit.admin.clients.get(client.client_id)).scope).toEqual(['x:read']);
  });
});

describe('what an operator has given a client', () => {
  it('DCR-015 stays when the client sends back what it has read, and is no reason for more', async () => {
    await open();
    const client = await register({ scope: 'read' }, INITIAL);
    await kit.admin.clients.update(client.client_id, { scope: 'read report' });
    const read = await kit.readClient(client.client_id, bearer(client.registration_access_token));
    if ('error' in read) throw read.error;
    const { registration_access_token, registration_client_uri, client_id_issued_at, ...members } = read
      .success.document as unknown as Record<string, unknown>;
    expect([registration_client_uri, client_id_issued_at].every(Boolean)).toBe(true);
    const put = await kit.updateClient(client.client_id, members, bearer(String(registration_access_token)));
    if ('error' in put) throw put.error;
    const { scope, registration_access_token: token } = put.success.document as unknown as Registered;
    expect(scope).toBe('read report');
    const more = { client_id: client.client_id, scope: 'read report write' };
    expect(await kit.updateClient(client.client_id, more, bearer(token))).toMatchObject({
      error: { code: 'invalid_client_metadata' },
    });
  });
});

describe('DCR-001 a registration whose answer from the store is lost', () => {
  it('leaves no client, and gives the use back', async () => {
    const { faults, persistence, store } = faulty();
    await open({ persistence });
    const { value, token } = await kit.admin.registrationTokens.create({ mostUses: 1 });
    const create = store.clients.create.bind(store.clients);
    store.clients.create = async (client) => {
      await create(client);
      throw new Error('The connection is lost.');
    };
    expect(await refusal({}, value)).toMatchObject({ status: 503 });
    store.clients.create = create;
    expect((await kit.admin.clients.list()).clients).toEqual([]);
    await register({}, value);
    expect(await refusal({}, value)).toMatchObject({ status: 401 });
    expect((await kit.admin.clients.list()).clients).toHaveLength(1);
    expect((await kit.admin.registrationTokens.list()).tokens).toMatchObject([{ id: token.id, uses: 1 }]);
    faults.clear();
  });

  it('stays counted where nobody can tell', async () => {
    const { faults, persistence, store } = faulty();
    await open({ persistence });
    const { value } = await kit.admin.registrationTokens.create({ mostUses: 1 });
    const create = store.clients.create.bind(store.clients);
    store.clients.create = async (client) => {
      await create(client);
      faults.reject('clients.find', new Error('down'));
      throw new Error('The connection is lost.');
    };
    expect(await refusal({}, value)).toMatchObject({ status: 503 });
    store.clients.create = create;
    faults.clear();
    expect(await refusal({}, value)).toMatchObject({ status: 401 });
  });
});

describe('threat 38 failures at the registration endpoint', () => {
  it('do not lock the same address out of the token endpoint', async () => {
    await open({ failureLimits: { perClient: 2, perAddress: 3 } });
    const { client, issued } = await kit.admin.clients.create({ client_id: 'c', scope: 'read' });
    const attempt = (id: string) => {
      const request = {
        method: 'GET',
        url: `/oauth/register/${id}`,
        headers: bearer('wrong'),
        ip: '192.0.2.7',
      };
      const failed = {
        clientRead: () => 200,
        registrationFailure: (_: unknown, { status }: { status: number }) => status,
      };
      return kit.oauth.readClient({ request }, failed);
    };
    const statuses = [];
    for (let n = 0; n < 5; n++) statuses.push(await attempt('c'));
    expect(statuses).toEqual([401, 401, 429, 429, 429]);
    const form = new URLSearchParams({ grant_type: 'client_credentials' }).toString();
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      ...basic(client.id, issued?.secret ?? ''),
    };
    const request = {
      method: 'POST',
      url: '/oauth/token',
      headers,
      rawBody: Buffer.from(form),
      ip: '192.0.2.7',
    };
    const echo = {
      tokenSuccess: () => 200,
      tokenError: (_: unknown, { status }: { status: number }) => status,
    };
    expect(await kit.oauth.token({ request }, echo)).toBe(200);
  });
});

describe('META-015 a store that falls silent', () => {
  it('does not hold up the metadata for longer than a second once it is known', async () => {
    const { faults, persistence } = faulty();
    kit = await openKit({ persistence });
    const metadata = () =>
      kit.oauth.metadata(
        { request: { method: 'GET', url: '/.well-known/oauth-authorization-server', headers: {} } },
        { metadataSuccess: (_, { status }) => status, metadataError: (_, { status }) => status },
      );
    expect(await metadata()).toBe(200);
    kit.clock.time += 11;
    faults.replace('registrationTokens.hasLive', () => new Promise(() => undefined));
    const answered = await Promise.race([
      metadata(),
      new Promise((resolve) => setTimeout(resolve, 4000, 'too late')),
    ]);
    expect(answered).toBe(200);
  });
});

describe('a registration token for a resource server that another instance has just stored', () => {
  it('can be made ten seconds later at an instance that nobody has asked anything', async () => {
    const { persistence } = faulty();
    await open({ persistence });
    const other = await openKit({ persistence, clock: kit.clock });
    await other.admin.resourceServers.create('/new', { scopes: ['new'] });
    kit.clock.time += 10;
    const { token } = await kit.admin.registrationTokens.create({ resources: ['/new'] });
    expect(token.policy.resources).toEqual([`${kit.admin.issuer}/new`]);
    await other.close();
  });
});
