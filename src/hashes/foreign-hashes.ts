import { ImportedHashes } from '../oauth/client/imported-hashes.js';
import { OauthError } from '../oauth/oauth.error.js';
import { Argon2idHash } from './argon2id-hash.js';
import { BcryptHash } from './bcrypt-hash.js';
import type { ForeignHash } from './foreign-hash.js';
import { Gate, GateFullError } from './gate.js';
import { INSTALLED_PACKAGES, type HashPackages } from './hash-packages.js';
import { ScryptHash } from './scrypt-hash.js';
import { UnusableHash } from './unusable-hash.js';

const HASH = /^[\x21-\x7e]{1,255}$/;

/** One for the process. Node has four threads for such work and for files and names: two are left to those. */
const PROCESS_GATE = new Gate({ running: 2, waiting: 64, perKey: 2 });

/**
 * Verifies argon2id by the package `argon2`, bcrypt by the package `bcrypt`, scrypt by `node:crypto`. The packages are
 * loaded when a hash of theirs is met, so that a host without such hashes need not install them. What a hash may cost
 * is bounded, 256 MiB of memory among others, and so is how many are computed at once.
 */
export class ForeignHashes extends ImportedHashes {
  constructor(
    private readonly packages: HashPackages = INSTALLED_PACKAGES,
    private readonly gate: Gate = PROCESS_GATE,
  ) {
    super();
  }

  async refusal(hash: string): Promise<string | undefined> {
    try {
      await this.read(hash).load();
      return undefined;
    } catch (failure) {
      if (failure instanceof UnusableHash) return failure.message;
      throw failure;
    }
  }

  /**
   * False for a text that is no good hash, and for a secret of 72 bytes or more against a bcrypt hash, since bcrypt
   * does not look beyond; `busy` where the queue is full, or this source has two in it already.
   * @throws OauthError `server_error` where a good hash cannot be computed: its package is missing, or memory runs out.
   */
  async verify(hash: string, secret: string, source: string): Promise<boolean | 'busy'> {
    const read = this.readable(hash);
    if (!read?.distinguishes(secret)) return false;
    return this.gate.run(source, () => read.matches(secret)).catch(busyOrBroken);
  }

  private readable(hash: string): ForeignHash | undefined {
    try {
      return this.read(hash);
    } catch (failure) {
      if (failure instanceof UnusableHash) return undefined;
      throw failure;
    }
  }

  private read(hash: string): ForeignHash {
    if (!HASH.test(hash))
      throw new UnusableHash('hashes need 1 to 255 characters, all of them printable ASCII without spaces');
    if (hash.startsWith('$argon2id$')) return Argon2idHash.read(hash, this.packages);
    if (/^\$2[aby]\$/.test(hash)) return BcryptHash.read(hash, this.packages);
    if (hash.startsWith('$scrypt$')) return ScryptHash.read(hash);
    throw new UnusableHash(
      'hashes begin with $argon2id$, with $2a$, $2b$ or $2y$ (bcrypt), or with $scrypt$',
    );
  }
}

function busyOrBroken(failure: unknown): 'busy' {
  if (failure instanceof GateFullError) return 'busy';
  throw OauthError.from(failure);
}
