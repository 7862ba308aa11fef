import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ForeignHashes } from '../../src/hashes/foreign-hashes.js';
import type { HashPackages } from '../../src/hashes/hash-packages.js';
import { BCRYPT_2Y, SCRYPT, SECRET, SOURCE } from './samples.js';

let computed = 0;
const count = (): Promise<boolean> => {
  computed += 1;
  return Promise.resolve(true);
};
/** Compute nothing, so that what is too expensive to be taken is not computed here either. */
const packages: HashPackages = {
  argon2: () => Promise.resolve({ verify: count }),
  bcrypt: () => Promise.resolve({ compare: count }),
};
const hashes = new ForeignHashes(packages);

const base64 = (bytes: number): string => Buffer.alloc(bytes, 0xa5).toString('base64').replace(/=+$/, '');
const argon2id = (parameters: string, salt = 16, hash = 32): string =>
  `$argon2id$v=19$${parameters}$${base64(salt)}$${base64(hash)}`;
const scrypt = (parameters: string, salt = 16, hash = 32): string =>
  `$scrypt$${parameters}$${base64(salt)}$${base64(hash)}`;
const bcrypt = (cost: string): string => BCRYPT_2Y.replace('$06$', `$${cost}$`);

describe('what is taken', () => {
  it.each([
    argon2id('m=262144,t=10,p=16'),
    argon2id('m=8,t=1,p=1'),
    argon2id('m=128,t=1,p=16'),
    argon2id('p=1,t=2,m=19456'),
    argon2id('m=19456,t=2,p=1', 8, 16),
    argon2id('m=19456,t=2,p=1', 64, 64),
    bcrypt('04'),
    bcrypt('14'),
    scrypt('ln=17,r=16,p=4'),
    scrypt('ln=1,r=1,p=1'),
    scrypt('ln=15,r=1,p=1'),
    scrypt('ln=16,r=2,p=1'),
    scrypt('ln=15,r=8,p=1', 8, 16),
    scrypt('ln=15,r=8,p=1', 64, 64),
  ])('%s', async (hash) => {
    expect(await hashes.refusal(hash)).toBeUndefined();
  });

  it.each([scrypt('ln=17,r=16,p=1'), scrypt('ln=1,r=1,p=1'), scrypt('ln=15,r=1,p=4')])(
    'the bounds are those of node:crypto: %s is computed',
    async (hash) => {
      expect(await hashes.verify(hash, SECRET, SOURCE)).toBe(false);
    },
  );
});

