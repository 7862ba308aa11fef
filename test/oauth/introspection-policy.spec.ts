import type { IntrospectionPolicyHook } from 'nestjs-oauth-kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newForger, type Forger } from '../nest/forge.js';
import { ISSUER, openKit, type Kit } from '../support/echo.js';
import {
  API, AS_JWT, BOTH, caller, denied, FORMATS, FORMS, INACTIVE, NO_STORE, REPORTS, told, tokenOf,
} from './introspection-support.js'; // prettier-ignore
import { rendered, type Registered } from './support.js';

describe.each(BOTH)('who may know about a $format token, told as $form', ({ scope, audience, form }) => {
  let kit: Kit;
  let client: Registered;
  let token: string;

  beforeAll(async () => {
    kit = await openKit({ accessTokenClaims: () => ({ tenant: 'secret tenant' }) });
    client = await caller(kit);
    token = await tokenOf(kit, client, scope);
  });

  afterAll(() => kit.close());

  it('INT-009 the client that it was issued to', async () => {
    expect(await told(kit, client, token, form)).toMatchObject({ active: true, tenant: 'secret tenant' });
  });

  it('INT-009 INT-020 a client whose resource is its audience, with everything', async () => {
    const server = await caller(kit, { resource: audience });
    expect(await told(kit, server, token, form)).toEqual(await told(kit, client, token, form));
  });

  it('INT-009 INT-029 threat 12 anybody else: exactly what an unknown token gets', async () => {
    const others = [
      await caller(kit),
      await caller(kit, { resource: audience === API ? REPORTS : API }),
      await caller(kit, { client_id: `${client.id}x` }),
      await caller(kit, { client_id: client.id.slice(0, -1) }),
      await caller(kit, { client_id: client.id.toUpperCase() + '_' }),
    ];
    for (const other of others) {
      const about = await told(kit, other, token, form);
      expect(about).toStrictEqual(INACTIVE);
      expect(about).toStrictEqual(await told(kit, other, 'unknown', form));
    }
  });

  it('threat 12 the JWT for somebody else holds nothing of the token, wherever one looks', async () => {
    const other = await caller(kit);
    const outcome = await kit.introspect({ token }, { ...other.basic, ...(form === 'jwt' && AS_JWT) });
    if ('error' in outcome) throw outcome.error;
    const { jwt = '', document } = outcome.success;
    const seen =
      JSON.stringify(document) +
      jwt
        .split('.')
        .map((part) => Buffer.from(part, 'base64url'))
        .join();
    for (const part of [client.id, 'secret tenant', scope, audience, 'exp']) expect(seen).not.toContain(part);
  });

  it('INT-009 a client that is a resource server no more is nobody', async () => {
    const server = await caller(kit, { resource: audience });
    expect(await told(kit, server, token, form)).toMatchObject({ active: true });
    await kit.admin.clients.update(server.id, { resource: null });
    expect(await told(kit, server, token, form)).toStrictEqual(INACTIVE);
  });
});

describe('a token for several resource servers', () => {
  it('INT-009 each of them may know about it, and no third', async () => {
    const forger: Forger = await newForger();
    const kit = await openKit({ signingKeys: forger.pem });
    const client = await caller(kit);
    const now = kit.clock.now();
    const token = forger.make(
      { alg: 'ES256', typ: 'at+jwt', kid: forger.kid },
      {
        iss: ISSUER, sub: client.id, client_id: client.id, aud: [API, 'https://far.example'],
        iat: now, exp: now + 60, jti: 'j', scope: 'read',
      }, // prettier-ignore
    );
    const [api, reports] = [await caller(kit, { resource: API }), await caller(kit, { resource: REPORTS })];
    expect(await told(kit, api, token)).toMatchObject({ active: true });
    expect(await told(kit, reports, token)).toStrictEqual(INACTIVE);
    await kit.close();
  });
});

