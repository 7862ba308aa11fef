import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hmac, segment } from '../nest/forge.js';
import { closeApis, openApi, type Api } from './api.js';
import { FakeIssuer, INTROSPECT, json, JWKS, newKey, type TestKey } from './fake-issuer.js';

const SIGNED = 'application/token-introspection+jwt';

let issuer: FakeIssuer;
let api: Api;

beforeEach(async () => {
  issuer = await FakeIssuer.open();
  const authentication = { method: 'client_secret_basic', secret: 'word' } as const;
  const introspection = { clientId: 'api', authentication, signedResponses: true };
  api = await openApi({ issuer: issuer.url, clock: issuer.clock, introspection });
});

afterEach(async () => {
  await closeApis();
  await issuer.close();
});

function signed(
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  key?: TestKey,
): string {
  return (key ?? issuer.key).sign(
    { alg: 'ES256', typ: 'token-introspection+jwt', kid: 'one', ...header },
    body(claims),
  );
}

function body(claims: Record<string, unknown> = {}): Record<string, unknown> {
  const { time: iat } = issuer.clock;
  return { iss: issuer.url, aud: 'api', iat, token_introspection: issuer.active(), ...claims };
}

async function statusFor(jwt: string, contentType = SIGNED): Promise<number> {
  issuer.replies.set(INTROSPECT, json(jwt, { 'Content-Type': contentType }));
  return api.status('opaque');
}

describe('INT-030 an answer that is a JWT', () => {
  it('is asked for, and accepted', async () => {
    expect(await statusFor(signed())).toBe(200);
    expect(issuer.seen.find(({ path }) => path === INTROSPECT)?.headers.accept).toBe(SIGNED);
  });

  it.each([
    ['the long type', {}, { typ: 'Application/Token-Introspection+JWT' }],
    ['several audiences', { aud: ['other', 'api'] }, {}],
    ['70 seconds ago', { iat: 1_800_000_000 - 70 }, {}],
    ['10 seconds ahead', { iat: 1_800_000_010 }, {}],
  ])('is accepted with %s', async (_, claims, header) => {
    expect(await statusFor(signed(claims, header))).toBe(200);
  });

  it.each([
    ['the type of an access token', {}, { typ: 'at+jwt' }],
    ['the type JWT', {}, { typ: 'JWT' }],
    ['no type', {}, { typ: undefined }],
    ['no key id', {}, { kid: undefined }],
    ['an unknown key', {}, { kid: 'two' }],
    ['a critical extension', {}, { crit: ['x'], x: 1 }],
    ['a payload that is not encoded', {}, { b64: false }],
    ['another issuer', { iss: 'https://other.example' }, {}],
    ['no issuer', { iss: undefined }, {}],
    ['another audience', { aud: 'other' }, {}],
    ['no audience', { aud: undefined }, {}],
    ['71 seconds ago', { iat: 1_800_000_000 - 71 }, {}],
    ['11 seconds ahead', { iat: 1_800_000_011 }, {}],
    ['a time in words', { iat: '1800000000' }, {}],
    ['no time', { iat: undefined }, {}],
    ['nothing about the token', { token_introspection: undefined }, {}],
    ['a word about the token', { token_introspection: 'active' }, {}],
    ['a list about the token', { token_introspection: [{ active: true }] }, {}],
    ['what it says at the wrong place', { token_introspection: undefined, active: true }, {}],
  ])('is none with %s: 503', async (_, claims, header) => {
    expect(await statusFor(signed(claims, header))).toBe(503);
  });

  it('is none by another key, without a signature, or by HS256 with the public key', async () => {
    const header = { typ: 'token-introspection+jwt', kid: 'one' };
    const pem = issuer.key.publicKey.export({ format: 'pem', type: 'spki' }).toString();
    expect(await statusFor(signed({}, {}, await newKey('one')))).toBe(503);
    expect(await statusFor(`${segment({ alg: 'none', ...header })}.${segment(body())}.`)).toBe(503);
    expect(await statusFor(hmac({ alg: 'HS256', ...header }, body(), pem))).toBe(503);
  });

  it('has no substitute: plain JSON, or the JWT under another name', async () => {
    issuer.replies.set(INTROSPECT, json(issuer.active()));
    expect(await api.status('opaque')).toBe(503);
    expect(await statusFor(signed(), 'application/json')).toBe(503);
    expect(await statusFor(JSON.stringify(issuer.active()))).toBe(503);
  });

  it('INT-022 and what it holds is checked as ever', async () => {
    expect(await statusFor(signed({ token_introspection: { active: false } }))).toBe(401);
    expect(await statusFor(signed({ token_introspection: { ...issuer.active(), active: 'true' } }))).toBe(
      401,
    );
    expect(await statusFor(signed({ token_introspection: issuer.active({ aud: 'other' }) }))).toBe(401);
  });

  it.each([
    [12_289, 200],
    [65_000, 200],
    [65_540, 503],
  ])('of %i characters or a few more: %i', async (length, status) => {
    const all = signed({ token_introspection: issuer.active({ note: '' }) });
    const note = 'x'.repeat(Math.ceil(((length - all.length) * 3) / 4));
    const jwt = signed({ token_introspection: issuer.active({ note }) });
    expect([jwt.length >= length, jwt.length < length + 8]).toEqual([true, true]);
    expect(await statusFor(jwt)).toBe(status);
  });

  it('JWT-026 by a key that the issuer has just made is accepted two seconds after it was last looked for', async () => {
    const next = await newKey('two');
    expect(await statusFor(signed())).toBe(200);
    const by = () => statusFor(signed({}, { kid: 'two' }, next));
    expect([await by(), await by()]).toEqual([503, 503]);
    const searched = issuer.count(JWKS);
    issuer.replies.set(JWKS, json({ keys: [issuer.key.jwk, next.jwk] }));
    issuer.clock.time += 1;
    expect(await by()).toBe(503);
    expect(issuer.count(JWKS)).toBe(searched);
    issuer.clock.time += 1;
    expect(await by()).toBe(200);
    expect(issuer.count(JWKS)).toBe(searched + 1);
  });

  it('is no access token, where tokens are JWTs', async () => {
    const other = await openApi({ issuer: issuer.url, clock: issuer.clock });
    expect(await other.status(signed(issuer.claims()))).toBe(401);
  });
});
