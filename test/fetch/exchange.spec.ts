import { randomBytes } from 'node:crypto';
import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  answerJwks,
  closeServers,
  failure,
  fetcher,
  JWKS,
  lateResolver,
  serve,
  serveRaw,
  serveTls,
} from './support.js';

const LIMIT = 65_536;
const quick = { milliseconds: 200 };

afterEach(async () => {
  vi.unstubAllEnvs();
  await closeServers();
});

async function failureOf(listener: RequestListener, parts = {}): Promise<string> {
  const server = await serve(listener);
  const reason = await failure(fetcher({}, parts).fetch(server.url('http')));
  await server.deserted();
  return reason;
}

async function rawFailureOf(speak: (socket: Socket) => void, parts = {}): Promise<string> {
  const server = await serveRaw(speak);
  const reason = await failure(fetcher({}, parts).fetch(server.url('http')));
  await server.deserted();
  return reason;
}

/** Writes for as long as there is somebody to read. */
function writeForEver(response: ServerResponse | Socket, chunk: string | Buffer): void {
  const timer = setInterval(() => response.write(chunk), 5);
  response.on('close', () => clearInterval(timer));
}

describe('a request', () => {
  it('AUTH-045 has no header that is not needed, whatever the environment says', async () => {
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) {
      vi.stubEnv(name, 'http://127.0.0.1:9');
    }
    let raw: unknown;
    const server = await serve((request, response) => {
      raw = { line: `${request.method} ${request.url}`, headers: request.headers };
      answerJwks(request, response);
    });
    await fetcher().fetch(server.url('http', '127.0.0.1', '/keys?of=a%20b'));
    expect(raw).toEqual({
      line: 'GET /keys?of=a%20b',
      headers: {
        host: `127.0.0.1:${server.port}`,
        accept: 'application/jwk-set+json, application/json',
        'accept-encoding': 'identity',
        'user-agent': 'nestjs-oauth-kit',
        connection: 'close',
      },
    });
  });

  it('AUTH-045 carries no cookie of an earlier response, and has a connection of its own', async () => {
    const cookies: unknown[] = [];
    const server = await serve((request, response) => {
      cookies.push(request.headers.cookie);
      response.setHeader('Set-Cookie', 'a=b').setHeader('Connection', 'keep-alive').end(JWKS);
    });
    for (let i = 0; i < 3; i++) await fetcher().fetch(server.url('http'));
    expect(cookies).toEqual([undefined, undefined, undefined]);
    expect(server.connections).toBe(3);
  });
});

describe('a response', () => {
  it('comes as it is, with its Cache-Control, JSON or not', async () => {
    const body = randomBytes(LIMIT);
    const server = await serve((_, response) => {
      response.setHeader('Cache-Control', 'public, max-age=300').end(body);
    });
    const fetched = await fetcher().fetch(server.url('http'));
    expect(body.equals(fetched.body)).toBe(true);
    expect(fetched.cacheControl).toBe('public, max-age=300');
  });

  it('without Cache-Control, in chunks, or until the connection ends', async () => {
    const chunked = await serve((_, response) => {
      response.write(JWKS.slice(0, 3));
      response.end(JWKS.slice(3));
    });
    const closed = await serveRaw((socket) => socket.end(`HTTP/1.0 200 OK\r\n\r\n${JWKS}`));
    for (const server of [chunked, closed]) {
      const fetched = await fetcher().fetch(server.url('http'));
      expect({ ...fetched, body: Buffer.from(fetched.body).toString() }).toEqual({
        body: JWKS,
        cacheControl: undefined,
      });
    }
  });

  it.each([201, 204, 206, 304, 400, 401, 404, 500, 503])(
    'AUTH-045 with status %i is refused',
    async (status) => {
      expect(await failureOf((_, response) => response.writeHead(status).end())).toContain(
        `the response has status ${status}`,
      );
    },
  );

  it.each([
    ['identity', 'nothing failed'],
    ['Identity', 'nothing failed'],
    ['gzip', 'the response is encoded'],
    ['br', 'the response is encoded'],
    ['identity, gzip', 'the response is encoded'],
    ['x-unknown', 'the response is encoded'],
  ])('with Content-Encoding %s: %s', async (encoding, outcome) => {
    const listener: RequestListener = (_, response) =>
      response.setHeader('Content-Encoding', encoding).end(JWKS);
    expect(await failureOf(listener)).toContain(outcome);
  });
});

describe('threat 15 AUTH-045 ROB-029 too much', () => {
  const tooMuch = `the response has more than ${LIMIT} bytes`;

  it('64 KiB and one byte, announced: the body is not awaited', async () => {
    const reason = await failureOf((_, response) => {
      response.setHeader('Content-Length', LIMIT + 1).flushHeaders();
    });
    expect(reason).toContain(tooMuch);
  });

  it('64 KiB and one byte, in chunks', async () => {
    const reason = await failureOf((_, response) => {
      response.write(Buffer.alloc(LIMIT, ' '));
      response.end(' ');
    });
    expect(reason).toContain(tooMuch);
  });

  it('10 MiB until the connection ends', async () => {
    const reason = await rawFailureOf((socket) => {
      socket.write('HTTP/1.0 200 OK\r\n\r\n');
      socket.end(Buffer.alloc(10 * 1_048_576, ' '));
    });
    expect(reason).toContain(tooMuch);
  });

  it('a body without end', async () => {
    const reason = await failureOf((_, response) => writeForEver(response, Buffer.alloc(20_000, ' ')));
    expect(reason).toContain(tooMuch);
  });

  it('a gzip bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(10 * 1_048_576, ' '));
    expect(bomb.length).toBeLessThan(LIMIT);
    const reason = await failureOf((_, response) => response.setHeader('Content-Encoding', 'gzip').end(bomb));
    expect(reason).toContain('the response is encoded');
  });

  it('headers of 1 MiB', async () => {
    const reason = await rawFailureOf((socket) => {
      socket.end(`HTTP/1.1 200 OK\r\nX-Much: ${'x'.repeat(1_048_576)}\r\n\r\n`);
    });
    expect(reason).toContain('HPE_HEADER_OVERFLOW');
  });
});

