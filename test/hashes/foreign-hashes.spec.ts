import argon2 from 'argon2';
import bcrypt from 'bcrypt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ForeignHashes } from '../../src/hashes/foreign-hashes.js';
import { Gate } from '../../src/hashes/gate.js';
import { INSTALLED_PACKAGES, type HashPackages } from '../../src/hashes/hash-packages.js';
import { ARGON2ID, BCRYPT_2Y, PUBLISHED, SCRYPT, SCRYPT_PADDED, SECRET, SOURCE } from './samples.js';

const hashes = new ForeignHashes();
const cheapArgon2 = { memoryCost: 256, timeCost: 2, parallelism: 1 };
const ARGON2 = await argon2.hash(SECRET, cheapArgon2);
const ARGON2_LANES = await argon2.hash(SECRET, { ...cheapArgon2, parallelism: 4, hashLength: 64 });
const BCRYPT_2B = await bcrypt.hash(SECRET, 9);
const BCRYPT_2A = await bcrypt.hash(SECRET, await bcrypt.genSalt(5, 'a'));

function missing(name: string): Promise<never> {
  const error = new Error(`Cannot find package '${name}' imported from /app/hash-packages.js`);
  return Promise.reject(Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' }));
}
const NO_PACKAGES: HashPackages = { argon2: () => missing('argon2'), bcrypt: () => missing('bcrypt') };

describe('verification', () => {
  it.each([
    ['argon2id of OpenSSL', ARGON2ID],
    ['argon2id', ARGON2],
    ['argon2id, the parameters in the order of the format', withOrderedParameters(ARGON2)],
    ['argon2id, several lanes', ARGON2_LANES],
    ['bcrypt $2b$', BCRYPT_2B],
    ['bcrypt $2a$', BCRYPT_2A],
    ['bcrypt $2y$ of libxcrypt', BCRYPT_2Y],
    ['the same as $2b$', BCRYPT_2Y.replace('$2y$', '$2b$')],
    ['scrypt of OpenSSL', SCRYPT],
    ['scrypt with padding', SCRYPT_PADDED],
  ])('%s: the secret and no other', async (_, hash) => {
    expect(await hashes.refusal(hash)).toBeUndefined();
    expect(await hashes.verify(hash, SECRET, SOURCE)).toBe(true);
    for (const wrong of ['', SECRET.slice(0, -1), `${SECRET}x`, SECRET.toUpperCase(), hash])
      expect(await hashes.verify(hash, wrong, SOURCE)).toBe(false);
  });

  it.each(PUBLISHED)('%s', async (_, secret, hash) => {
    expect(await hashes.refusal(hash)).toBeUndefined();
    expect(await hashes.verify(hash, secret, SOURCE)).toBe(true);
    expect(await hashes.verify(hash, `${secret}!`, SOURCE)).toBe(false);
  });

  it('any secret of the kit’s alphabet, against hashes that the packages made', async () => {
    const secret = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 17 });
    await fc.assert(
      fc.asyncProperty(secret, secret, async (one, other) => {
        for (const hash of [await argon2.hash(one, cheapArgon2), await bcrypt.hash(one, 4)]) {
          const plain = !hash.startsWith('$2') || (Buffer.byteLength(one) < 72 && !one.includes('\0'));
          expect(await hashes.verify(hash, one, SOURCE)).toBe(plain);
          if (one !== other) expect(await hashes.verify(hash, other, SOURCE)).toBe(false);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('threat 20: bcrypt reads 72 bytes of a secret', () => {
  const long = '0123456789abcdef'.repeat(8);

  it('threat 20: of a secret of 128 characters, neither the first 72 nor more of it are taken', async () => {
    const hash = await bcrypt.hash(long, 4);
    expect(await bcrypt.compare(long.slice(0, 72), hash)).toBe(true);
    for (const length of [71, 72, 73, 100, 127, 128])
      expect(await hashes.verify(hash, long.slice(0, length), SOURCE)).toBe(false);
  });

  it('threat 20: 71 bytes are the longest that are taken, counted in UTF-8', async () => {
    const hash = await bcrypt.hash(long.slice(0, 71), 4);
    expect(await hashes.verify(hash, long.slice(0, 71), SOURCE)).toBe(true);
    expect(await hashes.verify(hash, long.slice(0, 72), SOURCE)).toBe(false);
    const wide = 'ü'.repeat(36);
    expect(await hashes.verify(await bcrypt.hash(wide, 4), wide, SOURCE)).toBe(false);
  });

  it('threat 20: argon2id and scrypt read all of it', async () => {
    const hash = await argon2.hash(long, cheapArgon2);
    expect(await hashes.verify(hash, long, SOURCE)).toBe(true);
    expect(await hashes.verify(hash, long.slice(0, 72), SOURCE)).toBe(false);
  });

  it('a NUL, behind which bcrypt begins anew, is not taken', async () => {
    const hash = await bcrypt.hash('a', 4);
    expect(await bcrypt.compare('a\0a', hash)).toBe(true);
    expect(await hashes.verify(hash, 'a\0a', SOURCE)).toBe(false);
    expect(await hashes.verify(hash, 'a', SOURCE)).toBe(true);
  });

  it('such a secret is refused without hashing it', async () => {
    let loads = 0;
    const counting = { ...INSTALLED_PACKAGES, bcrypt: () => ((loads += 1), INSTALLED_PACKAGES.bcrypt()) };
    const closed = new ForeignHashes(counting, new Gate({ running: 0, waiting: 0, perKey: 0 }));
    expect(await closed.verify(BCRYPT_2Y, long, SOURCE)).toBe(false);
    expect(loads).toBe(0);
    expect(await closed.verify(BCRYPT_2Y, SECRET, SOURCE)).toBe('busy');
  });
});

describe('odd secrets', () => {
  it.each([
    ['empty', ''],
    ['NUL', '\0'],
    ['a lone surrogate', '\ud800'],
    ['a megabyte', 'x'.repeat(1_000_000)],
    ['control characters', '\n\r\t\x7f'],
  ])('%s: false, and no throw', async (_, secret) => {
    for (const hash of [ARGON2, BCRYPT_2Y, SCRYPT])
      expect(await hashes.verify(hash, secret, SOURCE)).toBe(false);
  });
});

describe('off the event loop', () => {
  it.each([
    ['argon2id', PUBLISHED[0]?.[2] ?? ''],
    ['bcrypt', BCRYPT_2B],
    ['scrypt', SCRYPT],
  ])('%s: the loop turns while it is computed', async (_, hash) => {
    await hashes.refusal(hash);
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await hashes.verify(hash, 'wrong', SOURCE);
    done = true;
    expect(turns).toBeGreaterThan(20);
  });
});

describe('at most so many at once', () => {
  /** Hashes whose computation ends when it is told to. */
  function held() {
    const waiting: (() => void)[] = [];
    const compare = (): Promise<boolean> => new Promise((resolve) => waiting.push(() => resolve(true)));
    const packages: HashPackages = { ...NO_PACKAGES, bcrypt: () => Promise.resolve({ compare }) };
    return { waiting, packages };
  }
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('two in the process however many instances there are, 64 waiting, two of one source', async () => {
    const { waiting, packages } = held();
    const instances = [new ForeignHashes(packages), new ForeignHashes(packages)] as const;
    const verify = (index: number): Promise<boolean | 'busy'> =>
      instances[index % 2 === 0 ? 0 : 1].verify(BCRYPT_2Y, SECRET, `192.0.2.${index}`);
    const all = [0, 0].map(verify);
    for (let again = 0; again < 100; again += 1) expect(await verify(0)).toBe('busy');
    for (let index = 1; index <= 32; index += 1) all.push(verify(index), verify(index));
    for (const index of [33, 1, 0]) expect(await verify(index)).toBe('busy');
    for (let computed = 0; computed < all.length; computed += 1) {
      await turn();
      expect(waiting.length).toBe(Math.min(2, all.length - computed));
      waiting.shift()?.();
    }
    expect(await Promise.all(all)).toEqual(all.map(() => true));
  });

  it('threat 38 a source that has all it may takes no turn of another’s, were the hash the same', async () => {
    const { waiting, packages } = held();
    const shared = new ForeignHashes(packages, new Gate({ running: 2, waiting: 64, perKey: 2 }));
    const attacks: Promise<boolean | 'busy'>[] = [];
    for (let source = 0; source < 20; source += 1) {
      for (let guess = 0; guess < 50; guess += 1) {
        attacks.push(shared.verify(BCRYPT_2Y, `guess ${guess}`, `192.0.2.${source}`));
      }
    }
    const real = shared.verify(BCRYPT_2Y, SECRET, '198.51.100.9');
    let computed = 0;
    for (; waiting.length > 0 || computed === 0; computed += 1) {
      await turn();
      waiting.shift()?.();
      await turn();
    }
    expect(await real).toBe(true);
    expect(computed).toBe(41);
    expect((await Promise.all(attacks)).filter((answer) => answer === 'busy')).toHaveLength(960);
  });

  it('a computation that fails is a server_error, and gives its place back', async () => {
    const broken = { compare: () => Promise.reject(new Error('out of memory')) };
    const packages = { ...NO_PACKAGES, bcrypt: () => Promise.resolve(broken) };
    const failing = new ForeignHashes(packages, new Gate({ running: 1, waiting: 0, perKey: 1 }));
    for (let round = 0; round < 3; round += 1) {
      const failure = { code: 'server_error', cause: new Error('out of memory') };
      await expect(failing.verify(BCRYPT_2Y, SECRET, SOURCE)).rejects.toMatchObject(failure);
    }
  });
});

describe('packages', () => {
  const without = new ForeignHashes(NO_PACKAGES);

  it.each([
    ['argon2id', 'argon2', ARGON2],
    ['bcrypt', 'bcrypt', BCRYPT_2Y],
  ])(
    '%s without its package: words for the operator, server_error for the client',
    async (kind, name, hash) => {
      const words = `${kind} hashes need the package ${name}: npm install ${name}`;
      expect(await without.refusal(hash)).toBe(words);
      await expect(without.verify(hash, SECRET, SOURCE)).rejects.toMatchObject({
        code: 'server_error',
        cause: { message: words },
      });
    },
  );

  it('a package that does not load for another reason is said to be installed', async () => {
    const broken = () => Promise.reject(new Error('No native build was found for platform=linux'));
    const words = await new ForeignHashes({ argon2: broken, bcrypt: broken }).refusal(ARGON2);
    expect(words).toBe('argon2id hashes need the package argon2, which is installed but does not load');
  });

  it('scrypt needs none, and a bad hash is refused before one is looked for', async () => {
    expect(await without.refusal(SCRYPT)).toBeUndefined();
    expect(await without.verify(SCRYPT, SECRET, SOURCE)).toBe(true);
    expect(await without.verify(`${ARGON2}$`, SECRET, SOURCE)).toBe(false);
    expect(await without.refusal(BCRYPT_2Y.replace('$06$', '$15$'))).toMatch(/cost/);
  });
});

function withOrderedParameters(hash: string): string {
  return hash.replace(/m=(\d+),p=(\d+),t=(\d+)/, 'm=$1,t=$3,p=$2');
}
