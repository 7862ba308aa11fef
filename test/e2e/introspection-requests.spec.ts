import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import { expectActive, FORMATS, introspect, LOOKUPS, post, tokenOf } from './support/lookups.js';
import { expectError, expectErrorShape, FORM, openServer, rawBasic, type Server } from './support/server.js';
import { exchange, head, Wire } from './support/wire.js';

const KIB = 1024;
const cases = HTTP_ADAPTERS.flatMap((httpAdapter) => LOOKUPS.map((path) => ({ httpAdapter, path })));

/** What holds of every form that is posted: see robustness.spec.ts for the token endpoint. */
describe.each(cases)('a hostile request to $path on $httpAdapter', ({ httpAdapter, path }) => {
  let server: Server;
  /** Stays alive through all of it. */
  let tokens: string[];

  beforeAll(async () => {
    server = await openServer({ httpAdapter });
    tokens = await Promise.all(FORMATS.map(({ scope }) => tokenOf(server, scope)));
  });

  afterAll(async () => {
    const output = server.app.output();
    await server.close();
    expect(output).not.toMatch(/unhandled|ERROR|TypeError|RangeError/i);
  });

  afterEach(async () => {
    for (const token of tokens) expectActive(await introspect(server.port, token, server.client));
    expect((await ask('token=unknown')).status).toBe(200);
  });

  const ask = (form: string, headers: Record<string, string> = server.client.basic) =>
    post(server.port, path, form, headers);
  const padded = (bytes: number) => `token=unknown&pad=`.padEnd(bytes, 'x');
  const lines = (...more: string[]) => [`POST ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...more];
  const authorization = () => `Authorization: ${server.client.basic.authorization}`;

  it('ROB-001 takes a body of 64 KiB and refuses one byte more', async () => {
    expect((await ask(padded(64 * KIB))).status).toBe(200);
    expectError(await ask(padded(64 * KIB + 1)), [400, 413], 'invalid_request');
    expectError(await ask(padded(64 * KIB + 1), {}), [400, 413], 'invalid_request');
  });

  it.each([65, 1100, 5000])('ROB-001 refuses a body of %i KiB by its length, and in chunks', async (kib) => {
    expectError(await ask(padded(kib * KIB)), [400, 413], 'invalid_request');
    const chunked = { ...server.client.basic, 'transfer-encoding': 'chunked' };
    expectError(await ask(padded(kib * KIB), chunked), [400, 413], 'invalid_request');
    expect((await ask('token=unknown', chunked)).status).toBe(200);
  });

  it.each(['%', '%zz', '%u0041', '%4', '%FF', '%C0%AF', '%ED%A0%80', '%E2%82'])(
    'ROB-002 ROB-003 refuses the encoding %s anywhere',
    async (broken) => {
      for (const form of [
        `token=${broken}`,
        `token=x&foo=${broken}`,
        `token=x&${broken}=x`,
        `token=x&token_type_hint=${broken}`,
      ]) {
        expectError(await ask(form), 400, 'invalid_request');
      }
    },
  );

  it('ROB-003 refuses raw bytes that are no UTF-8', async () => {
    const headers = { ...server.client.basic, 'content-type': FORM };
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xfe, 0xff]]) {
      const body = Buffer.concat([Buffer.from('token=x'), Buffer.from(bytes)]);
      expectError(await server.send({ method: 'POST', path, headers, body }), 400, 'invalid_request');
    }
  });

  it.each([
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/xml',
    '*/*',
    '',
    `${FORM}; charset=utf-16`,
    `${FORM}; charset=iso-8859-1`,
    `${FORM}, application/json`,
  ])('TOK-013 ROB-012 refuses Content-Type: "%s"', async (type) => {
    for (const body of ['token=unknown', '{"token":"unknown"}']) {
      const answer = await ask(body, { ...server.client.basic, 'content-type': type });
      expectError(answer, [400, 415], 'invalid_request');
    }
  });

  it.each([`${FORM}; charset=utf-8`, `${FORM};charset="UTF-8"`, 'Application/X-WWW-Form-URLEncoded'])(
    'TOK-013 takes Content-Type: %s',
    async (type) => {
      expect((await ask('token=unknown', { ...server.client.basic, 'content-type': type })).status).toBe(200);
    },
  );

  it('ROB-012 TOK-013 refuses repeated and encoding headers', async () => {
    const body = 'token=unknown';
    const length = `Content-Length: ${body.length}`;
    const type = `Content-Type: ${FORM}`;
    const repeated = [
      [type, 'Content-Type: application/json'],
      [type, 'Content-Encoding: gzip'],
      [type, 'Authorization: Bearer x'],
    ];
    for (const more of repeated) {
      const bytes = head(...lines(...more, length, authorization(), 'Connection: close')) + body;
      const answer = await exchange(server.port, bytes);
      expect([400, 401, 415], more.join()).toContain(answer?.status);
      if (answer) expectErrorShape(answer);
    }
  });

  it.each([
    '__proto__',
    'constructor',
    'toString',
    '__proto__[x]',
    'token[x]',
    'token[$ne]',
    'client_id[$ne]',
  ])('ROB-005 ROB-006 ignores the parameter name %s', async (name) => {
    expect((await ask(`${encodeURIComponent(name)}=1&token=unknown&${name}=2`)).status).toBe(200);
    expectError(await ask(`${name}=unknown`), 400, 'invalid_request');
    expectError(await ask(`token=unknown&${name}=s6BhdRkqt3`, {}), 401, 'invalid_client');
  });

  it('ROB-008 refuses ten thousand parameters', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `p${index}=1`).join('&');
    expectError(await ask(`token=unknown&${many}`), [400, 413], 'invalid_request');
    expect((await ask(`${'&'.repeat(60_000)}token=unknown`)).status).toBe(200);
  });

  it('ROB-004 ROB-013 refuses control characters in credentials, and puts nothing into headers', async () => {
    const attack = encodeURIComponent('x"\r\nSet-Cookie: a=b\r\n\r\n<script>\\é');
    for (const [form, headers] of [
      [`token=x&client_id=${attack}`],
      [`token=x&client_id=${attack}&client_secret=${attack}`, {}],
      ['token=x', rawBasic(`${attack}:${attack}`)],
      ['token=x', rawBasic('a\0:b')],
    ] as [string, Record<string, string>?][]) {
      const answer = await ask(form, headers);
      expect([400, 401], form).toContain(answer.status);
      expectErrorShape(answer);
      expect(answer.rawHeaders.join('\n')).not.toMatch(/script|Set-Cookie/i);
    }
  });

  it.each(['text/html', 'application/xml', 'image/png', ''])(
    'TOK-070 TOK-071 INT-016 answers errors as JSON to Accept: %s',
    async (accept) => {
      const answers = [
        await ask('token=x', { accept }),
        await ask('', { ...server.client.basic, accept }),
        await ask('token=%', { ...server.client.basic, accept }),
        await server.send({ path, headers: { accept } }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([401, 400, 400, 405]);
      for (const answer of answers) expectErrorShape(answer);
    },
  );

  it('INT-003 REV-010 TOK-003 takes no other method, on the wire either', async () => {
    const body = `token=${tokens[1] ?? ''}`;
    const more = [
      `Content-Type: ${FORM}`,
      `Content-Length: ${body.length}`,
      authorization(),
      'Connection: close',
    ];
    for (const method of ['PROPFIND', 'TRACE', 'QUERY', 'PURGE', 'FOO', 'post']) {
      const bytes = head(`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...more) + body;
      const answer = await exchange(server.port, bytes, method);
      expect(answer?.status ?? 400, method).toBeGreaterThanOrEqual(400);
      expect(answer?.status ?? 400, method).toBeLessThan(500);
    }
    const override = ['X-HTTP-Method-Override: POST', 'X-Method-Override: POST'];
    const bytes = head(`GET ${path}?_method=POST HTTP/1.1`, 'Host: 127.0.0.1', ...more, ...override) + body;
    expectError(await exchange(server.port, bytes), 405, 'invalid_request');
  });

  it('TOK-004 answers HEAD and OPTIONS so that the connection can go on', async () => {
    const wire = await Wire.open(server.port);
    wire.write(head(`HEAD ${path} HTTP/1.1`, 'Host: 127.0.0.1', authorization()));
    expect(await wire.answer('HEAD')).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    wire.write(head(`OPTIONS ${path} HTTP/1.1`, 'Host: 127.0.0.1'));
    expect(await wire.answer('OPTIONS')).toMatchObject({ status: 204, text: '', headers: { allow: 'POST' } });
    const more = [`Content-Type: ${FORM}`, 'Content-Length: 13', authorization()];
    wire.write(`${head(...lines(...more))}token=unknown`);
    expect((await wire.answer())?.status).toBe(200);
    wire.write(`${head(...lines(...more))}token=unknown`);
    expect((await wire.answer())?.status).toBe(200);
    wire.destroy();
    expect(wire.rest).toBe('');
  });

  it('ROB-010 refuses a body of two lengths', async () => {
    for (const length of ['Content-Length: 5', 'Content-Length: 9999']) {
      const wire = await Wire.open(server.port);
      const more = [`Content-Type: ${FORM}`, length, 'Transfer-Encoding: chunked', authorization()];
      wire.write(`${head(...lines(...more))}d\r\ntoken=unknown\r\n0\r\n\r\n`);
      expect((await wire.answer())?.status).toBe(400);
      await wire.closed();
    }
  });

  it('ROB-015 outlives clients that leave', async () => {
    const whole = `${head(...lines(`Content-Type: ${FORM}`, 'Content-Length: 13', authorization()))}token=unknown`;
    for (const bytes of [whole, whole.slice(0, -1), whole.slice(0, -13)]) {
      for (const end of ['destroy', 'resetAndDestroy', 'end'] as const) {
        const wire = await Wire.open(server.port);
        await new Promise((resolve) => wire.socket.write(bytes, resolve));
        wire.socket[end]();
        expect((await ask('token=unknown')).status).toBe(200);
        wire.destroy();
      }
    }
  });

  it.each(['/', '.json', '%00', '%2F'])('TOK-080 has nothing behind it: %s', async (tail) => {
    const answer = await post(server.port, path + tail, 'token=unknown', server.client.basic);
    expect([400, 404]).toContain(answer.status);
  });
});
