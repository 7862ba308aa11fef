import type { ValueTransformer } from 'typeorm';
import type { JwkSet } from '../oauth/client/client.js';

/** How a value stands in a column. `from` believes nothing: a row may come from any driver, or from a hand. */
export interface Codec<T> extends ValueTransformer {
  to(value: T): string | number | boolean | null;
  from(stored: unknown): T;
}

export const text: Codec<string> = {
  to: (value) => value,
  from: (stored) => (typeof stored === 'string' ? stored : damaged('text', stored)),
};

/** Whole numbers. PostgreSQL's driver gives a bigint as text. */
export const integer: Codec<number> = {
  to: (value) => value,
  from(stored) {
    const value = typeof stored === 'string' || typeof stored === 'bigint' ? Number(stored) : stored;
    return typeof value === 'number' && Number.isSafeInteger(value)
      ? value
      : damaged('a whole number', stored);
  },
};

export const flag: Codec<boolean> = {
  to: (value) => value,
  from(stored) {
    if (stored === true || stored === 1) return true;
    return stored === false || stored === 0 ? false : damaged('a boolean', stored);
  },
};

/** Text whose bytes stand in hexadecimal: equal and in order by code point alone, whatever the collation. */
export const hexadecimal: Codec<string> = {
  to: (value) => Buffer.from(value, 'utf8').toString('hex'),
  from: (stored) => Buffer.from(text.from(stored), 'hex').toString('utf8'),
};

/** Text that people type, as a JSON string: it fits a database of any character set. */
export const typedText: Codec<string> = {
  to: asciiJson,
  from(stored) {
    const value: unknown = JSON.parse(text.from(stored));
    return typeof value === 'string' ? value : damaged('a JSON string', stored);
  },
};

export const strings: Codec<readonly string[]> = {
  to: asciiJson,
  from(stored) {
    const value: unknown = JSON.parse(text.from(stored));
    return isStrings(value) ? value : damaged('a JSON array of strings', stored);
  },
};

export const object: Codec<Readonly<Record<string, unknown>>> = {
  to: asciiJson,
  from(stored) {
    const value: unknown = JSON.parse(text.from(stored));
    return isObject(value) ? value : damaged('a JSON object', stored);
  },
};

export const jwkSet: Codec<JwkSet> = {
  to: asciiJson,
  from(stored) {
    const { keys, ...more } = object.from(stored);
    return isObjects(keys) ? { ...more, keys } : damaged('a JWK Set', stored);
  },
};

export function oneOf<T extends string>(values: readonly T[]): Codec<T> {
  return {
    to: (value) => value,
    from: (stored) =>
      values.find((value) => value === stored) ?? damaged(`one of ${values.join(', ')}`, stored),
  };
}

export function nullable<T>(codec: Codec<T>): Codec<T | null> {
  return {
    to: (value) => (value === null ? null : codec.to(value)),
    from: (stored) => (stored === null || stored === undefined ? null : codec.from(stored)),
  };
}

/** In ASCII alone, so that an emoji in a client's name fits a database of any character set. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isObjects(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.every(isObject);
}

export function damaged(wanted: string, stored: unknown): never {
  throw new TypeError(`A stored value is not ${wanted}, but of type ${typeof stored}.`);
}
