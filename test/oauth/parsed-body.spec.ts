import { Readable } from 'node:stream';
import type { OauthRequest } from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, echo, formRequest, openKit, type Kit } from '../support/echo.js';
import { granted, GRANT, refused, register, type Registered } from './support.js';

let kit: Kit;
let client: Registered;
let poster: Registered;

beforeAll(async () => {
  kit = await openKit({ bodyLimit: 2048 });
  client = await register(kit);
  poster = await register(kit, { token_endpoint_auth_method: 'client_secret_post' });
});

afterAll(() => kit.close());

function send(request: Partial<OauthRequest>, headers: Record<string, string> = client.basic) {
  const unread = { ...formRequest('', headers), rawBody: undefined };
  return kit.oauth.token({ request: { ...unread, ...request } }, echo);
}

const parsed = (body: unknown, headers?: Record<string, string>) => send({ body }, headers);
const stream = (text: string | Buffer) => Readable.from([Buffer.from(text)]);

describe('threat 25 ROB-007 a body that the host has parsed', () => {
  it('own string values count, whatever the object’s prototype is', async () => {
    expect(granted(await parsed({ ...GRANT, scope: 'write' })).scope).toBe('write');
    const bare = Object.assign(Object.create(null) as object, GRANT);
    expect(granted(await parsed(bare)).scope).toBe('read');
    const post = { ...GRANT, client_id: poster.id, client_secret: poster.secret };
    expect(granted(await parsed(post, {})).scope).toBe('read');
  });

  it('inherited values do not count', async () => {
    expect(refused(await parsed(Object.create({ ...GRANT }))).code).toBe('invalid_request');
    const body = Object.assign(Object.create({ scope: 'write' }) as object, GRANT);
    expect(granted(await parsed(body)).scope).toBe('read');
  });

  const values: [string, unknown][] = [
    ['a list of one', ['client_credentials']],
    ['a list of two', ['client_credentials', 'client_credentials']],
    ['an empty list', []],
    ['a list in a list', [['x']]],
    ['an operator', { $ne: null }],
    ['an empty object', {}],
    ['a nested object', { x: { y: 'z' } }],
    ['a text object', new String('client_credentials')],
    ['something with toString', { toString: () => 'client_credentials' }],
    ['a number', 1],
    ['zero', 0],
    ['true', true],
    ['false', false],
    ['null', null],
    ['a bigint', 1n],
    ['a function', () => 'client_credentials'],
    ['a symbol', Symbol('client_credentials')],
  ];
  const names = [
    'grant_type',
    'client_id',
    'client_secret',
    'client_assertion',
    'scope',
    'resource',
    'authorization_details',
  ];
  it.each(values)('%s as the value of any parameter is invalid_request', async (_, value) => {
    for (const name of names) {
      const withBasic = name === 'client_secret' || name === 'client_assertion' ? {} : client.basic;
      const failure = refused(await parsed({ ...GRANT, client_id: client.id, [name]: value }, withBasic));
      const target = name === 'resource' && Array.isArray(value) && value.length > 1;
      expect([name, failure.status, failure.code]).toEqual([
        name,
        400,
        target ? 'invalid_target' : 'invalid_request',
      ]);
    }
  });

  it('undefined is a parameter that is not there', async () => {
    expect(granted(await parsed({ ...GRANT, scope: undefined, client_secret: undefined })).scope).toBe(
      'read',
    );
  });

  it('unknown names are ignored, whatever they hold', async () => {
    const body = { ...GRANT, 'scope[]': ['write'], foo: { $ne: 1 }, bar: null, 'client_id[$ne]': '1' };
    expect(granted(await parsed(body)).scope).toBe('read');
  });

  it('threat 26 ROB-005 __proto__ and constructor are unknown names and pollute nothing', async () => {
    const text = JSON.stringify({ ...GRANT, constructor: { prototype: { scope: 'write' } } });
    const body: unknown = JSON.parse(text.replace(/}$/, ',"__proto__":{"scope":"write","polluted":1}}'));
    expect(granted(await parsed(body)).scope).toBe('read');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(({} as Record<string, unknown>)['scope']).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['a list', [GRANT]],
    ['a list of pairs', [['grant_type', 'client_credentials']]],
    ['a number', 5],
    ['true', true],
    ['a Map', new Map(Object.entries(GRANT))],
    ['a function', () => GRANT],
  ])('%s holds no parameters', async (_, body) => {
    expect(refused(await parsed(body))).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  it('no client is looked up for an id that is no text', async () => {
    for (const id of [{ $ne: null }, ['x'], 0, null, true]) {
      const failure = refused(await parsed({ ...GRANT, client_id: id, client_secret: 'x' }, {}));
      expect(failure.code).toBe('invalid_request');
    }
    const failure = refused(await parsed({ ...GRANT, client_id: undefined, client_secret: 'x' }, {}));
    expect(failure.code).toBe('invalid_client');
  });

  it('threat 37 ROB-004 control characters in a value', async () => {
    expect(refused(await parsed({ ...GRANT, scope: 'read\u0000' })).code).toBe('invalid_scope');
    expect(refused(await parsed({ grant_type: 'client_credentials\r\n' })).code).toBe(
      'unsupported_grant_type',
    );
    const post = { ...GRANT, client_id: `${poster.id}\u0000`, client_secret: poster.secret };
    expect(refused(await parsed(post, {})).code).toBe('invalid_client');
  });
});

describe('where the body stands', () => {
  const form = 'grant_type=client_credentials&scope=write';

  it('as bytes or text in body, as rawBody, as an unread stream', async () => {
    for (const request of [
      { body: form },
      { body: Buffer.from(form) },
      { rawBody: Buffer.from(form) },
      { rawBody: new Uint8Array(Buffer.from(form)) },
      { stream: stream(form) },
      { stream: stream(form), body: null },
    ]) {
      expect(granted(await send(request)).scope).toBe('write');
    }
  });

  it('rawBody goes before the parsed body, and the parsed body before the stream', async () => {
    const both = { rawBody: Buffer.from(form), body: { ...GRANT, scope: 'read' } };
    expect(granted(await send(both)).scope).toBe('write');
    const lying = { rawBody: Buffer.from(`${form}&scope=write`), body: { ...GRANT, scope: 'write' } };
    expect(refused(await send(lying)).code).toBe('invalid_request');
    const unread = { body: { ...GRANT, scope: 'read' }, stream: stream(form) };
    expect(granted(await send(unread)).scope).toBe('read');
  });

  it('nothing at all is a request without parameters', async () => {
    expect(refused(await send({}))).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(refused(await send({}, {}))).toMatchObject({ status: 401, code: 'invalid_client' });
  });

  it('ROB-001 the limit holds for bytes, text and streams', async () => {
    const long = `${form}&x=${'x'.repeat(2048)}`;
    for (const request of [{ body: long }, { rawBody: Buffer.from(long) }, { stream: stream(long) }]) {
      expect(refused(await send(request))).toMatchObject({ status: 413, code: 'invalid_request' });
    }
    const fits = `${form}&x=${'x'.repeat(2048 - form.length - 3)}`;
    for (const request of [{ body: fits }, { rawBody: Buffer.from(fits) }, { stream: stream(fits) }]) {
      expect(granted(await send(request)).scope).toBe('write');
    }
  });

  it('ROB-015 a stream that breaks off is a bad request, and nothing is issued', async () => {
    async function* broken() {
      yield Promise.resolve(Buffer.from(form));
      throw new Error('ECONNRESET at 10.0.0.7');
    }
    const failure = refused(await send({ stream: broken() }));
    expect(failure).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(failure.description).not.toContain('10.0.0.7');
  });

  it.each(['%', '%z', '%zz', '%u0041', '%FF', '%C0%AF', '%ED%A0%80', 'a%', '%E2%82'])(
    'ROB-002 ROB-003 a broken escape anywhere: %s',
    async (escape) => {
      for (const text of [`${form}&x=${escape}`, `${form}&${escape}=x`, `grant_type=${escape}`]) {
        expect(refused(await send({ rawBody: Buffer.from(text) }))).toMatchObject({
          status: 400,
          code: 'invalid_request',
        });
      }
    },
  );

  it('ROB-003 bytes that are no UTF-8', async () => {
    const rawBody = Buffer.concat([Buffer.from(`${form}&x=`), Buffer.from([0xc0, 0xaf])]);
    expect(refused(await send({ rawBody }))).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  it('ROB-008 threat 28 ten thousand parameters', async () => {
    const many = await openKit({ bodyLimit: 1_048_576 });
    const text = `${form}&${'x=&'.repeat(10_000)}`;
    const outcome = await many.oauth.token({ request: formRequest(text, basic('x', 'y')) }, echo);
    expect(refused(outcome)).toMatchObject({ status: 400, code: 'invalid_request' });
    await many.close();
  });
});
