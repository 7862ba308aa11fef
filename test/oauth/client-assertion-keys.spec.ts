import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { base64url, Bench, newKeyPair, RecordingFetcher, type Party } from './assertions.js';

type Jwk = Record<string, unknown>;
interface Pair {
  readonly key: KeyObject;
  readonly jwk: Jwk;
}

const JWKS_URI = 'https://keys.example/jwks';
const MOST_TRIED = 5;

let bench: Bench;
let fetcher: RecordingFetcher;

beforeAll(async () => {
  fetcher = new RecordingFetcher();
  bench = await Bench.open({ clientAssertions: { jwksFetcher: fetcher } });
});

beforeEach(() => {
  fetcher.keys = undefined;
  fetcher.asked.length = 0;
});

afterAll(() => bench.close());

const pair = async (alg: string, more: Jwk = {}): Promise<Pair> => {
  const { key, jwk } = await newKeyPair(alg);
  return { key, jwk: { ...jwk, ...more } };
};

/** A client with these keys on file, whose assertions are signed with any of them. */
async function holding(...making: Promise<Pair>[]): Promise<(index: number, alg: string) => Party> {
  const pairs = await Promise.all(making);
  const jwks = { keys: pairs.map(({ jwk }) => jwk) };
  const { id } = await bench.client('ES256', { jwks });
  return (index, alg) => {
    const found = pairs[index];
    if (!found) throw new Error(`There is no key ${index}.`);
    return { id, alg, key: found.key };
  };
}

const accepts = (party: Party, header: Jwk = {}) => bench.accepts(bench.assertion(party, {}, header));
const refuses = (reason: string, party: Party, header: Jwk = {}) =>
  bench.refusedFor(reason, bench.assertion(party, {}, header));

