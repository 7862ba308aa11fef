import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeApis, openApi, type Api } from './api.js';
import { FakeIssuer, json, JWKS, newKey } from './fake-issuer.js';

let issuer: FakeIssuer;

beforeEach(async () => {
  issuer = await FakeIssuer.open();
});

afterEach(async () => {
  await closeApis();
  await issuer.close();
});

const MAX_STALE = 900;

const open = (): Promise<Api> =>
  openApi({ issuer: issuer.url, clock: issuer.clock, maxStale: MAX_STALE, algorithms: ['ES256'] });

type Keys = () => Promise<unknown[]>;

const USELESS: readonly (readonly [string, Keys])[] = [
  ['none', async () => Promise.resolve([])],
  ['a secret', async () => Promise.resolve([{ kty: 'oct', k: 'AAAA', kid: 'one', alg: 'HS256' }])],
  ['one to encrypt with', async () => Promise.resolve([{ ...issuer.key.jwk, alg: 'ECDH-ES', use: 'enc' }])],
  ['one of a kind that nobody knows', async () => Promise.resolve([{ kty: 'new', kid: 'one' }])],
  [
    'one for an algorithm that is not allowed',
    async () => {
      const { publicKey } = await promisify(generateKeyPair)('ed25519');
      return [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }];
    },
  ],
];

describe('JWT-026 a set of keys that nothing can be verified with is as good as one that cannot be read', () => {
  it.each(USELESS)('at the start: 503 until there are others; %s', async (_, keys) => {
    issuer.replies.set(JWKS, json({ keys: await keys() }));
    const api = await open();
    expect(await api.status(issuer.token())).toBe(503);
    expect(await api.status(issuer.token())).toBe(503);
    expect(issuer.count(JWKS)).toBe(1);
    const lines = api.log.lines.filter((line) => line.includes(`keys of ${issuer.url} could not be read`));
    expect(lines).toEqual([expect.stringContaining('has no key that can be used')]);
    issuer.replies.set(JWKS, json({ keys: [issuer.key.jwk] }));
    issuer.clock.time += 10;
    expect(await api.status(issuer.token())).toBe(200);
  });

  it.each(USELESS)('later: the last good keys serve for maxStale; %s', async (_, keys) => {
    const api = await open();
    const token = issuer.token({ exp: issuer.clock.time + 100_000 });
    expect(await api.status(token)).toBe(200);
    issuer.replies.set(JWKS, json({ keys: await keys() }));
    issuer.clock.time += 600;
    expect(await api.status(token)).toBe(200);
    expect(issuer.count(JWKS)).toBe(2);
    issuer.clock.time += MAX_STALE - 1;
    expect(await api.status(token)).toBe(200);
    issuer.clock.time += 1;
    expect(await api.status(token)).toBe(503);
    issuer.replies.set(JWKS, json({ keys: [issuer.key.jwk] }));
    issuer.clock.time += 10;
    expect(await api.status(token)).toBe(200);
  });

  it('and where an unknown key is looked for in vain, the known ones stay', async () => {
    const api = await open();
    expect(await api.status(issuer.token())).toBe(200);
    issuer.replies.set(JWKS, json({ keys: [] }));
    expect(await api.status(issuer.token({}, {}, await newKey('two')))).toBe(401);
    expect(issuer.count(JWKS)).toBe(2);
    expect(await api.status(issuer.token())).toBe(200);
  });

  it('but one good key among them is enough', async () => {
    const all = await Promise.all(USELESS.map(([, keys]) => keys()));
    issuer.replies.set(JWKS, json({ keys: [...all.flat(), issuer.key.jwk] }));
    expect(await (await open()).status(issuer.token())).toBe(200);
  });
});
