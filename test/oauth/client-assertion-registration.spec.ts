import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { base64url, Bench, newKeyPair, RecordingFetcher, SECRET_ALGS, segmentsOf } from './assertions.js';
import { register } from './support.js';

type Jwk = Record<string, unknown>;

const OCTETS = { HS256: 32, HS384: 48, HS512: 64 };
const PRIVATE = { token_endpoint_auth_method: 'private_key_jwt' };
const SECRET = { token_endpoint_auth_method: 'client_secret_jwt' };

const [GOOD, EC, P384, RSA, RSA_1024, RSA_2040] = await Promise.all([
  newKeyPair('ES256'),
  newKeyPair('ES256'),
  newKeyPair('ES384'),
  newKeyPair('RS256'),
  newKeyPair('RS256', 1024),
  newKeyPair('RS256', 2040),
]);

let bench: Bench;
let fetcher: RecordingFetcher;

beforeAll(async () => {
  fetcher = new RecordingFetcher();
  bench = await Bench.open({ clientAssertions: { jwksFetcher: fetcher } });
});

afterAll(() => bench.close());

async function refuses(metadata: Record<string, unknown>, description: RegExp, at = bench): Promise<void> {
  const { clients } = at.kit.admin;
  await expect(clients.create(metadata)).rejects.toMatchObject({
    status: 400,
    code: 'invalid_client_metadata',
    description: expect.stringMatching(description) as string,
  });
}

const secretKey = (secret: string): KeyObject => createSecretKey(secret, 'utf8');

describe('AUTH-029 the length of a secret', () => {
  it.each(SECRET_ALGS)('AUTH-029 %s: as many octets as the hash, or refused', async (alg) => {
    const least = OCTETS[alg];
    const registered = { ...SECRET, token_endpoint_auth_signing_alg: alg };
    const wants = new RegExp(`^client_secret must have ${least} octets or more for ${alg}`);
    for (const secret of ['x', 'x'.repeat(least - 1), 'é'.repeat(least / 2 - 1)]) {
      await refuses({ ...registered, client_secret: secret }, wants);
    }
    for (const secret of ['x'.repeat(least), 'é'.repeat(least / 2), '€'.repeat(least)]) {
      const { client } = await bench.kit.admin.clients.create({ ...registered, client_secret: secret });
      await bench.accepts(bench.assertion({ id: client.id, alg, key: secretKey(secret) }));
    }
  });

  it('AUTH-029 without a registered algorithm: 32, and no longer hash is verified with it', async () => {
    await refuses({ ...SECRET, client_secret: 'x'.repeat(31) }, /^client_secret must have 32 octets/);
    const secret = 'x'.repeat(47);
    const { client } = await bench.kit.admin.clients.create({ ...SECRET, client_secret: secret });
    const party = { id: client.id, alg: 'HS256', key: secretKey(secret) };
    await bench.accepts(bench.assertion(party));
    await bench.refusedFor('assertion_signature', bench.raw({ ...party, alg: 'HS384' }));
    await bench.refusedFor('assertion_signature', bench.raw({ ...party, alg: 'HS512' }));
  });

  it('AUTH-029 an algorithm that is set later verifies nothing with a secret that is too short for it', async () => {
    const secret = 'x'.repeat(32);
    const { client } = await bench.kit.admin.clients.create({ ...SECRET, client_secret: secret });
    const stored = { ...client, id: 'short', tokenEndpointAuthSigningAlg: 'HS512' as const };
    expect(await bench.kit.persistence.clients.create(stored)).toBe(true);
    const party = { id: 'short', alg: 'HS512', key: secretKey(secret) };
    await bench.refusedFor('assertion_signature', bench.raw(party));
    const served = { ...client, id: 'served', tokenEndpointAuthSigningAlg: 'HS256' as const };
    expect(await bench.kit.persistence.clients.create(served)).toBe(true);
    await bench.accepts(bench.raw({ id: 'served', alg: 'HS256', key: secretKey(secret) }));
  });

  it('AUTH-029 a secret made by the kit serves all three', async () => {
    const party = await bench.client('HS256');
    for (const alg of SECRET_ALGS) await bench.accepts(bench.assertion({ ...party, alg }));
  });

  it('AUTH-029 the key is the text of the secret, not what it decodes to', async () => {
    const bytes = Buffer.alloc(66, 0xab);
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      const secret = bytes.toString(encoding);
      const { client } = await bench.kit.admin.clients.create({ ...SECRET, client_secret: secret });
      const { id } = client;
      const decoded = { id, alg: 'HS256', key: createSecretKey(bytes) };
      await bench.refusedFor('assertion_signature', bench.assertion(decoded));
      await bench.accepts(bench.assertion({ ...decoded, key: secretKey(secret) }));
    }
  });

  it('AUTH-029 a rotated secret works until its overlap ends, and then the new one alone', async () => {
    const old = await bench.client('HS256');
    const { issued } = await bench.kit.admin.secrets.rotate(old.id, 60);
    const renewed = { ...old, key: secretKey(issued.secret) };
    for (const party of [old, renewed]) await bench.accepts(bench.assertion(party));
    bench.kit.clock.time += 60;
    await bench.refusedFor('assertion_signature', bench.assertion(old));
    await bench.accepts(bench.assertion(renewed));
  });
});

