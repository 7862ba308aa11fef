import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { JWK } from 'jose';
import type { ClientKey } from './assertions.js';

/** What a JWK Set may have. */
export const MOST_BYTES = 65_536;

/** What serves the `jwks_uri` of clients, well or badly, and counts who comes. */
export class JwksServer {
  connections = 0;
  private readonly listeners = new Map<string, RequestListener>();
  private readonly asked: string[] = [];
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;
  private paths = 0;

  static async open(): Promise<JwksServer> {
    const server = new JwksServer();
    await server.up();
    return server;
  }

  /** Answers on a path of its own; gives its URL. */
  at(listener: RequestListener): string {
    const path = `/${(this.paths += 1)}/jwks.json`;
    this.listeners.set(path, listener);
    return this.url(path);
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Answers otherwise at this URL from now on. */
  change(uri: string, listener: RequestListener): void {
    this.listeners.set(new URL(uri).pathname, listener);
  }

  /** Requests for this URL so far. */
  requests(uri: string): number {
    const { pathname } = new URL(uri);
    return this.asked.filter((path) => path === pathname).length;
  }

  /** Serves, on the same port as before. */
  async up(): Promise<void> {
    this.server = createServer((request, response) => {
      const { url: path = '' } = request;
      this.asked.push(path);
      const listener = this.listeners.get(path);
      if (listener) listener(request, response);
      else response.writeHead(404).end();
    });
    this.server.on('connection', (socket: Socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Nobody listens any more. */
  async down(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    const { server } = this;
    this.server = undefined;
    if (server) await new Promise((resolve) => server.close(resolve));
  }
}

/** A plain 200 with this text. */
export function text(body: string | Buffer, headers: Readonly<Record<string, string>> = {}): RequestListener {
  return (_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/jwk-set+json', ...headers }).end(body);
  };
}

/** A good key set. */
export function keySet(keys: readonly JWK[], headers?: Readonly<Record<string, string>>): RequestListener {
  return text(JSON.stringify({ keys }), headers);
}

/** The key set, as many bytes long as said. */
export function padded(keys: readonly JWK[], bytes: number): string {
  return JSON.stringify({ keys }).padEnd(bytes, ' ');
}

export function redirect(status: number, location: string): RequestListener {
  return (_, response) => void response.writeHead(status, { Location: location }).end();
}

/** Begins like a key set and never ends. */
export function endless(begin: string, pauseMilliseconds: number): RequestListener {
  return (_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/jwk-set+json' }).write(begin);
    const filler = pauseMilliseconds > 0 ? ' ' : ' '.repeat(16_384);
    const timer = setInterval(() => {
      if (response.writableNeedDrain) return;
      response.write(filler);
    }, pauseMilliseconds);
    response.on('close', () => clearInterval(timer));
  };
}

/** Ten megabytes in a few kilobytes. */
export function gzipBomb(keys: readonly JWK[]): RequestListener {
  return text(gzipSync(padded(keys, 10 * 1024 * 1024)), { 'Content-Encoding': 'gzip' });
}

/** These bytes, whatever they are. */
const raw =
  (bytes: string): RequestListener =>
  (request) => {
    request.socket.write(bytes);
    request.socket.end();
  };

/** A server of each of them; all hold the right key somehow, so that who trusts them hands out a token. */
export function hostilities(key: ClientKey, target: JwksServer): [what: string, listener: RequestListener][] {
  const { publicJwk, privateJwk } = key;
  const keys = [publicJwk];
  const good = JSON.stringify({ keys });
  const secret = {
    kty: 'oct',
    kid: key.kid,
    k: Buffer.from(JSON.stringify(publicJwk)).toString('base64url'),
  };
  const elsewhere = target.at(keySet(keys));
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...publicJwk, kid: `${index}` }));
  return [
    ...[301, 302, 303, 307, 308].map((status): [string, RequestListener] => [
      `redirects with ${status}`,
      redirect(status, elsewhere),
    ]),
    ['redirects to the metadata service', redirect(302, 'http://169.254.169.254/latest/meta-data')],
    [
      'redirects with a body of keys',
      (_, response) => response.writeHead(302, { Location: elsewhere }).end(good),
    ],
    ['sends more than 64 KiB', text(padded(keys, MOST_BYTES + 1))],
    ['announces more than 64 KiB', text(good, { 'Content-Length': String(10 * 1024 * 1024) })],
    [
      'sends 10 MiB without announcing them',
      (_, response) => void response.end(padded(keys, 10 * 1024 * 1024)),
    ],
    ['sends a body without end', endless(good.slice(0, -1), 0)],
    ['sends a gzip bomb', gzipBomb(keys)],
    ['sends HTML', text(`<html><body>${good}</body></html>`, { 'Content-Type': 'text/html' })],
    ['sends JSON with something behind it', text(`${good}x`)],
    ['sends nothing', text('')],
    ['sends bytes that are not UTF-8', text(Buffer.concat([Buffer.from(good), Buffer.from([0xff])]))],
    ['sends an array', text(JSON.stringify(keys))],
    ['sends null', text('null')],
    ['sends one key in place of a set', text(JSON.stringify(publicJwk))],
    ['sends {"keys":null}', text('{"keys":null}')],
    ['sends an object of keys', text(JSON.stringify({ keys: { 0: publicJwk } }))],
    ['sends members twice', text(`{"keys":[],"keys":${JSON.stringify(keys)}}`)],
    ['nests deeply', text(`{"x":${'['.repeat(20_000)}${']'.repeat(20_000)},${good.slice(1)}`)],
    ['sends no keys', keySet([])],
    ['sends 1000 keys', keySet([publicJwk, ...Array.from({ length: 999 }, () => ({ kty: 'EC' }))])],
    ['sends the right key and 100 more', keySet([publicJwk, ...many(100)])],
    ['sends a private key', keySet([privateJwk])],
    ['sends a symmetric key', keySet([secret])],
    ['sends a key that is for encryption', keySet([{ ...publicJwk, use: 'enc' }])],
    ['sends a key with another alg', keySet([{ ...publicJwk, alg: 'ES384' }])],
    ['sends a key that is off its curve', keySet([{ ...publicJwk, y: publicJwk.x ?? '' }])],
    ['sends things that are no keys', text(JSON.stringify({ keys: [null, 1, 'x', [], [publicJwk], {}] }))],
    ...[204, 206, 400, 401, 404, 500, 503].map((status): [string, RequestListener] => [
      `answers ${status}`,
      (_, response) => void response.writeHead(status).end(status === 204 ? undefined : good),
    ]),
    ['resets the connection', (request) => void request.socket.resetAndDestroy()],
    [
      'resets the connection within the body',
      (request, response) => {
        response.writeHead(200).write(good);
        setTimeout(() => request.socket.resetAndDestroy(), 20);
      },
    ],
    ['ends before what it has announced', raw(`HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n${good}`)],
    ['does not speak HTTP', raw(`SSH-2.0-OpenSSH_9.6\r\n${good}`)],
    ['sends a header without end', raw(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}\r\n\r\n${good}`)],
  ];
}
