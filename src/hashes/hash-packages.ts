import { UnusableHash } from './unusable-hash.js';

/** What is used of the package `argon2`. */
export interface Argon2 {
  verify(digest: string, secret: string): Promise<boolean>;
}

/** What is used of the package `bcrypt`. */
export interface Bcrypt {
  compare(secret: string, hash: string): Promise<boolean>;
}

/** Loads the packages that a host installs only where it imports hashes of theirs. */
export interface HashPackages {
  argon2(): Promise<Argon2>;
  bcrypt(): Promise<Bcrypt>;
}

/** Those that are installed next to the kit. */
export const INSTALLED_PACKAGES: HashPackages = {
  argon2: () => import('argon2'),
  bcrypt: () => import('bcrypt'),
};

/**
 * Loads a package for hashes of a kind.
 * @throws UnusableHash where it is missing, or installed but broken.
 */
export async function loaded<T>(load: () => Promise<T>, kind: string, name: string): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const need = `${kind} hashes need the package ${name}`;
    throw new UnusableHash(
      isMissing(cause) ? `${need}: npm install ${name}` : `${need}, which is installed but does not load`,
      { cause },
    );
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
}
