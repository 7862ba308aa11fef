import { toClientInformation, type Persistence } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { basic } from '../support/echo.js';
import { Bench, INVALID_CLIENT, newKeyPair, RecordingFetcher } from './assertions.js';
import { type Faults, faulty, granted, GRANT, refused, register, rendered } from './support.js';

type Members = Record<string, unknown>;

const METHOD = { token_endpoint_auth_method: 'private_key_jwt' };
const [EC_PAIR, RSA_PAIR, ED_PAIR, P384_PAIR, WEAK_PAIR, SECP256K1_PAIR] = await Promise.all([
  newKeyPair('ES256'),
  newKeyPair('RS256'),
  newKeyPair('EdDSA'),
  newKeyPair('ES384'),
  newKeyPair('RS256', 1024),
  newKeyPair('ES256K'),
]);
const { jwk: EC } = EC_PAIR;
const { jwk: RSA } = RSA_PAIR;
const { jwk: ED } = ED_PAIR;
const { jwk: SECP256K1 } = SECP256K1_PAIR;
const FOREIGN = { kty: 'AKP', alg: 'ML-DSA-44', pub: 'x'.repeat(40) };

let bench: Bench;
let store: Persistence;
let faults: Faults;
let fetcher: RecordingFetcher;

beforeEach(async () => {
  const made = faulty();
  ({ store, faults } = made);
  fetcher = new RecordingFetcher();
  bench = await Bench.open({ persistence: made.persistence, clientAssertions: { jwksFetcher: fetcher } });
});

afterEach(() => bench.close());

const create = (metadata: Members) => bench.kit.admin.clients.create({ ...METHOD, ...metadata });

/** The description with which the registration is refused; nothing is stored then, and nothing fetched. */
async function refusal(metadata: Members): Promise<string> {
  const failure: unknown = await create(metadata).then(
    () => 'registered',
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ name: 'OauthError', code: 'invalid_client_metadata', status: 400 });
  expect(await store.clients.list({ limit: 1 })).toEqual([]);
  expect(faults.count('clients.create')).toBe(0);
  expect(fetcher.asked).toEqual([]);
  return (failure as Error).message;
}

const keySet = (...keys: unknown[]): Members => ({ jwks: { keys } });

