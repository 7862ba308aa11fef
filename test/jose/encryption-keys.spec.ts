import { compactDecrypt } from 'jose';
import { describe, expect, it } from 'vitest';
import { JoseEncryptionKeyFactory } from '../../src/jose/jose-encryption-key.factory.js';
import { JoseVerificationKeyFactory } from '../../src/jose/jose-verification-key.factory.js';
import {
  CONTENT_ENCRYPTION_ALGORITHMS,
  KEY_ENCRYPTION_ALGORITHMS,
} from '../../src/oauth/client/keys/encryption-key.js';
import { loadKeys } from '../../src/oauth/client/keys/key-set.js';
import { ASYMMETRIC_ALGORITHMS, UnusableKeyError } from '../../src/oauth/client/keys/verification-key.js';
import {
  ENCRYPTION_KINDS,
  ENCRYPTION_PAIRS,
  ENCRYPTION_SUITED,
  encryptionJwk,
} from './encryption-support.js';
import { exported, generate, publicJwk, type Jwk } from './verification-support.js';
import { ENCRYPTION_AND_SIGNATURE } from './verification-vectors.js';

const [SECP256K1, X448, WEAK] = await Promise.all([
  generate('ec', { namedCurve: 'secp256k1' }),
  generate('x448'),
  generate('rsa', { modulusLength: 1024 }),
]);
const factory = new JoseEncryptionKeyFactory();
const suited = (jwk: Jwk) => KEY_ENCRYPTION_ALGORITHMS.filter((alg) => factory.load(jwk).suits(alg));

const CASES = ENCRYPTION_KINDS.flatMap((kind) =>
  ENCRYPTION_SUITED[kind].flatMap((alg) => CONTENT_ENCRYPTION_ALGORITHMS.map((enc) => ({ kind, alg, enc }))),
);

describe('what is encrypted', () => {
  it.each(CASES)('$alg with $enc for $kind: its holder can read it', async ({ kind, alg, enc }) => {
    const jwt = `header.${'é'.repeat(500)}.signature`;
    const key = factory.load({ ...encryptionJwk(kind), kid: 'k', use: 'enc', alg });
    const jwe = await key.encrypt(jwt, alg, enc);
    const { plaintext, protectedHeader } = await compactDecrypt(jwe, ENCRYPTION_PAIRS[kind].privateKey);
    expect(new TextDecoder().decode(plaintext)).toBe(jwt);
    const { epk, ...header } = protectedHeader;
    expect(header).toEqual({ alg, enc, kid: 'k', cty: 'JWT' });
    expect(epk !== undefined).toBe(kind !== 'RSA');
  });

  it('names no kid where the key has none, and an empty one where it has that', async () => {
    const header = async (kid?: string) => {
      const jwe = await factory.load({ ...encryptionJwk('P-256'), kid }).encrypt('jwt', 'ECDH-ES', 'A128GCM');
      return (await compactDecrypt(jwe, ENCRYPTION_PAIRS['P-256'].privateKey)).protectedHeader;
    };
    expect(await header()).not.toHaveProperty('kid');
    expect(await header('')).toHaveProperty('kid', '');
  });

  it('is another text each time', async () => {
    for (const kind of ENCRYPTION_KINDS) {
      const [alg = 'ECDH-ES'] = ENCRYPTION_SUITED[kind];
      const key = factory.load(encryptionJwk(kind));
      const made = await Promise.all([1, 2, 3].map(() => key.encrypt('jwt', alg, 'A256GCM')));
      expect(new Set(made).size).toBe(3);
    }
  });

  it('is nothing with an algorithm that the key is not for', async () => {
    const bound = factory.load({ ...encryptionJwk('RSA'), alg: 'RSA-OAEP-256' });
    await expect(bound.encrypt('jwt', 'RSA-OAEP', 'A128GCM')).rejects.toThrow('not one for RSA-OAEP.');
    const signing = factory.load({ ...encryptionJwk('P-256'), use: 'sig' });
    await expect(signing.encrypt('jwt', 'ECDH-ES', 'A128GCM')).rejects.toThrow('not one for ECDH-ES.');
  });
});

