import {
  ASYMMETRIC_ALGORITHMS,
  UnusableKeyError,
  isSymmetric,
  type AsymmetricAlgorithm,
} from '../oauth/client/keys/verification-key.js';
import { KEY_KINDS, KIND_OF_ALGORITHM, type KeyKind } from './verification-algorithms.js';

/** The members of a JWK, none of them from a prototype. */
export type JwkMembers = Readonly<Record<string, unknown>>;

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const KID_LENGTH = 256;
const KINDS = Object.keys(KEY_KINDS) as readonly KeyKind[];

/** Members that a JWK has for itself. */
export function membersOf(jwk: JwkMembers): JwkMembers {
  return { __proto__: null, ...jwk };
}

/** @throws UnusableKeyError unless it is a public key of a kind that this server knows */
export function kindOf(jwk: JwkMembers): KeyKind {
  if (jwk['kty'] === 'oct') throw new UnusableKeyError('that is symmetric');
  if (PRIVATE_MEMBERS.some((member) => jwk[member] !== undefined))
    throw new UnusableKeyError('with a private part');
  const name = jwk['kty'] === 'RSA' ? 'RSA' : jwk['crv'];
  const kind = KINDS.find((each) => each === name && KEY_KINDS[each].kty === jwk['kty']);
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
 * @throws UnusableKeyError when it contradicts the key, or this server does not know it
 */
export function algorithmOf({ alg }: JwkMembers, kind: KeyKind): AsymmetricAlgorithm | undefined {
  if (alg === undefined) return undefined;
  const algorithm = ASYMMETRIC_ALGORITHMS.find((each) => each === alg);
  const fits = algorithm !== undefined && KIND_OF_ALGORITHM[algorithm] === kind;
  if (fits) return algorithm;
  if (algorithm !== undefined || typeof alg !== 'string' || isSymmetric(alg))
    throw new UnusableKeyError('whose alg does not fit its type');
  throw new UnusableKeyError('with an alg that this server does not know', true);
}

/**
 * Whether `use` and `key_ops` let it verify signatures. One that they do not is a good key for something else, such as
 * encryption, and may stand in the same set.
 *
 * @throws UnusableKeyError when they are not what RFC 7517 §4.2 and §4.3 say
 */
export function isForVerifying({ use, key_ops: operations }: JwkMembers): boolean {
  if (use !== undefined && typeof use !== 'string') throw new UnusableKeyError('whose use is no string');
  if (operations !== undefined && !isListOfWords(operations))
    throw new UnusableKeyError('whose key_ops is no array of different strings');
  return (use ?? 'sig') === 'sig' && (operations?.includes('verify') ?? true);
}

function isListOfWords(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.every((each) => typeof each === 'string') &&
    new Set(value).size === value.length
  );
}
