import type { ForeignHash } from './foreign-hash.js';
import { loaded, type Bcrypt, type HashPackages } from './hash-packages.js';
import { UnusableHash } from './unusable-hash.js';

const KIND = 'bcrypt';
/** 22 characters hold the 16 bytes of the salt and 31 the 23 of the hash: the last of each has bits to spare, all 0. */
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;
const LEAST_COST = 4;
const MOST_COST = 14;
/** As many bytes of a secret as bcrypt looks at. */
const BYTES_READ = 72;

/** bcrypt, by the package `bcrypt`. */
export class BcryptHash implements ForeignHash {
  private constructor(
    private readonly text: string,
    private readonly packages: HashPackages,
  ) {}

  /**
   * `$2y$` is what PHP and Apache write for `$2b$`.
   * @throws UnusableHash
   */
  static read(text: string, packages: HashPackages): BcryptHash {
    const [, cost] = BCRYPT.exec(text) ?? [];
    if (cost === undefined) throw new UnusableHash(`${KIND} hashes look like $2b$12$salthash, 60 characters`);
    if (Number(cost) < LEAST_COST || Number(cost) > MOST_COST)
      throw new UnusableHash(`${KIND} hashes need a cost from ${LEAST_COST} to ${MOST_COST}`);
    return new BcryptHash(text.replace(/^\$2y/, '$2b'), packages);
  }

  async load(): Promise<void> {
    await this.bcrypt();
  }

  /**
   * A secret of 72 bytes or more is like every other one that begins with the same 72 bytes, so it is refused even
   * where it is the one that was hashed. And bcrypt repeats a secret with a NUL in between: "a" is like "a NUL a".
   */
  distinguishes(secret: string): boolean {
    return Buffer.byteLength(secret) < BYTES_READ && !secret.includes('\0');
  }

  async matches(secret: string): Promise<boolean> {
    const bcrypt = await this.bcrypt();
    return bcrypt.compare(secret, this.text);
  }

  private bcrypt(): Promise<Bcrypt> {
    return loaded(() => this.packages.bcrypt(), KIND, 'bcrypt');
  }
}
