import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';

export interface BodyLimits {
  /** Bytes that a body may have. */
  readonly bodyLimit: number;
  /** Seconds in which it must have arrived. */
  readonly bodyTimeout: number;
}

/** What is still read, and thrown away, of a body that is too large: a peer that is writing hears the answer
 *  only when it has finished, and a connection closed under it loses the answer. */
const DISCARDED_AT_MOST = 8 * 1024 * 1024;

/**
 * The bytes of a request's body, where they are at hand: unread, or kept by the host. `undefined` where only what a parser
 * has made of them is left.
 */
export async function bodyBytes(request: OauthRequest, limits: BodyLimits): Promise<Uint8Array | undefined> {
  const bytes = await receivedBytes(request, limits);
  if (bytes && bytes.length > limits.bodyLimit) throw tooLarge(limits.bodyLimit);
  return bytes;
}

async function receivedBytes(request: OauthRequest, limits: BodyLimits): Promise<Uint8Array | undefined> {
  if (request.rawBody !== undefined) return request.rawBody;
  const { body } = request;
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  if (body instanceof Uint8Array) return body;
  if (body !== undefined && body !== null) return undefined;
  return request.stream ? readBody(request.stream, limits) : new Uint8Array();
}

/** Reads an unread body within its limits of size and time. */
export async function readBody(stream: AsyncIterable<Uint8Array>, limits: BodyLimits): Promise<Uint8Array> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooSlow()), limits.bodyTimeout * 1000);
  });
  try {
    return await Promise.race([collect(stream, limits.bodyLimit), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function collect(stream: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else chunks.length = 0;
      if (size > limit + DISCARDED_AT_MOST) break;
    }
  } catch (cause) {
    throw OauthError.invalidRequest('The request body could not be read.', { cause });
  }
  if (size > limit) throw tooLarge(limit);
  return Buffer.concat(chunks);
}

function tooLarge(limit: number): OauthError {
  return OauthError.invalidRequest(`The request body is larger than ${limit} bytes.`, {
    status: 413,
    headers: { Connection: 'close' },
  });
}

function tooSlow(): OauthError {
  return OauthError.invalidRequest('The request body did not arrive in time.', {
    status: 408,
    headers: { Connection: 'close' },
  });
}
