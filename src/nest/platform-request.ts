import type { IncomingMessage } from 'node:http';
import { HttpException } from '@nestjs/common';
import { OauthError } from '../oauth/oauth.error.js';
import type { OauthRequest } from '../oauth/oauth.request.js';

/** What Express and Fastify requests have in common, and where they differ. */
interface PlatformRequest {
  readonly method: string;
  readonly url: string;
  readonly originalUrl?: string;
  readonly ip?: string;
  readonly body?: unknown;
  readonly rawBody?: Uint8Array;
  /** Fastify's; an Express request is the message itself. */
  readonly raw?: IncomingMessage;
}

/** The protocol's view of a platform's request. */
export function toOauthRequest(request: PlatformRequest | IncomingMessage): OauthRequest {
  const platform = request as PlatformRequest;
  const message = platform.raw ?? (request as IncomingMessage);
  return {
    method: platform.method,
    url: platform.originalUrl ?? platform.url,
    headers: message.headers,
    rawHeaders: message.rawHeaders,
    rawBody: platform.rawBody,
    // Read late: a body that could not be parsed is reported to whoever asks for it.
    get body() {
      return bodyOf(platform);
    },
    stream: message.readableDidRead ? undefined : message,
    ip: platform.ip,
  };
}

function bodyOf(platform: PlatformRequest): unknown {
  try {
    return platform.body;
  } catch (failure) {
    // A body that the host's parser has refused: the client's fault, not ours.
    if (!(failure instanceof HttpException) || failure.getStatus() >= 500) throw failure;
    throw OauthError.invalidRequest('The request body could not be read.', { status: failure.getStatus() });
  }
}
