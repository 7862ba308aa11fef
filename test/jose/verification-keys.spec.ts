import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { JoseVerificationKeyFactory } from '../../src/jose/jose-verification-key.factory.js';
import {
  ASYMMETRIC_ALGORITHMS,
  UnusableKeyError,
  type AsymmetricAlgorithm,
} from '../../src/oauth/client/keys/verification-key.js';
import {
  exported,
  flipped,
  generate,
  kindOf,
  KINDS,
  MAKE,
  newPairs,
  NODE_OPTIONS,
  PAIRS,
  pss,
  publicJwk,
  signed,
  signedByNode,
  split,
  SUITED,
  type Jwk,
  type Signed,
} from './verification-support.js';
import { ED25519, ENCRYPTION_AND_SIGNATURE, RFC_TOKENS } from './verification-vectors.js';

const [STRANGERS, SECP256K1, X25519, ED448, WEAK] = await Promise.all([
  newPairs(),
  generate('ec', { namedCurve: 'secp256k1' }),
  generate('x25519'),
  generate('ed448'),
  generate('rsa', { modulusLength: 1024 }),
]);
const factory = new JoseVerificationKeyFactory();
const suited = (jwk: Jwk) => ASYMMETRIC_ALGORITHMS.filter((alg) => factory.load(jwk).suits(alg));
const verify = (alg: AsymmetricAlgorithm, { input, signature }: Signed, jwk = publicJwk(kindOf(alg))) =>
  factory.load(jwk).verify(alg, input, signature);

describe.each(ASYMMETRIC_ALGORITHMS)('signatures: %s', (alg) => {
  let good: Signed;

  beforeAll(async () => {
    good = await signed(alg);
  });

  it('verifies what jose signed, again and again', async () => {
    const key = factory.load(publicJwk(kindOf(alg)));
    for (let round = 0; round < 10; round++) {
      const token = await new SignJWT({ round })
        .setProtectedHeader({ alg, typ: 'JWT', kid: 'k' })
        .sign(PAIRS[kindOf(alg)].privateKey);
      const { input, signature } = split(token);
      expect(await key.verify(alg, input, signature)).toBe(true);
    }
  });

  it('verifies what node:crypto signed', async () => {
    expect(await verify(alg, signedByNode(alg, NODE_OPTIONS[alg]))).toBe(true);
  });

  it('refuses a changed input', async () => {
    const places = [0, good.input.indexOf('.'), good.input.length - 1];
    for (const at of places) {
      for (const bit of [1, 0x80])
        expect(await verify(alg, { ...good, input: flipped(good.input, at, bit) })).toBe(false);
    }
    for (const input of ['', '.', '..', 'x.y', `${good.input.toString()}.`, `${good.input.toString()}.e30`])
      expect(await verify(alg, { ...good, input: Buffer.from(input) })).toBe(false);
  });

  it('AUTH-043 refuses a changed, longer, shorter, missing or all-zero signature', async () => {
    const { signature } = good;
    const last = signature.length - 1;
    const bad = [
      ...[0, 1, last >> 1, last].flatMap((at) => [flipped(signature, at), flipped(signature, at, 0x80)]),
      ...[signature.subarray(1), signature.subarray(0, -1), Buffer.alloc(0), Buffer.alloc(1)],
      ...[Buffer.concat([signature, Buffer.alloc(1)]), Buffer.concat([Buffer.alloc(1), signature])],
      ...[Buffer.concat([signature, signature]), Buffer.alloc(signature.length)],
      ...[Buffer.alloc(signature.length, 0xff), randomBytes(signature.length)],
    ];
    for (const each of bad) expect(await verify(alg, { ...good, signature: each })).toBe(false);
  });

  it('refuses it under another key of the kind, and under every other algorithm', async () => {
    expect(await verify(alg, good, STRANGERS[kindOf(alg)].publicJwk)).toBe(false);
    for (const other of ASYMMETRIC_ALGORITHMS.filter((each) => each !== alg)) {
      expect([other, await verify(other, good)]).toEqual([other, false]);
      expect([other, await verify(other, good, publicJwk(kindOf(alg)))]).toEqual([other, false]);
    }
  });

  it('verifies nothing under the decoy', async () => {
    const decoy = await factory.decoy(alg);
    expect(decoy.kid).toBeUndefined();
    expect(decoy.suits(alg)).toBe(true);
    expect(await decoy.verify(alg, good.input, good.signature)).toBe(false);
  });
});

