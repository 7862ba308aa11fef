import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bearer, ISSUER, registrationEcho, registrationRequest } from '../support/echo.js';
import {
  badMetadata,
  Desk,
  errorOf,
  INITIAL,
  NO_STORE,
  refusedAs,
  succeeded,
  without,
} from './registration-support.js';

let desk: Desk;

beforeEach(async () => {
  desk = await Desk.open();
});

afterEach(() => desk.close());

/** A registration with this body, byte by byte. */
function send(rawBody: Uint8Array, headers: Record<string, string> = {}, extra = {}) {
  const request = registrationRequest('POST', '', '', { ...bearer(INITIAL), ...headers });
  return desk.kit.oauth.registerClient({ request: { ...request, rawBody, ...extra } }, registrationEcho);
}

/** A registration whose host has parsed the body. */
function parsed(body: unknown) {
  const request = without(registrationRequest('POST', '', '', bearer(INITIAL)), 'rawBody');
  return desk.kit.oauth.registerClient({ request: { ...request, body } }, registrationEcho);
}

const nested = (depth: number) => `{"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
const utf16 = (text: string, mark = '') => Buffer.from(mark + text, 'utf16le');

describe('the body', () => {
  it.each<[string, string | Buffer]>([
    ['empty', ''],
    ['spaces', '  \n'],
    ['an array', '[]'],
    ['an array of metadata', '[{"client_name":"a"}]'],
    ['a text', '"client_name"'],
    ['a number', '7'],
    ['true', 'true'],
    ['null', 'null'],
    ['half an object', '{"client_name":"a"'],
    ['a form', 'client_name=a'],
    ['two objects', '{}{}'],
    ['a comma too many', '{"client_name":"a",}'],
    ['single quotes', "{'client_name':'a'}"],
    ['a comment', '{/**/}'],
    ['NaN', '{"x":NaN}'],
    ['a raw control character', '{"client_name":"a\u0001b"}'],
    ['a byte order mark', '\ufeff{}'],
    ['UTF-16', utf16('{"client_name":"a"}')],
    ['UTF-16 with its mark', utf16('{"client_name":"a"}', '\ufeff')],
    ['invalid UTF-8', Buffer.from([...Buffer.from('{"client_name":"'), 0xff, 0xfe, ...Buffer.from('"}')])],
    ['an overlong form', Buffer.from([...Buffer.from('{"client_name":"'), 0xc0, 0xaf, ...Buffer.from('"}')])],
    ['a surrogate in UTF-8', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
    ['NUL bytes', Buffer.alloc(16)],
    ['a member twice', '{"client_name":"a","client_name":"b"}'],
    ['a member twice, escaped', '{"client_name":"a","client_n\\u0061me":"b"}'],
    ['a member twice in a key', '{"jwks":{"keys":[{"kty":"EC","kty":"RSA"}]}}'],
    ['an unknown member twice', '{"x":1,"x":1}'],
    ['17 levels', nested(17)],
    ['100000 levels', nested(100_000)],
  ])('DCR-004 %s is no metadata document', async (_, body) => {
    await desk.refuses(() => send(Buffer.from(body)), badMetadata('The body must be a JSON object'));
  });

  it.each([
    ['at the top', '{"__proto__":{"scope":"write"}}'],
    ['at the top, null', '{"__proto__":null,"client_name":"a"}'],
    ['escaped', '{"__pr\\u006fto__":{"polluted":1}}'],
    ['in jwks', '{"jwks":{"keys":[],"__proto__":{"polluted":1}}}'],
    ['in a key', '{"jwks":{"keys":[{"kty":"EC","__proto__":{"polluted":1}}]}}'],
    ['in an unknown member', '{"x":[[{"__proto__":{"polluted":1}}]]}'],
  ])('threat 26 DCR-004 __proto__ %s is refused and named, and pollutes nothing', async (_, text) => {
    await desk.refuses(() => send(Buffer.from(text)), badMetadata('__proto__'));
    await desk.refuses(() => parsed(JSON.parse(text)), badMetadata('__proto__'));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each(['constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf'])(
    'threat 26 DCR-005 a member %s is an unknown one',
    async (name) => {
      const client = await desk.registered({ [name]: { prototype: { polluted: 1 } }, client_name: 'a' });
      expect(Object.keys(client)).not.toContain(name);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      expect(await desk.scopeOf(client)).toBe('read');
    },
  );

  it('threat 26 members that an object has inherited are not there', async () => {
    const body: unknown = Object.create({ client_name: 'inherited', scope: 'write' });
    const { document } = succeeded(await parsed(body));
    expect(document).not.toHaveProperty('client_name');
    expect(document['scope']).toBe('read');
  });

  it('DCR-021 16 levels, an escaped name and UTF-8 are fine', async () => {
    succeeded(await send(Buffer.from(nested(16))));
    const { document } = succeeded(await send(Buffer.from('{"client_n\\u0061me":"Ünï 🤖"}')));
    expect(document['client_name']).toBe('Ünï 🤖');
  });

  it.each<[string, unknown]>([
    ['an array', []],
    ['a text that is no JSON', 'x'],
    ['a number', 7],
    ['true', true],
  ])('DCR-004 %s that the host has parsed is refused', async (_, body) => {
    await desk.refuses(() => parsed(body), badMetadata('JSON object'));
  });

  it('DCR-001 a body that the host has parsed is good', async () => {
    expect(succeeded(await parsed({ client_name: 'a' })).document['client_name']).toBe('a');
  });

  it('DCR-021 a megabyte in one text is refused by its name, three megabytes as too large', async () => {
    const name = (size: number) => Buffer.from(JSON.stringify({ client_name: 'x'.repeat(size) }));
    await desk.refuses(() => send(name(1_048_576)), badMetadata('client_name'));
    const large = await desk.refuses(() => send(name(3_145_728)), {
      code: 'invalid_request',
      status: 413,
      headers: { ...NO_STORE, Connection: 'close' },
    });
    expect(large.description).toContain('larger');
  });

  it('DCR-021 the body is read as it arrives, within its limit', async () => {
    async function* stream(chunk: string, times: number) {
      for (let time = 0; time < times; time++) yield await Promise.resolve(Buffer.from(chunk));
    }
    const read = (chunk: string, times: number) => {
      const request = without(registrationRequest('POST', '', '', bearer(INITIAL)), 'rawBody');
      const streamed = { ...request, stream: stream(chunk, times) };
      return desk.kit.oauth.registerClient({ request: streamed }, registrationEcho);
    };
    expect(succeeded(await read('{"client_name":"a"}', 1)).status).toBe(201);
    const before = desk.stored();
    expect(errorOf(await read('x'.repeat(65_536), 48)).status).toBe(413);
    expect(desk.stored()).toBe(before);
  });
});

describe('the media type', () => {
  it.each([
    'application/x-www-form-urlencoded',
    'text/plain',
    'text/json',
    'application/jsonp',
    'application/json-patch+json',
    'application/jwt',
    'multipart/form-data; boundary=a',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
    '',
    'application',
  ])('DCR-021 %j is refused', async (type) => {
    await desk.refuses(
      () => desk.kit.register({}, { ...bearer(INITIAL), 'content-type': type }),
      badMetadata(type.includes('charset') ? 'UTF-8' : 'application/json'),
    );
  });

  it.each(['application/json', 'Application/JSON', 'application/json; charset=utf-8', 'application/json;charset="UTF-8"'])(
    'DCR-021 %j is good',
    async (type) => {
      succeeded(await desk.kit.register({}, { ...bearer(INITIAL), 'content-type': type }));
    },
  ); // prettier-ignore

  it.each(['gzip', 'br', 'deflate', 'gzip, identity'])(
    'DCR-021 a body in %s is refused',
    async (encoding) => {
      await desk.refuses(() => desk.kit.register({}, { ...bearer(INITIAL), 'content-encoding': encoding }), {
        ...badMetadata('compressed'),
        status: 415,
      });
    },
  );

  it('DCR-021 two Content-Type headers are refused', async () => {
    const headers = { 'content-type': 'application/json', ...bearer(INITIAL) };
    const rawHeaders = [...Object.entries(headers).flat(), 'Content-Type', 'text/plain'];
    await desk.refuses(() => send(Buffer.from('{}'), {}, { rawHeaders }), badMetadata('content-type'));
  });
});

describe('the method', () => {
  const call = (method: string, headers = bearer(INITIAL)) => {
    const request = registrationRequest(method, '', {}, headers);
    return desk.kit.oauth.registerClient({ request }, registrationEcho);
  };

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'post', 'POSTS', ''])(
    'DCR-001 DCR-018 %j is 405 with Allow',
    async (method) => {
      const allow = { ...NO_STORE, Allow: 'POST' };
      await desk.refuses(() => call(method), { code: 'invalid_request', status: 405, headers: allow });
      await desk.refuses(() => call(method, { authorization: 'Basic x' }), {
        code: 'invalid_request',
        status: 405,
        headers: allow,
      });
    },
  );

  it('OPTIONS tells what is allowed, and no more', async () => {
    const allow = { ...NO_STORE, Allow: 'POST' };
    refusedAs(await call('OPTIONS'), { code: 'invalid_request', status: 204, headers: allow });
  });
});

describe('the order of the checks', () => {
  it('threat 37 who has no token learns nothing about the body', async () => {
    for (const body of ['', '[]', '{"__proto__":1}', 'x'.repeat(3_000_000), '{"scope":"write"}']) {
      const before = desk.stored();
      const answers = [await desk.kit.register(body), await desk.kit.register(body, bearer('wrong-token'))];
      expect(answers.map((answer) => errorOf(answer).status)).toEqual([401, 401]);
      expect(desk.stored()).toBe(before);
    }
  });

  it('threat 37 a store that throws anything at all shows nothing of it', async () => {
    for (const [index, failure] of [
      new Error('db pw=hunter2'),
      'pw=hunter2',
      undefined,
      { pw: 1 },
    ].entries()) {
      desk.faults.reject('clients.create', failure);
      const error = errorOf(await desk.register({ client_name: `c${index}` }));
      expect([error.status, error.headers['Cache-Control']]).toEqual([503, 'no-store']);
      expect(JSON.stringify([error.description, error.headers])).not.toContain('hunter2');
    }
    desk.faults.clear();
    expect(await desk.clients()).toBe(0);
  });
});

describe('the address', () => {
  it.each([
    ['/clients', `${ISSUER}/clients/ID`],
    ['/clients/', `${ISSUER}/clients/ID`],
    ['/clients?tenant=a/b', `${ISSUER}/clients/ID?tenant=a/b`],
    ['https://elsewhere.example/register', 'https://elsewhere.example/register/ID'],
  ])('DCR-013 of a client lies below %s', async (endpoint, address) => {
    await desk.close();
    desk = await Desk.open({
      registration: { initialAccessTokens: [INITIAL] },
      endpoints: { registration: endpoint },
    });
    const client = await desk.registered();
    expect(client.registration_client_uri).toBe(address.replace('ID', client.client_id));
    const url = client.registration_client_uri.replace(/^https?:\/\/[^/]*/, '');
    const answer = await desk.manage('GET', '', undefined, bearer(client.registration_access_token), { url });
    expect('success' in answer).toBe(true);
  });
});
