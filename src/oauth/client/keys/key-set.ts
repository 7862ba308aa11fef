import { setImmediate } from 'node:timers/promises';
import { JsonError, parseJsonObject } from '../../jwt/json.js';
import { UnusableKeyError } from './verification-key.js';

const MOST_KEYS = 100;

/** A stranger's keys are made usable so many at a time, with a turn for everybody else in between. */
const KEYS_AT_ONCE = 5;

/** Makes the public keys of others usable for one purpose. */
export interface KeyLoader<K> {
  /** @throws UnusableKeyError */
  load(jwk: Readonly<Record<string, unknown>>): K;
}

/** Reads a JWK Set as it was fetched: strict JSON, whose keys are taken as by {@link loadKeys}. */
export async function parseKeySet<K>(body: Uint8Array, loader: KeyLoader<K>): Promise<K[]> {
  const listed = listOf(parse(body));
  const keys: K[] = [];
  for (let at = 0; at < listed.length; at += KEYS_AT_ONCE) {
    keys.push(...usableKeys(listed.slice(at, at + KEYS_AT_ONCE), loader));
    await setImmediate();
  }
  return keys;
}

/**
 * The keys of a JWK Set (RFC 7517 §5) that can be used. Those that are foreign, broken, too weak or
 * not public are passed over; a set that is none, or that has more than 100 keys, is refused as a whole.
 */
export function loadKeys<K>(set: { readonly keys?: unknown }, loader: KeyLoader<K>): K[] {
  return usableKeys(listOf(set), loader);
}

function listOf({ keys }: { readonly keys?: unknown }): readonly unknown[] {
  if (!Array.isArray(keys)) throw new Error('The JWK Set has no array of keys.');
  if (keys.length > MOST_KEYS) throw new Error(`The JWK Set has more than ${MOST_KEYS} keys.`);
  return keys;
}

function usableKeys<K>(listed: readonly unknown[], loader: KeyLoader<K>): K[] {
  return listed.flatMap((jwk) => (isObject(jwk) ? usableKey(jwk, loader) : []));
}

function usableKey<K>(jwk: Readonly<Record<string, unknown>>, loader: KeyLoader<K>): K[] {
  try {
    return [loader.load(jwk)];
  } catch (cause) {
    if (cause instanceof UnusableKeyError) return [];
    throw cause;
  }
}

/** The parser's own message would quote the text into the log. */
function parse(body: Uint8Array): Record<string, unknown> {
  try {
    return parseJsonObject(body);
  } catch (cause) {
    const reason = cause instanceof JsonError ? cause.message : 'not JSON in UTF-8';
    throw new Error(`The JWK Set cannot be read: ${reason}.`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
