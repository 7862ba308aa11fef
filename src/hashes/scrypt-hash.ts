import { scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import type { ForeignHash } from './foreign-hash.js';
import { readPhc } from './phc.js';
import { UnusableHash } from './unusable-hash.js';

const KIND = 'scrypt';
const EXAMPLE = '$scrypt$ln=15,r=8,p=1$salt$hash, in base64';
/** Together with that of `r`: 128 · 2^17 · 16 bytes are 256 MiB. */
const MOST_LOG_COST = 17;
const MOST_BLOCK_SIZE = 16;
const MOST_LANES = 4;
/** RFC 7914 §6: the cost is below 2^(128 · r / 8). */
const LOG_COST_PER_BLOCK = 16;

/** scrypt of RFC 7914 as passlib and @phc/scrypt write it, by `node:crypto`. */
export class ScryptHash implements ForeignHash {
  private constructor(
    private readonly salt: Buffer,
    private readonly hash: Buffer,
    private readonly options: ScryptOptions,
  ) {}

  /** @throws UnusableHash */
  static read(text: string): ScryptHash {
    const { version, parameters, salt, hash } = readPhc(text, KIND, ['ln', 'r', 'p'], EXAMPLE);
    if (version !== undefined) throw new UnusableHash(`${KIND} hashes look like ${EXAMPLE}`);
    const r = parameters.within('r', 1, MOST_BLOCK_SIZE);
    const p = parameters.within('p', 1, MOST_LANES);
    const N = 2 ** parameters.within('ln', 1, Math.min(MOST_LOG_COST, LOG_COST_PER_BLOCK * r - 1));
    return new ScryptHash(salt, hash, { N, r, p, maxmem: 128 * r * (N + p + 2) });
  }

  async load(): Promise<void> {}

  distinguishes(): boolean {
    return true;
  }

  matches(secret: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      scrypt(secret, this.salt, this.hash.length, this.options, (error, derived) =>
        error ? reject(error) : resolve(timingSafeEqual(derived, this.hash)),
      );
    });
  }
}
