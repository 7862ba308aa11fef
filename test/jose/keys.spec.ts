import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';
import { ConfigurationError } from 'nestjs-oauth-kit';
import { describe, expect, it } from 'vitest';
import { JoseSigningKeyFactory } from '../../src/jose/jose-signing-key.factory.js';
import { granted, GRANT, headerOf, register } from '../oauth/support.js';
import { openKit } from '../support/echo.js';
import { ALGORITHMS, newJwk, newKey, pem, publishedKeys } from './support.js';

const factory = new JoseSigningKeyFactory();
const load = (material: string) => factory.load(material, 'ES256');

describe('public keys', () => {
  it.each(ALGORITHMS)(
    'JWKS-003 JWKS-013 the kid of a key for %s is its thumbprint, by jose and by hand',
    async (algorithm) => {
      const jwk = await newJwk(algorithm);
      const [key] = await factory.load(
        JSON.stringify({ ...jwk, kid: 'chosen', x5t: 'x', key_ops: ['sign'] }),
        'ES256',
      );
      const { kty, crv, x, y, e, n } = jwk;
      const members = {
        ES256: { crv, kty, x, y },
        EdDSA: { crv, kty, x },
        RS256: { e, kty, n },
        PS256: { e, kty, n },
      };
      const byHand = createHash('sha256').update(JSON.stringify(members[algorithm])).digest('base64url');
      expect(key?.kid).toBe(byHand);
      expect(key?.kid).toBe(await calculateJwkThumbprint(jwk, 'sha256'));
      expect(key?.publicJwk.kid).toBe(byHand);
    },
  );

  it.each(ALGORITHMS)(
    'JWKS-002 JWKS-004 a published key for %s has its public members, use and alg alone',
    async (algorithm) => {
      const kit = await openKit({ signingKeys: JSON.stringify(await newJwk(algorithm)) });
      const keys = await publishedKeys(kit);
      await kit.close();
      const members = { EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'], RSA: ['e', 'n'] }[keys[0]?.kty ?? ''] ?? [];
      expect(keys).toHaveLength(1);
      expect(Object.keys(keys[0] ?? {}).sort()).toEqual([...members, 'alg', 'kid', 'kty', 'use'].sort());
      expect(keys[0]).toMatchObject({ use: 'sig', alg: algorithm });
    },
  );

  it.each(['RS256', 'PS256'] as const)(
    'JWKS-005 n has no leading zero octet and e is AQAB: %s',
    async (algorithm) => {
      const [key] = await load(await factory.generate(algorithm));
      const n = Buffer.from(String(key?.publicJwk['n']), 'base64url');
      expect(n.length).toBe(256);
      expect(n[0]).not.toBe(0);
      expect(key?.publicJwk['e']).toBe('AQAB');
    },
  );

  it('JWKS-006 x and y have 32 octets, also where the first is zero', async () => {
    let padded = 0;
    for (let made = 0; made < 5000 && padded < 2; made++) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const { x, y } = publicKey.export({ format: 'jwk' });
      const zero = [x, y].some((each) => Buffer.from(each ?? '', 'base64url')[0] === 0);
      if (!zero) continue;
      padded++;
      const [key] = await load(pem(privateKey));
      for (const name of ['x', 'y'])
        expect(Buffer.from(String(key?.publicJwk[name]), 'base64url')).toHaveLength(32);
    }
    expect(padded).toBe(2);
  });
});

describe('given keys', () => {
  it('a PEM, a JWK, a JWK Set; the first signs, all of them are published', async () => {
    const [one, two] = [newKey('ES256'), newKey('EdDSA')];
    const [first, second] = [await exportJWK(one), await exportJWK(two)];
    const sec1 = one.export({ format: 'pem', type: 'sec1' }).toString();
    const kids = await Promise.all([first, second].map((jwk) => calculateJwkThumbprint(jwk)));
    for (const [material, expected] of [
      [pem(one), kids.slice(0, 1)],
      [`\n${sec1}\n`, kids.slice(0, 1)],
      [JSON.stringify(first), kids.slice(0, 1)],
      [`  ${JSON.stringify({ keys: [first, second] }, undefined, 2)}`, kids],
    ] as const) {
      const kit = await openKit({ signingKeys: material });
      const client = await register(kit);
      expect((await publishedKeys(kit)).map(({ kid }) => kid)).toEqual(expected);
      expect(headerOf(granted(await kit.token(GRANT, client.basic)).accessToken)['kid']).toBe(expected[0]);
      expect((await kit.admin.keys.list()).map(({ state }) => state)[0]).toBe('current');
      await expect(kit.admin.keys.rotate()).rejects.toMatchObject({ code: 'unsupported' });
      await kit.close();
    }
  });

  it('a key that names no algorithm gets the one of the option if it fits, else the one that does', async () => {
    const rsa = JSON.stringify(await exportJWK(newKey('RS256')));
    expect((await factory.load(rsa, 'PS256'))[0]?.algorithm).toBe('PS256');
    expect((await factory.load(rsa, 'RS256'))[0]?.algorithm).toBe('RS256');
    expect((await factory.load(rsa, 'ES256'))[0]?.algorithm).toBe('RS256');
    expect((await load(pem(newKey('EdDSA'))))[0]?.algorithm).toBe('EdDSA');
    const declared = JSON.stringify({ ...(JSON.parse(rsa) as object), alg: 'PS256' });
    expect((await factory.load(declared, 'RS256'))[0]?.algorithm).toBe('PS256');
    const okp = JSON.stringify({ ...(await exportJWK(newKey('EdDSA'))), alg: 'Ed25519' });
    expect((await load(okp))[0]?.publicJwk.alg).toBe('EdDSA');
  });
});

