import { MemoryPersistence, type OauthModuleOptions, type RegistrationTokenInput } from 'nestjs-oauth-kit';
import { afterEach, describe, expect, it } from 'vitest';
import { ISSUER } from '../support/echo.js';
import { newKeyPair } from './assertions.js';
import { badMetadata, Desk, INITIAL, type Members } from './registration-support.js';

const { jwk: KEY } = await newKeyPair('ES256');
const SIGNS = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [KEY] } };
/** `read` is a default; `shared` is at two resource servers. */
const RESOURCES: OauthModuleOptions['resources'] = [
  { identifier: '/api', scopes: ['read', 'write', 'shared'], defaultScopes: ['read'], default: true },
  { identifier: '/reports', scopes: ['report', 'shared'], accessTokenFormat: 'opaque' },
];

let desk: Desk;

const open = async (options: Partial<OauthModuleOptions> = {}, store?: MemoryPersistence) =>
  (desk = await Desk.open({ resources: RESOURCES, registration: {}, ...options }, store));

afterEach(() => desk.close());

const scopes = ['read', 'write'];

describe('scopes', () => {
  /** The policy, what is asked for, and what is registered; nothing: it is refused. */
  const CASES: [RegistrationTokenInput, string | undefined, string | undefined][] = [
    [{}, undefined, 'read'],
    [{}, 'read', 'read'],
    [{}, 'write', undefined],
    [{}, 'read write', undefined],
    [{}, 'report', undefined],
    [{}, 'unknown', undefined],
    [{ scopes }, undefined, 'read'],
    [{ scopes }, 'write', 'write'],
    [{ scopes }, 'write read', 'write read'],
    [{ scopes }, 'read write report', undefined],
    [{ scopes }, 'shared', undefined],
    [{ scopes: ['write'] }, undefined, undefined],
    [{ scopes: ['write'] }, 'read', undefined],
    [{ scopes: ['write'] }, 'write', 'write'],
    [{ scopes: [] }, undefined, undefined],
    [{ scopes: [] }, 'read', undefined],
    [{ resources: ['/api'] }, undefined, 'read'],
    [{ resources: ['/api'] }, 'read write', 'read write'],
    [{ resources: ['/api'] }, 'report', undefined],
    [{ resources: ['/api'] }, 'shared', undefined],
    [{ resources: [`${ISSUER}/reports`] }, 'report', 'report'],
    [{ resources: ['/reports'] }, 'shared', undefined],
    [{ resources: ['/reports'] }, undefined, undefined],
    [{ resources: ['/api', '/reports'] }, 'shared', 'shared'],
    [{ resources: ['/api', '/reports'] }, 'read report shared write', 'read report shared write'],
    [{ resources: [] }, 'read', undefined],
    [{ resources: [] }, undefined, undefined],
    [{ resources: ['/api'], scopes: ['write', 'report'] }, 'write', 'write'],
    [{ resources: ['/api'], scopes: ['write', 'report'] }, 'report', undefined],
    [{ resources: ['/api'], scopes: ['write', 'report'] }, 'read', undefined],
    [{ resources: ['/api'], scopes: ['shared'] }, 'shared', undefined],
    [{ scopes: ['shared'] }, 'shared', 'shared'],
    [{ scopes }, 'write write', 'write'],
  ];

  it.each(CASES)('DCR-019 threat 14 under %j, %j becomes %j', async (policy, scope, registered) => {
    await open();
    const { value } = await desk.issue(policy);
    const document = scope === undefined ? {} : { scope };
    if (registered === undefined) {
      await desk.refuses(() => desk.register(document, value), badMetadata('scope'));
      return;
    }
    const client = await desk.registered(document, value);
    expect(client['scope']).toBe(registered);
    const stored = await desk.kit.admin.clients.get(client.client_id);
    expect(stored.scope).toEqual(registered.split(' '));
  });

  it.each(CASES)('DCR-019 under %j of the host, %j becomes %j', async (policy, scope, registered) => {
    const { scopes: given, resources } = policy;
    const ofHost = { ...(given && { scopes: given }), ...(resources && { resources }) };
    await open({ registration: { initialAccessTokens: [INITIAL], policy: ofHost } });
    const document = scope === undefined ? {} : { scope };
    if (registered === undefined) await desk.refuses(() => desk.register(document), badMetadata('scope'));
    else expect((await desk.registered(document))['scope']).toBe(registered);
  });

  it('DCR-019 the tokens of such a client have what was registered, and no more', async () => {
    await open();
    const { value } = await desk.issue({ resources: ['/api'] });
    const client = await desk.registered({ scope: 'write' }, value);
    expect(await desk.scopeOf(client, { scope: 'write' })).toBe('write');
    for (const scope of ['read', 'read write', 'report', 'shared']) {
      expect(await desk.tokenError(client, { scope })).toBe('invalid_scope');
    }
    const elsewhere = { resource: `${ISSUER}/reports`, scope: 'report' };
    expect(await desk.tokenError(client, elsewhere)).toBe('invalid_target');
  });

  it('a default that grows later does not grow into clients that have registered themselves', async () => {
    const store = new MemoryPersistence();
    await open({}, store);
    const client = await desk.registered({}, (await desk.issue()).value);
    const kept = await desk.registered({}, (await desk.issue()).value);
    await desk.close();
    const [api, reports] = RESOURCES;
    if (!api || !reports) throw new Error('unreachable');
    await open({ resources: [{ ...api, defaultScopes: ['read', 'write'] }, reports] }, store);
    expect(await desk.tokenError(client, { scope: 'write' })).toBe('invalid_scope');
    await desk.refuses(() => desk.put(client, { scope: 'write' }), badMetadata('scope'));
    const updated = await desk.updated(kept);
    expect(updated['scope']).toBe('read');
  });
});