describe('what a key suits', () => {
  it.each(ENCRYPTION_KINDS)('%s: the algorithms of its type, or the one that it names', (kind) => {
    expect(suited(encryptionJwk(kind))).toEqual(ENCRYPTION_SUITED[kind]);
    for (const alg of ENCRYPTION_SUITED[kind]) expect(suited({ ...encryptionJwk(kind), alg })).toEqual([alg]);
  });

  it.each<[string, Jwk, boolean]>([
    ['use enc', { use: 'enc' }, true],
    ['use sig', { use: 'sig' }, false],
    ['use ENC', { use: 'ENC' }, false],
    ['key_ops encrypt', { key_ops: ['encrypt'] }, true],
    ['key_ops wrapKey', { key_ops: ['wrapKey'] }, true],
    ['key_ops deriveKey', { key_ops: ['deriveKey'] }, true],
    ['key_ops deriveBits and verify', { key_ops: ['verify', 'deriveBits'] }, true],
    ['key_ops verify', { key_ops: ['verify'] }, false],
    ['key_ops decrypt', { key_ops: ['decrypt', 'unwrapKey'] }, false],
    ['no key_ops at all', { key_ops: [] }, false],
    ['use sig, key_ops encrypt', { use: 'sig', key_ops: ['encrypt'] }, false],
  ])('%s', (_, more, usable) => {
    for (const kind of ENCRYPTION_KINDS)
      expect(suited({ ...encryptionJwk(kind), ...more })).toEqual(usable ? ENCRYPTION_SUITED[kind] : []);
  });

  it('is dedicated when its use says so', () => {
    const dedicated = (use?: string) => factory.load({ ...encryptionJwk('RSA'), use }).dedicated;
    expect([dedicated('enc'), dedicated('sig'), dedicated()]).toEqual([true, false, false]);
  });
});