describe('what is refused, and why', () => {
  const unknown = 'hashes begin with $argon2id$, with $2a$, $2b$ or $2y$ (bcrypt), or with $scrypt$';
  const text = 'hashes need 1 to 255 characters, all of them printable ASCII without spaces';
  const argon2Form =
    'argon2id hashes look like $argon2id$v=19$m=65536,t=3,p=4$salt$hash, in base64 without padding';
  const bcryptForm = 'bcrypt hashes look like $2b$12$salthash, 60 characters';
  const scryptForm = 'scrypt hashes look like $scrypt$ln=15,r=8,p=1$salt$hash, in base64';
  const good = argon2id('m=65536,t=3,p=4');

  it.each([
    ['', text],
    [' ', text],
    [`${good}\n`, text],
    [`${BCRYPT_2Y}\0`, text],
    [`${good}ä`, text],
    ['$'.repeat(256), text],
    ['$'.repeat(255), unknown],
    ['secret', unknown],
    ['5f4dcc3b5aa765d61d8327deb882cf99', unknown],
    ['$1$salt$qJH7.N4xYta3aEG/dfqo/0', unknown],
    [
      '$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.',
      unknown,
    ],
    [good.replace('2id', '2i'), unknown],
    [good.replace('2id', '2d'), unknown],
    [good.replace('$a', '$A'), unknown],
    [BCRYPT_2Y.replace('$2y', '$2x'), unknown],
    [BCRYPT_2Y.replace('$2y', '$2'), unknown],
    [good.replace('v=19', 'v=16'), argon2Form],
    [good.replace('$v=19', ''), argon2Form],
    [good.replace('p=4', 'p=4,data=1'), argon2Form],
    [good.replace(',p=4', ''), argon2Form],
    [good.replace('p=4', 't=4'), argon2Form],
    [good.replace('m=', 'm=-'), argon2Form],
    [good.replace('t=3', 't=3e0'), argon2Form],
    [`${good}=`, argon2Form],
    [`${good}$`, argon2Form],
    [good.slice(0, good.lastIndexOf('$')), argon2Form],
    [argon2id('m=262145,t=3,p=4'), 'argon2id hashes need a parameter m from 32 to 262144'],
    [argon2id('m=127,t=3,p=16'), 'argon2id hashes need a parameter m from 128 to 262144'],
    [argon2id('m=4294967304,t=3,p=1'), 'argon2id hashes need a parameter m from 8 to 262144'],
    [argon2id('m=65536,t=11,p=4'), 'argon2id hashes need a parameter t from 1 to 10'],
    [argon2id('m=65536,t=0,p=4'), 'argon2id hashes need a parameter t from 1 to 10'],
    [argon2id('m=65536,t=3,p=17'), 'argon2id hashes need a parameter p from 1 to 16'],
    [argon2id('m=65536,t=3,p=0'), 'argon2id hashes need a parameter p from 1 to 16'],
    [argon2id('m=65536,t=3,p=4', 7), 'argon2id hashes need a salt of 8 to 64 bytes, in base64'],
    [argon2id('m=65536,t=3,p=4', 65), 'argon2id hashes need a salt of 8 to 64 bytes, in base64'],
    [argon2id('m=65536,t=3,p=4', 16, 15), 'argon2id hashes need a hash of 16 to 64 bytes, in base64'],
    [argon2id('m=65536,t=3,p=4', 16, 65), 'argon2id hashes need a hash of 16 to 64 bytes, in base64'],
    [good.slice(0, -1) + 'V', 'argon2id hashes need a hash of 16 to 64 bytes, in base64'],
    [bcrypt('03'), 'bcrypt hashes need a cost from 4 to 14'],
    [bcrypt('15'), 'bcrypt hashes need a cost from 4 to 14'],
    [bcrypt('31'), 'bcrypt hashes need a cost from 4 to 14'],
    [bcrypt('4'), bcryptForm],
    [BCRYPT_2Y.slice(0, -1), bcryptForm],
    [`${BCRYPT_2Y}W`, bcryptForm],
    [BCRYPT_2Y.replace(/W$/, 'X'), bcryptForm],
    [BCRYPT_2Y.replace('XsRu', 'XsRv'), bcryptForm],
    [SCRYPT.replace('$ln', '$v=1$ln'), scryptForm],
    [SCRYPT.replace('ln=15', 'n=32768'), scryptForm],
    [SCRYPT.replace('r=8,', ''), scryptForm],
    [`${SCRYPT}===`, scryptForm],
    [scrypt('ln=18,r=8,p=1'), 'scrypt hashes need a parameter ln from 1 to 17'],
    [scrypt('ln=0,r=8,p=1'), 'scrypt hashes need a parameter ln from 1 to 17'],
    [scrypt('ln=16,r=1,p=1'), 'scrypt hashes need a parameter ln from 1 to 15'],
    [scrypt('ln=15,r=17,p=1'), 'scrypt hashes need a parameter r from 1 to 16'],
    [scrypt('ln=15,r=0,p=1'), 'scrypt hashes need a parameter r from 1 to 16'],
    [scrypt('ln=15,r=8,p=5'), 'scrypt hashes need a parameter p from 1 to 4'],
    [scrypt('ln=15,r=8,p=1', 7), 'scrypt hashes need a salt of 8 to 64 bytes, in base64'],
    [scrypt('ln=15,r=8,p=1', 16, 65), 'scrypt hashes need a hash of 16 to 64 bytes, in base64'],
  ])('%j: %s', async (hash, words) => {
    computed = 0;
    expect(await hashes.refusal(hash)).toBe(words);
    expect(await hashes.verify(hash, SECRET, SOURCE)).toBe(false);
    expect(computed).toBe(0);
  });
});

describe('any text', () => {
  const broken = fc
    .tuple(
      fc.constantFrom(argon2id('m=19456,t=2,p=1'), BCRYPT_2Y, scrypt('ln=1,r=1,p=1')),
      fc.nat(110),
      fc.nat(3),
      fc.oneof(
        fc.string({ maxLength: 3 }),
        fc.constantFrom('$', '=', ',', '0', '9', '/', 'x', '\0', '\ud800'),
      ),
    )
    .map(([hash, at, cut, put]) => hash.slice(0, at) + put + hash.slice(at + cut));
  const any = fc.oneof(broken, fc.string(), fc.string({ unit: 'binary', maxLength: 300 }));

  it('is a hash, or is refused in words that do not quote it; verification never throws', async () => {
    await fc.assert(
      fc.asyncProperty(any, async (text) => {
        computed = 0;
        const words = await hashes.refusal(text);
        const verified = await hashes.verify(text, SECRET, SOURCE);
        if (words === undefined) return;
        expect(verified).toBe(false);
        expect(computed).toBe(0);
        expect(words).toMatch(/^[\x20-\x7e]{10,120}$/);
        for (let at = 0; at + 20 < text.length; at += 1) expect(words).not.toContain(text.slice(at, at + 20));
      }),
      { numRuns: 2000 },
    );
  });
});
