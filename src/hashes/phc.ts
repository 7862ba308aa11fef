import { UnusableHash } from './unusable-hash.js';

const PHC =
  /^\$[a-z0-9]+(?:\$v=(\d+))?\$([a-z]+=\d+(?:,[a-z]+=\d+)*)\$([A-Za-z0-9+/]+)(={0,2})\$([A-Za-z0-9+/]+)(={0,2})$/;
const SALT_BYTES = [8, 64] as const;
const HASH_BYTES = [16, 64] as const;

/** A hash in the PHC string format, `$id$v=19$name=number,…$salt$hash`. */
export interface PhcHash {
  readonly version: string | undefined;
  readonly parameters: Parameters;
  readonly salt: Buffer;
  readonly hash: Buffer;
  /** Whether its base64 ends in `=`, which the format itself leaves out. */
  readonly padded: boolean;
}

/** The numbers that a hash was made with, in whatever order they were written. */
export class Parameters {
  constructor(
    private readonly kind: string,
    private readonly values: ReadonlyMap<string, number>,
  ) {}

  /** @throws UnusableHash where there is none of this name, or it is out of bounds. */
  within(name: string, least: number, most: number): number {
    const value = this.values.get(name) ?? NaN;
    if (value >= least && value <= most) return value;
    throw new UnusableHash(`${this.kind} hashes need a parameter ${name} from ${least} to ${most}`);
  }
}

/**
 * Reads a hash of a kind that has exactly these parameters; `example` shows an operator what one looks like.
 * @throws UnusableHash where the text is something else, or its salt or hash is of an unusual length.
 */
export function readPhc(text: string, kind: string, names: readonly string[], example: string): PhcHash {
  const [, version, written = '', salt = '', saltPadding, hash = '', hashPadding] = PHC.exec(text) ?? [];
  const entries = written.split(',').map((entry) => entry.split('=', 2) as [string, string]);
  const values = new Map(entries.map(([name, digits]) => [name, Number(digits)]));
  const expected = values.size === entries.length && values.size === names.length;
  if (!expected || !names.every((name) => values.has(name)))
    throw new UnusableHash(`${kind} hashes look like ${example}`);
  return {
    version,
    parameters: new Parameters(kind, values),
    salt: bytes(salt, SALT_BYTES, `${kind} hashes need a salt`),
    hash: bytes(hash, HASH_BYTES, `${kind} hashes need a hash`),
    padded: Boolean(saltPadding || hashPadding),
  };
}

/** In the one way to write them: the bits that the last character has to spare are 0. */
function bytes(base64: string, [least, most]: readonly [number, number], need: string): Buffer {
  const read = Buffer.from(base64, 'base64');
  if (read.toString('base64').replace(/=+$/, '') === base64 && read.length >= least && read.length <= most)
    return read;
  throw new UnusableHash(`${need} of ${least} to ${most} bytes, in base64`);
}
