import { parse } from 'node:querystring';
import { readBody } from '../oauth/http/body.js';
import { OauthError } from '../oauth/oauth.error.js';
import { deferBodyFailure } from './deferred-body.js';

type Headers = Readonly<Record<string, string | undefined>>;

interface FastifyRequest {
  readonly url: string;
  headers: Headers;
}

/** The part of a Fastify instance that concerns bodies. */
export interface FastifyBodies {
  readonly initialConfig: { readonly bodyLimit?: number };
  removeContentTypeParser(types: string[]): void;
  addContentTypeParser(
    type: string,
    parser: (request: FastifyRequest, payload: AsyncIterable<Uint8Array>) => Promise<unknown>,
  ): void;
  addHook(name: 'onRequest' | 'preHandler', hook: (request: FastifyRequest) => Promise<void>): void;
}

const DEFAULT_LIMIT = 1_048_576;
const BODY_TIMEOUT = 60;

/** Replaces Fastify's parsers, which read every body before any route is asked. */
export function useFastifyBodies(fastify: FastifyBodies, isOauth: (url: string) => boolean): void {
  const failures = new WeakMap<FastifyRequest, Error>();
  const limits = { bodyLimit: fastify.initialConfig.bodyLimit ?? DEFAULT_LIMIT, bodyTimeout: BODY_TIMEOUT };
  fastify.removeContentTypeParser(['application/json', 'text/plain']);
  fastify.addHook('onRequest', async (request) => {
    // Fastify answers a content type that it cannot read by itself; the kit looks at the message's own headers.
    if (isOauth(request.url)) request.headers = { 'content-type': 'application/octet-stream' };
    return Promise.resolve();
  });
  fastify.addContentTypeParser('*', async (request, payload) => {
    if (isOauth(request.url)) return undefined;
    try {
      requireReadable(request.headers);
      const bytes = await readBody(payload, limits);
      return parseBody(request.headers['content-type'] ?? '', Buffer.from(bytes).toString('utf8'));
    } catch (failure) {
      failures.set(request, failure instanceof Error ? failure : new Error(String(failure)));
      return undefined;
    }
  });
  fastify.addHook('preHandler', async (request) => {
    const failure = failures.get(request);
    if (failure) deferBodyFailure(request, failure);
    return Promise.resolve();
  });
}

function requireReadable({
  'content-type': type = '',
  'content-encoding': encoding = 'identity',
}: Headers): void {
  if (encoding.toLowerCase() !== 'identity') throw unsupported('content encoding');
  if (/;\s*charset=(?!"?utf-8\b)/i.test(type)) throw unsupported('charset');
}

function unsupported(what: string): OauthError {
  return OauthError.invalidRequest(`The ${what} is not supported.`, { status: 415 });
}

function parseBody(contentType: string, text: string): unknown {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/x-www-form-urlencoded') return { ...parse(text) };
  if (type === 'text/plain') return text;
  if (type === 'application/json' || type.endsWith('+json')) return parseJson(text);
  if (text === '') return undefined;
  throw unsupported('content type');
}

/** As Fastify does: `__proto__` and `constructor.prototype` are refused, not assigned. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, (key, value: unknown) => {
      if (
        key === '__proto__' ||
        (key === 'constructor' && Object.hasOwn(Object(value) as object, 'prototype'))
      ) {
        throw new SyntaxError('forbidden member');
      }
      return value;
    });
  } catch (cause) {
    throw OauthError.invalidRequest('The body is not valid JSON.', { cause });
  }
}