describe('forms of a signature', () => {
  const elliptic = ['ES256', 'ES384', 'ES512'] as const;

  it.each(elliptic)('AUTH-043 refuses %s in DER', async (alg) => {
    for (let round = 0; round < 20; round++)
      expect(await verify(alg, signedByNode(alg, { dsaEncoding: 'der' }))).toBe(false);
  });

  it.each(elliptic)('AUTH-043 refuses %s where r or s is zero', async (alg) => {
    const good = await signed(alg);
    const half = good.signature.length / 2;
    const zero = Buffer.alloc(half);
    const [r, s] = [good.signature.subarray(0, half), good.signature.subarray(half)];
    for (const parts of [
      [zero, s],
      [r, zero],
      [s, r],
    ])
      // prettier-ignore
      expect(await verify(alg, { ...good, signature: Buffer.concat(parts) })).toBe(false);
  });

  it.each(['PS256', 'PS384', 'PS512'] as const)('%s has a salt as long as its hash', async (alg) => {
    for (const length of [0, 20, Number(alg.slice(2)) / 8 - 1])
      expect(await verify(alg, signedByNode(alg, pss(length)))).toBe(false);
  });

  it.each([
    ['RS256', 'PS256'],
    ['PS256', 'RS256'],
    ['RS256', 'RS512'],
  ] as const)('a signature of %s under a header of %s is refused', async (made, said) => {
    const confused = signedByNode(made, NODE_OPTIONS[made], said);
    expect(await verify(said, confused)).toBe(false);
    expect(await verify(made, confused)).toBe(false);
  });

  it.each(RFC_TOKENS)('the example of $rfc verifies', async ({ alg, jwk, token }) => {
    expect(await verify(alg, split(token), jwk)).toBe(true);
    expect(suited(jwk)).toContain(alg);
  });
});

describe('what a key suits', () => {
  it.each(KINDS)('AUTH-044 %s: the algorithms of its type and curve alone', (kind) => {
    expect(suited(publicJwk(kind))).toHaveLength(SUITED[kind].length);
    expect(suited(publicJwk(kind))).toEqual(expect.arrayContaining([...SUITED[kind]]));
  });

  it('AUTH-044 a signature of ES256 does not verify with a key on P-384, nor in its name', async () => {
    const good = await signed('ES256');
    expect(await verify('ES256', good, publicJwk('P-384'))).toBe(false);
    expect(await verify('ES384', good, publicJwk('P-256'))).toBe(false);
  });

  it('JWKS-015 AUTH-034 a key that names its algorithm verifies no other', async () => {
    for (const alg of ASYMMETRIC_ALGORITHMS) {
      const jwk = { ...publicJwk(kindOf(alg)), alg };
      expect(suited(jwk)).toEqual(kindOf(alg) === 'Ed25519' ? ['EdDSA', 'Ed25519'] : [alg]);
    }
    const bound = { ...publicJwk('RSA'), alg: 'RS256' };
    expect(await verify('PS256', await signed('PS256'), bound)).toBe(false);
    expect(await verify('RS256', await signed('RS256'), bound)).toBe(true);
  });

  it.each<[string, Jwk, boolean]>([
    ['use sig', { use: 'sig' }, true],
    ['use enc', { use: 'enc' }, false],
    ['use SIG', { use: 'SIG' }, false],
    ['key_ops verify', { key_ops: ['verify'] }, true],
    ['key_ops sign and verify', { key_ops: ['sign', 'verify'] }, true],
    ['key_ops encrypt', { key_ops: ['encrypt'] }, false],
    ['no key_ops at all', { key_ops: [] }, false],
    ['use enc, key_ops verify', { use: 'enc', key_ops: ['verify'] }, false],
    ['use sig, key_ops encrypt', { use: 'sig', key_ops: ['encrypt'] }, false],
    ['members that mean nothing here', { x5c: ['no'], x5t: 1, 'x5t#S256': {}, ext: 'yes', nbf: 0 }, true],
  ])('AUTH-034 %s', async (_, more, usable) => {
    const jwk = { ...publicJwk('P-256'), ...more };
    expect(suited(jwk)).toEqual(usable ? ['ES256'] : []);
    expect(await verify('ES256', await signed('ES256'), jwk)).toBe(usable);
  });

  it('AUTH-034 a set of a key to encrypt with and one to verify with can be loaded: RFC 7517 §A.1', () => {
    const [encryption, signature] = ENCRYPTION_AND_SIGNATURE.map((jwk) => factory.load(jwk));
    expect(ENCRYPTION_AND_SIGNATURE.map(suited)).toEqual([[], ['RS256']]);
    expect([encryption?.kid, signature?.kid]).toEqual(['1', '2011-04-29']);
  });

  it('the kid is the one given, if there is one', () => {
    for (const kid of [undefined, '', 'a', 'é'.repeat(256)])
      expect(factory.load({ ...publicJwk('Ed25519'), kid }).kid).toBe(kid);
    expect(factory.load(publicJwk('Ed25519')).kid).toBeUndefined();
  });
});

