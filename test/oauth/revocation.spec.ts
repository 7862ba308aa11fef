import type { OauthContext, RevocationApplication } from 'nestjs-oauth-kit';
import { AccessTokenVerifier } from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, formRequest, openKit, type Kit } from '../support/echo.js';
import {
  API, answered, AS_JWT, caller, denied, FORMATS, INACTIVE, NO_STORE, REPORTS, revoked, told, tokenOf,
} from './introspection-support.js'; // prettier-ignore
import { faulty, register, rendered, type Faults, type Registered } from './support.js';

let kit: Kit;
let faults: Faults;
let client: Registered;

beforeAll(async () => {
  const made = faulty();
  ({ faults } = made);
  kit = await openKit({ persistence: made.persistence });
  client = await caller(kit);
});

afterAll(() => kit.close());

const writes = () => faults.count('revokedTokens.insert') + faults.count('accessTokens.delete');
const guard = (token: string) => kit.get<AccessTokenVerifier>(AccessTokenVerifier).verify(token);

describe.each(FORMATS)('a $format token', ({ format, scope, audience }) => {
  it('REV-001 REV-003 REV-008 is dead at once, for every caller and for guards; the answer is empty', async () => {
    const server = await caller(kit, { resource: audience });
    const [token, other] = [await tokenOf(kit, client, scope), await tokenOf(kit, client, scope)];
    expect(await guard(token)).toMatchObject({ format, clientId: client.id });
    const response = answered(await kit.revoke({ token }, client.basic));
    expect({ ...response }).toEqual({ status: 200, headers: NO_STORE });
    expect(await guard(token)).toBeUndefined();
    for (const asking of [client, server]) {
      expect(await told(kit, asking, token)).toStrictEqual(INACTIVE);
      expect(await told(kit, asking, token, 'jwt')).toStrictEqual(INACTIVE);
    }
    expect(await guard(other)).toMatchObject({ clientId: client.id });
  });

  it('REV-002 again: 200, and nothing is written', async () => {
    const token = await tokenOf(kit, client, scope);
    await revoked(kit, client, token);
    faults.clear();
    for (let time = 0; time < 3; time++) await revoked(kit, client, token);
    expect(writes()).toBe(0);
  });

  it('REV-002 one that has expired: 200, and nothing is written', async () => {
    const token = await tokenOf(kit, client, scope);
    const start = kit.clock.time;
    kit.clock.time += 3610;
    faults.clear();
    await revoked(kit, client, token);
    expect(writes()).toBe(0);
    kit.clock.time = start;
  });

  it('REV-007 whatever the hint says', async () => {
    for (const token_type_hint of ['refresh_token', 'access_token', 'foo', '', '\u0000', '__proto__']) {
      const token = await tokenOf(kit, client, scope);
      await revoked(kit, client, token, { token_type_hint });
      expect([token_type_hint, await told(kit, client, token)]).toStrictEqual([token_type_hint, INACTIVE]);
    }
  });

  it('REV-005 threat 36 of another client: unauthorized_client, and it lives', async () => {
    const token = await tokenOf(kit, client, scope);
    const thief = await caller(kit);
    const server = await caller(kit, { resource: audience });
    faults.clear();
    for (const other of [thief, server]) {
      const error = denied(await kit.revoke({ token }, other.basic));
      expect(error).toMatchObject({ status: 400, code: 'unauthorized_client', headers: NO_STORE });
      expect(rendered(error)).not.toContain(client.id);
    }
    expect(writes()).toBe(0);
    expect(await told(kit, client, token)).toMatchObject({ active: true });
  });

  it('REV-005 of another client and dead: nothing is told', async () => {
    const token = await tokenOf(kit, client, scope);
    const thief = await caller(kit);
    await revoked(kit, client, token);
    await revoked(kit, thief, token);
    const owner = await caller(kit);
    const orphan = await tokenOf(kit, owner, scope);
    await kit.admin.clients.disable(owner.id);
    await revoked(kit, thief, orphan);
  });

  it('REV-004 REV-006 before the lookup: no store is asked for a token by who may not ask', async () => {
    const token = await tokenOf(kit, client, scope);
    faults.clear();
    for (const headers of [
      {},
      basic(client.id, 'wrong'),
      basic('nobody', 'x'),
      { authorization: `Bearer ${token}` },
    ]) {
      const error = denied(await kit.revoke({ token }, headers));
      expect(error).toMatchObject({ status: 401, code: 'invalid_client' });
      expect(error.headers).toEqual({ ...NO_STORE, 'WWW-Authenticate': 'Basic realm="oauth"' });
    }
    for (const call of ['accessTokens.find', 'revokedTokens.has', 'signingKeys.all']) {
      expect([call, faults.count(call)]).toEqual([call, 0]);
    }
    expect(writes()).toBe(0);
    expect(await told(kit, client, token)).toMatchObject({ active: true });
  });

  it('REV-015 fifty times at once: 200 each', async () => {
    const token = await tokenOf(kit, client, scope);
    const all = await Promise.all(Array.from({ length: 50 }, () => kit.revoke({ token }, client.basic)));
    for (const outcome of all) expect(answered(outcome).status).toBe(200);
    expect(await told(kit, client, token)).toStrictEqual(INACTIVE);
  });

  it('a client that has changed its metadata still revokes its own', async () => {
    const owner = await caller(kit);
    const token = await tokenOf(kit, owner, scope);
    await kit.admin.clients.update(owner.id, { client_name: 'another', scope: 'write' });
    await revoked(kit, owner, token);
    expect(await told(kit, owner, token)).toStrictEqual(INACTIVE);
  });

  it('as guards judge: what one may still let through is revoked', async () => {
    const token = await tokenOf(kit, client, scope);
    const start = kit.clock.time;
    kit.clock.time += 3605;
    const lives = format === 'jwt';
    expect((await guard(token)) !== undefined).toBe(lives);
    await revoked(kit, client, token);
    expect(await guard(token)).toBeUndefined();
    kit.clock.time = start;
  });
});

