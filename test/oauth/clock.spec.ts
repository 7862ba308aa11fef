import { AccessTokenVerifier } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { basic, openKit, type Kit } from '../support/echo.js';
import { claimsOf, granted, GRANT, refused, register, type Registered } from './support.js';

const HOUR = 3600;

let kit: Kit;
let client: Registered;

beforeEach(async () => {
  kit = await openKit();
  client = await register(kit);
});

afterEach(() => kit.close());

const verify = (token: string, at = kit) => at.get<AccessTokenVerifier>(AccessTokenVerifier).verify(token);
const issue = async (scope: string, at = kit, who = client) =>
  granted(await at.token({ ...GRANT, scope }, who.basic)).accessToken;

describe('ROB-021 JWT-019 the end of a token', () => {
  it.each([0, 5, 60])('a JWT is good up to exp and %i seconds of tolerance', async (clockTolerance) => {
    const own = await openKit({ clockTolerance });
    const someone = await register(own);
    const token = await issue('read', own, someone);
    const exp = Number(claimsOf(token)['exp']);
    own.clock.time = exp + clockTolerance - 1;
    expect(await verify(token, own)).toMatchObject({ expiresAt: exp });
    own.clock.time = exp + clockTolerance;
    expect(await verify(token, own)).toBeUndefined();
    await own.close();
  });

  it('an opaque token is good at exp - 1 and refused at exp with its tolerance', async () => {
    const own = await openKit({ clockTolerance: 0 });
    const someone = await register(own);
    const token = await issue('report', own, someone);
    const expiresAt = own.clock.now() + HOUR;
    own.clock.time = expiresAt - 1;
    expect(await verify(token, own)).toMatchObject({ expiresAt });
    own.clock.time = expiresAt;
    expect(await verify(token, own)).toBeUndefined();
    await own.close();
  });

  it('a token that was seen before is judged anew', async () => {
    for (const scope of ['read', 'report']) {
      const token = await issue(scope);
      for (let time = 0; time < 3; time++) expect(await verify(token)).toBeDefined();
      kit.clock.time += HOUR + 60;
      expect(await verify(token)).toBeUndefined();
      kit.clock.time -= HOUR + 60;
      await kit.admin.clients.disable(client.id);
      expect(await verify(token)).toBeUndefined();
      await kit.admin.clients.enable(client.id);
      kit.clock.time += 10;
    }
  });
});

describe('ROB-020 a clock that jumps', () => {
  it.each([-HOUR, HOUR, -30 * 24 * HOUR])(
    'by %i seconds: tokens have a future and the process goes on',
    async (jump) => {
      granted(await kit.token(GRANT, client.basic));
      kit.clock.time += jump;
      for (const scope of ['read', 'report']) {
        const token = await issue(scope);
        const verified = await verify(token);
        expect(verified).toMatchObject({ clientId: client.id });
        expect(Number(verified?.expiresAt)).toBeGreaterThan(Number(verified?.issuedAt));
        expect(Number(verified?.expiresAt)).toBeGreaterThan(kit.clock.now());
      }
      expect(refused(await kit.token(GRANT, basic(client.id, 'wrong'))).code).toBe('invalid_client');
      const late = await register(kit);
      expect(await verify(await issue('read', kit, late))).toMatchObject({ clientId: late.id });
    },
  );

  it('back by an hour: expires_in is exp - iat, and a disabled client stays disabled', async () => {
    kit.clock.time -= HOUR;
    const response = granted(await kit.token(GRANT, client.basic));
    const { iat, exp } = claimsOf(response.accessToken) as { iat: number; exp: number };
    expect(exp - iat).toBe(response.expiresIn);
    await kit.admin.clients.disable(client.id);
    expect(await verify(response.accessToken)).toBeUndefined();
    expect(refused(await kit.token(GRANT, client.basic)).code).toBe('invalid_client');
  });

  it('back: disabling a client again never brings to life what the first time killed', async () => {
    const token = await issue('read');
    await kit.admin.clients.disable(client.id);
    await kit.admin.clients.enable(client.id);
    expect(await verify(token)).toBeUndefined();
    kit.clock.time -= HOUR;
    await kit.admin.clients.disable(client.id);
    await kit.admin.clients.enable(client.id);
    expect(await verify(token)).toBeUndefined();
  });

  it('back: the cache forgets what it should, and a disabled client is not kept for an hour', async () => {
    granted(await kit.token(GRANT, client.basic));
    kit.clock.time -= HOUR;
    const stored = await kit.persistence.clients.find(client.id);
    if (!stored) throw new Error('missing');
    await kit.persistence.clients.update({ ...stored, enabled: false }, stored.revision);
    expect(refused(await kit.token(GRANT, client.basic)).code).toBe('invalid_client');
  });

  it('back and forth: the signing key stays', async () => {
    const kid = (await kit.admin.keys.list())[0]?.kid;
    for (const jump of [-HOUR, 2 * HOUR, -30 * 24 * HOUR, 30 * 24 * HOUR]) {
      kit.clock.time += jump;
      await issue('read');
      expect((await kit.admin.keys.list()).map((key) => [key.kid, key.state])).toEqual([[kid, 'current']]);
    }
  });
});

describe('tokens of a client that was there before', () => {
  it.each(['read', 'report'])('deleted and made again, at once: the old %s token is dead', async (scope) => {
    const { id, secret } = client;
    const token = await issue(scope);
    await kit.admin.clients.delete(id);
    expect(await verify(token)).toBeUndefined();
    await register(kit, { client_id: id, client_secret: secret });
    expect(await verify(token)).toBeUndefined();
    expect(await verify(await issue(scope))).toMatchObject({ clientId: id });
  });

  it.each(['read', 'report'])(
    'deleted and made again a second later: the old %s token is dead',
    async (scope) => {
      const token = await issue(scope);
      await kit.admin.clients.delete(client.id);
      kit.clock.time += 1;
      await register(kit, { client_id: client.id, client_secret: client.secret });
      expect(await verify(token)).toBeUndefined();
      expect(await verify(await issue(scope))).toMatchObject({ clientId: client.id });
    },
  );
});
