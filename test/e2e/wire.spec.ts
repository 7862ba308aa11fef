import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import {
  expectError,
  expectErrorShape,
  expectToken,
  FORM,
  GRANT,
  openServer,
  type Server,
} from './support/server.js';
import { exchange, head, Wire, type Answer } from './support/wire.js';

const POST = 'POST /oauth/token HTTP/1.1';
const HOST = 'Host: 127.0.0.1';
const TYPE = `Content-Type: ${FORM}`;
const LENGTH = `Content-Length: ${GRANT.length}`;
const CLOSE = 'Connection: close';

describe.each(HTTP_ADAPTERS)('the wire on %s', (httpAdapter) => {
  let server: Server;
  let authorization: string;

  beforeAll(async () => {
    server = await openServer({ httpAdapter });
    authorization = `Authorization: ${server.client.basic.authorization}`;
  });

  afterAll(async () => {
    const output = server.app.output();
    await server.close();
    expect(output).not.toMatch(/unhandled|ERROR|TypeError|RangeError/i);
  });

  afterEach(() => server.serves());

  const raw = (...lines: string[]) => exchange(server.port, head(...lines) + GRANT);
  const good = () => head(POST, HOST, TYPE, LENGTH, authorization) + GRANT;

  it('TOK-001 answers a request written by hand', async () => {
    const answer = await raw(POST, HOST, TYPE, LENGTH, authorization);
    expect(answer).toBeDefined();
    if (answer) expectToken(answer);
  });

  it('TOK-001 answers requests that are pipelined on one connection, in their order', async () => {
    const wire = await Wire.open(server.port);
    const bad =
      head('GET /oauth/token HTTP/1.1', HOST) + head(POST, HOST, 'Content-Type: text/plain', LENGTH) + GRANT;
    wire.write(good() + bad + good());
    const statuses = [];
    for (let count = 0; count < 4; count++) statuses.push((await wire.answer())?.status);
    wire.destroy();
    expect(statuses).toEqual([200, 405, 400, 200]);
  });

  it.each(['Content-Length: 5', 'Content-Length: 9999'])(
    'ROB-010 refuses Transfer-Encoding with %s',
    async (length) => {
      const wire = await Wire.open(server.port);
      const lines = [POST, HOST, TYPE, length, 'Transfer-Encoding: chunked', authorization];
      wire.write(`${head(...lines)}${GRANT.length.toString(16)}\r\n${GRANT}\r\n0\r\n\r\n`);
      expect((await wire.answer())?.status).toBe(400);
      await wire.closed();
    },
  );

  it.each([
    ['different', `Content-Length: ${GRANT.length + 1}`],
    ['equal', LENGTH],
  ])('ROB-010 refuses two %s Content-Length', async (_, second) => {
    const wire = await Wire.open(server.port);
    wire.write(head(POST, HOST, TYPE, LENGTH, second, authorization) + GRANT);
    expect((await wire.answer())?.status).toBe(400);
    await wire.closed();
  });

  it.each(['-1', '+29', '0x1d', '29, 29', '1e2', '29 29', ''])(
    'ROB-010 refuses Content-Length: "%s"',
    async (length) => {
      const answer = await raw(POST, HOST, TYPE, `Content-Length: ${length}`, authorization, CLOSE);
      expect(answer?.status).toBe(400);
    },
  );

  it('ROB-011 refuses two Authorization headers', async () => {
    const other = `Authorization: ${server.postClient.basic.authorization}`;
    for (const second of [
      authorization,
      other,
      'Authorization: Bearer x',
      'authorization: Basic',
      'Authorization:',
    ]) {
      for (const lines of [
        [authorization, second],
        [second, authorization],
      ]) {
        const answer = await raw(POST, HOST, TYPE, LENGTH, ...lines, CLOSE);
        expectError(answer, [400, 401], answer?.status === 401 ? 'invalid_client' : 'invalid_request');
      }
    }
  });

  it('ROB-012 refuses two Content-Type headers', async () => {
    for (const second of [
      TYPE,
      'Content-Type: application/json',
      'content-type: text/plain',
      'Content-Type:',
    ]) {
      for (const lines of [
        [TYPE, second],
        [second, TYPE],
      ]) {
        expectError(await raw(POST, HOST, ...lines, LENGTH, authorization, CLOSE), 400, 'invalid_request');
      }
    }
    const list = `Content-Type: ${FORM}, application/json`;
    expectError(await raw(POST, HOST, list, LENGTH, authorization, CLOSE), 400, 'invalid_request');
  });

  it('ROB-012 TOK-013 refuses two Content-Encoding headers', async () => {
    const lines = ['Content-Encoding: identity', 'Content-Encoding: gzip'];
    const answer = await raw(POST, HOST, TYPE, ...lines, LENGTH, authorization, CLOSE);
    expectError(answer, [400, 415], 'invalid_request');
  });

  it('TOK-004 answers HEAD with nothing behind the headers', async () => {
    const wire = await Wire.open(server.port);
    wire.write(head('HEAD /oauth/token HTTP/1.1', HOST, authorization, CLOSE));
    expect(await wire.answer('HEAD')).toMatchObject({ status: 405 });
    await wire.closed();
    expect(wire.rest).toBe('');
  });

  it('TOK-004 answers OPTIONS, HEAD and 304 so that the connection can go on', async () => {
    const wire = await Wire.open(server.port);
    wire.write(head('OPTIONS /oauth/token HTTP/1.1', HOST));
    expect([200, 204]).toContain((await wire.answer())?.status);
    wire.write(head('HEAD /oauth/jwks HTTP/1.1', HOST));
    expect((await wire.answer('HEAD'))?.status).toBe(200);
    wire.write(head('GET /oauth/jwks HTTP/1.1', HOST, 'If-None-Match: *'));
    expect((await wire.answer())?.status).toBe(304);
    wire.write(good());
    expect((await wire.answer())?.status).toBe(200);
    wire.destroy();
  });

  it('ROB-015 outlives clients that leave', async () => {
    const partial = head(POST, HOST, TYPE, 'Content-Length: 5000', authorization) + GRANT;
    const chunked = `${head(POST, HOST, TYPE, 'Transfer-Encoding: chunked', authorization)}1d\r\n${GRANT.slice(0, 9)}`;
    for (const bytes of [partial, chunked, good(), POST, head(POST, HOST), good().slice(0, -1)]) {
      for (const end of ['destroy', 'resetAndDestroy', 'end'] as const) {
        const wire = await Wire.open(server.port);
        await new Promise((resolve) => wire.socket.write(bytes, resolve));
        wire.socket[end]();
        await server.serves();
        wire.destroy();
      }
    }
  });

  it.each([
    '//oauth/token',
    '/oauth/token;x',
    '/oauth/%74oken',
    '/oauth/token%00',
    '/oauth/token%2F',
    '/oauth/token#x',
    'http://evil.example/oauth/token',
    '/oauth\\token',
    '/%2e/oauth/token',
  ])('ROB-030 has no other rules at %s', async (target) => {
    const ask = async (body: string | Buffer, ...lines: string[]) => {
      const start = head(
        `POST ${target} HTTP/1.1`,
        HOST,
        TYPE,
        `Content-Length: ${body.length}`,
        CLOSE,
        ...lines,
      );
      return exchange(server.port, Buffer.concat([Buffer.from(start), Buffer.from(body as string)]));
    };
    const answer = await ask(GRANT, authorization);
    if (!answer || !isToken(answer)) {
      expect([400, 404]).toContain(answer?.status);
      return;
    }
    // It is the token endpoint, so all of its rules hold.
    expectToken(answer);
    expectError(await ask(GRANT), 401, 'invalid_client');
    expectError(
      await ask(`${GRANT}&scope=catalog:read&scope=catalog:read`, authorization),
      400,
      'invalid_request',
    );
    expectError(await ask(`${GRANT}&foo=%`, authorization), 400, 'invalid_request');
    expectError(await ask(`${GRANT}&foo=%FF`, authorization), 400, 'invalid_request');
    expectError(await ask(Buffer.from(`${GRANT}&foo=\xff`, 'latin1'), authorization), 400, 'invalid_request');
    expectError(await ask(`${GRANT}&scope=&scope=catalog:read`, authorization), 400, 'invalid_request');
    const many = Array.from({ length: 2000 }, (_, index) => `p${index}=1`).join('&');
    expectError(await ask(`${GRANT}&${many}`, authorization), [400, 413], 'invalid_request');
    expectError(await ask(`${GRANT}&pad=`.padEnd(70_000, 'x'), authorization), [400, 413], 'invalid_request');
    expectError(
      await ask(`${GRANT}&pad=`.padEnd(200_000, 'x'), authorization),
      [400, 413],
      'invalid_request',
    );
    expectToken((await ask(`${GRANT}&scope[x]=y&client_id[$ne]=1`, authorization)) as Answer);
    expectError(await ask('', authorization), 400, 'invalid_request');
  });

  it.each([
    '/api/catalog/',
    '//api/catalog',
    '/API/catalog',
    '/api/%63atalog',
    '/api/catalog;x',
    '/api/catalog#x',
    '/x/../api/catalog',
    '/api/catalog%00',
    'http://evil.example/api/catalog',
    '/api/catalog?access_token=x',
  ])('ROB-030 guards the API at %s too', async (target) => {
    const ask = (method: string, ...lines: string[]) =>
      exchange(server.port, head(`${method} ${target} HTTP/1.1`, HOST, CLOSE, ...lines), method);
    for (const method of ['GET', 'HEAD', 'POST']) {
      expect([400, 401, 404], method).toContain((await ask(method))?.status);
      expect([400, 401, 404], method).toContain((await ask(method, 'Authorization: Bearer x'))?.status);
    }
  });

  it.each(['PROPFIND', 'TRACE', 'CONNECT', 'MKCOL', 'QUERY', 'PURGE', 'FOO', 'post'])(
    'TOK-003 issues nothing by %s',
    async (method) => {
      const before = await server.storedTokens();
      const body = `${GRANT}&scope=statistics:read`;
      const lines = [
        `${method} /oauth/token HTTP/1.1`,
        HOST,
        TYPE,
        `Content-Length: ${body.length}`,
        authorization,
        CLOSE,
      ];
      const answer = await exchange(server.port, head(...lines) + body);
      expect(isToken(answer)).toBe(false);
      if (answer) expect(answer.status).toBeLessThan(500);
      if (answer?.status === 405 && answer.json?.['error']) expectErrorShape(answer);
      expect(await server.storedTokens()).toBe(before);
    },
  );

  it('TOK-003 takes no method from an override header', async () => {
    const override = ['X-HTTP-Method-Override: POST', 'X-Method-Override: POST'];
    const lines = [
      'GET /oauth/token?_method=POST HTTP/1.1',
      HOST,
      TYPE,
      LENGTH,
      authorization,
      CLOSE,
      ...override,
    ];
    expectError(await raw(...lines), 405, 'invalid_request');
  });

  it('ROB-001 outlives an upload of 40 MiB', async () => {
    for (const size of ['Content-Length: 41943040', 'Transfer-Encoding: chunked']) {
      const wire = await Wire.open(server.port);
      wire.write(head(POST, HOST, TYPE, size, authorization));
      const block = Buffer.alloc(64 * 1024, 'x');
      const chunk = size.startsWith('T')
        ? Buffer.concat([Buffer.from('10000\r\n'), block, Buffer.from('\r\n')])
        : block;
      for (let sent = 0; sent < 640 && wire.socket.writable; sent++) {
        await new Promise((resolve) => wire.socket.write(chunk, resolve));
      }
      // The answer may be lost on a connection that is closed under the writer, but it is no other one.
      const answer = wire.socket.writable ? await wire.answer() : undefined;
      if (answer) expectError(answer, [400, 413], 'invalid_request');
      wire.destroy();
    }
  });

  it('ROB-014 serves others while two hundred bodies do not come', async () => {
    const wires = await Promise.all(Array.from({ length: 200 }, () => Wire.open(server.port)));
    for (const wire of wires) wire.write(head(POST, HOST, TYPE, LENGTH, authorization) + GRANT.slice(0, 3));
    for (let count = 0; count < 20; count++) await server.serves();
    for (const wire of wires) wire.write(GRANT.slice(3));
    const answers = await Promise.all(wires.map((wire) => wire.answer()));
    for (const wire of wires) wire.destroy();
    expect(answers.filter(isToken)).toHaveLength(200);
  });
});

function isToken(answer: Answer | undefined): boolean {
  return answer?.json?.['access_token'] !== undefined;
}
