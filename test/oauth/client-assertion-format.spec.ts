import { CompactEncrypt, FlattenedSign, GeneralSign } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  base64url,
  Bench,
  formOf,
  json,
  METHODS,
  newKeyPair,
  segmentsOf,
  signature,
  type Party,
} from './assertions.js';
import { refused } from './support.js';

const MALFORMED = 'malformed_credentials';
/** Longest assertion that is looked at, in characters. */
const LONGEST = 12_288;

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.open();
});

afterAll(() => bench.close());

describe.each(METHODS)('%s', (_method, alg) => {
  let client: Party;

  beforeAll(async () => {
    client = await bench.client(alg);
  });

  const header = (members: Record<string, unknown> | string) => bench.raw(client, members);

  describe('typ', () => {
    it.each([
      undefined,
      'JWT',
      'jwt',
      'client-authentication+jwt',
      'application/client-authentication+jwt',
      'APPLICATION/Client-Authentication+JWT',
      'application/jwt',
    ])('AUTH-038 threat 1 %j is accepted', async (typ) => {
      await bench.accepts(header({ alg, typ }));
    });

    it.each([
      ...['at+jwt', 'application/at+jwt', 'AT+JWT', 'dpop+jwt', 'oauth-authz-req+jwt', 'secevent+jwt'],
      ...['token-introspection+jwt', 'logout+jwt', 'entity-statement+jwt', 'JOSE', 'JWE', '+jwt', '', ' '],
      ...[
        'JWT ',
        ' JWT',
        'jwt\u0000',
        'JWT;x=y',
        'text/jwt',
        'application/application/jwt',
        'J\u0057T\u0131',
      ],
      ...[null, 1, true, ['JWT'], { typ: 'JWT' }],
    ])('AUTH-039 %j is refused', async (typ) => {
      await bench.refusedFor(MALFORMED, header({ alg, typ }));
    });

    it('AUTH-039 an access token of this server is no assertion', async () => {
      await bench.refusedFor(MALFORMED, await bench.accepts(bench.assertion(client)));
    });
  });

  describe('crit', () => {
    it.each([
      [['bork'], { bork: true }],
      [['cnf'], { cnf: {} }],
      [['cnf'], {}],
      [[], {}],
      [['exp'], { exp: 1 }],
      [['alg'], {}],
      [['kid'], { kid: 'x' }],
      [['b64'], { b64: true }],
      [['b64'], { b64: false }],
      [['b64', 'b64'], { b64: true }],
      [[''], {}],
      [[1], {}],
      [[null], {}],
      ['bork', { bork: true }],
      [null, {}],
      [true, {}],
      [{}, {}],
      [{ length: 0 }, {}],
      [0, {}],
      ['', {}],
    ])('AUTH-037 threat 9 crit %j with %j is refused', async (crit, more) => {
      await bench.refusedFor(MALFORMED, header({ alg, crit, ...more }));
    });

    it.each([false, true, null])('AUTH-037 threat 9 b64 %j, without crit, is refused', async (b64) => {
      await bench.refusedFor(MALFORMED, header({ alg, b64 }));
    });

    it('AUTH-037 threat 9 a payload that is not encoded is refused', async () => {
      const text = JSON.stringify(bench.claims(client));
      const input = `${json({ alg, b64: false, crit: ['b64'] })}.${text}`;
      const signed = base64url(signature(alg, client.key, input));
      await bench.refusedFor(MALFORMED, `${input}.${signed}`);
    });

    it('AUTH-037 a header that nobody has to understand is ignored', async () => {
      await bench.accepts(header({ alg, bork: true, cty: 'json', zip: 'DEF', 'x-y': null }));
    });
  });

  describe('AUTH-040 threat 29 only compact JWS', () => {
    it('AUTH-040 JSON serialisation is refused', async () => {
      const payload = Buffer.from(JSON.stringify(bench.claims(client)));
      const flattened = await new FlattenedSign(payload).setProtectedHeader({ alg }).sign(client.key);
      const general = await new GeneralSign(payload)
        .addSignature(client.key)
        .setProtectedHeader({ alg })
        .sign();
      for (const form of [flattened, general, [flattened], flattened.signature]) {
        await bench.refusedFor(MALFORMED, JSON.stringify(form));
      }
    });

    it('AUTH-040 threat 29 any other number of segments is refused', async () => {
      const token = await bench.assertion(client);
      const [head, body, signed] = segmentsOf(token);
      for (const text of [
        ...[head, `${head}.${body}`, `${token}.`, `.${token}`, `${token}.${signed}`, `${token}..`],
        ...[
          `${token}.${head}.${body}`,
          `${head}..${signed}`,
          `.${body}.${signed}`,
          '.',
          '..',
          '....',
          token + token,
        ],
        ...[`${head}.${body}.${signed}.x.y`, `${token},${token}`, `${token}~`, `${token}#`],
      ]) {
        await bench.refusedFor(MALFORMED, text);
      }
      await bench.accepts(token);
    });

    it('threat 29 a JWE is refused before anything is decrypted', async () => {
      const claims = Buffer.from(JSON.stringify(bench.claims(client)));
      const { key, jwk } = await newKeyPair('RS256');
      expect(key.type).toBe('private');
      const enc = 'A256GCM';
      const rsa = new CompactEncrypt(claims).setProtectedHeader({ alg: 'RSA-OAEP-256', enc });
      await bench.refusedFor(MALFORMED, await rsa.encrypt({ ...jwk, kty: 'RSA' }));
      const dir = new CompactEncrypt(claims).setProtectedHeader({ alg: 'dir', enc });
      await bench.refusedFor(MALFORMED, await dir.encrypt(Buffer.alloc(32, 1)));
      const p2c = json({ alg: 'PBES2-HS256+A128KW', enc, p2c: 2 ** 31 - 1, p2s: 'AAAA' });
      const zip = json({ alg: 'dir', enc, zip: 'DEF' });
      for (const head of [p2c, zip, json({ alg, enc })]) {
        for (const rest of ['AAAA.AAAA.AAAA.AAAA', '.AAAA.AAAA.AAAA']) {
          await bench.refusedFor(MALFORMED, `${head}.${rest}`);
        }
      }
    });

    it('AUTH-040 characters that are not base64url are refused', async () => {
      const token = await bench.assertion(client);
      const [head, body, signed] = segmentsOf(token);
      const odd = ['=', '==', ' ', '\n', '\r\n', '\t', '+', '/', '%', '\u0000', 'é', '\ufeff', '"', "'", '*'];
      for (const mark of odd) {
        for (const text of [
          ...[`${mark}${token}`, `${token}${mark}`, `${head}${mark}.${body}.${signed}`],
          ...[`${head}.${body}${mark}.${signed}`, `${head}.${mark}${body}.${signed}`],
          ...[`${head.slice(0, 4)}${mark}${head.slice(4)}.${body}.${signed}`],
        ]) {
          await bench.refusedFor(MALFORMED, text);
        }
      }
      await bench.accepts(token);
    });

    it('AUTH-040 base64 with + and / in place of - and _ is refused', async () => {
      for (;;) {
        const token = await bench.assertion(client);
        const other = token.replaceAll('-', '+').replaceAll('_', '/');
        if (other === token) continue;
        await bench.refusedFor(MALFORMED, other);
        return;
      }
    });

    it('AUTH-040 trailing bits that mean nothing must be zero', async () => {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const bumped = (segment: string) => {
        const last = alphabet.indexOf(segment.at(-1) ?? '');
        return `${segment.slice(0, -1)}${alphabet[last + 1] ?? ''}`;
      };
      /** Signed over the odd spelling, so that nothing but the spelling is wrong. */
      const oddly = (head: string, body: string) => {
        const input = `${head}.${body}`;
        return `${input}.${base64url(signature(alg, client.key, input))}`;
      };
      const padded = (value: Record<string, unknown>) => {
        let text = JSON.stringify(value);
        while (Buffer.byteLength(text) % 3 === 0) text += ' ';
        return base64url(text);
      };
      const head = padded({ alg });
      const body = padded(bench.claims(client));
      const good = oddly(head, body);
      const [, , signed] = segmentsOf(good);
      await bench.refusedFor(MALFORMED, oddly(bumped(head), body));
      await bench.refusedFor(MALFORMED, oddly(head, bumped(body)));
      await bench.refusedFor(MALFORMED, `${head}.${body}.${bumped(signed)}`);
      await bench.refusedFor(MALFORMED, oddly(`${head}A`, body));
      await bench.accepts(good);
    });
  });

  describe('AUTH-041 JSON', () => {
    const claims = () => JSON.stringify(bench.claims(client)).slice(1, -1);
    const payload = (text: string) => bench.raw(client, { alg }, text);

    it('AUTH-041 a repeated header member is refused, in any spelling, and deeper down', async () => {
      for (const text of [
        `{"alg":"${alg}","alg":"${alg}"}`,
        `{"alg":"none","alg":"${alg}"}`,
        `{"alg":"${alg}","alg":"none"}`,
        `{"alg":"${alg}","\\u0061lg":"${alg}"}`,
        `{"alg":"${alg}","kid":"a","kid":"b"}`,
        `{"alg":"${alg}","x":{"y":1,"y":1}}`,
        `{"alg":"${alg}","__proto__":1,"__proto__":2}`,
      ]) {
        await bench.refusedFor(MALFORMED, header(text));
      }
      await bench.accepts(header(`{"alg":"${alg}","x":{"alg":1},"ALG":"none"}`));
    });

    it('AUTH-041 a repeated claim is refused, with the same value too', async () => {
      for (const name of ['sub', 'iss', 'aud', 'exp', 'jti']) {
        const value = JSON.stringify(bench.claims(client)[name]);
        await bench.refusedFor(MALFORMED, payload(`{${claims()},"${name}":${value}}`));
        await bench.refusedFor(MALFORMED, payload(`{"${name}":"x",${claims()}}`));
        const escaped = `\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}`;
        await bench.refusedFor(MALFORMED, payload(`{${claims()},"${escaped}":${value}}`));
      }
      await bench.refusedFor(MALFORMED, payload(`{${claims()},"x":[{"y":1,"y":2}]}`));
      await bench.accepts(payload(`{${claims()},"x":[{"sub":1},{"sub":2}],"Sub":"other"}`));
    });

    it('AUTH-040 what is no JSON object is refused', async () => {
      const bodies = [
        ...['', 'x', 'null', '[]', '1', '"x"', 'true', '{', '{}x', `{${claims()}`, `[{${claims()}}]`],
        ...[`{${claims()},}`, `{${claims()}}{}`, `\ufeff{${claims()}}`, `{${claims()}}\u0000`, `{'a':1}`],
        ...[`{${claims()},"x":${'['.repeat(50)}${']'.repeat(50)}}`],
      ];
      for (const text of bodies) await bench.refusedFor(MALFORMED, payload(text));
      for (const text of ['', 'null', '[]', '"x"', `[{"alg":"${alg}"}]`, `\ufeff{"alg":"${alg}"}`]) {
        await bench.refusedFor(MALFORMED, header(text));
      }
      for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80]]) {
        const text = Buffer.concat([
          Buffer.from(`{${claims()},"x":"`),
          Buffer.from(bytes),
          Buffer.from('"}'),
        ]);
        const input = `${json({ alg })}.${base64url(text)}`;
        await bench.refusedFor(MALFORMED, `${input}.${base64url(signature(alg, client.key, input))}`);
      }
      await bench.accepts(payload(` {${claims()}}\n`));
    });
  });

  it('threat 28 ROB-009 an assertion that is too long is not looked at', async () => {
    const sized = (size: number) => bench.assertion(client, { pad: 'x'.repeat(size) });
    const long = await sized(8_800);
    expect(long.length).toBeLessThanOrEqual(LONGEST);
    await bench.accepts(long);
    for (const size of [9_300, 30_000]) {
      const longer = await sized(size);
      expect(longer.length).toBeGreaterThan(LONGEST);
      await bench.refusedFor(MALFORMED, longer);
    }
    const huge = bench.raw(client, { alg, pad: 'x'.repeat(1_000_000) });
    expect(refused(await bench.kit.token(formOf(huge))).status).toBe(413);
    await bench.refusedFor(MALFORMED, bench.raw(client, { alg, pad: 'x'.repeat(20_000) }));
    await bench.refusedFor(MALFORMED, '.'.repeat(50_000));
  });
});
