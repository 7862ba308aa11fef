import type { ForeignHash } from './foreign-hash.js';
import { loaded, type Argon2, type HashPackages } from './hash-packages.js';
import { readPhc } from './phc.js';
import { UnusableHash } from './unusable-hash.js';

const KIND = 'argon2id';
const EXAMPLE = '$argon2id$v=19$m=65536,t=3,p=4$salt$hash, in base64 without padding';
const MOST_KIBIBYTES = 262_144;
const MOST_PASSES = 10;
const MOST_LANES = 16;
/** RFC 9106 §3.1. */
const LEAST_KIBIBYTES_PER_LANE = 8;

/** argon2id of RFC 9106, version 19, by the package `argon2`. */
export class Argon2idHash implements ForeignHash {
  private constructor(
    private readonly text: string,
    private readonly packages: HashPackages,
  ) {}

  /** @throws UnusableHash */
  static read(text: string, packages: HashPackages): Argon2idHash {
    const { version, parameters, padded } = readPhc(text, KIND, ['m', 't', 'p'], EXAMPLE);
    if (version !== '19' || padded) throw new UnusableHash(`${KIND} hashes look like ${EXAMPLE}`);
    parameters.within('t', 1, MOST_PASSES);
    const lanes = parameters.within('p', 1, MOST_LANES);
    parameters.within('m', LEAST_KIBIBYTES_PER_LANE * lanes, MOST_KIBIBYTES);
    return new Argon2idHash(text, packages);
  }

  async load(): Promise<void> {
    await this.argon2();
  }

  distinguishes(): boolean {
    return true;
  }

  async matches(secret: string): Promise<boolean> {
    const argon2 = await this.argon2();
    return argon2.verify(this.text, secret);
  }

  private argon2(): Promise<Argon2> {
    return loaded(() => this.packages.argon2(), KIND, 'argon2');
  }
}