describe('kid', () => {
  it('AUTH-031 a kid leads to the keys of that name and to no others', async () => {
    const by = await holding(pair('ES256', { kid: 'a' }), pair('ES256', { kid: 'b' }), pair('ES256'));
    await accepts(by(0, 'ES256'), { kid: 'a' });
    await accepts(by(1, 'ES256'), { kid: 'b' });
    await refuses('assertion_signature', by(0, 'ES256'), { kid: 'b' });
    await refuses('assertion_signature', by(1, 'ES256'), { kid: 'a' });
    await refuses('assertion_signature', by(2, 'ES256'), { kid: 'a' });
    for (const kid of ['c', 'A', 'a ', '', 'undefined', '0', '__proto__', '../a', 'x'.repeat(1000)]) {
      for (const index of [0, 1, 2]) await refuses('assertion_key', by(index, 'ES256'), { kid });
    }
  });

  it.each([null, 1, true, ['a'], { kid: 'a' }])('AUTH-031 the kid %j is none', async (kid) => {
    const by = await holding(pair('ES256', { kid: 'a' }));
    await bench.refusedFor('malformed_credentials', bench.raw(by(0, 'ES256'), { alg: 'ES256', kid }));
  });

  it('AUTH-031 an unknown kid has the jwks_uri read once more, at most once a minute', async () => {
    const [old, next] = [await pair('ES256', { kid: 'old' }), await pair('ES256', { kid: 'next' })];
    fetcher.keys = [old.jwk];
    const { id } = await bench.client('ES256', { jwks_uri: JWKS_URI });
    const first = { id, alg: 'ES256', key: old.key };
    const second = { id, alg: 'ES256', key: next.key };
    await accepts(first, { kid: 'old' });
    expect(fetcher.asked).toEqual([JWKS_URI]);
    bench.kit.clock.time += 61;
    fetcher.keys = [old.jwk, next.jwk];
    await accepts(second, { kid: 'next' });
    expect(fetcher.asked).toHaveLength(2);
    bench.kit.clock.time += 61;
    for (let count = 0; count < 10; count++) await refuses('assertion_key', second, { kid: `no-${count}` });
    expect(fetcher.asked).toHaveLength(3);
    await accepts(first, { kid: 'old' });
    expect(fetcher.asked).toHaveLength(3);
  });

  it('AUTH-031 keys that cannot be had: refused, like everything else', async () => {
    const { id, key } = await bench.client('ES256', { jwks_uri: 'https://down.example/jwks' });
    await refuses('keys_unavailable', { id, alg: 'ES256', key });
    expect(fetcher.asked).toEqual(['https://down.example/jwks']);
  });

  it('AUTH-032 without a kid: the only key that suits, whatever stands beside it', async () => {
    const by = await holding(pair('RS256'), pair('ES384'), pair('ES256'), pair('EdDSA'));
    await accepts(by(0, 'RS512'));
    await accepts(by(0, 'PS256'));
    await accepts(by(1, 'ES384'));
    await accepts(by(2, 'ES256'));
    await accepts(by(3, 'Ed25519'));
    const named = await holding(pair('ES384', { kid: 'a' }), pair('ES256', { kid: 'b' }));
    await accepts(named(1, 'ES256'));
  });

  it('AUTH-032 without a kid: five keys that suit are tried in their order, and no more', async () => {
    const pairs = Array.from({ length: MOST_TRIED + 1 }, (_, index) => pair('ES256', { kid: `${index}` }));
    const by = await holding(...pairs);
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < MOST_TRIED; index++) await accepts(by(index, 'ES256'));
      await refuses('assertion_signature', by(MOST_TRIED, 'ES256'));
    }
    await accepts(by(MOST_TRIED, 'ES256'), { kid: String(MOST_TRIED) });
  });

  it('AUTH-033 of keys that share a kid, each that suits is tried', async () => {
    const kid = 'same';
    const by = await holding(
      pair('RS256', { kid, alg: 'RS384' }),
      pair('ES384', { kid }),
      pair('ES256', { kid, use: 'enc' }),
      pair('ES256', { kid }),
      pair('ES256', { kid, use: 'sig' }),
      pair('EdDSA', { kid }),
      pair('RS256', { kid, alg: 'RS256' }),
    );
    await accepts(by(0, 'RS384'), { kid });
    await accepts(by(1, 'ES384'), { kid });
    await accepts(by(3, 'ES256'), { kid });
    await accepts(by(4, 'ES256'), { kid });
    await accepts(by(5, 'EdDSA'), { kid });
    await accepts(by(6, 'RS256'), { kid });
    await refuses('assertion_signature', by(2, 'ES256'), { kid });
    await refuses('assertion_signature', by(6, 'RS384'), { kid });
    await refuses('assertion_key', by(6, 'RS512'), { kid });
    await refuses('assertion_key', by(6, 'PS256'), { kid });
  });
});

describe('AUTH-034 what a key says about itself', () => {
  it.each([
    ['use enc', 'ES256', { use: 'enc' }],
    ['another use', 'ES256', { use: 'x' }],
    ['key_ops without verify', 'ES256', { key_ops: ['encrypt'] }],
    ['key_ops sign', 'ES256', { key_ops: ['sign'] }],
    ['empty key_ops', 'ES256', { key_ops: [] }],
    ['use enc and key_ops verify', 'ES256', { use: 'enc', key_ops: ['verify'] }],
    ['use sig and key_ops without verify', 'ES256', { use: 'sig', key_ops: ['deriveKey'] }],
    ['alg RS512', 'RS256', { alg: 'RS512' }],
    ['alg PS256', 'RS256', { alg: 'PS256' }],
  ])('AUTH-034 %s: not used', async (_, alg, more) => {
    const by = await holding(pair(alg, { kid: 'a', ...more }), pair(alg === 'ES256' ? 'ES384' : 'ES256'));
    await refuses('assertion_key', by(0, alg), { kid: 'a' });
    await refuses('assertion_key', by(0, alg));
  });

  it('AUTH-034 use sig, key_ops verify and alg of the header: used', async () => {
    const by = await holding(
      pair('ES256', { use: 'sig', alg: 'ES256' }),
      pair('ES384', { key_ops: ['verify', 'sign'] }),
      pair('EdDSA', { alg: 'Ed25519' }),
    );
    await accepts(by(0, 'ES256'));
    await accepts(by(1, 'ES384'));
    await accepts(by(2, 'EdDSA'));
    await accepts(by(2, 'Ed25519'));
  });

  it('AUTH-044 an algorithm of another curve or type', async () => {
    const by = await holding(pair('ES384', { kid: 'a' }));
    const party = by(0, 'ES256');
    for (const kid of ['a', undefined]) {
      await bench.refusedFor('assertion_key', bench.raw(party, { alg: 'ES256', kid }));
    }
    const edwards = await holding(pair('EdDSA'));
    await bench.refusedFor('assertion_key', bench.raw({ ...edwards(0, 'EdDSA') }, { alg: 'ES256' }));
    await bench.refusedFor('assertion_key', bench.raw({ ...by(0, 'ES384') }, { alg: 'ES512' }));
  });
});