it('REV-002 an unknown or malformed one: 200', async () => {
  for (const token of [
    'x',
    '.',
    'a.b.c',
    '\u0000',
    'null',
    '[]',
    'é',
    'x'.repeat(20_000),
    ' ',
    '__proto__',
  ]) {
    await revoked(kit, client, token);
  }
});

describe('a request that is refused', () => {
  const application: RevocationApplication<OauthContext> = {
    revokeSuccess: (_, success) => ({ success }),
    revokeError: (_, error) => ({ error }),
  };
  const ask = (request: OauthContext['request']) => kit.oauth.revoke({ request }, application);

  it('REV-006 without a token, or with two', async () => {
    const token = await tokenOf(kit, client);
    for (const form of [
      '',
      'token=',
      'token_type_hint=access_token',
      `token=${token}&token=${token}`,
      `token=&token=${token}`,
      `token=${token}&token=other`,
      `token=${token}&token_type_hint=a&token_type_hint=b`,
      `token=${token}&client_secret=x&client_secret=x`,
    ]) {
      const error = denied(await kit.revoke(form, client.basic));
      expect([form, error.status, error.code]).toEqual([form, 400, 'invalid_request']);
      expect(error.headers).toEqual(NO_STORE);
    }
    expect(await told(kit, client, token)).toMatchObject({ active: true });
  });

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'post'])(
    'REV-010 by %s, a callback of JSONP and all: 405 with Allow, and the token lives',
    async (method) => {
      const token = await tokenOf(kit, client);
      const url = `/oauth/revoke?token=${token}&callback=package.myCallback`;
      const request = { ...formRequest({ token }, client.basic, url), method };
      const expected = { error: { status: 405, headers: { ...NO_STORE, Allow: 'POST' } } };
      expect(await ask(request)).toMatchObject(expected);
      expect(await told(kit, client, token)).toMatchObject({ active: true });
    },
  );

  it('REV-010 a token in the query is not looked at', async () => {
    const token = await tokenOf(kit, client);
    const request = formRequest('', client.basic, `/oauth/revoke?token=${token}`);
    expect(await ask(request)).toMatchObject({ error: { status: 400, code: 'invalid_request' } });
    expect(await told(kit, client, token)).toMatchObject({ active: true });
  });

  it('REV-006 with a token that is no text, in a body that a parser has made', async () => {
    const token = await tokenOf(kit, client);
    const send = (body: unknown) => {
      const request = { ...formRequest('', client.basic, '/oauth/revoke'), rawBody: undefined, body };
      return ask(request);
    };
    for (const value of [[token, token], [token], { $ne: 1 }, { toString: token }, 1, true, null]) {
      expect([value, await send({ token: value })]).toMatchObject([
        value,
        { error: { code: 'invalid_request' } },
      ]);
    }
    expect(await told(kit, client, token)).toMatchObject({ active: true });
    expect(await send({ token })).toMatchObject({ success: { status: 200 } });
    expect(await told(kit, client, token)).toStrictEqual(INACTIVE);
  });

  it('REV-004 by a public client that gives its name alone', async () => {
    const metadata = { client_id: 'public', token_endpoint_auth_method: 'none', grant_types: [] };
    await kit.admin.clients.create(metadata);
    for (const form of [{ client_id: 'public' }, { client_id: client.id }]) {
      const error = denied(await kit.revoke({ token: await tokenOf(kit, client), ...form }));
      expect([error.status, error.code]).toEqual([401, 'invalid_client']);
    }
  });
});

it('REV-003 whatever the Accept header asks for, there is no body', async () => {
  const token = await tokenOf(kit, client);
  for (const accept of [AS_JWT, { accept: 'application/json' }]) {
    const response = answered(await kit.revoke({ token }, { ...client.basic, ...accept }));
    expect({ ...response }).toEqual({ status: 200, headers: NO_STORE });
  }
});

describe('REV-001 INT-017 the tokens of a client all at once', () => {
  it.each(FORMATS)('revokeTokens: of the format $format; new ones are good', async ({ scope }) => {
    const owner = await register(kit);
    const old = await tokenOf(kit, owner, scope);
    expect(await told(kit, owner, old)).toMatchObject({ active: true });
    await kit.admin.clients.revokeTokens(owner.id);
    expect(await told(kit, owner, old)).toStrictEqual(INACTIVE);
    expect(await guard(old)).toBeUndefined();
    const token = await tokenOf(kit, owner, scope);
    expect(await told(kit, owner, token)).toMatchObject({ active: true });
    await kit.admin.clients.disable(owner.id);
    await kit.admin.clients.enable(owner.id);
    expect(await told(kit, owner, token)).toStrictEqual(INACTIVE);
    expect(await told(kit, owner, old)).toStrictEqual(INACTIVE);
  });
});

it('a token for another audience is the client’s to revoke all the same', async () => {
  const owner = await caller(kit, { resource: API });
  const token = await tokenOf(kit, owner, 'report');
  expect(await told(kit, owner, token)).toMatchObject({ aud: REPORTS });
  await revoked(kit, owner, token);
  expect(await told(kit, owner, token)).toStrictEqual(INACTIVE);
});
