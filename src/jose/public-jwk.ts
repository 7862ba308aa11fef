import { UnusableKeyError, isSymmetric } from '../oauth/client/keys/verification-key.js';
import { KEY_KINDS, type KeyKind } from './key-kinds.js';

/** The members of a JWK, none of them from a prototype. */
export type JwkMembers = Readonly<Record<string, unknown>>;

/** What a public key is to be used for: as `use` has it, and as `key_ops` may have it. */
export interface KeyPurpose {
  readonly use: 'sig' | 'enc';
  readonly operations: readonly string[];
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const KID_LENGTH = 256;

/** Members that a JWK has for itself. */
export function membersOf(jwk: JwkMembers): JwkMembers {
  return { __proto__: null, ...jwk };
}

/** @throws UnusableKeyError unless it is a public key of one of these kinds */
export function kindOf<K extends KeyKind>(jwk: JwkMembers, kinds: readonly K[]): K {
  if (jwk['kty'] === 'oct') throw new UnusableKeyError('that is symmetric');
  if (PRIVATE_MEMBERS.some((member) => jwk[member] !== undefined))
    throw new UnusableKeyError('with a private part');
  const name = jwk['kty'] === 'RSA' ? 'RSA' : jwk['crv'];
  const kind = kinds.find((each) => each === name && KEY_KINDS[each].kty === jwk['kty']);
  if (!kind) throw new UnusableKeyError('of a type or on a curve that this server does not know', true);
  return kind;
}

/** @throws UnusableKeyError unless it is a string that is short enough */
export function kidOf({ kid }: JwkMembers): string | undefined {
  if (kid === undefined) return undefined;
  if (typeof kid !== 'string' || kid.length > KID_LENGTH)
    throw new UnusableKeyError(`whose kid is no string of at most ${KID_LENGTH} characters`);
  return kid;
}

/**
 * The one algorithm that the key is for, if it names one.
 *
 * @throws UnusableKeyError when it contradicts the key, or is none of those that are known
 */
export function algorithmOf<A extends string>(
  { alg }: JwkMembers,
  known: readonly A[],
  fits: (algorithm: A) => boolean,
): A | undefined {
  if (alg === undefined) return undefined;
  const algorithm = known.find((each) => each === alg);
  if (algorithm !== undefined && fits(algorithm)) return algorithm;
  if (algorithm !== undefined || typeof alg !== 'string' || isSymmetric(alg))
    throw new UnusableKeyError('whose alg does not fit its type');
  throw new UnusableKeyError('with an alg that this server does not know', true);
}

/**
 * Whether `use` and `key_ops` allow it. One that they do not allow it is a good key for something else, and may stand in
 * the same set.
 *
 * @throws UnusableKeyError when they are not what RFC 7517 §4.2 and §4.3 say
 */
export function isFor(purpose: KeyPurpose, { use, key_ops: operations }: JwkMembers): boolean {
  if (use !== undefined && typeof use !== 'string') throw new UnusableKeyError('whose use is no string');
  if (operations !== undefined && !isListOfWords(operations))
    throw new UnusableKeyError('whose key_ops is no array of different strings');
  return (
    (use ?? purpose.use) === purpose.use &&
    (operations?.some((each) => purpose.operations.includes(each)) ?? true)
  );
}

function isListOfWords(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.every((each) => typeof each === 'string') &&
    new Set(value).size === value.length
  );
}
