import { AccessTokenVerifier, type Client } from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKit, type Kit } from '../support/echo.js';
import { claimsOf, faulty, granted, GRANT, headerOf, register, type Registered } from './support.js';

let kit: Kit;
let client: Registered;

beforeAll(async () => {
  kit = await openKit();
  client = await register(kit);
});

afterAll(() => kit.close());

async function issue(from: Kit, who: Registered, form: Record<string, string> = {}) {
  return granted(await from.token({ ...GRANT, ...form }, who.basic));
}

describe('lifetime', () => {
  const resources = [
    { identifier: '/api', scopes: ['read'], defaultScopes: ['read'], default: true },
    { identifier: '/short', scopes: ['short'], accessTokenLifetime: 60 },
    {
      identifier: '/opaque',
      scopes: ['opaque'],
      accessTokenLifetime: 61,
      accessTokenFormat: 'opaque' as const,
    },
  ];

  it('TOK-059 the server’s, the resource’s, the client’s: a whole number that equals exp - iat', async () => {
    const own = await openKit({ resources, accessTokenLifetime: 600 });
    const plain = await register(own, { scope: 'read short opaque' });
    const special = await register(own, { scope: 'read short opaque', access_token_ttl: 30 });
    for (const [who, scope, seconds] of [
      [plain, 'read', 600],
      [plain, 'short', 60],
      [plain, 'opaque', 61],
      [special, 'read', 30],
      [special, 'short', 30],
      [special, 'opaque', 30],
    ] as const) {
      const response = await issue(own, who, { scope });
      expect(response.expiresIn).toBe(seconds);
      const token = await own.get<AccessTokenVerifier>(AccessTokenVerifier).verify(response.accessToken);
      expect(token).toMatchObject({ issuedAt: own.clock.now(), expiresAt: own.clock.now() + seconds });
    }
    await own.close();
  });

  it('the defaults: an hour, and a ceiling that lowers the default', async () => {
    expect((await issue(kit, client)).expiresIn).toBe(3600);
    const low = await openKit({ resources: resources.slice(0, 1), maxAccessTokenLifetime: 120 });
    const someone = await register(low, { scope: 'read' });
    expect((await issue(low, someone)).expiresIn).toBe(120);
    await low.close();
  });

  it('the ceiling is above whatever stands in the store', async () => {
    const low = await openKit({ resources, maxAccessTokenLifetime: 90 });
    await expect(register(low, { scope: 'read', access_token_ttl: 91 })).rejects.toMatchObject({
      code: 'invalid_client_metadata',
    });
    const old = await register(low, { scope: 'read opaque' });
    await low.persistence.clients.update({ ...old.client, accessTokenTtl: 100_000 }, 1);
    expect((await issue(low, old, { scope: 'read' })).expiresIn).toBe(90);
    expect((await issue(low, old, { scope: 'opaque' })).expiresIn).toBe(90);
    await low.close();
  });
});

