import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { ConfigurationError } from '../oauth/configuration.error.js';
import {
  SIGNING_ALGORITHMS,
  SigningKeyFactory,
  type SigningAlgorithm,
  type SigningKey,
} from '../oauth/keys/signing-key.js';
import { ALGORITHMS } from './algorithms.js';
import { NodeSigningKey } from './node-signing-key.js';

const RSA_BITS = 2048;
const PRIVATE_KEY_BLOCK = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]+?-----END \1PRIVATE KEY-----/g;
/** Names of node:crypto. */
const KEY_TYPES = ['ec', 'rsa', 'ed25519'];

/** Makes signing keys with jose. */
export class JoseSigningKeyFactory extends SigningKeyFactory {
  async generate(algorithm: SigningAlgorithm): Promise<string> {
    const { privateKey } = await generateKeyPair(algorithm, { extractable: true, modulusLength: RSA_BITS });
    return JSON.stringify({ ...(await exportJWK(privateKey)), alg: algorithm });
  }

  async load(material: string, algorithm: SigningAlgorithm): Promise<SigningKey[]> {
    const keys = material.trimStart().startsWith('{')
      ? await Promise.all(parseJwks(material).map((jwk) => this.fromJwk(jwk, algorithm)))
      : await Promise.all(pemBlocks(material).map((pem) => fromPem(pem, algorithm)));
    const kids = keys.map(({ kid }) => kid);
    if (new Set(kids).size !== kids.length) refuse('a JWK Set with the same key twice');
    return keys;
  }

  private async fromJwk(jwk: JWK, algorithm: SigningAlgorithm): Promise<SigningKey> {
    if (!jwk.d) refuse(`a JWK of type ${String(jwk.kty)} without its private part`);
    if (jwk.use !== undefined && jwk.use !== 'sig') refuse(`a JWK with use "${String(jwk.use)}"`);
    const privateKey = parsed(() => createPrivateKey({ key: { ...jwk }, format: 'jwk' }), 'a JWK');
    const read = privateKey.export({ format: 'jwk' });
    const same = (['x', 'y', 'n', 'e', 'd'] as const).every((member) => jwk[member] === read[member]);
    return same ? signingKey(privateKey, jwk.alg, algorithm) : refuse('a JWK with a broken member');
  }
}

async function signingKey(
  privateKey: KeyObject,
  declared: string | undefined,
  preferred: SigningAlgorithm,
): Promise<SigningKey> {
  const type = String(privateKey.asymmetricKeyType);
  if (!KEY_TYPES.includes(type)) refuse(`a key of type ${type}`);
  const publicKey = createPublicKey(privateKey);
  const jwk = await exportJWK(publicKey);
  const algorithm = declared === undefined ? algorithmOf(jwk, preferred) : declaredAlgorithm(declared);
  const { kty, crv } = ALGORITHMS[algorithm];
  if (jwk.kty !== kty || jwk.crv !== crv)
    refuse(`a key of type ${jwk.kty} ${jwk.crv ?? ''} for ${algorithm}`);
  requireStrength(privateKey);
  const kid = await calculateJwkThumbprint(jwk, 'sha256');
  const publicJwk = { ...jwk, kty, kid, alg: algorithm, use: 'sig' } as const;
  const key = new NodeSigningKey(algorithm, publicJwk, privateKey, publicKey);
  if (!(await signsForItself(key))) refuse('a key whose private part does not fit its public part');
  return key;
}

async function signsForItself(key: SigningKey): Promise<boolean> {
  const probe = Buffer.from('probe');
  try {
    return key.verify(probe, await key.sign(probe));
  } catch {
    return false;
  }
}

/** A key that does not name its algorithm gets the preferred one if it fits, else the only one that does. */
function algorithmOf(jwk: JWK, preferred: SigningAlgorithm): SigningAlgorithm {
  const fitting = SIGNING_ALGORITHMS.filter(
    (each) => ALGORITHMS[each].kty === jwk.kty && ALGORITHMS[each].crv === jwk.crv,
  );
  const [first] = fitting;
  if (!first) return refuse(`a key of type ${String(jwk.kty)} ${jwk.crv ?? ''}`);
  return fitting.includes(preferred) ? preferred : first;
}

function declaredAlgorithm(alg: string): SigningAlgorithm {
  const name = alg === 'Ed25519' ? 'EdDSA' : alg;
  return SIGNING_ALGORITHMS.find((each) => each === name) ?? refuse(`a key for the algorithm "${alg}"`);
}

/** RFC 7518 §3.3: 2048 bits or more; and an odd public exponent above 1. */
function requireStrength(key: KeyObject): void {
  const { modulusLength, publicExponent = 65537n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined && modulusLength < RSA_BITS) refuse(`an RSA key of ${modulusLength} bits`);
  if (publicExponent < 3n || publicExponent % 2n === 0n) refuse('an RSA key with a weak exponent');
}

function fromPem(pem: string, algorithm: SigningAlgorithm): Promise<SigningKey> {
  return signingKey(
    parsed(() => createPrivateKey(pem), 'a text'),
    undefined,
    algorithm,
  );
}

/** A file may hold several keys one after the other, and other blocks in between. */
function pemBlocks(material: string): string[] {
  return material.match(PRIVATE_KEY_BLOCK) ?? [material];
}

function parsed(parse: () => KeyObject, what: string): KeyObject {
  try {
    return parse();
  } catch (cause) {
    return refuse(`${what} that is no private key`, cause);
  }
}

function parseJwks(material: string): JWK[] {
  let parsed: { readonly keys?: unknown };
  try {
    parsed = JSON.parse(material) as { readonly keys?: unknown };
  } catch {
    // The parser's message quotes what it read, and that is a private key.
    return refuse('a text that is neither PEM nor JSON');
  }
  const keys: unknown[] = Array.isArray(parsed.keys) ? parsed.keys : 'keys' in parsed ? [] : [parsed];
  if (keys.length === 0) refuse('a JWK Set without keys');
  if (!keys.every((key) => typeof key === 'object' && key !== null))
    refuse('a JWK Set with something else than keys');
  return keys;
}

/** Says what is wrong without a word of the key itself; so `cause` is a message, not the key that was read. */
function refuse(got: string, cause?: unknown): never {
  const wants =
    'a private key in PEM, a private JWK or a private JWK Set: EC P-256, RSA of 2048 bits or more, or Ed25519';
  throw new ConfigurationError('signingKeys', got, wants, cause instanceof Error ? cause.message : undefined);
}
