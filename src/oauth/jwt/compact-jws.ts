import { parseJsonObject } from './json.js';

/** A compact JWS taken apart, nothing of it believed yet (RFC 7515 §7.1). */
export interface CompactJws {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
  /** What was signed. */
  readonly input: Buffer;
  readonly signature: Buffer;
}

/** Longest token that is looked at. Everything that goes into a token is limited so that it stays below. */
export const LONGEST_JWS = 12_288;
const SHAPE = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** `undefined` for anything but three canonical base64url segments of which the first two are JSON objects. */
export function parseCompactJws(token: string, longest = LONGEST_JWS): CompactJws | undefined {
  if (token.length > longest || !SHAPE.test(token)) return undefined;
  const [header = '', payload = '', signature = ''] = token.split('.');
  const segments = [header, payload, signature].map(decodeSegment);
  const [headerBytes, payloadBytes, signatureBytes] = segments;
  if (!headerBytes || !payloadBytes || !signatureBytes) return undefined;
  try {
    return {
      header: parseJsonObject(headerBytes),
      payload: parseJsonObject(payloadBytes),
      input: Buffer.from(`${header}.${payload}`, 'ascii'),
      signature: signatureBytes,
    };
  } catch {
    return undefined;
  }
}

export function encodeSegment(value: Record<string, unknown>): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
}

/** Refuses trailing bits that are not zero: two texts must not stand for the same bytes. */
function decodeSegment(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
