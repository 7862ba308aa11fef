import type { SigningKey } from '../keys/signing-key.js';
import { encodeSegment } from './compact-jws.js';

/** A JWT of this type with these claims, as a compact JWS (RFC 7515 §7.1). */
export async function signJwt(
  key: SigningKey,
  type: string,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const header = encodeSegment({ alg: key.algorithm, typ: type, kid: key.kid });
  const input = `${header}.${encodeSegment(claims)}`;
  const signature = await key.sign(Buffer.from(input, 'ascii'));
  return `${input}.${signature.toString('base64url')}`;
}
