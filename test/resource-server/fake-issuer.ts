import { generateKeyPair, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { segment } from '../nest/forge.js';
import { ManualClock } from '../support/echo.js';
import { API } from './api.js';

export const METADATA = '/.well-known/oauth-authorization-server';
export const JWKS = '/keys';
export const INTROSPECT = '/introspect';

export interface Seen {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly form: URLSearchParams;
}

export type Reply = (response: ServerResponse, seen: Seen) => void;

/** Answers with this JSON. */
export const json =
  (body: unknown, headers: Record<string, string> = {}, status = 200): Reply =>
  (response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

export interface TestKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Record<string, unknown>;
  /** A JWS of these two by this key. */
  sign(header: unknown, payload: unknown): string;
}

export async function newKey(kid: string): Promise<TestKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  return {
    kid,
    privateKey,
    publicKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' },
    sign: (header, payload) => {
      const input = `${segment(header)}.${segment(payload)}`;
      const key = { key: privateKey, dsaEncoding: 'ieee-p1363' as const };
      return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
    },
  };
}

/** An issuer that says whatever a test wants, over HTTP. */
export class FakeIssuer {
  readonly seen: Seen[] = [];
  readonly replies = new Map<string, Reply>();
  readonly clock = new ManualClock();

  private constructor(
    readonly url: string,
    readonly key: TestKey,
    readonly close: () => Promise<void>,
  ) {
    this.replies.set(METADATA, json(this.metadata()));
    this.replies.set(JWKS, json({ keys: [key.jwk] }));
    this.replies.set(INTROSPECT, json(this.active()));
  }

  static async open(): Promise<FakeIssuer> {
    const server = createServer((request, response) => {
      void received(request).then((seen) => {
        issuer.seen.push(seen);
        const reply = issuer.replies.get(seen.path);
        if (reply) reply(response, seen);
        else response.writeHead(404).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const close = async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    const issuer = new FakeIssuer(`http://127.0.0.1:${port}`, await newKey('one'), close);
    return issuer;
  }

  metadata(members: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      issuer: this.url,
      jwks_uri: this.url + JWKS,
      introspection_endpoint: this.url + INTROSPECT,
      ...members,
    };
  }

  /** What RFC 7662 says of a good token. */
  active(members: Record<string, unknown> = {}): Record<string, unknown> {
    return { active: true, ...this.claims(), token_type: 'Bearer', ...members };
  }

  claims(members: Record<string, unknown> = {}): Record<string, unknown> {
    const now = this.clock.now();
    return {
      iss: this.url,
      sub: 'machine',
      aud: API,
      client_id: 'machine',
      scope: 'read',
      iat: now,
      exp: now + 600,
      jti: 'a1',
      ...members,
    };
  }

  /** An access token with these claims and this header; a member that is undefined is left out. */
  token(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, key = this.key): string {
    return key.sign({ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...header }, this.claims(claims));
  }

  /** How often this path was asked for. */
  count(path: string): number {
    return this.seen.filter((each) => each.path === path).length;
  }
}

async function received(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  return { path: request.url ?? '', headers: request.headers, form };
}
