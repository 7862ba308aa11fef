import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import { GuardedJwksFetcher, type GuardedFetchParts } from '../../src/fetch/guarded-jwks-fetcher.js';
import type { GuardedFetchOptions } from '../../src/fetch/address-policy.js';
import type { Resolve } from '../../src/fetch/target.js';
import { vi } from 'vitest';
import { CERTIFICATE, KEY } from './certificate.js';

export const LOOPBACK = '127.0.0.1';
export const JWKS = '{"keys":[]}';

/** A server that tells who came. */
export class Listening {
  connections = 0;
  bytes = 0;
  private readonly open = new Set<Promise<void>>();

  constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.connections++;
      const gone = new Promise<void>((resolve) => socket.once('close', resolve));
      this.open.add(gone);
      void gone.then(() => this.open.delete(gone));
      socket.on('error', () => undefined).on('data', (chunk: Buffer) => (this.bytes += chunk.length));
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(scheme: 'http' | 'https', host = LOOPBACK, path = '/jwks'): URL {
    return new URL(`${scheme}://${host}:${this.port}${path}`);
  }

  /** Waits until every connection has ended of itself: it hangs if the other side keeps one. */
  async deserted(): Promise<void> {
    await Promise.all(this.open);
  }

  async close(): Promise<void> {
    await this.deserted();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const listening: Listening[] = [];

async function listen(server: Server, host = LOOPBACK, port = 0): Promise<Listening> {
  const counted = new Listening(server);
  server.listen(port, host);
  await once(server, 'listening');
  listening.push(counted);
  return counted;
}

export const serve = (listener: RequestListener, host?: string): Promise<Listening> =>
  listen(createServer(listener), host);

export const serveTls = (listener: RequestListener, host?: string, port?: number): Promise<Listening> =>
  listen(createTlsServer({ key: KEY, cert: CERTIFICATE }, listener), host, port);

/** A server that speaks whatever it likes. */
export const serveRaw = (speak: (socket: Socket) => void): Promise<Listening> =>
  listen(createTcpServer((socket) => speak(socket)));

/** Closes all servers, once nobody is connected to them any more. */
export async function closeServers(): Promise<void> {
  await Promise.all(listening.splice(0).map((each) => each.close()));
}

export const answerJwks: RequestListener = (_, response) => {
  response.setHeader('Content-Type', 'application/jwk-set+json').end(JWKS);
};

/** Allows loopback unless told otherwise. */
export function fetcher(
  options: Partial<GuardedFetchOptions> = {},
  parts: GuardedFetchParts = {},
): GuardedJwksFetcher {
  return new GuardedJwksFetcher({ allowLoopback: true, allowedNetworks: [], ...options }, parts);
}

/** What a fetch failed with. */
export async function failure(fetching: Promise<unknown>): Promise<string> {
  return fetching.then(
    () => 'nothing failed',
    (cause: unknown) => (cause instanceof Error ? cause.message : 'no Error'),
  );
}

/** A resolver with one answer after the other, the last one for ever; and the hosts it was asked for. */
export function resolver(...answers: string[][]): { resolve: Resolve; asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolve = async (host) => {
    const addresses = answers[Math.min(asked.push(host), answers.length) - 1] ?? [];
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return { resolve, asked };
}

/** A resolver that answers when it is told to. */
export function lateResolver(): { resolve: Resolve; answer: (address: string) => void } {
  let answer: (address: string) => void = () => undefined;
  const answered = new Promise<string>((resolve) => {
    answer = resolve;
  });
  return { resolve: async () => [{ address: await answered, family: 4 }], answer };
}

/** Puts the certificate of the tests into the machine's store, as it were. */
export function trustCertificate(): void {
  const { createSecureContext } = tls;
  vi.spyOn(tls, 'createSecureContext').mockImplementation((options) =>
    createSecureContext({ ...options, ca: CERTIFICATE }),
  );
}