describe('methods and grants', () => {
  it.each<[RegistrationTokenInput, Members, Members | string]>([
    [{}, {}, { token_endpoint_auth_method: 'client_secret_basic' }],
    [{}, SIGNS, SIGNS],
    [{ authenticationMethods: ['private_key_jwt'] }, SIGNS, SIGNS],
    [{ authenticationMethods: ['private_key_jwt'] }, {}, 'token_endpoint_auth_method'],
    [{ authenticationMethods: ['private_key_jwt'] }, { jwks: SIGNS.jwks }, 'token_endpoint_auth_method'],
    [{ authenticationMethods: ['private_key_jwt'] }, { token_endpoint_auth_method: 'client_secret_post' }, 'token_endpoint_auth_method'],
    [{ authenticationMethods: ['client_secret_post'] }, {}, { token_endpoint_auth_method: 'client_secret_post' }],
    [{ authenticationMethods: ['client_secret_post'] }, SIGNS, 'token_endpoint_auth_method'],
    [{ authenticationMethods: ['client_secret_post'] }, { token_endpoint_auth_method: 'client_secret_basic' }, 'token_endpoint_auth_method'],
    [{ authenticationMethods: [] }, {}, 'token_endpoint_auth_method'],
    [{ authenticationMethods: [] }, { token_endpoint_auth_method: 'none' }, 'token_endpoint_auth_method'],
    [{ grantTypes: ['client_credentials'] }, {}, { grant_types: ['client_credentials'] }],
    [{ grantTypes: [] }, {}, 'grant_types'],
    [{ grantTypes: [] }, { grant_types: ['client_credentials'] }, 'grant_types'],
    [{ grantTypes: [] }, { grant_types: [] }, { grant_types: [] }],
    [{ grantTypes: [], authenticationMethods: ['private_key_jwt'] }, { ...SIGNS, grant_types: [] }, { grant_types: [] }],
  ])('DCR-019 DCR-006 under %j, %j becomes %j', async (policy, document, expected) => {
    await open();
    const { value } = await desk.issue(policy);
    if (typeof expected === 'string') {
      await desk.refuses(() => desk.register(document, value), badMetadata(expected));
    } else expect(await desk.registered(document, value)).toMatchObject(expected);
  }); // prettier-ignore
});

