import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { CompactSign } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ALGS,
  base64url,
  Bench,
  json,
  METHODS,
  newKeyPair,
  publicJwk,
  PRIVATE_ALGS,
  SECRET_ALGS,
  segmentsOf,
  signature,
  type Party,
} from './assertions.js';

let bench: Bench;
const clients = new Map<string, Party>();

beforeAll(async () => {
  bench = await Bench.open();
  for (const alg of ALGS) clients.set(alg, await bench.client(alg));
});

afterAll(() => bench.close());

function client(alg: string): Party {
  const found = clients.get(alg);
  if (!found) throw new Error(alg);
  return found;
}

const flipped = (text: string, at: number) => {
  const bytes = Buffer.from(text, 'base64url');
  const index = (at + bytes.length) % bytes.length;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return base64url(bytes);
};
const refusesMetadata = (metadata: Record<string, unknown>, description: RegExp) =>
  expect(bench.kit.admin.clients.create(metadata)).rejects.toMatchObject({
    code: 'invalid_client_metadata',
    description: expect.stringMatching(description) as string,
  });

describe.each(ALGS)('AUTH-025 AUTH-003 %s', (alg) => {
  it('is accepted, by SignJWT, by CompactSign and by hand', async () => {
    const party = client(alg);
    await bench.accepts(bench.assertion(party));
    const payload = Buffer.from(JSON.stringify(bench.claims(party)));
    await bench.accepts(new CompactSign(payload).setProtectedHeader({ alg }).sign(party.key));
    await bench.accepts(bench.raw(party));
  });

  it('tampered with anywhere it is refused, and then accepted as it was', async () => {
    const party = client(alg);
    const assertion = await bench.assertion(party, { scope: 'a' });
    const [header, payload, signed] = segmentsOf(assertion);
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const cases = [
      `${header}.${json({ ...claims, scope: 'b' })}.${signed}`,
      `${header}.${json({ ...claims, jti: 'other' })}.${signed}`,
      `${json({ alg, typ: 'JWT' })}.${payload}.${signed}`,
      ...[0, 7, -1].map((at) => `${header}.${payload}.${flipped(signed, at)}`),
      `${header}.${payload}.${base64url(Buffer.from(signed, 'base64url').subarray(1))}`,
      `${header}.${payload}.${base64url(Buffer.from(signed, 'base64url').subarray(0, -1))}`,
      `${header}.${payload}.${base64url(Buffer.concat([Buffer.from(signed, 'base64url'), Buffer.alloc(1)]))}`,
      `${header}.${payload}.${base64url(Buffer.concat([Buffer.alloc(1), Buffer.from(signed, 'base64url')]))}`,
      `${header}.${payload}.${base64url(Buffer.alloc(Buffer.from(signed, 'base64url').length))}`,
      `${header}.${payload}.${base64url(Buffer.alloc(Buffer.from(signed, 'base64url').length, 255))}`,
      `${header}.${payload}.AA`,
      `${header}.${payload}.${payload}`,
    ];
    for (const forged of cases) await bench.refusedFor('assertion_signature', forged);
    await bench.accepts(assertion);
  });

  it('by the key of another client it is refused', async () => {
    const { id } = client(alg);
    const neighbour = ALGS.find((each) => each !== alg && sameKind(each, alg));
    const { key } = neighbour ? client(neighbour) : await newKeyPair(alg);
    await bench.refusedFor('assertion_signature', bench.assertion({ id, alg, key }));
  });

  it('registered as token_endpoint_auth_signing_alg it is the only one', async () => {
    const pinned = await bench.client(alg, { token_endpoint_auth_signing_alg: alg }, client(alg).key);
    await bench.accepts(bench.assertion(pinned));
    const same = (other: string) => other.replace('EdDSA', 'Ed25519') === alg.replace('EdDSA', 'Ed25519');
    for (const other of ALGS.filter((each) => !same(each))) {
      const sameMethod = alg.startsWith('HS') === other.startsWith('HS');
      const key = sameKind(alg, other) ? pinned.key : client(other).key;
      const reason = sameMethod ? 'assertion_algorithm' : 'wrong_method';
      await bench.refusedFor(reason, bench.assertion({ ...pinned, alg: other, key }));
    }
  });
});