describe('jwks', () => {
  it.each<[string, unknown]>([
    ['a string', '{"keys":[]}'],
    ['a number', 7],
    ['an array', [EC]],
    ['true', true],
    ['an empty object', {}],
    ['a key, not a set', EC],
    ['keys: null', { keys: null }],
    ['keys: an object', { keys: { 0: EC } }],
    ['keys: a string', { keys: 'EC' }],
    ['no keys', { keys: [] }],
    ['a string among the keys', { keys: [EC, 'key'] }],
    ['null among the keys', { keys: [null] }],
    ['an array among the keys', { keys: [[EC]] }],
    ['keys of the prototype', Object.create({ keys: [EC] })],
    ['keys that __proto__ brings', JSON.parse('{"__proto__":{"keys":[{"kty":"EC"}]}}')],
  ])('%s is refused', async (_, jwks) => {
    expect(await refusal({ jwks })).toMatch(/^jwks must be a JWK Set\b/);
  });

  it.each<[string, Members, RegExp]>([
    ['a private EC key', EC_PAIR.privateJwk, /private part/],
    ['a private RSA key', RSA_PAIR.privateJwk, /private part/],
    ['a private Ed25519 key', ED_PAIR.privateJwk, /private part/],
    ['a public key with an empty private part', { ...EC, d: '' }, /private part/],
    ['a symmetric key', { kty: 'oct', k: 'aHVudGVyMg' }, /symmetric/],
    ['a symmetric key without its k', { kty: 'oct' }, /symmetric/],
    ['AUTH-042 RSA of 1024 bits', WEAK_PAIR.jwk, /1024 bits/],
    ['AUTH-042 RSA with the exponent 1', { ...RSA, e: 'AQ' }, /exponent|broken/],
    ['AUTH-042 RSA with an even exponent', { ...RSA, e: 'AQAA' }, /exponent|broken/],
    ['RSA without a modulus', { kty: 'RSA', e: 'AQAB' }, /n or e/],
    ['AUTH-044 a point off the curve', { ...EC, y: EC['x'] }, /P-256/],
    ['AUTH-044 a point of another curve', { ...P384_PAIR.jwk, crv: 'P-256' }, /P-256/],
    ['a coordinate that is padded', { ...EC, x: `${String(EC['x'])}=` }, /base64url/],
    ['a coordinate that is a number', { ...EC, x: 7 }, /P-256|base64url/],
    ['an alg that does not fit', { ...EC, alg: 'RS256' }, /alg/],
    ['an alg that is symmetric', { ...EC, alg: 'HS256' }, /alg/],
    ['a kid that is a number', { ...EC, kid: 7 }, /kid/],
    ['a kid that is long', { ...EC, kid: 'x'.repeat(257) }, /kid/],
    ['a use that is an array', { ...EC, use: ['sig'] }, /use/],
    ['key_ops that are a string', { ...EC, key_ops: 'verify' }, /key_ops/],
  ])('%s is refused, alone and behind a good one', async (_, key, reason) => {
    for (const [index, keys] of [[key], [ED, key]].entries()) {
      const message = await refusal(keySet(...keys));
      expect(message.startsWith(`jwks.keys[${index}] `)).toBe(true);
      expect(message).toMatch(reason);
      for (const secret of ['d', 'k'].flatMap((name) => key[name] || [])) {
        expect(message).not.toContain(secret);
      }
    }
  });

  it('21 keys are refused, 20 are taken', async () => {
    const keys = Array.from({ length: 21 }, (_, index) => ({ ...EC, kid: `k${index}` }));
    expect(await refusal(keySet(...keys))).toMatch(/^jwks must .*1 to 20/);
    const { client } = await create(keySet(...keys.slice(1)));
    expect(client.jwks?.keys).toHaveLength(20);
  });

  it('more than 32 KB is refused, wherever it stands', async () => {
    const long = 'x'.repeat(40_000);
    for (const jwks of [{ keys: [{ ...EC, x5c: [long] }] }, { keys: [EC], comment: long }]) {
      expect(await refusal({ jwks })).toMatch(/^jwks must have at most 32768 characters/);
    }
  });

  it('is measured in ASCII, as it is stored', async () => {
    const noted = (note: string) => ({ jwks: { keys: [EC], note } });
    expect(await refusal(noted('é'.repeat(5500)))).toMatch(/^jwks must have at most 32768 characters/);
    const { client } = await create(noted('é'.repeat(5000)));
    expect(client.jwks?.keys).toEqual([EC]);
  });

  it('threat 15 RSA of more than 8192 bits is refused', async () => {
    const modulus = (octets: number) => Buffer.alloc(octets, 0xff).toString('base64url');
    const message = await refusal(keySet({ ...RSA, n: modulus(1025) }));
    expect(message).toBe('jwks.keys[0] must not be a key of 8200 bits, more than 8192');
    await create(keySet({ ...RSA, n: modulus(1024) }));
  });

  it('what cannot be written as JSON is refused', async () => {
    const circular: Members = { ...EC };
    circular['self'] = circular;
    for (const key of [circular, { ...EC, n: 1n }]) {
      await expect(create(keySet(key))).rejects.toThrow();
      expect(await store.clients.list({ limit: 1 })).toEqual([]);
    }
  });

  it('keys of kinds that this server does not know are refused alone, and kept beside a good one', async () => {
    for (const keys of [[FOREIGN], [SECP256K1], [{}], [FOREIGN, SECP256K1]]) {
      expect(await refusal(keySet(...keys))).toMatch(
        /^jwks must have a key of a kind that this server knows/,
      );
    }
    const { client } = await create(keySet(FOREIGN, SECP256K1, EC));
    expect(client.jwks).toEqual({ keys: [FOREIGN, SECP256K1, EC] });
    expect((await store.clients.find(client.id))?.jwks).toEqual(client.jwks);
  });

  it('threat 26 __proto__ members of keys pollute nothing and lend nothing', async () => {
    const text = JSON.stringify(EC).slice(1, -1);
    const lent = JSON.parse(`{"__proto__":{${text}},"kid":"a"}`) as Members;
    expect(await refusal(keySet(lent))).toMatch(/^jwks must have a key of a kind/);
    const own = JSON.parse(
      `{${text},"__proto__":{"polluted":true},"constructor":{"prototype":{}}}`,
    ) as Members;
    const { client } = await create(keySet(own));
    expect(Object.keys(client.jwks ?? {})).toEqual(['keys']);
    expect(({} as Members)['polluted']).toBeUndefined();
    const metadata = JSON.parse(`{"__proto__":{"jwks":{"keys":[${JSON.stringify(EC)}]}}}`) as Members;
    await expect(create(metadata)).rejects.toMatchObject({ code: 'invalid_client_metadata' });
  });

  it('is kept as it was when its giver changes it', async () => {
    const key = { ...EC, kid: 'a' };
    const { client } = await create(keySet(key));
    key.kid = 'b';
    expect((await store.clients.find(client.id))?.jwks?.keys[0]?.['kid']).toBe('a');
    expect(client.jwks?.keys[0]?.['kid']).toBe('a');
  });
});

