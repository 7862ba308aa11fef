/** What a client's public key is: on a curve, or RSA. */
export type KeyKind = 'P-256' | 'P-384' | 'P-521' | 'Ed25519' | 'X25519' | 'RSA';

interface KindRules {
  readonly kty: 'EC' | 'OKP' | 'RSA';
  /** The members of the JWK that are the key. */
  readonly members: readonly string[];
}

/** RFC 7518 §6, RFC 8037 §2. */
export const KEY_KINDS: Readonly<Record<KeyKind, KindRules>> = {
  'P-256': { kty: 'EC', members: ['crv', 'x', 'y'] },
  'P-384': { kty: 'EC', members: ['crv', 'x', 'y'] },
  'P-521': { kty: 'EC', members: ['crv', 'x', 'y'] },
  Ed25519: { kty: 'OKP', members: ['crv', 'x'] },
  X25519: { kty: 'OKP', members: ['crv', 'x'] },
  RSA: { kty: 'RSA', members: ['n', 'e'] },
};