describe('updates', () => {
  it('DCR-015 DCR-019 are held to the policy of then, when the token is gone', async () => {
    await open();
    const { value, id } = await desk.issue({
      scopes: ['read', 'write'],
      authenticationMethods: ['client_secret_basic', 'client_secret_post'],
      grantTypes: ['client_credentials'],
    });
    let client = await desk.registered({ scope: 'read' }, value);
    await desk.kit.admin.registrationTokens.delete(id);
    for (const [name, document] of [
      ['scope', { scope: 'read report' }],
      ['scope', { scope: 'shared' }],
      ['token_endpoint_auth_method', SIGNS],
      ['token_endpoint_auth_method', { token_endpoint_auth_method: 'none' }],
      ['grant_types', { grant_types: ['refresh_token'] }],
    ] as const) {
      await desk.refuses(() => desk.put(client, document), badMetadata(name));
    }
    client = await desk.updated(client, { scope: 'write', token_endpoint_auth_method: 'client_secret_post' });
    expect(client).toMatchObject({ scope: 'write', token_endpoint_auth_method: 'client_secret_post' });
    client = await desk.updated(client);
    expect(client).toMatchObject({ scope: 'read', token_endpoint_auth_method: 'client_secret_basic' });
  });

  it('DCR-015 the policy of the host is the one of then, too', async () => {
    const store = new MemoryPersistence();
    const tokens = [INITIAL];
    await open({ registration: { initialAccessTokens: tokens, policy: { scopes: ['read'] } } }, store);
    const client = await desk.registered();
    await desk.close();
    await open(
      { registration: { initialAccessTokens: tokens, policy: { scopes: ['read', 'write'] } } },
      store,
    );
    await desk.refuses(() => desk.put(client, { scope: 'write' }), badMetadata('scope'));
    expect((await desk.registered({ scope: 'write' }))['scope']).toBe('write');
    expect((await desk.updated(client))['scope']).toBe('read');
  });

  it('DCR-015 a scope that was taken away from the server cannot be registered again', async () => {
    const store = new MemoryPersistence();
    await open({}, store);
    const client = await desk.registered({ scope: 'write' }, (await desk.issue({ scopes })).value);
    await desk.close();
    await open({ resources: [{ identifier: '/api', scopes: ['read'], defaultScopes: ['read'] }] }, store);
    await desk.refuses(() => desk.put(client, { scope: 'write' }), badMetadata('scope'));
    expect((await desk.updated(client))['scope']).toBe('read');
  });
});

describe('owner and labels', () => {
  const FILED = { owner: 'Team A', labels: { tenant: 'a', 'cost.center': '7' } };
  const CLAIMED = {
    owner: 'Team B',
    description: 'mine',
    labels: { tenant: 'b' },
    default_scope: 'write',
    resource: '/api',
    access_token_format: 'opaque',
    access_token_ttl: 1,
  };
  const filed = async (id: string) => {
    const { owner, labels, description, resource, defaultScope, accessTokenFormat, accessTokenTtl } =
      await desk.kit.admin.clients.get(id);
    expect({ description, resource, defaultScope, accessTokenFormat, accessTokenTtl }).toEqual({});
    return { owner, labels };
  };

  it('DCR-010 come from the token, never from the request, and are not shown to the client', async () => {
    await open();
    const { value } = await desk.issue({ mostUses: 0, scopes, ...FILED });
    for (const document of [
      {},
      CLAIMED,
      { owner: null, labels: {} },
      { owner: 7, labels: 'x', resource: [] },
    ]) {
      const client = await desk.registered(document, value);
      expect(await filed(client.client_id)).toEqual(FILED);
      for (const name of Object.keys(CLAIMED)) expect(client).not.toHaveProperty(name);
      const updated = await desk.updated(client, document);
      expect(await filed(client.client_id)).toEqual(FILED);
      for (const name of Object.keys(CLAIMED)) expect(updated).not.toHaveProperty(name);
    }
  });

  it('DCR-010 without any in the token there are none', async () => {
    await open();
    const { value } = await desk.issue({ scopes });
    const client = await desk.registered(CLAIMED, value);
    expect(await filed(client.client_id)).toEqual({});
    await desk.updated(client, CLAIMED);
    expect(await filed(client.client_id)).toEqual({});
  });

  it('DCR-015 what an operator says afterwards survives an update', async () => {
    await open();
    const { value } = await desk.issue({ scopes });
    const client = await desk.registered({ scope: 'read write' }, value);
    const said = {
      owner: 'Ops',
      labels: { tenant: 'z' },
      description: 'd',
      access_token_ttl: 60,
      default_scope: 'write',
    };
    await desk.kit.admin.clients.update(client.client_id, said);
    const updated = await desk.updated(client, { scope: 'read write', client_name: 'n' });
    expect(await desk.kit.admin.clients.get(client.client_id)).toMatchObject({
      owner: 'Ops',
      labels: { tenant: 'z' },
      description: 'd',
      accessTokenTtl: 60,
      defaultScope: ['write'],
      information: { client_name: 'n' },
    });
    await desk.updated(updated, { scope: 'read' });
    const { owner, defaultScope } = await desk.kit.admin.clients.get(client.client_id);
    expect({ owner, defaultScope }).toEqual({ owner: 'Ops' });
  });
});

