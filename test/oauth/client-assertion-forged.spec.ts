import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ALGS,
  base64url,
  Bench,
  formOf,
  INVALID_CLIENT,
  json,
  newKeyPair,
  segmentsOf,
  signature,
  TOKEN_ENDPOINT,
  type Party,
} from './assertions.js';
import { refused, rendered } from './support.js';

type Members = Record<string, unknown>;
const RUNS = 1000;

let bench: Bench;
let clients: Party[];
let stranger: Party;

beforeAll(async () => {
  bench = await Bench.open();
  clients = [await bench.client('ES256'), await bench.client('HS256'), await bench.client('EdDSA')];
  stranger = { id: '', alg: 'ES256', key: (await newKeyPair('ES256')).key };
});

afterAll(() => bench.close());

const changed = (text: string, at: number, to: string) => {
  const index = at % (text.length + 1);
  return text.slice(0, index) + to + text.slice(index + 1);
};

/** A value that no claim can have, with what it would have to be. */
const CLAIMS: [string, unknown[]][] = [
  ['iss', [undefined, null, '', 'x', 1, [], {}]],
  ['sub', [undefined, null, '', 'x', 1, [], {}, '\u0000', 'é'.repeat(300)]],
  ['aud', [undefined, null, '', TOKEN_ENDPOINT, [TOKEN_ENDPOINT], [], {}, 'https://evil.example']],
  ['exp', [undefined, null, '', -1, 0, 1, 1e15, 1e308, '1', [], {}]],
  ['iat', [null, -1, 0, 1e15, '1', [], {}]],
  ['nbf', [null, -1, 1e15, '1', [], {}]],
  ['jti', [undefined, null, '', 1, 'x'.repeat(300), [], {}]],
];
const HEADERS: Members[] = [
  ...['none', 'None', '', 'HS1', 'dir', '__proto__'].map((alg) => ({ alg })),
  ...[null, 1, [], {}].map((alg) => ({ alg })),
  ...[['x'], [], null, 'x'].map((crit) => ({ crit })),
  ...['at+jwt', 'dpop+jwt', '', null, 1].map((typ) => ({ typ })),
  ...[null, 1, [], {}].map((kid) => ({ kid })),
  { b64: false },
];

type Forge = (client: Party) => string;

const badClaim: fc.Arbitrary<Forge> = fc
  .constantFrom(...CLAIMS)
  .chain(([name, values]) => fc.constantFrom(...values).map((value) => ({ [name]: value })))
  .map((change) => (client) => bench.raw(client, { alg: client.alg }, bench.claims(client, change)));

const badHeader: fc.Arbitrary<Forge> = fc
  .constantFrom(...HEADERS)
  .map((change) => (client) => bench.raw(client, { alg: client.alg, ...change }));

const otherAlgorithm: fc.Arbitrary<Forge> = fc
  .constantFrom(...ALGS)
  .map((alg) => (client) => bench.raw(client, { alg: alg === client.alg ? 'none' : wrongFor(client, alg) }));

/** `Ed25519` is `EdDSA`, so that nothing would be wrong. */
const wrongFor = (client: Party, alg: string) =>
  client.alg === 'EdDSA' && alg === 'Ed25519' ? 'ES256' : alg;

const changedPayload: fc.Arbitrary<Forge> = fc
  .dictionary(fc.string({ minLength: 1 }), fc.jsonValue(), { minKeys: 1 })
  .map((extra) => (client) => {
    const [header, payload, signed] = segmentsOf(bench.raw(client));
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Members;
    return `${header}.${json({ added: 1, ...extra, ...claims })}.${signed}`;
  });

const changedText: fc.Arbitrary<Forge> = fc
  .tuple(fc.nat(), fc.string({ maxLength: 3, unit: 'binary' }))
  .map(([at, to]) => (client) => {
    const good = bench.raw(client);
    const forged = changed(good, at, to);
    return forged === good ? `${good}A` : forged;
  });

const changedSignature: fc.Arbitrary<Forge> = fc.uint8Array({ maxLength: 600 }).map((bytes) => (client) => {
  const [header, payload] = segmentsOf(bench.raw(client));
  return `${header}.${payload}.${base64url(Buffer.from(bytes))}`;
});

const changedBit: fc.Arbitrary<Forge> = fc.nat().map((at) => (client) => {
  const [header, payload, signed] = segmentsOf(bench.raw(client));
  const bytes = Buffer.from(signed, 'base64url');
  const bit = at % (bytes.length * 8);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return `${header}.${payload}.${base64url(bytes)}`;
});

const strangersKey: fc.Arbitrary<Forge> = fc
  .dictionary(fc.constantFrom('kid', 'jwk', 'jku', 'x5u', 'x5c', 'x5t'), fc.jsonValue())
  .map(
    (header) =>
      ({ id }) =>
        bench.raw({ ...stranger, id }, { alg: stranger.alg, ...header }),
  );

const anyJson: fc.Arbitrary<Forge> = fc.tuple(fc.json(), fc.json()).map(([header, payload]) => (client) => {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${base64url(signature(client.alg, client.key, input))}`;
});

const anyText: fc.Arbitrary<Forge> = fc
  .oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[\w-]*\.[\w-]*\.[\w-]*$/))
  .map((text) => () => text || '.');

const forgery = fc.oneof(
  badClaim,
  badHeader,
  otherAlgorithm,
  changedPayload,
  changedText,
  changedSignature,
  changedBit,
  strangersKey,
  anyJson,
  anyText,
);

describe('AUTH-003 AUTH-062 threat 6 threat 7 threat 8 forged assertions', () => {
  it(`${RUNS} of them: never a token, and always the same 401`, async () => {
    const reasons = new Set<string>();
    const run = fc.asyncProperty(forgery, fc.nat({ max: 2 }), async (forge, index) => {
      const client = clients[index] ?? stranger;
      const from = bench.events.length;
      const error = refused(await bench.kit.token(formOf(forge(client))));
      expect(rendered(error)).toBe(INVALID_CLIENT);
      const [event, ...others] = bench.events.slice(from);
      expect(others).toEqual([]);
      if (event && 'reason' in event) reasons.add(event.reason);
    });
    await fc.assert(run, { numRuns: RUNS });
    const wanted = ['malformed_credentials', 'wrong_method', 'assertion_signature', 'assertion_expiry'];
    expect([...reasons]).toEqual(expect.arrayContaining(wanted));
  });

  it('with any other parameters beside them: 401 or 400, never a token and never 5xx', async () => {
    const names = fc.constantFrom(
      'client_id',
      'client_assertion_type',
      'scope',
      'grant_type',
      'client_secret',
      'x',
    );
    const form = fc.dictionary(names, fc.string({ unit: 'binary' }));
    const run = fc.asyncProperty(forgery, form, async (forge, more) => {
      const [client = stranger] = clients;
      const from = bench.events.length;
      const error = refused(await bench.kit.token(formOf(forge(client), more)));
      if (error.code === 'invalid_client') expect(rendered(error)).toBe(INVALID_CLIENT);
      else expect(error).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(bench.types(from)).not.toContain('token.issued');
    });
    await fc.assert(run, { numRuns: RUNS });
  });

  it('and the clients still get their tokens', async () => {
    for (const client of clients) await bench.accepts(bench.assertion(client));
  });
});