describe('AUTH-036 threat 8 keys in the header', () => {
  it('AUTH-036 threat 8 jwk, jku, x5u, x5c: never used, and nobody is asked', async () => {
    const served: (string | undefined)[] = [];
    const evil = await pair('ES256', { kid: 'evil' });
    const server = createServer(({ url }, response) => {
      served.push(url);
      response.end(JSON.stringify({ keys: [evil.jwk] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/keys`;
    const own = await Bench.open({ clientAssertions: { jwksUriAllowLoopback: true } });
    const der = createPublicKey(evil.key).export({ format: 'der', type: 'spki' }).toString('base64');
    const headers = [
      { jwk: evil.jwk },
      { jku: url },
      { x5u: url },
      { x5c: [der] },
      { x5t: 'x', 'x5t#S256': 'x' },
    ];
    for (const here of [own, bench]) {
      const client = await here.client('ES256');
      const forger = { ...client, key: evil.key };
      for (const header of [...headers, Object.assign({}, ...headers) as Jwk]) {
        const alone = here.raw(forger, { alg: 'ES256', ...header });
        await here.refusedFor('assertion_signature', alone);
        const named = here.raw(forger, { alg: 'ES256', kid: 'evil', ...header });
        await here.refusedFor('assertion_key', named);
        await here.accepts(here.raw(client, { alg: 'ES256', ...header }));
      }
    }
    expect(served).toEqual([]);
    expect(fetcher.asked).toEqual([]);
    await own.close();
    server.close();
  });

  it('AUTH-036 a symmetric jwk in the header is no secret', async () => {
    const client = await bench.client('HS256');
    const forger = { ...client, key: createSecretKey(Buffer.alloc(64, 1)) };
    const jwk = { kty: 'oct', k: base64url(forger.key.export()) };
    await bench.refusedFor('assertion_signature', bench.raw(forger, { alg: 'HS256', jwk }));
    await bench.refusedFor('assertion_signature', bench.raw(forger, { alg: 'HS256', jwk, kid: jwk.k }));
  });

  it('threat 30 the secret is the one of the registered client, whatever kid, iss and claims say', async () => {
    const victim = await bench.client('HS256');
    const attacker = await bench.client('HS256');
    const { secrets } = await bench.kit.admin.clients.get(attacker.id);
    const forger = { ...attacker, id: victim.id };
    for (const kid of [attacker.id, secrets[0]?.id, secrets[0]?.digest, '', '/dev/null', undefined]) {
      await bench.refusedFor('assertion_signature', bench.raw(forger, { alg: 'HS256', kid }));
    }
    const claims = { client_id: attacker.id, azp: attacker.id };
    await bench.refusedFor('assertion_signature', bench.assertion(forger, claims));
    await bench.refusedFor('assertion_issuer', bench.assertion(forger, { iss: attacker.id }));
    const digest = createSecretKey(Buffer.from(secrets[0]?.digest ?? ''));
    await bench.refusedFor('assertion_signature', bench.assertion({ ...attacker, key: digest }));
    await bench.accepts(bench.assertion(attacker, {}, { kid: 'anything' }));
  });
});