describe('AUTH-030 client_secret_jwt needs the secret itself', () => {
  it('AUTH-030 without a keyEncryptionSecret the method cannot be registered, and not be switched on', async () => {
    const hashed = await Bench.open({ keyEncryptionSecret: undefined });
    await refuses(
      SECRET,
      /^token_endpoint_auth_method client_secret_jwt needs .*keyEncryptionSecret/,
      hashed,
    );
    await expect(
      Bench.open({ keyEncryptionSecret: undefined, clientAuthenticationMethods: ['client_secret_jwt'] }),
    ).rejects.toThrow(/keyEncryptionSecret/);
    const holder = await register(hashed.kit);
    const forger = { id: holder.id, alg: 'HS256', key: secretKey(holder.secret) };
    await hashed.refusedFor('wrong_method', hashed.assertion(forger));
    await hashed.close();
  });

  it('AUTH-030 no client with hashed secrets can change to it', async () => {
    const holder = await register(bench.kit);
    await expect(bench.kit.admin.clients.update(holder.id, SECRET)).rejects.toMatchObject({
      code: 'invalid_client_metadata',
      description: expect.stringMatching(
        /^token_endpoint_auth_method cannot become client_secret_jwt/,
      ) as string,
    });
    const forger = { id: holder.id, alg: 'HS256', key: secretKey(holder.secret) };
    await bench.refusedFor('wrong_method', bench.assertion(forger));
    const hash = '$2b$04$abcdefghijklmnopqrstuuJ2jyZ8yz0bJxO5HhJ4bXQ6yWmXWq3n2';
    await refuses({ ...SECRET, client_secret_hash: hash }, /^client_secret_hash must not be given/);
  });

  it('AUTH-030 what is stored is not the secret', async () => {
    const { issued, client } = await bench.kit.admin.clients.create(SECRET);
    const stored = JSON.stringify(await bench.kit.persistence.clients.find(client.id));
    expect(issued?.secret).toHaveLength(86);
    expect(stored).not.toContain(issued?.secret);
  });
});

describe('AUTH-035 where the keys are', () => {
  it('AUTH-035 jwks and jwks_uri must not both be given', async () => {
    const jwks = { keys: [EC.jwk] };
    const both = { jwks, jwks_uri: 'https://keys.example/jwks' };
    await refuses({ ...PRIVATE, ...both }, /^jwks and jwks_uri must not both be given/);
    await refuses({ ...SECRET, ...both }, /^jwks and jwks_uri must not both be given/);
    await refuses(both, /^jwks and jwks_uri must not both be given/);
    const { client } = await bench.kit.admin.clients.create({ ...PRIVATE, jwks });
    const change = { jwks_uri: 'https://keys.example/jwks' };
    await expect(bench.kit.admin.clients.update(client.id, change)).rejects.toMatchObject({
      code: 'invalid_client_metadata',
      description: expect.stringMatching(/^jwks and jwks_uri/) as string,
    });
  });

  it('AUTH-035 private_key_jwt without either is refused', async () => {
    await refuses(PRIVATE, /^jwks or jwks_uri must be given/);
    for (const jwks of [{}, { keys: [] }, { keys: {} }, { keys: null }, { keys: ['x'] }]) {
      await refuses(
        { ...PRIVATE, jwks },
        /^jwks must be a JWK Set: an object with an array keys of 1 to 20 JWKs$/,
      );
    }
  });
});

const offCurve = (jwk: Jwk): Jwk => {
  const y = Buffer.from(String(jwk['y']), 'base64url');
  y[31] = (y[31] ?? 0) ^ 1;
  return { ...jwk, y: base64url(y) };
};

