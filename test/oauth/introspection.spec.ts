import type { IntrospectionApplication, OauthContext } from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newForger, type Forger } from '../nest/forge.js';
import { basic, formRequest, ISSUER, openKit, type Kit } from '../support/echo.js';
import {
  API, AS_JWT, BOTH, caller, denied, INACTIVE, NO_STORE, revoked, told, tokenOf,
} from './introspection-support.js'; // prettier-ignore
import { register, type Registered } from './support.js';

const CLAIMS = { tenant: 't1', roles: ['a', 'b'], deep: { er: null } };

let kit: Kit;
let forger: Forger;
let client: Registered;

beforeAll(async () => {
  forger = await newForger();
  kit = await openKit({ signingKeys: forger.pem, accessTokenClaims: () => CLAIMS });
  client = await caller(kit);
});

afterAll(() => kit.close());

/** A token under the real key, whatever it says. */
function signed(change: object = {}, header: object = {}): string {
  const now = kit.clock.now();
  const good = { iss: ISSUER, sub: client.id, aud: API, client_id: client.id, scope: 'read', jti: 'j' };
  return forger.make(
    { alg: 'ES256', typ: 'at+jwt', kid: forger.kid, ...header },
    { ...good, iat: now, exp: now + 60, ...change },
  );
}

describe.each(BOTH)('a $format token, told as $form', ({ format, scope, audience, form }) => {
  it('INT-001 INT-011 INT-012 INT-016 INT-025 every member, and the claims of the host', async () => {
    const now = kit.clock.now();
    const token = await tokenOf(kit, client, scope);
    expect(token.includes('.')).toBe(format === 'jwt');
    const document = await told(kit, client, token, form);
    const { jti, ...others } = document;
    expect(jti).toMatch(/^[0-9a-f]{16}\.[\w-]{22}$/);
    expect(others).toStrictEqual({
      ...CLAIMS,
      active: true,
      scope,
      client_id: client.id,
      token_type: 'Bearer',
      exp: now + 3600,
      iat: now,
      sub: client.id,
      aud: audience,
      iss: ISSUER,
    });
    expect(document).not.toHaveProperty('username');
  });

  it('INT-011 several scopes are one text', async () => {
    if (scope !== 'read') return;
    const document = await told(kit, client, await tokenOf(kit, client, 'write read'), form);
    expect(String(document['scope']).split(' ').sort()).toEqual(['read', 'write']);
  });

  it('INT-007 INT-008 INT-029 one that was revoked or has expired is inactive, and nothing more is said', async () => {
    const token = await tokenOf(kit, client, scope);
    const other = await tokenOf(kit, client, scope);
    const start = kit.clock.time;
    await revoked(kit, client, token);
    expect(await told(kit, client, token, form)).toStrictEqual(INACTIVE);
    expect(await told(kit, client, other, form)).toMatchObject({ active: true });
    kit.clock.time = start + 3599;
    expect(await told(kit, client, other, form)).toMatchObject({ active: true });
    for (const moment of [3600, 3609, 3611, 100_000]) {
      kit.clock.time = start + moment;
      expect(await told(kit, client, other, form)).toStrictEqual(INACTIVE);
    }
    kit.clock.time = start;
  });

  it('INT-007 INT-008 an unknown or malformed one is inactive', async () => {
    const token = await tokenOf(kit, client, scope);
    for (const unknown of [
      ...['x', '.', '..', '...', 'a.b', 'a.b.c', 'é', '\u0000', `${token}\u0000`, ` ${token}`, `${token} `],
      ...['null', '{}', '[]', '__proto__', 'x'.repeat(13_000), `${'a.'.repeat(20_000)}a`, `${token}\n`],
      ...[`Bearer ${token}`, token.slice(1), token.slice(0, -1), `${token}.`, `.${token}`, `${token}=`],
    ]) {
      expect([unknown, await told(kit, client, unknown, form)]).toStrictEqual([unknown, INACTIVE]);
    }
    expect(await told(kit, client, token, form)).toMatchObject({ active: true });
  });

  it('INT-010 a wrong or unknown hint changes nothing', async () => {
    const token = await tokenOf(kit, client, scope);
    const hints = ['access_token', 'refresh_token', 'foo', '', '\u0000', '__proto__', 'x'.repeat(1000)];
    for (const token_type_hint of hints) {
      const document = await told(kit, client, token, form, { token_type_hint });
      expect(document).toMatchObject({ active: true, aud: audience });
      expect(await told(kit, client, 'unknown', form, { token_type_hint })).toStrictEqual(INACTIVE);
    }
  });
});