describe('JWKS-012 ROB-032 keys that are refused', () => {
  /** Every text of a key that must not come back: its private members, and the lines of its PEM. */
  const secretsIn = (material: string): string[] => material.match(/[A-Za-z0-9+/_-]{24,}/g) ?? [];

  async function refuses(material: string, about = /./): Promise<void> {
    const failure: Error = await load(material).then(
      () => new Error('loaded'),
      (reason: Error) => reason,
    );
    expect(failure).toBeInstanceOf(ConfigurationError);
    expect(failure.message).toMatch(/option signingKeys is .* it must be a private key/);
    expect(failure.message).toMatch(about);
    const told = `${failure.message} ${String(failure.cause)} ${failure.stack ?? ''}`;
    for (const secret of secretsIn(material)) expect(told).not.toContain(secret);
    await expect(openKit({ signingKeys: material })).rejects.toMatchObject({ option: 'signingKeys' });
  }

  const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;
  const rsa = (modulusLength: number, publicExponent = 65537) =>
    generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey;

  it.each<[string, () => KeyObject, RegExp]>([
    ['RSA of 1024 bits', () => rsa(1024), /1024/],
    ['RSA of 2047 bits', () => rsa(2047), /2047/],
    ['P-384', () => ec('P-384'), /P-384/],
    ['P-521', () => ec('P-521'), /P-521/],
    ['secp256k1', () => ec('secp256k1'), /secp256k1/i],
    ['Ed448', () => generateKeyPairSync('ed448').privateKey, /Ed448/i],
    ['X25519', () => generateKeyPairSync('x25519').privateKey, /X25519/i],
    ['RSA-PSS', () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey, /./],
    ['DSA', () => generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey, /./],
  ])('PEM: %s', async (_, make, about) => {
    await refuses(pem(make()), about);
  });

  it('JWK: the weak ones', async () => {
    for (const key of [rsa(1024), ec('P-384'), generateKeyPairSync('ed448').privateKey]) {
      await refuses(JSON.stringify(await exportJWK(key)));
    }
  });

  it('a public key, in PEM, JWK and JWK Set', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = await exportJWK(publicKey);
    await refuses(publicKey.export({ format: 'pem', type: 'spki' }).toString());
    await refuses(JSON.stringify(jwk), /private part/);
    await refuses(JSON.stringify({ keys: [await newJwk('ES256'), jwk] }), /private part/);
  });

  it('a symmetric key', async () => {
    const k = Buffer.alloc(32, 7).toString('base64url');
    for (const alg of ['HS256', 'ES256', undefined])
      await refuses(JSON.stringify({ kty: 'oct', k, alg }), /oct/);
    await refuses(JSON.stringify({ kty: 'oct', k, d: k }));
  });

  it('the same key twice', async () => {
    const jwk = await newJwk('ES256');
    await refuses(JSON.stringify({ keys: [jwk, jwk] }), /twice/);
    await refuses(JSON.stringify({ keys: [jwk, await newJwk('EdDSA'), { ...jwk, kid: 'other' }] }), /twice/);
  });

  it.each(['HS256', 'none', 'RS256', 'ES384', 'RSA-OAEP', 'constructor'])('an EC key for %s', async (alg) => {
    await refuses(JSON.stringify({ ...(await newJwk('ES256')), alg }), new RegExp(alg));
  });

  it('a key for encryption', async () => {
    await refuses(JSON.stringify({ ...(await newJwk('ES256')), use: 'enc' }), /enc/);
  });

  it('a public part that is another key’s', async () => {
    const [one, two] = [await newJwk('ES256'), await newJwk('ES256')];
    await refuses(JSON.stringify({ ...one, x: two.x, y: two.y }));
    const [five, six] = [await newJwk('RS256'), await newJwk('RS256')];
    await refuses(JSON.stringify({ ...five, n: six.n }));
  });

  it.each(['', 'x', 'AAAA'])('a private part that is none: %j', async (d) => {
    for (const algorithm of ['ES256', 'EdDSA'] as const) {
      await refuses(JSON.stringify({ ...(await newJwk(algorithm)), d }));
    }
  });

  it('something else, never repeated', async () => {
    const jwk = await newJwk('ES256');
    const key = newKey('ES256');
    const encrypted = key
      .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' })
      .toString();
    const broken: Partial<Record<keyof JWK, unknown>>[] = [
      { d: 5 },
      { d: [jwk.d] },
      { x: 1 },
      { crv: 'P-257' },
      { kty: 'XX' },
    ];
    for (const material of [
      ...[
        '',
        ' ',
        'key',
        '{',
        '{}',
        '[]',
        'null',
        '{"keys":[]}',
        '{"keys":{}}',
        '{"keys":null}',
        '{"keys":[null]}',
        '{"keys":[1]}',
      ],
      `[${JSON.stringify(jwk)}]`,
      JSON.stringify(jwk).slice(0, -5),
      `${JSON.stringify(jwk)}${JSON.stringify(jwk)}`,
      pem(key).replace('PRIVATE KEY', 'SECRET KEY'),
      pem(key).slice(0, 100),
      encrypted,
      ...broken.map((change) => JSON.stringify({ ...jwk, ...change })),
    ]) {
      await refuses(material);
    }
  });
});
