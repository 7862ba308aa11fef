import { createHash } from 'node:crypto';
import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';

const READING = 'GET, HEAD';

/** Refuses every method but GET and HEAD. */
export function requireReading(request: OauthRequest): void {
  const { method } = request;
  if (method !== 'GET' && method !== 'HEAD') throw OauthError.methodNotAllowed(method, READING);
}

/** Status and headers of a document that anybody may read and keep for `maxAge` seconds (RFC 9111, RFC 9110 §13). */
export function publicDocument(
  request: OauthRequest,
  document: unknown,
  maxAge: number,
): { readonly status: 200 | 304; readonly headers: Readonly<Record<string, string>> } {
  const etag = `"${createHash('sha256').update(JSON.stringify(document)).digest('base64url')}"`;
  const known = [request.headers['if-none-match'] ?? []]
    .flat()
    .flatMap((line) => line.split(','))
    .map((tag) => tag.trim().replace(/^W\//, ''));
  return {
    status: known.includes(etag) || known.includes('*') ? 304 : 200,
    headers: {
      'Cache-Control': `public, max-age=${maxAge}`,
      ETag: etag,
      'Access-Control-Allow-Origin': '*',
    },
  };
}
