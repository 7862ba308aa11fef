import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** SHA-256 in lower-case hexadecimal, which every database compares alike whatever its collation. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Compares two digests in constant time. */
export function sameDigest(a: string, b: string): boolean {
  const left = Buffer.from(a, 'utf8');
  const right = Buffer.from(b, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
}

/** `bytes` bytes of the CSPRNG in lower-case hexadecimal: an id that no shell takes for an option. */
export function randomId(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** `bytes` bytes of the CSPRNG in `[A-Za-z0-9_-]`. */
export function randomText(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