/** Whether one key serves both. */
function sameKind(a: string, b: string): boolean {
  return a === b || [/^HS/, /^[RP]S/, /^Ed/].some((kind) => kind.test(a) && kind.test(b));
}

/** An algorithm of no method is taken for one of the first of the two. */
function reasonOfNone(own: string): string {
  return own.startsWith('HS') ? 'wrong_method' : 'assertion_algorithm';
}

describe('AUTH-025 the list of the server', () => {
  it('an algorithm that is not on it is refused, and cannot be registered', async () => {
    const strict = await Bench.open({ clientAssertions: { algorithms: ['ES256', 'PS256', 'HS512'] } });
    for (const alg of ['ES256', 'PS256', 'HS512']) {
      await strict.accepts(strict.assertion(await strict.client(alg, {}, client(alg).key)));
    }
    for (const alg of ['ES384', 'RS256', 'PS384', 'EdDSA', 'Ed25519', 'HS256', 'HS384']) {
      const { key } = client(alg);
      const held = alg.startsWith('HS')
        ? undefined
        : { keys: [publicJwk(key), publicJwk(client('ES256').key)] };
      const holder = await strict.client(alg, held && { jwks: held }, key);
      await strict.refusedFor(held ? 'assertion_algorithm' : 'wrong_method', strict.assertion(holder));
      await expect(strict.client(alg, { token_endpoint_auth_signing_alg: alg }, key)).rejects.toMatchObject({
        code: 'invalid_client_metadata',
        description: expect.stringContaining('token_endpoint_auth_signing_alg') as string,
      });
    }
    await strict.close();
  });

  it.each(['none', 'ES256K', 'RSA1_5', 'RS1', 'HS1', 'ES256 ', 'es256', '', 'dir', 'Ed448', 'constructor'])(
    'AUTH-025 the algorithm %j is nobody’s',
    async (alg) => {
      await refusesMetadata(
        { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: alg },
        /^token_endpoint_auth_signing_alg/,
      );
      for (const [, own] of METHODS) {
        await bench.refusedFor(reasonOfNone(own), bench.raw(client(own), { alg }));
      }
    },
  );
});

describe.each(METHODS)('AUTH-026 threat 7 %s: no signature', (_, own) => {
  it.each(['none', 'None', 'NONE', 'nOnE', 'none ', ''])('alg %j', async (alg) => {
    const [header, payload] = [json({ alg }), json(bench.claims(client(own)))];
    await bench.refusedFor('malformed_credentials', `${header}.${payload}.`);
    await bench.refusedFor('malformed_credentials', `${header}.${payload}`);
    await bench.refusedFor(reasonOfNone(own), `${header}.${payload}.AAAA`);
    await bench.refusedFor(reasonOfNone(own), bench.raw(client(own), { alg }));
  });

  it.each([undefined, null, [own], { alg: own }, 1, true])('alg %j', async (alg) => {
    const [header, payload] = [json({ alg }), json(bench.claims(client(own)))];
    for (const signed of ['', '.', '.AAAA']) {
      await bench.refusedFor('malformed_credentials', `${header}.${payload}${signed}`);
    }
    await bench.refusedFor('malformed_credentials', bench.raw(client(own), { alg }));
  });

  it('the algorithm of the client, and nothing behind it', async () => {
    const [header, payload] = segmentsOf(await bench.assertion(client(own)));
    for (const token of [`${header}.${payload}.`, `${header}.${payload}`, `${header}.${payload}..`]) {
      await bench.refusedFor('malformed_credentials', token);
    }
  });
});

