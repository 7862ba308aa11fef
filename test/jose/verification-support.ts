import { constants, generateKeyPair, sign as nodeSign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { CompactSign } from 'jose';
import type { AsymmetricAlgorithm } from '../../src/oauth/client/keys/verification-key.js';

export type Jwk = Record<string, unknown>;

/** Not generateKeyPairSync: on Node 20 its job, once collected during an export as JWK, locks the process up. */
export const generate = promisify(generateKeyPair);
export const exported = (key: KeyObject): Jwk => ({ ...key.export({ format: 'jwk' }) });

/** New keys, by kind. */
export const MAKE = {
  'P-256': () => generate('ec', { namedCurve: 'P-256' }),
  'P-384': () => generate('ec', { namedCurve: 'P-384' }),
  'P-521': () => generate('ec', { namedCurve: 'P-521' }),
  Ed25519: () => generate('ed25519'),
  RSA: () => generate('rsa', { modulusLength: 2048 }),
} as const;
export type Kind = keyof typeof MAKE;

/** Which algorithms a key of the kind is for. */
export const SUITED: Readonly<Record<Kind, readonly AsymmetricAlgorithm[]>> = {
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['EdDSA', 'Ed25519'],
  RSA: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
};
export const KINDS = Object.keys(MAKE) as Kind[];

interface Pair {
  readonly privateKey: KeyObject;
  readonly publicJwk: Jwk;
  readonly privateJwk: Jwk;
}

/** One new pair of each kind, exported once. */
export async function newPairs(): Promise<Readonly<Record<Kind, Pair>>> {
  const pairs = KINDS.map(async (kind): Promise<[Kind, Pair]> => {
    const { publicKey, privateKey } = await MAKE[kind]();
    return [kind, { privateKey, publicJwk: exported(publicKey), privateJwk: exported(privateKey) }];
  });
  return Object.fromEntries(await Promise.all(pairs)) as Record<Kind, Pair>;
}

export const PAIRS = await newPairs();
export const kindOf = (alg: AsymmetricAlgorithm): Kind =>
  KINDS.find((kind) => SUITED[kind].includes(alg)) ?? 'RSA';
export const publicJwk = (kind: Kind): Jwk => ({ ...PAIRS[kind].publicJwk });

/** A compact JWS in the two parts that a key is asked about. */
export interface Signed {
  readonly input: Buffer;
  readonly signature: Buffer;
}

export function split(token: string): Signed {
  const dot = token.lastIndexOf('.');
  return {
    input: Buffer.from(token.slice(0, dot)),
    signature: Buffer.from(token.slice(dot + 1), 'base64url'),
  };
}

/** By jose, with the key of this kind in {@link PAIRS}. */
export async function signed(alg: AsymmetricAlgorithm): Promise<Signed> {
  const payload = new TextEncoder().encode('{"iss":"client"}');
  return split(
    await new CompactSign(payload).setProtectedHeader({ alg }).sign(PAIRS[kindOf(alg)].privateKey),
  );
}

/** By node:crypto, so that neither jose nor the kit has a say in what the octets are. */
export function signedByNode(alg: AsymmetricAlgorithm, options: object, header = alg): Signed {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = Buffer.from(`${part({ alg: header })}.${part({ iss: 'client' })}`);
  const hash = kindOf(alg) === 'Ed25519' ? null : `sha${alg.slice(2)}`;
  const key = { key: PAIRS[kindOf(alg)].privateKey, ...options };
  return { input, signature: nodeSign(hash, input, key) };
}

/** PSS with a salt of that many octets. */
export const pss = (saltLength: number) => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });

/** What `node:crypto` needs to make the signature of RFC 7518. */
export const NODE_OPTIONS: Readonly<Record<AsymmetricAlgorithm, object>> = {
  ES256: { dsaEncoding: 'ieee-p1363' },
  ES384: { dsaEncoding: 'ieee-p1363' },
  ES512: { dsaEncoding: 'ieee-p1363' },
  EdDSA: {},
  Ed25519: {},
  RS256: { padding: constants.RSA_PKCS1_PADDING },
  RS384: { padding: constants.RSA_PKCS1_PADDING },
  RS512: { padding: constants.RSA_PKCS1_PADDING },
  PS256: pss(32),
  PS384: pss(48),
  PS512: pss(64),
};

/** A copy with one bit changed. */
export function flipped(octets: Buffer, at: number, bit = 1): Buffer {
  const copy = Buffer.from(octets);
  copy[at] = (copy[at] ?? 0) ^ bit;
  return copy;
}
