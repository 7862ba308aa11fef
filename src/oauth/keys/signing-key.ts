/** JWS algorithms that access tokens can be signed with: RFC 7518 §3.1, RFC 8037, RFC 9864. Never HS*, never none. */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** A public key as it stands in a JWK Set, RFC 7517 §4. */
export interface PublicJwk {
  readonly kty: string;
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly use: 'sig';
  readonly [member: string]: unknown;
}

/** A private key that signs with one algorithm. It may stand in this process or behind an external signer. */
export interface SigningKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicJwk: PublicJwk;
  sign(input: Buffer): Buffer | Promise<Buffer>;
  verify(input: Buffer, signature: Buffer): boolean;
}

/** Makes keys usable. The JOSE adapter implements it. */
export abstract class SigningKeyFactory {
  /** A new private key, as the text of a private JWK. */
  abstract generate(algorithm: SigningAlgorithm): Promise<string>;
  /**
   * The keys in a PEM private key, a private JWK or a private JWK Set, first one first. `algorithm` is for a key that
   * does not say which one it is for. Rejects weak, public, symmetric and unknown keys, and says why.
   */
  abstract load(material: string, algorithm: SigningAlgorithm): Promise<SigningKey[]>;
}