describe('AUTH-027 threat 6 an HMAC with what everybody knows', () => {
  const publicTexts = (key: KeyObject): (string | Buffer)[] => {
    const jwk = createPublicKey(key).export({ format: 'jwk' });
    const pem = createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString();
    return [
      pem,
      pem.trimEnd(),
      pem.replaceAll('\n', '\r\n'),
      createPublicKey(key).export({ format: 'der', type: 'spki' }),
      JSON.stringify(jwk),
      JSON.stringify({ keys: [jwk] }),
      Buffer.from(jwk.n ?? jwk.x ?? '', 'base64url'),
      jwk.n ?? jwk.x ?? '',
    ];
  };

  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('AUTH-027 the public key of a client of %s', async (alg) => {
    const { id, key } = client(alg);
    for (const text of publicTexts(key)) {
      for (const hmac of SECRET_ALGS) {
        const forger = { id, alg: hmac, key: createSecretKey(Buffer.from(text)) };
        await bench.refusedFor('wrong_method', bench.raw(forger));
      }
    }
  });

  it('AUTH-027 a key that a client of client_secret_jwt has on file', async () => {
    const { key, jwk } = await newKeyPair('RS256');
    const holder = await bench.client('HS256', { jwks: { keys: [jwk] } });
    await bench.accepts(bench.assertion(holder));
    for (const text of publicTexts(key)) {
      const forger = { id: holder.id, alg: 'HS256', key: createSecretKey(Buffer.from(text)) };
      await bench.refusedFor('assertion_signature', bench.raw(forger));
    }
    for (const text of [' ', '\u0000', 'secret', holder.id]) {
      const forger = { id: holder.id, alg: 'HS256', key: createSecretKey(Buffer.from(text)) };
      await bench.refusedFor('assertion_signature', bench.raw(forger));
    }
  });
});

describe('AUTH-028 threat 6 the other method', () => {
  it.each(PRIVATE_ALGS)('client_secret_jwt refuses %s, with a valid key on file', async (alg) => {
    const { key } = client(alg);
    const holder = await bench.client('HS256', { jwks: { keys: [publicJwk(key)] } });
    await bench.refusedFor('wrong_method', bench.assertion({ id: holder.id, alg, key }));
    await refusesMetadata(
      { token_endpoint_auth_method: 'client_secret_jwt', token_endpoint_auth_signing_alg: alg },
      /^token_endpoint_auth_signing_alg/,
    );
  });

  it.each(SECRET_ALGS)('private_key_jwt refuses %s, with a live secret on file', async (alg) => {
    const holder = await bench.client('HS256');
    await bench.accepts(bench.assertion({ ...holder, alg }));
    const { key, jwk } = await newKeyPair('ES256');
    const jwks = { keys: [jwk] };
    const change = { token_endpoint_auth_method: 'private_key_jwt', jwks };
    const { secrets } = await bench.kit.admin.clients.update(holder.id, change);
    expect(secrets).toHaveLength(1);
    await bench.refusedFor('wrong_method', bench.assertion({ ...holder, alg }));
    await bench.accepts(bench.assertion({ id: holder.id, alg: 'ES256', key }));
    await refusesMetadata(
      { ...change, token_endpoint_auth_signing_alg: alg },
      /^token_endpoint_auth_signing_alg/,
    );
  });
});

describe('AUTH-043 a signature of ES256 is 64 octets, R and S', () => {
  it.each(['ES256', 'ES384', 'ES512'])('AUTH-043 %s', async (alg) => {
    const party = client(alg);
    const [header, payload] = segmentsOf(await bench.assertion(party));
    const raw = signature(alg, party.key, `${header}.${payload}`);
    const half = raw.length / 2;
    const [r, s] = [raw.subarray(0, half), raw.subarray(half)];
    const zero = Buffer.alloc(half);
    const order = Buffer.alloc(half, 255);
    const cases = [
      der(r, s),
      Buffer.concat([zero, zero]),
      Buffer.concat([zero, s]),
      Buffer.concat([r, zero]),
    ];
    const wrong = [Buffer.concat([order, order]), r, Buffer.concat([raw, raw]), Buffer.concat([s, r]), zero];
    for (const bytes of [...cases, ...wrong]) {
      await bench.refusedFor('assertion_signature', `${header}.${payload}.${base64url(bytes)}`);
    }
    await bench.accepts(`${header}.${payload}.${base64url(raw)}`);
  });

  function der(...numbers: Buffer[]): Buffer {
    const integers = numbers.map((bytes) => {
      const value = Buffer.concat([Buffer.alloc(1), bytes]);
      return Buffer.concat([Buffer.from([2, value.length]), value]);
    });
    const body = Buffer.concat(integers);
    const length = body.length > 127 ? [0x81, body.length] : [body.length];
    return Buffer.concat([Buffer.from([0x30, ...length]), body]);
  }
});
