import { createPublicKey, type KeyObject } from 'node:crypto';
import { UnusableKeyError } from '../oauth/client/keys/verification-key.js';
import { isSafeEd25519Point } from './ed25519-point.js';
import { KEY_KINDS, type KeyKind } from './key-kinds.js';
import { isSafeX25519Point } from './x25519-point.js';

const LEAST_RSA_BITS = 2048;
/** Longer ones only make work. */
const MOST_RSA_BITS = 8192;
const MOST_EXPONENT = 2n ** 64n;

/** For the curves on which OpenSSL takes any octets as a point. */
const POINT_CHECKS: Readonly<Partial<Record<KeyKind, (octets: Buffer) => boolean>>> = {
  Ed25519: isSafeEd25519Point,
  X25519: isSafeX25519Point,
};

/**
 * Imports the members of a public key.
 *
 * @throws UnusableKeyError when they are broken or weak
 */
export function importPublicKey(kind: KeyKind, jwk: Readonly<Record<string, unknown>>): KeyObject {
  const key = imported(kind, jwk);
  if (kind === 'RSA') requireStrength(key, jwk['n']);
  const isSafe = POINT_CHECKS[kind];
  if (isSafe && !isSafe(Buffer.from(String(jwk['x']), 'base64url')))
    throw new UnusableKeyError(`that is no point of ${kind}, or one of small order`);
  return key;
}

/** `node:crypto` reads base64url in more than one spelling; what it gives back is the one of RFC 7518 §6. */
function imported(kind: KeyKind, jwk: Readonly<Record<string, unknown>>): KeyObject {
  const { kty, members } = KEY_KINDS[kind];
  const material = { __proto__: null, kty, ...pick(jwk, members) };
  const key = parsed(kind, () => createPublicKey({ key: material, format: 'jwk' }));
  const read = key.export({ format: 'jwk' });
  if (members.some((member) => read[member] !== jwk[member]))
    throw new UnusableKeyError(
      `whose ${members.join(' or ')} is not as RFC 7518 §6 asks: base64url without padding, of the right length`,
    );
  return key;
}

function pick(jwk: Readonly<Record<string, unknown>>, members: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(members.map((member) => [member, jwk[member]]));
}

/** The error of `node:crypto` quotes what it read; so it goes no further. */
function parsed(kind: KeyKind, parse: () => KeyObject): KeyObject {
  try {
    return parse();
  } catch {
    throw new UnusableKeyError(
      kind === 'RSA' ? 'whose n or e is missing or broken' : `that is no point of ${kind}`,
    );
  }
}

/** RFC 7518 §3.3 and §3.5: 2048 bits or more; and an odd public exponent above 1. */
function requireStrength(key: KeyObject, modulus: unknown): void {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < LEAST_RSA_BITS)
    throw new UnusableKeyError(`of ${modulusLength} bits, less than ${LEAST_RSA_BITS}`);
  if (modulusLength > MOST_RSA_BITS)
    throw new UnusableKeyError(`of ${modulusLength} bits, more than ${MOST_RSA_BITS}`);
  if (isEven(Buffer.from(String(modulus), 'base64url'))) throw new UnusableKeyError('with an even modulus');
  if (publicExponent < 3n || publicExponent % 2n === 0n || publicExponent >= MOST_EXPONENT)
    throw new UnusableKeyError('with a weak public exponent: even, below 3, or above 64 bits');
}

function isEven(octets: Buffer): boolean {
  return ((octets.at(-1) ?? 0) & 1) === 0;
}