describe('threat 15 AUTH-045 ROB-029 too slow', () => {
  const tooSlow = 'it took longer than 200 ms';

  it('a body in drops', async () => {
    expect(await failureOf((_, response) => writeForEver(response, ' '), quick)).toContain(tooSlow);
  });

  it('headers in drops', async () => {
    const speak = (socket: Socket): void => {
      socket.write('HTTP/1.1 200 OK\r\nX-Slow: ');
      writeForEver(socket, 'x');
    };
    expect(await rawFailureOf(speak, quick)).toContain(tooSlow);
  });

  it('informational responses without end', async () => {
    const speak = (socket: Socket): void => writeForEver(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n');
    expect(await rawFailureOf(speak, quick)).toContain(tooSlow);
  });

  it('no answer at all, to the request or to the TLS handshake', async () => {
    expect(await rawFailureOf(() => undefined, quick)).toContain(tooSlow);
    const silent = await serveRaw((socket) => socket.resume());
    expect(await failure(fetcher({}, quick).fetch(silent.url('https')))).toContain(tooSlow);
  });

  it('a resolver that does not answer; when it does after all, nothing is connected to', async () => {
    const server = await serveTls(answerJwks);
    const { resolve, answer } = lateResolver();
    const guarded = fetcher({}, { ...quick, resolve });
    expect(await failure(guarded.fetch(server.url('https', 'keys.example')))).toContain(tooSlow);
    answer('127.0.0.1');
    await new Promise(setImmediate);
    expect(server.connections).toBe(0);
  });
});

describe('a server that breaks off', () => {
  it.each([
    ['at once', ''],
    ['within the headers', 'HTTP/1.1 200 OK\r\nContent-'],
    ['within the body', `HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n${JWKS}`],
    ['within a chunk', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n${JWKS}`],
  ])('%s', async (_, sent) => {
    const reason = await rawFailureOf((socket) => socket.once('data', () => socket.end(sent)));
    expect(reason).toMatch(/ECONNRESET|HPE_INVALID_EOF_STATE/);
  });

  it.each([
    ['nonsense', 'SSH-2.0-OpenSSH_9.6\r\n', 'HPE_'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 'HPE_'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n', 'HPE_'],
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
      'closed',
    ],
  ])('or speaks %s', async (_, sent, reason) => {
    expect(await rawFailureOf((socket) => socket.once('data', () => socket.write(sent)))).toContain(reason);
  });

  it('or ends the TLS handshake', async () => {
    const server = await serveRaw((socket) => socket.once('data', () => socket.end()));
    expect(await failure(fetcher().fetch(server.url('https')))).toContain('ECONNRESET');
  });
});

describe('AUTH-045 many at a time', () => {
  it('eight for one server, the others wait for their turn and get it', async () => {
    const waiting: ServerResponse[] = [];
    const server = await serve((_, response) => waiting.push(response));
    const other = await serve((_, response) => response.end(JWKS));
    const fetches = Array.from({ length: 40 }, () => fetcher().fetch(server.url('http')));
    await vi.waitUntil(() => waiting.length === 8, { timeout: 10_000 });
    expect(Buffer.from((await fetcher().fetch(other.url('http'))).body).toString()).toBe(JWKS);
    expect(server.connections).toBe(8);
    while (server.connections < 40 || waiting.length > 0) {
      waiting.shift()?.end(JWKS);
      await new Promise(setImmediate);
    }
    expect(await Promise.all(fetches)).toHaveLength(40);
  });

  it('lookups that outlive their fetches count, until they end', async () => {
    const { resolve, answer } = lateResolver();
    const guarded = fetcher({ allowLoopback: false }, { milliseconds: 20, resolve });
    const uri = new URL('https://keys.example/');
    await Promise.all(Array.from({ length: 4 }, () => failure(guarded.fetch(uri))));
    expect(await failure(guarded.fetch(uri))).toContain('longer than 20 ms');
    answer('127.0.0.1');
    await new Promise(setImmediate);
    expect(await failure(guarded.fetch(uri))).toContain('is not allowed');
  });
});

it('what is logged names the host, and no credentials, query or words of the server', async () => {
  const server = await serve((_, response) => response.writeHead(418, 'Injected').end());
  const { host } = server.url('http');
  expect(await failure(fetcher().fetch(server.url('http', '127.0.0.1', '/jwks?token=hidden')))).toBe(
    `The JWK Set at ${host} was not fetched: the response has status 418.`,
  );
  expect(await failure(fetcher().fetch(new URL(`https://user:hidden@${host}/`)))).not.toContain('hidden');
});
