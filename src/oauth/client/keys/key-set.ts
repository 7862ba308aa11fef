import { setImmediate } from 'node:timers/promises';
import { JsonError, parseJsonObject } from '../../jwt/json.js';
import { UnusableKeyError, type VerificationKey, type VerificationKeyFactory } from './verification-key.js';

const MOST_KEYS = 100;

/** A stranger's keys are made usable so many at a time, with a turn for everybody else in between. */
const KEYS_AT_ONCE = 5;

/** Reads a JWK Set as it was fetched: strict JSON, whose keys are taken as by {@link loadKeys}. */
export async function parseKeySet(
  body: Uint8Array,
  factory: VerificationKeyFactory,
): Promise<VerificationKey[]> {
  const listed = listOf(parse(body));
  const keys: VerificationKey[] = [];
  for (let at = 0; at < listed.length; at += KEYS_AT_ONCE) {
    keys.push(...usableKeys(listed.slice(at, at + KEYS_AT_ONCE), factory));
    await setImmediate();
  }
  return keys;
}

/**
 * The keys of a JWK Set (RFC 7517 §5) that can verify signatures of clients. Those that are foreign, broken, too weak or
 * not public are passed over; a set that is none, or that has more than 100 keys, is refused as a whole.
 */
export function loadKeys(
  set: { readonly keys?: unknown },
  factory: VerificationKeyFactory,
): VerificationKey[] {
  return usableKeys(listOf(set), factory);
}

function listOf({ keys }: { readonly keys?: unknown }): readonly unknown[] {
  if (!Array.isArray(keys)) throw new Error('The JWK Set has no array of keys.');
  if (keys.length > MOST_KEYS) throw new Error(`The JWK Set has more than ${MOST_KEYS} keys.`);
  return keys;
}

function usableKeys(listed: readonly unknown[], factory: VerificationKeyFactory): VerificationKey[] {
  return listed.flatMap((jwk) => (isObject(jwk) ? usableKey(jwk, factory) : []));
}

function usableKey(
  jwk: Readonly<Record<string, unknown>>,
  factory: VerificationKeyFactory,
): VerificationKey[] {
  try {
    return [factory.load(jwk)];
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