describe.each(FORMS)('the hook introspectionPolicy, told as %s', (form) => {
  let kit: Kit;
  let client: Registered;
  let server: Registered;
  let token: string;
  let hook: IntrospectionPolicyHook;
  let asked: Parameters<IntrospectionPolicyHook>[0][];

  beforeEach(async () => {
    asked = [];
    hook = () => true;
    kit = await openKit({
      introspectionPolicy: (query) => {
        asked.push(query);
        return hook(query);
      },
    });
    client = await caller(kit);
    server = await caller(kit, { resource: API });
    token = await tokenOf(kit, client, 'read write');
  });

  afterEach(() => kit.close());

  it('is told who asks, and about what', async () => {
    expect(await told(kit, server, token, form)).toMatchObject({ active: true, scope: 'read write' });
    expect(asked).toMatchObject([
      {
        client: { id: server.id, resource: API },
        token: { clientId: client.id, scope: ['read', 'write'], audience: [API], format: 'jwt' },
      },
    ]);
  });

  it('INT-009 is not asked about what the caller may not know, or about what is inactive', async () => {
    const other = await caller(kit, { resource: REPORTS });
    expect(await told(kit, other, token, form)).toStrictEqual(INACTIVE);
    expect(await told(kit, client, 'unknown', form)).toStrictEqual(INACTIVE);
    expect(asked).toEqual([]);
  });

  it('INT-020 INT-029 false hides the token, as if there were none', async () => {
    hook = ({ client: { id } }) => id !== server.id;
    expect(await told(kit, server, token, form)).toStrictEqual(INACTIVE);
    expect(await told(kit, client, token, form)).toMatchObject({ active: true });
  });

  it('INT-020 a list narrows the scopes, and cannot widen them', async () => {
    for (const [list, scope] of [
      [['read'], 'read'],
      [['write', 'admin', 'report'], 'write'],
      [['report'], ''],
      [[], ''],
      [['read write'], ''],
      [['READ', 'rea', 'read:all'], ''],
      [['write', 'read', 'read'], 'read write'],
    ] as const) {
      hook = () => Promise.resolve(list);
      const document = await told(kit, server, token, form);
      expect([list, document['active'], document['scope']]).toEqual([list, true, scope]);
    }
  });

  it('cannot widen by changing what it was given, and changes nothing for the next request', async () => {
    hook = (query) => {
      (query.token.scope as string[]).push('admin');
      (query.token.claims as Record<string, unknown>)['evil'] = true;
      Object.assign(query.token, { expiresAt: 9e9, clientId: 'evil' });
      Object.assign(query.client, { id: 'evil' });
      return true;
    };
    for (let request = 0; request < 2; request++) {
      const document = await told(kit, server, token, form);
      expect(document).toMatchObject({ scope: 'read write', client_id: client.id });
      expect(document).not.toHaveProperty('evil');
    }
  });

  it.each<[string, () => unknown]>([
    ['undefined', () => undefined],
    ['null', () => null],
    ['a text', () => 'read'],
    ['a number', () => 1],
    ['an object', () => ({ active: true })],
    ['a set', () => new Set(['read'])],
    ['a function', () => () => true],
  ])('that returns %s fails the request, and shows nothing', async (_, returning) => {
    hook = returning as IntrospectionPolicyHook;
    await fails(/must return/);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('db pw=hunter2');
      },
    ],
    ['rejects', () => Promise.reject(new Error('db pw=hunter2'))],
  ])('threat 37 that %s fails the request, and shows nothing', async (_, failing) => {
    // prettier-ignore
    hook = failing as IntrospectionPolicyHook;
    await fails(/hunter2/);
  });

  async function fails(cause: RegExp): Promise<void> {
    const headers = { ...server.basic, ...(form === 'jwt' && AS_JWT) };
    const error = denied(await kit.introspect({ token }, headers));
    expect(error).toMatchObject({ status: 500, code: 'server_error', headers: NO_STORE });
    expect((error.cause as Error).message).toMatch(cause);
    for (const part of ['hunter2', client.id, 'hook']) expect(rendered(error)).not.toContain(part);
  }
});

it('INT-009 FORMATS: with a scope that two resources share, the audience alone decides', async () => {
  const resources = [
    { identifier: '/api', scopes: ['read', 'shared'], default: true },
    { identifier: '/reports', scopes: ['report', 'shared'], accessTokenFormat: 'opaque' as const },
  ];
  const kit = await openKit({ resources });
  const client = await caller(kit, { scope: 'read shared report' });
  for (const { scope, audience } of FORMATS) {
    const token = await tokenOf(kit, client, `${scope} shared`);
    for (const resource of [API, REPORTS]) {
      const server = await caller(kit, { scope: 'shared', resource });
      const document = await told(kit, server, token);
      expect(document).toEqual(
        resource === audience ? (expect.objectContaining({ aud: audience }) as object) : INACTIVE,
      );
    }
  }
  await kit.close();
});