describe('jwks_uri', () => {
  it.each<unknown>([
    7, {}, ['https://keys.example'], '', 'keys.example', '/keys', '//keys.example', 'https:', 'https://', 'https:keys.example',
    'http://keys.example/', 'http://127.0.0.1/', 'ftp://keys.example/', 'file:///etc/passwd', 'javascript:alert(1)',
    'data:application/json,{"keys":[]}', 'https://user:pw@keys.example/', 'https://@keys.example/', 'https://keys.example/#',
    'https://keys.example/#a', 'https://127.0.0.1/', 'https://10.0.0.1/', 'https://169.254.169.254/latest', 'https://0.0.0.0/',
    'https://[::1]/', 'https://[::ffff:169.254.169.254]/', 'https://2130706433/', 'https://0x7f.1/', 'https://0177.0.0.1/',
    'https://127.1/', 'https://１２７.0.0.1/', 'https://localhost/', 'https://LOCALHOST./', 'https://a.localhost/',
    'https://keys.example\\@127.0.0.1/', 'https://keys.example/ x', ' https://keys.example/', 'https://keys.example/\n',
    'https://kéys.example/', `https://keys.example/${'x'.repeat(2000)}`,
  ])('threat 14 %j is refused', async (uri) => {
    expect(await refusal({ jwks_uri: uri })).toMatch(/^jwks_uri must/);
  }); // prettier-ignore

  it.each(['https://keys.example/jwks', 'https://keys.example:8443/a?b=c', 'HTTPS://keys.example'])(
    '%s is kept as it is, and not fetched yet',
    async (uri) => {
      const { client } = await create({ jwks_uri: uri });
      expect((await store.clients.find(client.id))?.jwksUri).toBe(uri);
      expect(fetcher.asked).toEqual([]);
    },
  );
});

describe('private_key_jwt', () => {
  it('AUTH-035 cannot have both jwks and jwks_uri', async () => {
    const both = { ...keySet(EC), jwks_uri: 'https://keys.example/' };
    expect(await refusal(both)).toMatch(/jwks and jwks_uri/);
    expect(await refusal({ ...both, token_endpoint_auth_method: 'client_secret_basic' })).toMatch(
      /jwks and jwks_uri/,
    );
  });

  it('needs one of them, and has no secret', async () => {
    expect(await refusal({})).toMatch(/^jwks or jwks_uri must be given/);
    expect(await refusal({ jwks: null, jwks_uri: null })).toMatch(/^jwks or jwks_uri must be given/);
    expect(await refusal({ ...keySet(EC), client_secret: 'x'.repeat(64) })).toMatch(
      /^client_secret must not/,
    );
    const { client, issued } = await create(keySet(EC));
    expect({ issued, secrets: client.secrets }).toEqual({ issued: undefined, secrets: [] });
    for (const secret of ['', 'x', 'undefined']) {
      const outcome = await bench.kit.token(GRANT, basic(client.id, secret));
      expect(rendered(refused(outcome))).toBe(INVALID_CLIENT);
    }
  });

  it.each<[unknown, Members]>([
    ['HS256', METHOD],
    ['ES256', { token_endpoint_auth_method: 'client_secret_jwt' }],
    ['none', METHOD],
    ['es256', METHOD],
    ['ES256K', METHOD],
    ['', METHOD],
    [['ES256'], METHOD],
    [7, METHOD],
  ])('AUTH-028 AUTH-025 token_endpoint_auth_signing_alg %j does not fit %j', async (algorithm, method) => {
    const metadata = { ...keySet(EC), ...method, token_endpoint_auth_signing_alg: algorithm };
    expect(await refusal(metadata)).toMatch(/^token_endpoint_auth_signing_alg must be one/);
  });

  it('legacy_assertion_audience is true or false', async () => {
    for (const value of ['true', 1, {}, 'https://auth.example/token']) {
      const message = await refusal({ ...keySet(EC), legacy_assertion_audience: value });
      expect(message).toMatch(/^legacy_assertion_audience must be true or false/);
    }
  });
});