describe('decoys', () => {
  it('one for each type and curve, kept for the whole process', async () => {
    const own = new JoseVerificationKeyFactory();
    const made = await Promise.all(ASYMMETRIC_ALGORITHMS.map((alg) => own.decoy(alg)));
    const again = await Promise.all(ASYMMETRIC_ALGORITHMS.map((alg) => own.decoy(alg)));
    expect(new Set([...made, ...again]).size).toBe(KINDS.length);
    expect(await new JoseVerificationKeyFactory().decoy('ES256')).toBe(await own.decoy('ES256'));
  });
});

describe('keys that are refused', () => {
  const b64 = (octets: Buffer) => octets.toString('base64url');
  const octets = (jwk: Jwk, member: string) => Buffer.from(String(jwk[member]), 'base64url');
  const ec = publicJwk('P-256');
  const rsa = publicJwk('RSA');
  const okp = publicJwk('Ed25519');
  /** Odd and of that many bits, which is all that can be seen of a modulus. */
  const modulus = (bits: number) => {
    const bytes = randomBytes(Math.ceil(bits / 8));
    const top = (bits - 1) % 8;
    bytes[0] = ((bytes[0] ?? 0) & ((1 << top) - 1)) | (1 << top);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 1;
    return b64(bytes);
  };
  const leadingZero = (jwk: Jwk, member: string) => ({
    [member]: b64(Buffer.concat([Buffer.alloc(1), octets(jwk, member)])),
  });
  const fromHex = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');

  function refusal(jwk: Jwk): UnusableKeyError {
    try {
      factory.load(jwk);
    } catch (error) {
      expect(error).toBeInstanceOf(UnusableKeyError);
      const refused = error as UnusableKeyError;
      for (const value of Object.values(jwk).filter((each) => typeof each === 'string' && each.length > 15))
        expect(`${refused.stack ?? ''} ${String(refused.cause)}`).not.toContain(value);
      return refused;
    }
    throw new Error(`loaded ${JSON.stringify(jwk)}`);
  }

  it.each<[string, Jwk]>([
    ['nothing', {}],
    ['no kty', { ...ec, kty: undefined }],
    ['a kty that is no string', { ...ec, kty: ['EC'] }],
    ['kty ec', { ...ec, kty: 'ec' }],
    ['kty AKP', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' }],
    ['kty of a prototype', { kty: '__proto__', crv: 'constructor' }],
    ['EC without crv', { ...ec, crv: undefined }],
    ['EC with the curve of another type', { ...ec, crv: 'Ed25519' }],
    ['EC on RSA', { ...ec, crv: 'RSA' }],
    ['OKP on P-256', { ...okp, crv: 'P-256' }],
    ['secp256k1', exported(SECP256K1.publicKey)],
    ['X25519', exported(X25519.publicKey)],
    ['Ed448', exported(ED448.publicKey)],
    ['RSA-OAEP', { ...rsa, alg: 'RSA-OAEP', use: 'enc' }],
    ['ECDH-ES', { ...ec, alg: 'ECDH-ES' }],
    ['an alg of a prototype', { ...ec, alg: 'toString' }],
    ['alg none', { ...ec, alg: 'none' }],
    ['alg es256', { ...ec, alg: 'es256' }],
  ])('JWKS-007 unknown, so not for this server: %s', (_, jwk) => {
    expect(refusal(jwk).foreign).toBe(true);
  });

  it.each<[string, Jwk, RegExp]>([
    ['oct', { kty: 'oct', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQ' }, /symmetric/],
    ['oct without k', { kty: 'oct' }, /symmetric/],
    ['a private EC key', PAIRS['P-256'].privateJwk, /private/],
    ['a private RSA key', PAIRS.RSA.privateJwk, /private/],
    ['a private Ed25519 key', PAIRS.Ed25519.privateJwk, /private/],
    ['a private X25519 key', exported(X25519.privateKey), /private/],
    ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'].flatMap((member): [string, Jwk, RegExp][] => [
      [`RSA with ${member}`, { ...rsa, [member]: '' }, /private/],
      [`EC with ${member}`, { ...ec, [member]: null }, /private/],
    ]),
    ['alg ES384 on P-256', { ...ec, alg: 'ES384' }, /alg/],
    ['alg RS256 on P-256', { ...ec, alg: 'RS256' }, /alg/],
    ['alg ES256 of RSA', { ...rsa, alg: 'ES256' }, /alg/],
    ['alg HS256 of RSA', { ...rsa, alg: 'HS256' }, /alg/],
    ['alg EdDSA on P-256', { ...ec, alg: 'EdDSA' }, /alg/],
    ['alg no string', { ...ec, alg: ['ES256'] }, /alg/],
    ['alg null', { ...ec, alg: null }, /alg/],
    ['kid no string', { ...ec, kid: 1 }, /kid/],
    ['kid null', { ...ec, kid: null }, /kid/],
    ['kid of 257 characters', { ...ec, kid: 'k'.repeat(257) }, /kid/],
    ['use no string', { ...ec, use: ['sig'] }, /use/],
    ['key_ops no array', { ...ec, key_ops: 'verify' }, /key_ops/],
    ['key_ops null', { ...ec, key_ops: null }, /key_ops/],
    ['key_ops with no string in it', { ...ec, key_ops: ['verify', 1] }, /key_ops/],
    ['key_ops with one twice', { ...ec, key_ops: ['verify', 'verify'] }, /key_ops/],
  ])('%s', (_, jwk, reason) => {
    const { reason: said, foreign } = refusal(jwk);
    expect(said).toMatch(reason);
    expect(foreign).toBe(false);
  });

  it.each<[string, Jwk, RegExp]>([
    ['1024 bits', exported(WEAK.publicKey), /1024/],
    ['2047 bits', { ...rsa, n: modulus(2047) }, /2047/],
    ['16385 bits', { ...rsa, n: modulus(16385) }, /16385/],
    ['an even modulus', { ...rsa, n: b64(flipped(octets(rsa, 'n'), 255)) }, /even/],
    ['e = 1', { ...rsa, e: 'AQ' }, /exponent/],
    ['e = 2', { ...rsa, e: 'Ag' }, /exponent/],
    ['e = 65536', { ...rsa, e: 'AQAA' }, /exponent/],
    ['e of 65 bits', { ...rsa, e: b64(Buffer.from('010000000000000001', 'hex')) }, /exponent/],
    ...['AA', '', undefined, 65537, 'AAEAAQ', 'AQAB=', 'A QAB'].map((e): [string, Jwk, RegExp] => [
      `e = ${JSON.stringify(e)}`,
      { ...rsa, e },
      /n or e|exponent/,
    ]),
    ['no n', { ...rsa, n: undefined }, /n or e/],
    ['an empty n', { ...rsa, n: '' }, /bits/],
    ['n with a leading zero', { ...rsa, ...leadingZero(rsa, 'n') }, /n or e/],
    ['n with padding', { ...rsa, n: `${String(rsa['n'])}==` }, /n or e/],
    ['n in base64', { ...rsa, n: octets(rsa, 'n').toString('base64') }, /n or e/],
    ['n with a line break', { ...rsa, n: `${String(rsa['n'])}\n` }, /n or e/],
  ])('AUTH-042 RSA: %s', (_, jwk, reason) => {
    const { reason: said, foreign } = refusal(jwk);
    expect(said).toMatch(reason);
    expect(foreign).toBe(false);
  });

  it('AUTH-042 RSA of 2048 and 8192 bits, with e = 3 and e of 64 bits, can be used', () => {
    const longest = b64(Buffer.alloc(8, 0xff));
    for (const more of [{ n: modulus(2048) }, { n: modulus(8192) }, { e: 'Aw' }, { e: longest }])
      expect(factory.load({ ...rsa, ...more }).suits('RS256')).toBe(true);
  });

  it.each<[string, Jwk]>([
    ['not on the curve', { ...ec, y: ec['x'] }],
    ['of another curve', { ...publicJwk('P-384'), crv: 'P-256' }],
    ['of another curve, P-521', { ...ec, crv: 'P-521' }],
    ['at infinity', { ...ec, x: '', y: '' }],
    ['at the origin', { ...ec, x: b64(Buffer.alloc(32)), y: b64(Buffer.alloc(32)) }],
    ['without y', { ...ec, y: undefined }],
    ['with a number for x', { ...ec, x: 1 }],
    ['with padding', { ...ec, x: `${String(ec['x'])}=` }],
    ['with a space', { ...ec, x: ` ${String(ec['x'])}` }],
    ['with bits after the last octet', { ...ec, x: `${String(ec['x']).slice(0, -1)}_` }],
    ['with an octet too many', { ...ec, ...leadingZero(ec, 'x') }],
  ])('AUTH-044 EC: a point %s', (_, jwk) => {
    const { reason: said, foreign } = refusal(jwk);
    expect(said).toMatch(/point|crv or x or y/);
    expect(foreign).toBe(false);
  });

  it.each<[string, unknown]>([
    ['with 31 octets', b64(Buffer.alloc(31, 9))],
    ['with 33 octets', b64(Buffer.alloc(33, 9))],
    ['without x', undefined],
    ['with padding', `${String(okp['x'])}=`],
    ['not on the curve', fromHex(`02${'00'.repeat(31)}`)],
    ['above the prime', fromHex(`f3${'ff'.repeat(30)}7f`)],
    ['of order 1', fromHex(`01${'00'.repeat(31)}`)],
    ['of order 2', fromHex(`ec${'ff'.repeat(30)}7f`)],
    ['of order 4', fromHex('00'.repeat(32))],
    ['of order 4, the other', fromHex(`${'00'.repeat(31)}80`)],
    ['of order 8', fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')],
    ['of order 8, the other', fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')],
  ])('AUTH-044 Ed25519: a point %s', (_, x) => {
    const { reason: said, foreign } = refusal({ ...okp, x });
    expect(said).toMatch(/point|crv or x/);
    expect(foreign).toBe(false);
  });

  it('Ed25519: points of new keys and of RFC 8037 can be used', async () => {
    for (let round = 0; round < 50; round++)
      expect(suited(exported((await MAKE.Ed25519()).publicKey))).toEqual(['EdDSA', 'Ed25519']);
    expect(suited(ED25519)).toEqual(['EdDSA', 'Ed25519']);
  });

  it('what a prototype holds is no member', () => {
    expect(refusal(Object.create(ec) as Jwk).foreign).toBe(true);
    expect(
      refusal(Object.assign(Object.create({ x: ec['x'] }) as Jwk, { ...ec }, { x: undefined })).foreign,
    ).toBe(false);
    const polluted = Object.assign(Object.create({ d: 'd', alg: 'ES384', use: 'enc', kid: 1 }) as Jwk, ec);
    expect(suited(polluted)).toEqual(['ES256']);
    expect(factory.load(polluted).kid).toBeUndefined();
    const named = JSON.parse(`{"__proto__":{"d":"x"},${JSON.stringify(ec).slice(1)}`) as Jwk;
    expect(suited(named)).toEqual(['ES256']);
  });
});