describe('a JWT that is more or less than it should be', () => {
  it('INT-007 INT-017 is inactive, though the signature is good', async () => {
    const now = kit.clock.now();
    expect(await told(kit, client, signed())).toMatchObject({ active: true, jti: 'j' });
    for (const [change, header] of [
      [{ nbf: now + 11 }],
      [{ nbf: now + 1 }],
      [{ exp: now }],
      [{ exp: now - 1 }],
      [{ exp: 'never' }],
      [{ exp: undefined }],
      [{ iss: 'https://elsewhere.example' }],
      [{ iss: `${ISSUER}/` }],
      [{ client_id: 'nobody' }],
      [{ client_id: undefined }],
      [{ cnf: { jkt: 'x' } }],
      [{ jti: undefined }],
      [{}, { typ: 'JWT' }],
      [{}, { typ: 'token-introspection+jwt' }],
      [{}, { kid: 'other' }],
      [{}, { crit: ['x'] }],
    ] as [object, object?][]) {
      const what = JSON.stringify([change, header]);
      expect([what, await told(kit, client, signed(change, header))]).toStrictEqual([what, INACTIVE]);
    }
  });

  it('INT-011 several audiences are an array, and a fraction of a second stays one', async () => {
    const exp = kit.clock.now() + 5.5;
    const document = await told(kit, client, signed({ aud: [API, 'https://other.example'], exp }));
    expect(document).toMatchObject({ aud: [API, 'https://other.example'], exp });
  });

  it('claims that have the names of members do not replace them', async () => {
    const token = signed({ active: 'no', token_type: 'N_A', username: 'me', constructor: 1, toString: 2 });
    const document = await told(kit, client, token);
    expect(document).toMatchObject({ active: true, token_type: 'Bearer', constructor: 1, toString: 2 });
  });

  it('__proto__ among the claims changes no prototype', async () => {
    const payload = JSON.stringify({
      iss: ISSUER, sub: client.id, aud: API, client_id: client.id, jti: 'j', iat: 1, exp: kit.clock.now() + 9,
    }).replace('{', '{"__proto__":{"active":false,"evil":1},'); // prettier-ignore
    const token = forger.make({ alg: 'ES256', typ: 'at+jwt', kid: forger.kid }, payload);
    const document = await told(kit, client, token);
    expect(Object.getPrototypeOf(document)).toBe(Object.prototype);
    expect(document['active']).toBe(true);
    expect(document['evil']).toBeUndefined();
    expect(({} as Record<string, unknown>)['evil']).toBeUndefined();
  });
});

