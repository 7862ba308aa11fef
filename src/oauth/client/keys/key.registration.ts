import type { Client, JwkSet } from '../client.js';
import type { ClientMetadata } from '../client.metadata.js';
import { refuseIf } from '../metadata-refusal.js';
import { jwksUriRefusal } from './jwks-uri.js';
import { UnusableKeyError, type VerificationKeyFactory } from './verification-key.js';

const MOST_KEYS = 20;
/** As JSON. */
const MOST_CHARACTERS = 32_768;

export interface KeyRules {
  readonly keys: VerificationKeyFactory;
  /** Whether a `jwks_uri` may be plain http on loopback. */
  readonly jwksUriAllowLoopback: boolean;
}

export type RegisteredKeys = Pick<Client, 'jwks' | 'jwksUri'>;

/** The public keys in client metadata, RFC 7591 §2. A bad one is refused here, not found at the first request. */
export function registerKeys({ jwks, jwks_uri: uri }: ClientMetadata, rules: KeyRules): RegisteredKeys {
  refuseIf(jwks !== undefined && uri !== undefined, 'jwks and jwks_uri must not both be given');
  if (uri !== undefined) {
    const refusal = jwksUriRefusal(uri, rules.jwksUriAllowLoopback);
    refuseIf(refusal !== undefined, `jwks_uri ${refusal}`);
    return { jwksUri: uri };
  }
  return jwks === undefined ? {} : { jwks: jwkSet(jwks, rules.keys) };
}

function jwkSet(document: Readonly<Record<string, unknown>>, factory: VerificationKeyFactory): JwkSet {
  const text = JSON.stringify(document);
  refuseIf(text.length > MOST_CHARACTERS, `jwks must have at most ${MOST_CHARACTERS} characters`);
  const { keys: listed } = JSON.parse(text) as { readonly keys?: unknown };
  const keys = Array.isArray(listed) ? listed.filter(isObject) : [];
  const all = Array.isArray(listed) && keys.length === listed.length;
  const some = keys.length > 0 && keys.length <= MOST_KEYS;
  refuseIf(!all || !some, `jwks must have an array keys of 1 to ${MOST_KEYS} JWKs`);
  const usable = keys.filter((key, index) => isUsable(key, index, factory));
  refuseIf(usable.length === 0, 'jwks must have a key of a kind that this server knows');
  return { keys };
}

function isUsable(
  key: Readonly<Record<string, unknown>>,
  index: number,
  factory: VerificationKeyFactory,
): boolean {
  try {
    factory.load(key);
    return true;
  } catch (failure) {
    if (!(failure instanceof UnusableKeyError)) throw failure;
    refuseIf(!failure.foreign, `jwks.keys[${index}] must not be a key ${failure.reason}`);
    return false;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
