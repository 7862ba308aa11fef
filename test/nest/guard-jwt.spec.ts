import { sign } from 'node:crypto';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { exportJWK } from 'jose';
import { AccessToken, OauthGuard, RequireScopes, type VerifiedAccessToken } from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUER } from '../support/echo.js';
import { hmac, newForger, segment, trailingBits, type Forger } from './forge.js';
import { API_METADATA, ADAPTERS, newClient, openHost, type Host, type HostClient } from './host.js';

@Controller('api')
@UseGuards(OauthGuard)
class ApiController {
  @Get()
  @RequireScopes('read')
  read(@AccessToken() token: VerifiedAccessToken) {
    return { token };
  }
}

describe.each(ADAPTERS)('a forged JWT on %s', (adapter) => {
  let host: Host;
  let client: HostClient;
  let forger: Forger;

  beforeAll(async () => {
    forger = await newForger();
    host = await openHost({ adapter, controllers: [ApiController], options: { signingKeys: forger.pem } });
    client = await newClient(host);
  });

  afterAll(() => host.close());

  const header = (change: object = {}) => ({ alg: 'ES256', typ: 'at+jwt', kid: forger.kid, ...change });
  const payload = (change: object = {}) => ({
    iss: ISSUER,
    sub: client.id,
    aud: `${ISSUER}/api`,
    client_id: client.id,
    scope: 'read',
    iat: host.clock.now(),
    exp: host.clock.now() + 60,
    jti: 'j',
    ...change,
  });
  const forged = (claims: object, top: object = {}) => forger.make(header(top), payload(claims));

  async function accepted(token: string): Promise<void> {
    const { status, text } = await host.get('/api', token);
    expect([status, text]).toEqual([200, expect.stringContaining('"clientId"') as string]);
  }

  async function refused(token: string): Promise<void> {
    const answer = await host.get('/api', token);
    expect([token.slice(0, 200), answer.status]).toEqual([token.slice(0, 200), 401]);
    expect(answer.challenge).toBe(
      `Bearer realm="oauth", error="invalid_token", error_description="The access token is not valid here.", ${API_METADATA}`,
    );
    expect(answer.body['error']).toBe('invalid_token');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  }

  it('is accepted when nothing is wrong with it: the forger has the real key', async () => {
    await accepted(forger.make(header(), payload()));
    await accepted(await client.token());
  });

  it('JWT-014 threat 36 typ', async () => {
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+Jwt'])
      await accepted(forged({}, { typ }));
    for (const typ of [
      'JWT',
      'jwt',
      '',
      null,
      undefined,
      1,
      ['at+jwt'],
      'at+jwt ',
      'at-jwt',
      'x/at+jwt',
      'token-introspection+jwt',
      'application/application/at+jwt',
    ]) {
      await refused(forged({}, { typ }));
    }
  });

  it('JWT-015 iss', async () => {
    for (const iss of [
      `${ISSUER}/`,
      ISSUER.slice(0, -1),
      ISSUER.toUpperCase(),
      `${ISSUER}0`,
      'https://evil.example',
      '',
      null,
      undefined,
      1,
      [ISSUER],
    ]) {
      await refused(forged({ iss }));
    }
  });

  it('JWT-016 aud', async () => {
    await accepted(forged({ aud: [`${ISSUER}/api`] }));
    await accepted(forged({ aud: ['https://other.example', `${ISSUER}/api`] }));
    const api = `${ISSUER}/api`;
    for (const aud of [
      undefined,
      null,
      '',
      [],
      1,
      [1],
      true,
      {},
      'x',
      `${api}/`,
      api.slice(0, -1),
      `${api}x`,
      [`${ISSUER}/reports`],
      `${ISSUER}/reports`,
      `x ${api}`,
      [[api]],
      [api, 1],
      [api, null],
      [api, ''],
    ]) {
      await refused(forged({ aud }));
    }
  });

  it('threat 11 JWT-019 ROB-021 exp', async () => {
    const now = host.clock.now();
    await accepted(forged({ exp: now + 0.5 }));
    await accepted(forged({ exp: now - 9 }));
    for (const exp of [
      now - 10,
      now - 3600,
      0,
      -1,
      undefined,
      null,
      '',
      String(now + 60),
      '9999999999',
      [now + 60],
      {},
      true,
      false,
    ]) {
      await refused(forged({ exp }));
    }
    const text = JSON.stringify(payload());
    for (const exp of ['1e999', '-1e999', '"Infinity"']) {
      await refused(forger.make(header(), text.replace(`"exp":${now + 60}`, `"exp":${exp}`)));
    }
  });

  it('JWT-020 nbf', async () => {
    const now = host.clock.now();
    for (const nbf of [now, now - 3600, 0, now + 10]) await accepted(forged({ nbf }));
    for (const nbf of [now + 11, now + 3600, 1e300, null, '', String(now), [now], {}, true, -1])
      await refused(forged({ nbf }));
  });

  it('threat 11 iat', async () => {
    for (const iat of [undefined, null, '', '1', String(host.clock.now()), [1], {}, true, -1])
      await refused(forged({ iat }));
  });

  it('JWT-021 a claim that is missing or of another type', async () => {
    for (const name of ['sub', 'client_id', 'jti', 'iss', 'aud', 'iat', 'exp']) {
      for (const value of [undefined, null, 5, '', [], ['x'], {}, false]) {
        if (name === 'iat' && value === 5) continue;
        await refused(forged({ [name]: value }));
      }
    }
  });

  it('JWT-028 scope of another type or outside the grammar is no scope', async () => {
    for (const scope of [null, 5, ['read'], {}, 'read\twrite', ' read', 'read  write', 'read"']) {
      await refused(forged({ scope }));
    }
    for (const scope of [undefined, '', 'readwrite', 'read:all', 'READ', 'write', 'rea', 'read,write']) {
      const answer = await host.get('/api', forged({ scope }));
      expect([scope, answer.status, answer.body['error']]).toEqual([scope, 403, 'insufficient_scope']);
    }
  });

  it('threat 7 JWT-017 alg none, in every spelling, with and without signature', async () => {
    const [, , signature = ''] = forger.make(header(), payload()).split('.');
    for (const alg of [
      'none',
      'None',
      'nOnE',
      'NONE',
      '',
      undefined,
      null,
      ['none'],
      ['ES256'],
      {},
      0,
      'ES256 ',
      'es256',
    ]) {
      const head = segment(header({ alg }));
      for (const end of ['', signature, 'AA']) {
        const answer = await host.get('/api', `${head}.${segment(payload())}.${end}`);
        expect([alg, end, answer.status, answer.body['error']]).toEqual([alg, end, 401, 'invalid_token']);
      }
      await refused(forged({}, { alg }));
      await refused(`${head}.${segment(payload())}`);
    }
  });

  it('threat 6 JWT-018 HS256 with whatever the public key is written as, and with the client’s secret', async () => {
    const jwk = await exportJWK(forger.publicKey);
    const spki = forger.publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const published = (await host.request('/oauth/jwks')).body['keys'] as unknown[];
    const keys: (string | Buffer)[] = [
      spki,
      spki.trim(),
      forger.publicKey.export({ format: 'der', type: 'spki' }),
      JSON.stringify(jwk),
      JSON.stringify(published[0]),
      String(jwk.x),
      Buffer.from(String(jwk.x), 'base64url'),
      '',
      client.secret,
      forger.kid,
    ];
    for (const key of keys) {
      for (const alg of ['HS256', 'ES256', 'HS512']) await refused(hmac(header({ alg }), payload(), key));
    }
  });

  it('threat 6 the right key under another alg', async () => {
    for (const alg of ['RS256', 'PS256', 'ES384', 'EdDSA', 'ES256K', 'HS256'])
      await refused(forged({}, { alg }));
  });

  it('threat 8 a key in the header never counts', async () => {
    const evil = await newForger();
    const jwk = await exportJWK(evil.publicKey);
    const pem = evil.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const tricks = [
      { jwk },
      { jwk: { ...jwk, kid: forger.kid } },
      { jku: `${host.url}/evil` },
      { x5u: `${host.url}/evil` },
      { x5c: [pem] },
    ];
    for (const trick of tricks) {
      await refused(evil.make(header(trick), payload()));
      await refused(evil.make(header({ ...trick, kid: evil.kid }), payload()));
      await refused(evil.make(header({ ...trick, kid: undefined }), payload()));
    }
  });

  it('JWT-026 JWT-025 kid unknown, missing, of another type; another issuer’s key', async () => {
    for (const kid of [
      'unknown',
      '',
      undefined,
      null,
      1,
      [forger.kid],
      `${forger.kid} `,
      '__proto__',
      '../../dev/null',
      "' OR 1=1 --",
    ]) {
      await refused(forged({}, { kid }));
    }
    const other = await newForger();
    await refused(other.make(header(), payload()));
    await refused(other.make(header({ kid: other.kid }), payload()));
  });

  it('threat 9 crit and b64', async () => {
    for (const crit of [['bork'], ['exp'], ['cnf'], ['b64'], [], 'x', null, {}])
      await refused(forged({}, { crit }));
    for (const b64 of [false, true, 'false', null]) await refused(forged({}, { b64, crit: ['b64'] }));
    for (const b64 of [false, 'false']) await refused(forged({}, { b64 }));
  });

  it('JWT-023 a token that is bound to a key is refused, since the binding is not checked', async () => {
    for (const cnf of [{ jkt: 'x' }, { 'x5t#S256': 'x' }, { bork: 1 }, {}, null, 'x'])
      await refused(forged({ cnf }));
  });

  it('JWT-029 a claim twice, an array, no object, a BOM, no UTF-8', async () => {
    const text = JSON.stringify(payload());
    for (const twice of [
      '"sub":"x",',
      '"scope":"read write",',
      '"s\\u0063ope":"write",',
      '"other":1,"other":2,',
      '"o":{"a":1,"a":2},',
    ]) {
      await refused(forger.make(header(), text.replace('{', `{${twice}`)));
    }
    await refused(forger.make(JSON.stringify(header()).replace('{', '{"alg":"none",'), payload()));
    for (const other of ['[]', `[${text}]`, 'null', '"x"', '1', '', '{', `${text}x`, `\ufeff${text}`]) {
      await refused(forger.make(header(), other));
      await refused(forger.make(other, payload()));
    }
    const bytes = Buffer.from(text.replace('"jti":"j"', '"jti":"\u00ff"'), 'latin1');
    await refused(forger.make(header(), bytes));
  });

  it('JWT-029 threat 28 deep JSON and an oversize token', async () => {
    const deep = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
    await accepted(forged({ deep: deep(10) }));
    for (const levels of [50, 1000, 2500]) await refused(forged({ deep: deep(levels) }));
    await refused(forged({}, { deep: deep(100) }));
    await refused(forged({ long: 'x'.repeat(9500) }));
    await refused('a'.repeat(12_400));
    await refused(`${'a'.repeat(4200)}.${'b'.repeat(4200)}.${'c'.repeat(4200)}`);
  });

  it('threat 34 trailing bits: one token has one spelling', async () => {
    const token = forger.make(header(), payload());
    const others = [0, 1, 2].flatMap((index) => trailingBits(token, index));
    const padded = [0, 1, 2].flatMap((index) =>
      trailingBits(forger.make(header({ x: 1 }), payload({ x: 12 })), index),
    );
    expect(others.length + padded.length).toBeGreaterThan(3);
    await accepted(token);
    for (const other of [...others, ...padded]) await refused(other);
  });

  it('signatures: DER, zeros, none, another’s, the wrong input', async () => {
    const input = `${segment(header())}.${segment(payload())}`;
    const der = sign('sha256', Buffer.from(input), { key: forger.privateKey, dsaEncoding: 'der' });
    const other = forger.make(header(), payload({ scope: 'write' })).split('.')[2] ?? '';
    const order = Buffer.from('FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551', 'hex');
    const zeros = [Buffer.alloc(64), Buffer.alloc(1), Buffer.concat([order, order]), Buffer.alloc(64, 255)];
    for (const signature of [
      der.toString('base64url'),
      other,
      ...zeros.map((each) => each.toString('base64url')),
    ]) {
      await refused(`${input}.${signature}`);
    }
    await refused(`${input}.`);
    await refused(input);
  });

  it('JWT-024 threat 29 five parts, as an encrypted token has', async () => {
    const head = segment({ alg: 'PBES2-HS256+A128KW', enc: 'A128CBC-HS256', p2c: 2_000_000_000, p2s: 'x' });
    for (const top of [head, segment({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' }), segment(header())]) {
      await refused([top, 'AA', 'AA', 'AA', 'AA'].join('.'));
      await refused([top, '', 'AA', 'AA', 'AA'].join('.'));
    }
  });

  it('JWT-022 a client that is unknown, and one that is another’s', async () => {
    await refused(forged({ client_id: 'nobody', sub: 'nobody' }));
    await refused(forged({ client_id: '__proto__' }));
    await refused(forged({ client_id: client.id.toUpperCase() }));
  });

  it('a token of a series that the client has left', async () => {
    await accepted(forged({ jti: 'x'.repeat(22) }));
    await refused(forged({ jti: `0123456789abcdef.${'x'.repeat(22)}` }));
  });

  it('BEAR-021 ROB-026 none of this was logged, nor was anything an error of the server', () => {
    expect(host.log.text).not.toMatch(/eyJ[\w-]{20}/);
    expect(host.log.lines.filter((line) => /ExceptionsHandler/.test(line))).toEqual([]);
  });
});