describe('format', () => {
  it('the resource’s, and the client’s before it', async () => {
    const opaque = await register(kit, { access_token_format: 'opaque' });
    const jwt = await register(kit, { access_token_format: 'jwt' });
    expect((await issue(kit, client, { scope: 'read' })).accessToken).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect((await issue(kit, client, { scope: 'report' })).accessToken).toMatch(/^nok_[\w-]{43}$/);
    expect((await issue(kit, opaque, { scope: 'read' })).accessToken).toMatch(/^nok_[\w-]{43}$/);
    expect((await issue(kit, jwt, { scope: 'report' })).accessToken).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('TOK-058 is Bearer in both, and the response has no member without a value', async () => {
    for (const scope of ['read', 'report']) {
      const response = await issue(kit, client, { scope });
      expect(response).toMatchObject({ status: 200, tokenType: 'Bearer', scope });
      const json = JSON.parse(JSON.stringify(response)) as object;
      expect(Object.values(json)).not.toContain(null);
      expect(json).not.toHaveProperty('idToken');
    }
  });

  it('an opaque token has the prefix of the option', async () => {
    const own = await openKit({ opaqueTokenPrefix: 'acme_live_' });
    const someone = await register(own);
    expect((await issue(own, someone, { scope: 'report' })).accessToken).toMatch(/^acme_live_[\w-]{43}$/);
    await own.close();
  });

  it('TOK-073 opaque tokens never repeat and fit b64token', async () => {
    const tokens = new Set<string>();
    for (let round = 0; round < 1000; round++) {
      tokens.add((await issue(kit, client, { scope: 'report' })).accessToken);
    }
    expect(tokens.size).toBe(1000);
    expect([...tokens].every((token) => /^[A-Za-z0-9._~+/-]+=*$/.test(token))).toBe(true);
  });

  it('TOK-074 the store has the digest alone, and nothing at all for a JWT', async () => {
    const { persistence, store, faults } = faulty();
    const own = await openKit({ persistence });
    const someone = await register(own);
    const jwt = (await issue(own, someone, { scope: 'read' })).accessToken;
    expect(faults.calls.filter((call) => /insert|add|create|update/.test(call))).toEqual([
      'signingKeys.insert',
      'clients.create',
    ]);
    const opaque = (await issue(own, someone, { scope: 'report' })).accessToken;
    expect(faults.count('accessTokens.insert')).toBe(1);
    const kept = JSON.stringify(store, (_, value: unknown) => (value instanceof Map ? [...value] : value));
    expect(kept).toContain(someone.id);
    for (const secret of [jwt, opaque, opaque.slice(4), someone.secret]) expect(kept).not.toContain(secret);
    await own.close();
  });
});

describe('the JWT profile', () => {
  it('JWT-001 JWT-003 JWT-004 JWT-005 JWT-006 JWT-011 header and claims', async () => {
    const response = await issue(kit, client, { scope: 'write read' });
    const header = headerOf(response.accessToken);
    const claims = claimsOf(response.accessToken);
    expect(header).toEqual({
      alg: 'ES256',
      typ: 'at+jwt',
      kid: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
    expect(claims).toEqual({
      iss: 'http://127.0.0.1:3999',
      sub: client.id,
      client_id: client.id,
      aud: 'http://127.0.0.1:3999/api',
      scope: response.scope,
      iat: kit.clock.now(),
      exp: kit.clock.now() + 3600,
      jti: expect.stringMatching(/^[\w.-]{22,}$/) as string,
    });
  });

  it('JWT-005 iss is the option as it was written', async () => {
    for (const issuer of [
      'https://AUTH.example.com',
      'https://auth.example.com/',
      'https://auth.example.com/Tenant',
    ]) {
      const own = await openKit({ issuer, keyEncryptionSecret: 'x'.repeat(32) });
      const someone = await register(own);
      expect(claimsOf((await issue(own, someone)).accessToken)['iss']).toBe(issuer);
      await own.close();
    }
  });

  it('JWT-031 ten thousand tokens have ten thousand jti', async () => {
    const identifiers = new Set<unknown>();
    for (let round = 0; round < 100; round++) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => issue(kit, client)));
      for (const { accessToken } of answers) identifiers.add(claimsOf(accessToken)['jti']);
    }
    expect(identifiers.size).toBe(10_000);
  });

  it('ROB-022 a thousand requests of many clients at once: nobody gets what is another’s', async () => {
    const clients = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        register(kit, { default_scope: index % 2 ? 'read' : 'write' }),
      ),
    );
    const answers = await Promise.all(
      Array.from({ length: 1000 }, async (_, index) => {
        const who = clients[index % 20] ?? client;
        return { who, index, response: await issue(kit, who) };
      }),
    );
    for (const { who, index, response } of answers) {
      const scope = (index % 20) % 2 ? 'read' : 'write';
      expect(response.scope).toBe(scope);
      expect(claimsOf(response.accessToken)).toMatchObject({ sub: who.id, client_id: who.id, scope });
    }
    expect(new Set(answers.map(({ response }) => claimsOf(response.accessToken)['jti'])).size).toBe(1000);
  });
});

describe('what the kit believes about its own tokens', () => {
  it('a token right after the revocation of all tokens of its client is good', async () => {
    const someone = await register(kit);
    const before = (await issue(kit, someone)).accessToken;
    await kit.admin.clients.disable(someone.id);
    await kit.admin.clients.enable(someone.id);
    const after: { accessToken: string; expiresIn: number } = await issue(kit, someone);
    const verifier = kit.get<AccessTokenVerifier>(AccessTokenVerifier);
    expect(await verifier.verify(before)).toBeUndefined();
    expect(await verifier.verify(after.accessToken)).toMatchObject({ clientId: someone.id });
    const { iat, exp } = claimsOf(after.accessToken) as { iat: number; exp: number };
    expect(exp - iat).toBe(after.expiresIn);
  });

  it('a token that is issued is accepted, however many scopes it has', async () => {
    const scopes = Array.from({ length: 200 }, (_, index) => `scope-with-a-rather-long-name:${index}`);
    const own = await openKit({ resources: [{ identifier: '/api', scopes }] });
    const someone = await register(own, { scope: scopes.join(' ') });
    const outcome = await own.token({ ...GRANT, scope: scopes.join(' ') }, someone.basic);
    if ('error' in outcome) expect(outcome.error.status).toBe(400);
    else {
      const token = await own
        .get<AccessTokenVerifier>(AccessTokenVerifier)
        .verify(outcome.success.accessToken);
      expect(token?.scope).toHaveLength(200);
    }
    await own.close();
  });

  it('the client that a hook gets is what the store has', async () => {
    let seen: Client | undefined;
    const own = await openKit({ accessTokenClaims: ({ client: given }) => ((seen = given), {}) });
    const someone = await register(own, { client_name: 'Name' });
    await issue(own, someone);
    expect(seen).toMatchObject({ id: someone.id, information: { client_name: 'Name' } });
    await own.close();
  });
});