/** Each of them without a fault that the other ones have. */
const WEAK: [string, string, Jwk][] = [
  ['AUTH-042', 'RSA of 1024 bits', RSA_1024.jwk],
  ['AUTH-042', 'RSA of 2040 bits', RSA_2040.jwk],
  ['AUTH-042', 'RSA with e = 1', { ...RSA.jwk, e: 'AQ' }],
  ['AUTH-042', 'RSA with e = 2', { ...RSA.jwk, e: 'Ag' }],
  ['AUTH-042', 'RSA with e = 65536', { ...RSA.jwk, e: 'AQAA' }],
  ['AUTH-042', 'RSA with e = 0', { ...RSA.jwk, e: 'AA' }],
  ['AUTH-044', 'a point off its curve', offCurve(EC.jwk)],
  [
    'AUTH-044',
    'the point 0, 0',
    { ...EC.jwk, x: base64url(Buffer.alloc(32)), y: base64url(Buffer.alloc(32)) },
  ],
  ['AUTH-044', 'a point of another curve', { ...P384.jwk, crv: 'P-256' }],
  ['AUTH-044', 'a P-384 key for ES256', { ...P384.jwk, alg: 'ES256' }],
  ['AUTH-044', 'an RSA key for ES256', { ...RSA.jwk, alg: 'ES256' }],
  ['AUTH-027', 'a symmetric key', { kty: 'oct', k: base64url(Buffer.alloc(64, 1)) }],
  ['AUTH-027', 'a public key for HS256', { ...EC.jwk, alg: 'HS256' }],
];

describe('AUTH-042 AUTH-044 weak and broken keys', () => {
  it.each(WEAK)('%s %s: refused at registration, beside a good one too', async (_id, _name, jwk) => {
    await refuses({ ...PRIVATE, jwks: { keys: [jwk] } }, /^jwks\.keys\[0\] must not be a key /);
    await refuses({ ...PRIVATE, jwks: { keys: [GOOD.jwk, jwk] } }, /^jwks\.keys\[1\] must not be a key /);
  });

  it('AUTH-036 a private key is refused, and not repeated in the answer', async () => {
    const { privateJwk: jwk } = EC;
    const failure: unknown = await bench.kit.admin.clients
      .create({ ...PRIVATE, jwks: { keys: [jwk] } })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'invalid_client_metadata' });
    expect(String(failure)).toMatch(/jwks\.keys\[0\]/);
    expect(String(failure)).not.toContain(jwk['d']);
  });

  it('AUTH-042 an RSA key of 1024 bits at a jwks_uri verifies nothing', async () => {
    const { key, jwk } = RSA_1024;
    const uri = 'https://weak.example/jwks';
    const client = await bench.client('ES256', { jwks_uri: uri });
    fetcher.keys = [{ ...jwk, kid: 'weak' }];
    const forger = { ...client, alg: 'RS256', key };
    await bench.refusedFor('assertion_key', bench.raw(forger));
    await bench.refusedFor('assertion_key', bench.raw(forger, { alg: 'RS256', kid: 'weak' }));
    expect(fetcher.asked).toContain(uri);
  });

  it('AUTH-042 nor does one that got into the store', async () => {
    const { key, jwk } = RSA_1024;
    const { client } = await bench.kit.admin.clients.create({ ...PRIVATE, jwks: { keys: [GOOD.jwk] } });
    const stored = { ...client, id: 'weak', jwks: { keys: [jwk, { ...EC.jwk, y: 'AA' }] } };
    expect(await bench.kit.persistence.clients.create(stored)).toBe(true);
    await bench.refusedFor('assertion_key', bench.raw({ id: 'weak', alg: 'RS256', key }));
  });

  it('AUTH-042 under e = 1 anybody could sign, and nobody can', async () => {
    const { jwk } = RSA;
    const client = await bench.client('ES256', { jwks_uri: 'https://one.example/jwks' });
    fetcher.keys = [{ ...jwk, e: 'AQ' }];
    const [header, payload] = segmentsOf(bench.raw(client, { alg: 'RS256' }));
    const info = Buffer.from('3031300d060960864801650304020105000420', 'hex');
    const digest = createHash('sha256').update(`${header}.${payload}`).digest();
    const padding = Buffer.alloc(256 - 3 - info.length - digest.length, 0xff);
    const padded = Buffer.concat([Buffer.from([0, 1]), padding, Buffer.from([0]), info, digest]);
    await bench.refusedFor('assertion_key', `${header}.${payload}.${base64url(padded)}`);
  });
});
