import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FetchedJwks } from '../oauth/client/keys/jwks-fetcher.js';
import { Refusal } from './refusal.js';

const MOST_BYTES = 65_536;

/** Sends one GET on the connection, and reads the answer if it is a small, plain 200. */
export async function exchange(uri: URL, channel: Socket): Promise<FetchedJwks> {
  const response = await answer(uri, channel);
  refuseHead(response);
  return { body: await bodyOf(response), cacheControl: response.headers['cache-control'] };
}

function answer(uri: URL, channel: Socket): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      createConnection: () => channel,
      path: uri.pathname + uri.search,
      setHost: false,
      insecureHTTPParser: false,
      headers: {
        Host: uri.host,
        Accept: 'application/jwk-set+json, application/json',
        'Accept-Encoding': 'identity',
        'User-Agent': 'nestjs-oauth-kit',
      },
    });
    outgoing.once('response', resolve);
    outgoing.on('error', reject);
    outgoing.once('close', () => reject(new Refusal('the connection closed without a response')));
    outgoing.end();
  });
}

function refuseHead({ statusCode, headers }: IncomingMessage): void {
  if (statusCode !== 200) throw new Refusal(`the response has status ${statusCode}`);
  const encoding = headers['content-encoding']?.trim().toLowerCase();
  if (encoding !== undefined && encoding !== 'identity') throw new Refusal('the response is encoded');
  if (Number(headers['content-length'] ?? 0) > MOST_BYTES) refuseSize();
}

async function bodyOf(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_BYTES) refuseSize();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refuseSize(): never {
  throw new Refusal(`the response has more than ${MOST_BYTES} bytes`);
}
