import { createHmac } from 'node:crypto';
import { exportJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hmac, newForger, segment, trailingBits, type Forger } from '../nest/forge.js';
import { ISSUER, openKit, type Kit } from '../support/echo.js';
import {
  API, BOTH, caller, denied, FORMS, INACTIVE, REPORTS, revoked, told, tokenOf,
} from './introspection-support.js'; // prettier-ignore
import { claimsOf, faulty, granted, GRANT, headerOf, type Faults, type Registered } from './support.js';

let kit: Kit;
let forger: Forger;
let stranger: Forger;
let faults: Faults;
let client: Registered;

beforeAll(async () => {
  const made = faulty();
  ({ faults } = made);
  [forger, stranger] = await Promise.all([newForger(), newForger()]);
  kit = await openKit({ signingKeys: forger.pem, persistence: made.persistence });
  client = await caller(kit);
});

afterAll(() => kit.close());

/** The claims of a token that lives, under a signature that is not the server’s. */
async function forgeries(token: string): Promise<string[]> {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const [top, claims] = [headerOf(token), claimsOf(token)];
  const other = await tokenOf(kit, client, 'write');
  const jwk = await exportJWK(stranger.publicKey);
  const spki = forger.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const kid = { ...top, kid: stranger.kid };
  return [
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${header}.${payload}.${segment('garbage')}`,
    `${header}.${payload}.${segment(Buffer.alloc(64))}`,
    `${header}.${payload}.${other.split('.')[2]}`,
    `${header}.${segment({ ...claims, scope: 'read write' })}.${signature}`,
    `${header}.${segment({ ...claims, exp: Number(claims['exp']) + 9999 })}.${signature}`,
    `${segment({ ...top, alg: 'none' })}.${payload}.`,
    `${segment({ ...top, alg: 'none' })}.${payload}.${signature}`,
    `${segment({ ...top, alg: 'ES384' })}.${payload}.${signature}`,
    `${header}.${payload}.${signature.slice(0, -2)}`,
    `${token}.`,
    `${token}.${signature}`,
    ...trailingBits(token, 2),
    stranger.make(top, claims),
    stranger.make(kid, claims),
    stranger.make({ ...kid, jwk }, claims),
    stranger.make({ ...kid, jku: 'https://evil.example/jwks' }, claims),
    hmac({ ...top, alg: 'HS256' }, claims, spki),
    hmac({ ...top, alg: 'HS256' }, claims, ''),
    hmac({ ...top, alg: 'HS256' }, claims, createHmac('sha256', '').digest()),
  ];
}

describe('threat 10 a token whose claims are right and whose signature is not', () => {
  it.each(FORMS)('INT-017 is inactive, told as %s', async (form) => {
    const token = await tokenOf(kit, client);
    for (const forged of await forgeries(token)) {
      expect([forged, await told(kit, client, forged, form)]).toStrictEqual([forged, INACTIVE]);
    }
    expect(await told(kit, client, token, form)).toMatchObject({ active: true });
  });

  it('REV-016 REV-002 revokes nothing, and leaves nothing in the deny-list', async () => {
    const token = await tokenOf(kit, client);
    const all = await forgeries(token);
    faults.clear();
    for (const forged of all) await revoked(kit, client, forged);
    expect(faults.count('revokedTokens.insert')).toBe(0);
    expect(faults.count('accessTokens.delete')).toBe(0);
    expect(await told(kit, client, token)).toMatchObject({ active: true });
    await revoked(kit, client, token);
    expect(faults.count('revokedTokens.insert')).toBe(1);
    expect(await told(kit, client, token)).toStrictEqual(INACTIVE);
  });

  it('REV-016 of another issuer, or of another type, under the very same key: no entry either', async () => {
    const token = await tokenOf(kit, client);
    const [top, claims] = [headerOf(token), claimsOf(token)];
    faults.clear();
    for (const other of [
      forger.make(top, { ...claims, iss: 'https://elsewhere.example' }),
      forger.make({ ...top, typ: 'JWT' }, claims),
      forger.make({ ...top, typ: 'token-introspection+jwt' }, claims),
      forger.make(top, { ...claims, exp: 1 }),
    ]) {
      await revoked(kit, client, other);
    }
    expect(faults.count('revokedTokens.insert')).toBe(0);
    expect(await told(kit, client, token)).toMatchObject({ active: true });
  });

  it('REV-016 a flood of attackers’ tokens grows nothing', async () => {
    faults.clear();
    const claims = claimsOf(await tokenOf(kit, client));
    for (let n = 0; n < 200; n++) {
      const token = stranger.make(
        { alg: 'ES256', typ: 'at+jwt', kid: forger.kid },
        { ...claims, jti: `${n}` },
      );
      await revoked(kit, client, token);
    }
    expect(faults.count('revokedTokens.insert')).toBe(0);
  });
});

describe('threat 34 an opaque token that is not quite the one', () => {
  const dressed = (token: string): string[] => {
    const change = (character: string) => (character === 'A' ? 'B' : 'A');
    const all = [...token];
    return [
      ...all.map((_, at) => token.slice(0, at)),
      ...all.map((_, at) => token.slice(at)),
      ...all.map((_, at) => token.slice(0, at) + token.slice(at + 1)),
      ...all.map((each, at) => token.slice(0, at) + change(each) + token.slice(at + 1)),
      ...['A', '=', '==', '.', ' ', '\n', '\t', '\u0000', '%00', '\u200b', '"', "'", '%', '_'].flatMap(
        (more) => [token + more, more + token],
      ),
      ...[
        `nok_${token}`,
        token.replace('nok_', ''),
        token.replace('nok_', 'NOK_'),
        token.replace('nok_', 'xyz_'),
      ],
      ...[
        token.toLowerCase(),
        token.toUpperCase(),
        all.reverse().join(''),
        `${token}${token}`,
        `${token},${token}`,
      ],
    ].filter((each) => each !== token && each !== '');
  };

  it.each(FORMS)('INT-007 INT-019 is inactive, told as %s', async (form) => {
    const token = await tokenOf(kit, client, 'report');
    for (const other of dressed(token)) {
      expect([other, await told(kit, client, other, form)]).toStrictEqual([other, INACTIVE]);
    }
    expect(await told(kit, client, token, form)).toMatchObject({ active: true });
  });

  it('REV-002 revokes nothing', async () => {
    const token = await tokenOf(kit, client, 'report');
    faults.clear();
    for (const other of dressed(token)) await revoked(kit, client, other);
    expect(faults.count('accessTokens.delete')).toBe(0);
    expect(await told(kit, client, token)).toMatchObject({ active: true });
  });

  it('INT-019 the digest of a token in place of the token is nothing', async () => {
    const token = await tokenOf(kit, client, 'report');
    const { jti } = (await told(kit, client, token)) as { jti: string };
    for (const other of [jti, jti.split('.')[0] ?? '', client.secret, client.id]) {
      expect(await told(kit, client, other)).toStrictEqual(INACTIVE);
    }
  });
});

describe.each(BOTH)('threat 16 threat 17 a $format token, told as $form', ({ scope, audience, form }) => {
  it('what the token request adds of its own appears in no answer', async () => {
    const form_ = {
      ...GRANT,
      scope,
      aud: 'https://evil.example',
      audience: 'https://evil.example',
      role: 'admin',
    };
    const token = granted(await kit.token(form_, client.basic)).accessToken;
    const document = await told(kit, client, token, form);
    expect(document).toMatchObject({ aud: audience, scope });
    expect(JSON.stringify(document)).not.toMatch(/evil|admin|role/);
  });

  it('what the introspection request adds changes nothing of the answer', async () => {
    const token = await tokenOf(kit, client, scope);
    const plain = await told(kit, client, token, form);
    const more = {
      scope: 'read write',
      aud: 'x',
      resource: API,
      active: 'true',
      client_id: client.id,
      exp: '9',
    };
    expect(await told(kit, client, token, form, more)).toEqual(plain);
    const other = await caller(kit);
    const asIf = { ...more, client_id: other.id, resource: audience };
    expect(await told(kit, other, token, form, asIf)).toStrictEqual(INACTIVE);
  });

  it('threat 36 the token of a client that is disabled or deleted is inactive, for every caller', async () => {
    const server = await caller(kit, { resource: audience });
    for (const change of ['disable', 'delete'] as const) {
      const owner = await caller(kit);
      const token = await tokenOf(kit, owner, scope);
      expect(await told(kit, server, token, form)).toMatchObject({ active: true });
      await kit.admin.clients[change](owner.id);
      expect(await told(kit, server, token, form)).toStrictEqual(INACTIVE);
      if (change === 'disable') await kit.admin.clients.enable(owner.id);
      else await kit.admin.clients.create({ client_id: owner.id, scope: 'read write report' });
      expect(await told(kit, server, token, form)).toStrictEqual(INACTIVE);
    }
  });
});

it('threat 4 two issuers on one store share no tokens', async () => {
  const made = faulty();
  const one = await openKit({ persistence: made.persistence });
  const two = await openKit({ persistence: made.persistence, issuer: 'http://127.0.0.1:3998' });
  const owner = await caller(one, { resource: API });
  for (const scope of ['read', 'report']) {
    const token = await tokenOf(one, owner, scope);
    expect(await told(two, owner, token)).toStrictEqual(INACTIVE);
    await revoked(two, owner, token);
    expect(await told(one, owner, token)).toMatchObject({ active: true, iss: ISSUER });
  }
  expect(made.faults.count('revokedTokens.insert')).toBe(0);
  expect(REPORTS).toContain(ISSUER);
  await Promise.all([one.close(), two.close()]);
});

it('ROB-009 a request of any size is answered', async () => {
  for (const token of ['a'.repeat(60_000), `${'a.'.repeat(30_000)}`, '\u{1F600}'.repeat(4000)]) {
    expect(await told(kit, client, token)).toStrictEqual(INACTIVE);
    await revoked(kit, client, token);
  }
  const big = { token: 'a'.repeat(70_000) };
  for (const outcome of [await kit.introspect(big, client.basic), await kit.revoke(big, client.basic)]) {
    expect(denied(outcome)).toMatchObject({ status: 413, code: 'invalid_request' });
  }
});

it('a view that changes the headers of one answer changes those of no other', async () => {
  for (const [endpoint, form] of [
    ['introspect', { token: 'x' }],
    ['revoke', { token: 'x' }],
  ] as const) {
    const outcome = await kit[endpoint](form, client.basic);
    if ('error' in outcome) throw outcome.error;
    try {
      Object.assign(outcome.success.headers, { 'X-Mine': 'yes' });
    } catch {
      // Frozen is as good.
    }
    const again = await kit[endpoint](form, client.basic);
    if ('error' in again) throw again.error;
    expect(again.success.headers).not.toHaveProperty('X-Mine');
  }
});
