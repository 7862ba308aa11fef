import type { Client, JwkSet } from '../client.js';
import type { ClientMetadata } from '../client.metadata.js';
import { refuseIf } from '../metadata-refusal.js';
import type { EncryptionKeyFactory } from './encryption-key.js';
import { jwksUriRefusal } from './jwks-uri.js';
import type { KeyLoader } from './key-set.js';
import {
  UnusableKeyError,
  type AsymmetricAlgorithm,
  type VerificationKeyFactory,
} from './verification-key.js';

const MOST_KEYS = 20;
/** As JSON in ASCII, as it is stored. */
const MOST_CHARACTERS = 32_768;

export interface KeyRules {
  readonly keys: VerificationKeyFactory;
  readonly encryptionKeys: EncryptionKeyFactory;
  /** Whether a `jwks_uri` may be plain http on loopback. */
  readonly jwksUriAllowLoopback: boolean;
}

export type RegisteredKeys = Pick<Client, 'jwks' | 'jwksUri'>;

/**
 * The public keys in client metadata, RFC 7591 §2. A bad one is refused here, not found at the first request; and so is a
 * set with nothing for `algorithms`, one of which the client has to sign with.
 */
export function registerKeys(
  { jwks, jwks_uri: uri }: ClientMetadata,
  algorithms: readonly AsymmetricAlgorithm[] | undefined,
  rules: KeyRules,
): RegisteredKeys {
  refuseIf(jwks !== undefined && uri !== undefined, 'jwks and jwks_uri must not both be given');
  if (uri !== undefined) {
    const refusal = jwksUriRefusal(uri, rules.jwksUriAllowLoopback);
    refuseIf(refusal !== undefined, `jwks_uri ${refusal}`);
    return { jwksUri: uri };
  }
  if (jwks === undefined) return {};
  const set = jwkSet(jwks);
  const verifying = loaded(set, rules.keys);
  const encrypting = loaded(set, rules.encryptionKeys);
  refuseIf(
    verifying.length + encrypting.length === 0,
    'jwks must have a key of a kind that this server knows',
  );
  const fitting = !algorithms || verifying.some((key) => algorithms.some((each) => key.suits(each)));
  refuseIf(!fitting, `jwks must have a key for ${algorithms?.join(', ')}`);
  return { jwks: set };
}

function jwkSet(document: Readonly<Record<string, unknown>>): JwkSet {
  const text = JSON.stringify(document);
  const stored = text.replace(/[^\x00-\x7e]/g, '\\u0000').length;
  refuseIf(stored > MOST_CHARACTERS, `jwks must have at most ${MOST_CHARACTERS} characters`);
  const { keys: listed } = JSON.parse(text) as { readonly keys?: unknown };
  const keys = Array.isArray(listed) ? listed.filter(isObject) : [];
  const all = Array.isArray(listed) && keys.length === listed.length;
  const some = keys.length > 0 && keys.length <= MOST_KEYS;
  refuseIf(!all || !some, `jwks must be a JWK Set: an object with an array keys of 1 to ${MOST_KEYS} JWKs`);
  return { keys };
}

/** Those of a kind that is known. */
function loaded<K>({ keys }: JwkSet, loader: KeyLoader<K>): K[] {
  return keys.flatMap((key, index) => {
    try {
      return [loader.load(key)];
    } catch (failure) {
      if (!(failure instanceof UnusableKeyError)) throw failure;
      refuseIf(!failure.foreign, `jwks.keys[${index}] must not be a key ${failure.reason}`);
      return [];
    }
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
