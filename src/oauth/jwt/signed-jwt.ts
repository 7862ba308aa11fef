import { encodeSegment } from './compact-jws.js';

/** What makes the signature: a private key, or an HMAC with a secret. */
export interface JwtSigner {
  readonly algorithm: string;
  /** The id under which others know the key, where there is one. */
  readonly kid?: string | undefined;
  sign(input: Buffer): Buffer | Promise<Buffer>;
}

/** A JWT of this type with these claims, as a compact JWS (RFC 7515 §7.1). */
export async function signJwt(
  signer: JwtSigner,
  type: string,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const header = encodeSegment({ alg: signer.algorithm, typ: type, kid: signer.kid });
  const input = `${header}.${encodeSegment(claims)}`;
  const signature = await signer.sign(Buffer.from(input, 'ascii'));
  return `${input}.${signature.toString('base64url')}`;
}