describe('what an operator has decided and the server has no longer', () => {
  const registration = { initialAccessTokens: [INITIAL] };

  it.each<[string, Members, Partial<OauthModuleOptions>]>([
    ['a resource server', { resource: '/reports' }, { resources: RESOURCES.slice(0, 1) }],
    ['a lifetime', { access_token_ttl: 7200 }, { maxAccessTokenLifetime: 3600 }],
    ['a default scope', { scope: 'read write', default_scope: 'write' }, { resources: [{ identifier: '/api', scopes: ['read'], defaultScopes: ['read'] }] }],
  ])('DCR-015 %s keeps no client from updating itself', async (_, said, later) => {
    const store = new MemoryPersistence();
    await open({ registration }, store);
    const client = await desk.registered();
    await desk.kit.admin.clients.update(client.client_id, said);
    await desk.close();
    await open({ registration, ...later }, store);
    expect(await desk.updated(client, { client_name: 'n' })).toMatchObject({ client_name: 'n', scope: 'read' });
  }); // prettier-ignore
});

describe('options at boot', () => {
  afterEach(() => open());

  it.each<[string, unknown]>([
    ['registration', 'open'],
    ['registration', 7],
    ['registration.initialAccessTokens', { initialAccessTokens: 'x'.repeat(40) }],
    ['registration.initialAccessTokens', { initialAccessTokens: [''] }],
    ['registration.initialAccessTokens', { initialAccessTokens: ['a secret with spaces in its text'] }],
    ['registration.initialAccessTokens', { initialAccessTokens: [7] }],
    ['registration.policy', { policy: 'all' }],
    ['registration.policy.scopes', { policy: { scopes: 'read' } }],
    ['registration.policy.scopes', { policy: { scopes: ['re ad'] } }],
    ['registration.policy.scopes', { policy: { scopes: [7] } }],
    ['registration.policy.resources', { policy: { resources: [''] } }],
    ['registration.policy.authenticationMethods', { policy: { authenticationMethods: ['magic'] } }],
    ['registration.policy.authenticationMethods', { policy: { authenticationMethods: ['none'] } }],
    ['registration.policy.grantTypes', { policy: { grantTypes: ['password'] } }],
    ['registration.policy.grantTypes', { policy: { grantTypes: {} } }],
    ['registration.clientSecretLifetime', { clientSecretLifetime: 3599 }],
    ['registration.clientSecretLifetime', { clientSecretLifetime: 315_360_001 }],
    ['registration.clientSecretLifetime', { clientSecretLifetime: '3600' }],
    ['registration.clientSecretLifetime', { clientSecretLifetime: 3600.5 }],
  ])('%s is named: %j', async (option, registration) => {
    const failure: unknown = await open({ registration: registration as object }).then(
      () => desk.close(),
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ name: 'ConfigurationError', option });
    expect(String(failure)).not.toContain('a secret with spaces');
  });

  it.each<[string, unknown]>([
    ['mostUses', { mostUses: -1 }],
    ['mostUses', { mostUses: 1.5 }],
    ['mostUses', { mostUses: '1' }],
    ['mostUses', { mostUses: 1_000_001 }],
    ['lifetime', { lifetime: -1 }],
    ['lifetime', { lifetime: 315_360_001 }],
    ['scopes', { scopes: ['unknown'] }],
    ['scopes', { scopes: 'read' }],
    ['resources', { resources: ['/unknown'] }],
    ['authenticationMethods', { authenticationMethods: ['none'] }],
    ['grantTypes', { grantTypes: ['password'] }],
    ['owner', { owner: 'a\nb' }],
    ['labels', { labels: { Tenant: 'a' } }],
    ['labels', { labels: { tenant: 7 } }],
    ['labels', { labels: ['tenant'] }],
    ['description', { description: '' }],
  ])('a token of the operator: %s is named: %j', async (name, input) => {
    await open();
    const before = desk.stored();
    await expect(desk.kit.admin.registrationTokens.create(input as object)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(name) as string,
    });
    expect(desk.stored()).toBe(before);
    await desk.close();
  });
});
