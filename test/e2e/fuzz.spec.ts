import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import { expectDocument, expectRevoked, INTROSPECT, LOOKUPS } from './support/lookups.js';
import {
  ALL_SCOPES,
  expectErrorShape,
  expectToken,
  FORM,
  openServer,
  type Server,
} from './support/server.js';

const RUNS = 2500;
const LOOKUP_RUNS = 1000;

const method = fc.oneof(
  { weight: 8, arbitrary: fc.constant('POST') },
  { weight: 2, arbitrary: fc.constantFrom('GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND') },
);

const contentType = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(FORM, `${FORM}; charset=utf-8`, `${FORM};charset="UTF-8"`) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      undefined,
      '',
      'application/json',
      'text/plain',
      'multipart/form-data; boundary=x',
      '*/*',
      `${FORM}; charset=utf-16`,
    ),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^[\x21-\x7e]{1,40}$/) },
);

const name = fc.oneof(
  fc.constantFrom(
    'grant_type',
    'scope',
    'client_id',
    'client_secret',
    'resource',
    'client_assertion',
    'client_assertion_type',
    'authorization_details',
    'token',
    'token_type_hint',
  ),
  fc.constantFrom('__proto__', 'constructor', 'scope[]', 'client_id[$ne]', 'audience', '', 'grant_type '),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

const value = fc.oneof(
  fc.constantFrom(
    'client_credentials',
    'password',
    'catalog:read',
    ALL_SCOPES,
    's6BhdRkqt3',
    'gX1fBat3bV',
    '',
    ' ',
    '\0',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.webUrl(),
  fc.json({ maxDepth: 2 }),
);

/** How one parameter is written: rightly most of the time. */
const pair = fc
  .tuple(name, value, fc.constantFrom('right', 'right', 'right', 'plain', 'broken'))
  .map(([key, text, how]) => {
    if (how === 'plain') return `${key}=${text}`;
    const encoded = `${encodeURIComponent(wellFormed(key))}=${encodeURIComponent(wellFormed(text))}`;
    return how === 'right' ? encoded : `${encoded}%${text.slice(0, 2)}`;
  });

const form = fc.tuple(fc.boolean(), fc.array(pair, { maxLength: 6 })).map(([grant, pairs]) => {
  return Buffer.from([...(grant ? ['grant_type=client_credentials'] : []), ...pairs].join('&'));
});

/** The form with a token to ask about. */
function lookup(rest: Buffer, token: string): Buffer {
  return Buffer.concat([Buffer.from(`token=${encodeURIComponent(wellFormed(token))}&`), rest]);
}

const body = fc.oneof(
  { weight: 8, arbitrary: form },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.json().map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.nat(80_000).map((length) => Buffer.alloc(length, 'a=b&')) },
);

const headerText = fc.stringMatching(/^[\x20-\x7e]{0,60}$/);
const base64 = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const authorization = fc.oneof(
  { weight: 5, arbitrary: fc.constant(`Basic ${Buffer.from('s6BhdRkqt3:gX1fBat3bV').toString('base64')}`) },
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: base64.map((credentials) => `Basic ${credentials}`) },
  { weight: 1, arbitrary: headerText.map((credentials) => `Basic ${credentials}`) },
  { weight: 1, arbitrary: headerText },
);

const more = fc.dictionary(
  fc.constantFrom(
    'content-encoding',
    'accept',
    'accept-charset',
    'cookie',
    'dpop',
    'if-none-match',
    'x-http-method-override',
    'forwarded',
    'range',
    'origin',
    'te',
    'accept-encoding',
  ),
  fc.oneof(headerText, fc.constantFrom('gzip', 'identity', 'POST', '*', 'a=b', 'trailers')),
  { maxKeys: 3 },
);

const query = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.stringMatching(/^\?[\x21-\x22\x24-\x7e]{0,40}$/) },
);

function wellFormed(text: string): string {
  return Buffer.from(text).toString('utf8');
}

describe.each(HTTP_ADAPTERS)('any request on %s', (httpAdapter) => {
  let server: Server;

  beforeAll(async () => {
    server = await openServer({ httpAdapter });
  });

  afterAll(() => server.close());

  it('ROB TOK-071 gets a token or an error in JSON, never a 5xx', { timeout: 60_000 }, async () => {
    let tokens = 0;
    let errors = 0;
    const request = fc.record({ method, contentType, authorization, more, query, body });
    const property = fc.asyncProperty(request, async (generated) => {
      const optional = { 'content-type': generated.contentType, authorization: generated.authorization };
      const present = Object.entries(optional).filter(([, text]) => text !== undefined);
      const headers = { ...generated.more, ...(Object.fromEntries(present) as Record<string, string>) };
      const path = `/oauth/token${generated.query}`;
      const answer = await server.send({ method: generated.method, path, headers, body: generated.body });
      expect(answer.status, answer.text).toBeLessThan(500);
      if (generated.method === 'HEAD') expect(answer).toMatchObject({ status: 405, text: '' });
      else if (generated.method === 'OPTIONS') expect([200, 204]).toContain(answer.status);
      else if (answer.status === 200) {
        const { scope } = expectToken(answer);
        expect(ALL_SCOPES.split(' ')).toEqual(expect.arrayContaining(scope.split(' ')));
        tokens++;
      } else {
        expectErrorShape(answer);
        errors++;
      }
    });
    // The same requests every time: what fails today fails tomorrow.
    await fc.assert(property, { numRuns: RUNS, seed: 20_260_101 });
    // The generator has to reach both kinds of answer.
    expect(tokens).toBeGreaterThan(50);
    expect(errors).toBeGreaterThan(500);
    await server.serves();
    expect(server.app.output()).not.toMatch(/unhandled|TypeError|RangeError| ERROR /i);
  });

  it.each(LOOKUPS)(
    'ROB TOK-071 threat 37 gets an answer or an error in JSON at %s',
    { timeout: 60_000 },
    async (at) => {
      let answered = 0;
      let errors = 0;
      const about = fc.oneof(
        { weight: 1, arbitrary: body },
        { weight: 1, arbitrary: fc.tuple(form, value).map(([rest, text]) => lookup(rest, text)) },
      );
      const request = fc.record({ method, contentType, authorization, more, query, body: about });
      const property = fc.asyncProperty(request, async (generated) => {
        const optional = { 'content-type': generated.contentType, authorization: generated.authorization };
        const present = Object.entries(optional).filter(([, text]) => text !== undefined);
        const headers = { ...generated.more, ...(Object.fromEntries(present) as Record<string, string>) };
        const path = at + generated.query;
        const answer = await server.send({ method: generated.method, path, headers, body: generated.body });
        expect(answer.status, answer.text).toBeLessThan(500);
        expect(answer.headers['cache-control']).toBe('no-store');
        if (generated.method === 'HEAD') expect(answer).toMatchObject({ status: 405, text: '' });
        else if (generated.method === 'OPTIONS') expect(answer).toMatchObject({ status: 204, text: '' });
        else if (answer.status !== 200) {
          expectErrorShape(answer);
          errors++;
        } else {
          expect(generated.method).toBe('POST');
          // No token of the generator's is one.
          if (at === INTROSPECT) expect(expectDocument(answer)).toEqual({ active: false });
          else expectRevoked(answer);
          answered++;
        }
      });
      await fc.assert(property, { numRuns: LOOKUP_RUNS, seed: 20_260_101 });
      expect(answered).toBeGreaterThan(20);
      expect(errors).toBeGreaterThan(200);
      await server.serves();
      expect(server.app.output()).not.toMatch(/unhandled|TypeError|RangeError| ERROR /i);
    },
  );
});