describe('a request that is refused', () => {
  const raw = (text: string, headers: Record<string, string> = client.basic) => kit.introspect(text, headers);

  it('INT-002 INT-016 without a token', async () => {
    for (const form of ['', 'token=', 'token', 'token_type_hint=access_token', 'Token=x', 'token%00=x']) {
      for (const accept of [{}, AS_JWT]) {
        const error = denied(await raw(form, { ...client.basic, ...accept }));
        expect(error).toMatchObject({ status: 400, code: 'invalid_request', headers: NO_STORE });
        expect(error.description).toMatch(/token/);
      }
    }
  });

  it('INT-018 with a repeat of what may stand once; what nobody knows is ignored', async () => {
    const token = await tokenOf(kit, client);
    for (const form of [
      `token=${token}&token=${token}`,
      `token=${token}&token=other`,
      `token=&token=${token}`,
      `token=${token}&token`,
      `token=${token}&token_type_hint=a&token_type_hint=a`,
      `token=${token}&client_id=a&client_id=b`,
    ]) {
      expect(denied(await raw(form))).toMatchObject({ status: 400, code: 'invalid_request' });
    }
    for (const form of [`token=${token}&x=1&x=2`, `token[]=y&token=${token}`, `token=${token}&TOKEN=y`]) {
      expect(await raw(form)).toMatchObject({ success: { document: { active: true } } });
    }
  });

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'get'])(
    'INT-003 by %s, token and all: 405 with Allow',
    async (method) => {
      const token = await tokenOf(kit, client);
      const request = { ...formRequest({ token }, client.basic, `/oauth/introspect?token=${token}`), method };
      expect(await ask(request)).toMatchObject({
        error: { status: 405, headers: { ...NO_STORE, Allow: 'POST' } },
      });
    },
  );

  it('INT-003 with the token in the query alone', async () => {
    const token = await tokenOf(kit, client);
    const request = formRequest('', client.basic, `/oauth/introspect?token=${token}`);
    expect(await ask(request)).toMatchObject({ error: { status: 400, code: 'invalid_request' } });
  });

  it('INT-004 INT-005 INT-006 INT-016 INT-033 without credentials, with wrong ones, or with a token in their place', async () => {
    const token = await tokenOf(kit, client);
    const disabled = await register(kit);
    await kit.admin.clients.disable(disabled.id);
    const open = await kit.admin.clients.create({
      client_id: 'public',
      token_endpoint_auth_method: 'none',
      grant_types: [],
    });
    expect(open.issued).toBeUndefined();
    for (const [form, headers] of [
      [{}, {}],
      [{}, basic(client.id, 'wrong')],
      [{}, basic('nobody', client.secret)],
      [{}, disabled.basic],
      [{}, { authorization: `Bearer ${token}` }],
      [{}, { authorization: 'Bearer' }],
      [{}, { authorization: `DPoP ${token}` }],
      [{ client_id: client.id }, {}],
      [{ client_id: 'public' }, {}],
      [{ client_id: 'public', client_secret: '' }, {}],
      [{ client_id: client.id, client_secret: client.secret }, {}],
      [{}, basic('public', '')],
    ] as [Record<string, string>, Record<string, string>][]) {
      for (const accept of [{}, AS_JWT]) {
        const error = denied(await kit.introspect({ token, ...form }, { ...headers, ...accept }));
        expect(error).toMatchObject({ status: 401, code: 'invalid_client' });
        expect(error.headers).toEqual({ ...NO_STORE, 'WWW-Authenticate': 'Basic realm="oauth"' });
      }
    }
  });

  it('INT-005 before the token is missed: who is not known learns nothing of the request', async () => {
    expect(denied(await raw('', {})).status).toBe(401);
    expect(denied(await raw('', basic(client.id, 'wrong'))).status).toBe(401);
  });

  it('for its content type', async () => {
    for (const type of ['application/json', 'text/plain', 'multipart/form-data', '']) {
      const error = denied(await kit.introspect({ token: 'x' }, { ...client.basic, 'content-type': type }));
      expect(error).toMatchObject({ code: 'invalid_request', headers: NO_STORE });
    }
  });

  it('for a token that is no text, in a body that a parser has made', async () => {
    const token = await tokenOf(kit, client);
    const send = (body: unknown) => {
      const request = { ...formRequest('', client.basic, '/oauth/introspect'), rawBody: undefined, body };
      return ask(request);
    };
    expect(await send({ token })).toMatchObject({ success: { document: { active: true } } });
    for (const value of [[token, token], [token], { $ne: 1 }, 1, true, null, { toString: 'x' }, [[]]]) {
      const outcome = await send({ token: value });
      expect([value, outcome]).toMatchObject([value, { error: { status: 400, code: 'invalid_request' } }]);
    }
    const inherited = Object.create({ token }) as object;
    expect(await send(inherited)).toMatchObject({ error: { code: 'invalid_request' } });
  });

  function ask(request: OauthContext['request']) {
    const application: IntrospectionApplication<OauthContext> = {
      introspectSuccess: (_, success) => ({ success }),
      introspectError: (_, error) => ({ error }),
    };
    return kit.oauth.introspect({ request }, application);
  }
});
