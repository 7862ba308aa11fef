import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hmac, segment } from '../nest/forge.js';
import { API, closeApis, openApi, type Api } from './api.js';
import { FakeIssuer, INTROSPECT, JWKS, newKey, type TestKey } from './fake-issuer.js';

let issuer: FakeIssuer;
let stranger: TestKey;
let api: Api;

beforeAll(async () => {
  issuer = await FakeIssuer.open();
  stranger = await newKey('one');
  api = await openApi({ issuer: issuer.url });
});

afterAll(async () => {
  await closeApis();
  await issuer.close();
});

afterEach(() => {
  expect(api.log.lines.filter((line) => line.includes('could not'))).toEqual([]);
});

/** JWT-022: one code for every reason. */
async function refused(token: string): Promise<void> {
  const { status, headers, body } = await api.get('/orders', token);
  expect([status, body['error']]).toEqual([401, 'invalid_token']);
  expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
}

describe('what is accepted of the issuer', () => {
  it.each([
    ['its plain token', {}, {}],
    ['JWT-014 the long type', {}, { typ: 'application/at+jwt' }],
    ['JWT-014 the type in another case', {}, { typ: 'AT+JWT' }],
    ['JWT-016 several audiences', { aud: ['https://other.example', API] }, {}],
    ['JWT-019 its end within the tolerance', { exp: 1_800_000_000 - 9 }, {}],
    ['JWT-020 its start within the tolerance', { nbf: 1_800_000_010 }, {}],
  ])('%s', async (_, claims, header) => {
    expect(await api.status(issuer.token(claims, header))).toBe(200);
  });
});

describe('JWT-022 what is refused', () => {
  it.each([
    ['JWT-014 another type', {}, { typ: 'JWT' }],
    ['JWT-014 no type', {}, { typ: undefined }],
    ['INT-030 an introspection response', {}, { typ: 'token-introspection+jwt' }],
    ['a logout token', {}, { typ: 'logout+jwt' }],
    ['JWT-015 another issuer', { iss: 'https://other.example' }, {}],
    ['JWT-016 no audience', { aud: undefined }, {}],
    ['JWT-016 another audience', { aud: 'https://api.example' }, {}],
    ['JWT-016 a longer audience', { aud: `${API}/1` }, {}],
    ['JWT-016 a number for an audience', { aud: 7 }, {}],
    ['JWT-016 a number among the audiences', { aud: [API, 7] }, {}],
    ['JWT-017 an algorithm that nobody knows', {}, { alg: 'ES257' }],
    ['JWT-019 its end', { exp: 1_800_000_000 - 10 }, {}],
    ['JWT-019 no end', { exp: undefined }, {}],
    ['JWT-019 an end in words', { exp: '1900000000' }, {}],
    ['JWT-020 its start beyond the tolerance', { nbf: 1_800_000_011 }, {}],
    ['JWT-021 no subject', { sub: undefined }, {}],
    ['JWT-021 no client', { client_id: undefined }, {}],
    ['JWT-021 no time', { iat: undefined }, {}],
    ['JWT-021 no id', { jti: undefined }, {}],
    ['JWT-021 a number for a subject', { sub: 1 }, {}],
    ['JWT-023 a key to be proved', { cnf: { jkt: 'x' } }, {}],
    ['JWT-023 an unknown confirmation', { cnf: {} }, {}],
    ['a critical extension', {}, { crit: ['x'], x: 1 }],
    ['no key id', {}, { kid: undefined }],
  ])('%s', async (_, claims, header) => {
    await refused(issuer.token(claims, header));
  });

  it.each(['/', 'x'])('JWT-015 the issuer with %s behind it', async (more) => {
    await refused(issuer.token({ iss: issuer.url + more }));
  });

  it('JWT-017 no signature', async () => {
    const payload = segment(issuer.claims());
    await refused(`${segment({ alg: 'none', typ: 'at+jwt', kid: 'one' })}.${payload}.`);
    await refused(`${segment({ alg: 'none', typ: 'at+jwt', kid: 'one' })}.${payload}.AAAA`);
  });

  it('JWT-018 HS256 with the public key as the secret', async () => {
    const header = { alg: 'HS256', typ: 'at+jwt', kid: 'one' };
    const pem = issuer.key.publicKey.export({ format: 'pem', type: 'spki' }).toString();
    await refused(hmac(header, issuer.claims(), pem));
    await refused(hmac(header, issuer.claims(), JSON.stringify(issuer.key.jwk)));
  });

  it('JWT-018 JWT-025 a key of somebody else under the same id', async () => {
    await refused(issuer.token({}, {}, stranger));
  });

  it('JWT-018 a key that the token brings or names itself', async () => {
    const attacker = await FakeIssuer.open();
    const jku = attacker.url + JWKS;
    await refused(issuer.token({}, { jwk: stranger.jwk, jku, x5u: jku }, stranger));
    await refused(issuer.token({}, { kid: 'unknown', jwk: stranger.jwk, jku }, stranger));
    expect(attacker.seen).toEqual([]);
    await attacker.close();
  });

  it('JWT-024 an encrypted token', async () => {
    const header = segment({ alg: 'ECDH-ES', enc: 'A256GCM', typ: 'at+jwt' });
    await refused(`${header}..${segment('a')}.${segment('b')}.${segment('c')}`);
  });

  it('JWT-029 what is too long, too deep, not UTF-8, marked, or said twice', async () => {
    await refused(issuer.token({ filler: 'x'.repeat(9500) }));
    const deep = Array.from({ length: 20 }).reduce((inner: unknown) => [inner], 1);
    await refused(issuer.token({ deep }));
    const header = { alg: 'ES256', typ: 'at+jwt', kid: 'one' };
    const text = JSON.stringify(issuer.claims());
    await refused(issuer.key.sign(header, Buffer.from(text.replace('machine', '\xff'), 'latin1')));
    await refused(issuer.key.sign(header, `\ufeff${text}`));
    await refused(issuer.key.sign(header, text.replace('{', '{"sub":"other",')));
  });

  it('JWT-017 an algorithm that the host has not allowed, without asking the issuer', async () => {
    const other = await FakeIssuer.open();
    const narrow = await openApi({ issuer: other.url, algorithms: ['RS256', 'PS256'] });
    expect(await narrow.status(other.token())).toBe(401);
    expect(other.seen).toEqual([]);
    await other.close();
  });

  it('nothing is ever introspected', () => {
    expect(issuer.count(INTROSPECT)).toBe(0);
  });
});