describe('an update', () => {
  const update = (id: string, change: Members) => bench.kit.admin.clients.update(id, change);
  const INVALID = { code: 'invalid_client_metadata' };

  it('from jwks to jwks_uri takes the one away, and back', async () => {
    const { client: { id } } = await create(keySet(EC)); // prettier-ignore
    const uri = { jwks_uri: 'https://keys.example/' };
    await expect(update(id, uri)).rejects.toMatchObject(INVALID);
    expect(await update(id, { ...uri, jwks: null })).toMatchObject({ jwksUri: uri.jwks_uri });
    expect(await store.clients.find(id)).not.toHaveProperty('jwks');
    await expect(update(id, keySet(EC))).rejects.toMatchObject(INVALID);
    expect(await update(id, { ...keySet(EC), jwks_uri: null })).not.toHaveProperty('jwksUri');
    await expect(update(id, { jwks: null })).rejects.toMatchObject(INVALID);
    expect(await store.clients.find(id)).toMatchObject({ revision: 3, jwks: { keys: [EC] } });
  });

  it('changes the keys at once: the old one is refused, the new one works', async () => {
    const party = await bench.client('ES256');
    await bench.accepts(bench.assertion(party));
    const { key, jwk } = await newKeyPair('ES256');
    await update(party.id, keySet(jwk));
    await bench.accepts(bench.assertion({ ...party, key }));
    await bench.refusedFor('assertion_signature', bench.assertion(party));
  });

  it('a bad one changes nothing', async () => {
    const party = await bench.client('ES256', { token_endpoint_auth_signing_alg: 'ES256' });
    const before = await store.clients.find(party.id);
    for (const change of [
      keySet(EC_PAIR.privateJwk),
      { jwks_uri: 'http://x' },
      { token_endpoint_auth_signing_alg: 'HS256' },
    ]) {
      await expect(update(party.id, change)).rejects.toMatchObject(INVALID);
    }
    expect(await store.clients.find(party.id)).toEqual(before);
    await bench.accepts(bench.assertion(party));
  });

  it('null lifts the restriction to one algorithm; a method that does not sign forgets it', async () => {
    const { client } = await create({ ...keySet(EC), token_endpoint_auth_signing_alg: 'ES256' });
    await update(client.id, { token_endpoint_auth_signing_alg: null });
    expect(await store.clients.find(client.id)).not.toHaveProperty('tokenEndpointAuthSigningAlg');
    await expect(update(client.id, { token_endpoint_auth_signing_alg: 'RS256' })).rejects.toMatchObject(
      INVALID,
    );
    await update(client.id, { token_endpoint_auth_signing_alg: 'ES256', legacy_assertion_audience: true });
    expect(await store.clients.find(client.id)).toMatchObject({ legacyAssertionAudience: true });
    const changed = await update(client.id, { token_endpoint_auth_method: 'client_secret_basic' });
    expect(changed).not.toHaveProperty('tokenEndpointAuthSigningAlg');
    expect(changed).not.toHaveProperty('legacyAssertionAudience');
    for (const secret of ['', 'x']) {
      expect(rendered(refused(await bench.kit.token(GRANT, basic(client.id, secret))))).toBe(INVALID_CLIENT);
    }
  });
});