describe('keys that are refused', () => {
  function refusal(jwk: Jwk): UnusableKeyError {
    try {
      factory.load(jwk);
    } catch (error) {
      expect(error).toBeInstanceOf(UnusableKeyError);
      return error as UnusableKeyError;
    }
    throw new Error(`loaded ${JSON.stringify(jwk)}`);
  }

  const ec = encryptionJwk('P-256');
  const rsa = encryptionJwk('RSA');
  const okp = encryptionJwk('X25519');
  const fromHex = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');

  it.each<[string, Jwk]>([
    ['nothing', {}],
    ['kty AKP', { kty: 'AKP', alg: 'ML-KEM-768', pub: 'AAAA' }],
    ['Ed25519', publicJwk('Ed25519')],
    ['X448', exported(X448.publicKey)],
    ['secp256k1', exported(SECP256K1.publicKey)],
    ['EC on X25519', { ...ec, crv: 'X25519' }],
    ['alg RSA1_5', { ...rsa, alg: 'RSA1_5' }],
    ['alg RS256', { ...rsa, alg: 'RS256' }],
    ['alg ES256', { ...ec, alg: 'ES256' }],
    ['alg dir', { ...ec, alg: 'dir' }],
    ['alg ecdh-es', { ...ec, alg: 'ecdh-es' }],
  ])('unknown, so not for this server: %s', (_, jwk) => {
    expect(refusal(jwk).foreign).toBe(true);
  });

  it.each<[string, Jwk, RegExp]>([
    ['oct', { kty: 'oct', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQ' }, /symmetric/],
    ...ENCRYPTION_KINDS.map((kind): [string, Jwk, RegExp] => [
      `a private key, ${kind}`,
      ENCRYPTION_PAIRS[kind].privateJwk,
      /private/,
    ]),
    ['with priv', { ...okp, priv: null }, /private/],
    ['alg ECDH-ES of RSA', { ...rsa, alg: 'ECDH-ES' }, /alg/],
    ['alg RSA-OAEP on P-256', { ...ec, alg: 'RSA-OAEP' }, /alg/],
    ['alg HS256', { ...rsa, alg: 'HS256' }, /alg/],
    ['alg no string', { ...ec, alg: ['ECDH-ES'] }, /alg/],
    ['kid no string', { ...ec, kid: 1 }, /kid/],
    ['use no string', { ...ec, use: ['enc'] }, /use/],
    ['key_ops no array', { ...ec, key_ops: 'encrypt' }, /key_ops/],
    ['RSA of 1024 bits', exported(WEAK.publicKey), /1024/],
    ['RSA with e = 1', { ...rsa, e: 'AQ' }, /exponent/],
    ['a point that is not on the curve', { ...ec, y: ec['x'] }, /point/],
    ['X25519 with 31 octets', { ...okp, x: fromHex('09'.repeat(31)) }, /point/],
    ['X25519 with padding', { ...okp, x: `${String(okp['x'])}=` }, /crv or x/],
    ['X25519 without x', { ...okp, x: undefined }, /point/],
  ])('%s', (_, jwk, reason) => {
    const { reason: said, foreign } = refusal(jwk);
    expect(said).toMatch(reason);
    expect(foreign).toBe(false);
  });

  it.each([
    ['2', '00'.repeat(32)],
    ['2, above the prime', `ed${'ff'.repeat(30)}7f`],
    ['4', `01${'00'.repeat(31)}`],
    ['4, with the unused bit', `01${'00'.repeat(30)}80`],
    ['4, above the prime', `ee${'ff'.repeat(30)}7f`],
    ['4, of the twist', `ec${'ff'.repeat(30)}7f`],
    ['8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
    ['8, the other', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'],
  ])('a point of X25519 of order %s, with which no secret is agreed', (_, hex) => {
    const { reason, foreign } = refusal({ ...okp, x: fromHex(hex) });
    expect(reason).toMatch(/small order/);
    expect(foreign).toBe(false);
  });

  it('points of X25519 of new keys and of RFC 7748 can be used', async () => {
    const alice = fromHex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    for (const x of [alice, fromHex(`09${'00'.repeat(31)}`)]) expect(suited({ ...okp, x })).toHaveLength(4);
    for (let round = 0; round < 20; round++)
      expect(suited(exported((await generate('x25519')).publicKey))).toHaveLength(4);
  });

  it('what a prototype holds is no member', () => {
    expect(refusal(Object.create(ec) as Jwk).foreign).toBe(true);
    const polluted = Object.assign(Object.create({ d: 'd', alg: 'dir', use: 'sig', kid: 1 }) as Jwk, ec);
    expect(suited(polluted)).toEqual(ENCRYPTION_SUITED['P-256']);
  });
});

describe('a set of keys for both purposes', () => {
  const verification = new JoseVerificationKeyFactory();
  const keys = [
    { ...encryptionJwk('RSA'), use: 'enc' },
    { ...encryptionJwk('P-256'), alg: 'ECDH-ES' },
    encryptionJwk('X25519'),
    { ...publicJwk('P-384'), use: 'sig' },
    { ...publicJwk('P-521'), alg: 'ES512' },
    publicJwk('Ed25519'),
  ];

  it('lends its keys for encryption to no verification', () => {
    const verifying = loadKeys({ keys }, verification);
    const algorithms = ASYMMETRIC_ALGORITHMS.filter((alg) => verifying.some((key) => key.suits(alg)));
    expect(algorithms).toEqual(['ES384', 'ES512', 'EdDSA', 'Ed25519']);
  });

  it('lends its keys for verification to no encryption', () => {
    const encrypting = loadKeys({ keys: keys.slice(3) }, factory);
    expect(KEY_ENCRYPTION_ALGORITHMS.filter((alg) => encrypting.some((key) => key.suits(alg)))).toEqual([]);
    const all = loadKeys({ keys }, factory);
    expect(KEY_ENCRYPTION_ALGORITHMS.filter((alg) => all.some((key) => key.suits(alg)))).toEqual(
      KEY_ENCRYPTION_ALGORITHMS,
    );
  });

  it('is that of RFC 7517 §A.1', () => {
    const encrypting = loadKeys({ keys: ENCRYPTION_AND_SIGNATURE }, factory);
    expect(encrypting.map((key) => [key.dedicated, key.suits('ECDH-ES')])).toEqual([[true, true]]);
  });
});