describe('client information', () => {
  it('has the members under their names, and registers the same client again', async () => {
    const given = {
      ...METHOD,
      ...keySet({ ...EC, kid: 'a' }, FOREIGN),
      token_endpoint_auth_signing_alg: 'ES256',
      legacy_assertion_audience: true,
      scope: 'read',
    };
    const information = toClientInformation((await bench.kit.admin.clients.create(given)).client);
    expect(information).toMatchObject(given);
    const again = toClientInformation((await create({ ...information, client_id: 'again' })).client);
    expect(again).toEqual({ ...information, client_id: 'again' });
    const uri = { jwks_uri: 'https://keys.example/' };
    expect(toClientInformation((await create(uri)).client)).toMatchObject(uri);
    expect(Object.keys(information).filter((name) => name.startsWith('client_secret'))).toEqual([]);
  });
});

describe('threat 13 nobody without a secret is let in', () => {
  it('none and client_credentials do not go together, by update neither', async () => {
    const none = { token_endpoint_auth_method: 'none' };
    expect(await refusal(none)).toMatch(/^token_endpoint_auth_method must not be none/);
    const { client } = await bench.kit.admin.clients.create({ ...none, grant_types: [] });
    const change = { grant_types: ['client_credentials'] };
    await expect(bench.kit.admin.clients.update(client.id, change)).rejects.toMatchObject({
      code: 'invalid_client_metadata',
    });
    const form = { ...GRANT, client_id: client.id };
    for (const more of [{}, { client_secret: '' }, { client_secret: 'x' }]) {
      expect(rendered(refused(await bench.kit.token({ ...form, ...more })))).toBe(INVALID_CLIENT);
    }
  });

  it.each<[string, unknown]>([
    ['no secrets', []],
    ['a digest that is null', [{ id: 's', digest: null, createdAt: 0 }]],
    ['a digest that is missing', [{ id: 's', createdAt: 0 }]],
    ['an empty digest', [{ id: 's', digest: '', createdAt: 0 }]],
    ['$', [{ id: 's', digest: '$', createdAt: 0 }]],
  ])('a row with %s authenticates with nothing', async (_, secrets) => {
    const client = await register(bench.kit);
    const row = { ...(await store.clients.find(client.id)), secrets };
    faults.replace('clients.find', () => Promise.resolve(structuredClone(row)));
    for (const secret of ['', 'null', 'undefined', 'x', '\0', client.secret]) {
      const [header, form] = [basic(client.id, secret), { client_id: client.id, client_secret: secret }];
      expect('success' in (await bench.kit.token(GRANT, header))).toBe(false);
      expect('success' in (await bench.kit.token({ ...GRANT, ...form }))).toBe(false);
    }
  });
});

describe('threat 40 an id that is undefined or empty finds no client', () => {
  it('though the store gives the first row for it', async () => {
    const client = await register(bench.kit);
    const row = await store.clients.find(client.id);
    faults.replace('clients.find', () => Promise.resolve(structuredClone(row)));
    const { clients, secrets } = bench.kit.admin;
    for (const id of [undefined, null, '', {}, [client.id], 'other'] as string[]) {
      const calls = [
        clients.get(id),
        clients.update(id, { scope: 'read' }),
        clients.disable(id),
        clients.enable(id),
      ];
      calls.push(secrets.list(id) as never, secrets.rotate(id, 0) as never, secrets.revoke(id, 'x') as never);
      for (const call of await Promise.allSettled(calls)) expect(call.status).toBe('rejected');
    }
    for (const header of [
      basic('', client.secret),
      basic('other', client.secret),
      { authorization: 'Basic Og==' },
    ]) {
      expect(rendered(refused(await bench.kit.token(GRANT, header)))).toBe(INVALID_CLIENT);
    }
    for (const form of ['', 'client_id=&', 'client_id&']) {
      const outcome = await bench.kit.token(
        `grant_type=client_credentials&${form}client_secret=${client.secret}`,
      );
      expect(rendered(refused(outcome))).toBe(INVALID_CLIENT);
    }
    faults.clear();
    granted(await bench.kit.token(GRANT, client.basic));
    expect(await store.clients.find(client.id)).toEqual(row);
  });
});
