import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import type { ImportPlan, OauthModuleOptions } from 'nestjs-oauth-kit';
import { afterEach, describe, expect, it } from 'vitest';
import { openKit, type Kit } from '../support/echo.js';
import { everything, imported, line, said } from './client-transfer-support.js';
import { faulty, register } from './support.js';

const SECRET = 'a secret that no report may tell';
const DIGEST = 'ab'.repeat(32);
const ENTRY = { id: '0123456789abcdef', digest: DIGEST, created_at: 1, expires_at: 0 };

let kit: Kit;

async function open(options: Partial<OauthModuleOptions> = {}): Promise<Kit> {
  kit = await openKit(options);
  return kit;
}

afterEach(() => kit.close());

const plan = (lines: Iterable<string | Uint8Array>): Promise<ImportPlan> => kit.admin.transfer.plan(lines);

async function refusal(text: string | Uint8Array): Promise<{ code?: string; description?: string }> {
  const { refused, writes } = await plan([text]);
  expect(writes).toEqual([]);
  expect(JSON.stringify(refused)).not.toContain(SECRET);
  return refused[0] ?? {};
}

describe('a line that is no client', () => {
  it.each([
    ['text', `client_secret ${SECRET}`, /not valid JSON/],
    ['JSON that ends too soon', `{"client_id":"a","client_secret":"${SECRET}`, /not valid JSON/],
    ['two objects', '{"client_id":"a"}{"client_id":"b"}', /not valid JSON/],
    ['a string', `"${SECRET}"`, /not a JSON object/],
    ['an array', `[{"client_id":"a","client_secret":"${SECRET}"}]`, /not a JSON object/],
    ['null', 'null', /not a JSON object/],
    ['a member twice', `{"client_id":"a","client_secret":"${SECRET}","client_secret":"x"}`, /repeated/],
    ['depth', `{"client_id":"a","labels":${'['.repeat(99)}${']'.repeat(99)}}`, /nested too deeply/],
    ['more than 256 KiB', line({ client_name: 'x'.repeat(262_144) }), /longer than 256 KiB/],
    ['a megabyte of white space', ' '.repeat(1_048_576), /longer than 256 KiB/],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /not UTF-8/],
    ['a NUL', '{"client_id":"a"}\0', /not valid JSON/],
    ['a byte order mark within', '\ufeff{"client_id":"a"}', /not valid JSON/],
  ])('%s is refused, and nothing of it is told', async (_what, text, message) => {
    await open();
    const { refused } = await plan(['', text, '\ufeff{}']);
    const [first] = refused;
    expect(first).toMatchObject({ line: 2, code: 'invalid_line' });
    expect(first).not.toHaveProperty('clientId');
    expect(JSON.stringify(refused)).not.toContain(SECRET);
    expect(first?.description).toMatch(message);
  });

  it('but blank lines, CRLF, and a byte order mark at the beginning do not matter', async () => {
    await open();
    const { created, refused } = await plan([
      '\ufeff{"client_id":"a"}\r',
      '',
      ' \t\r',
      '{"client_id":"b"}\r',
    ]);
    expect({ created, refused }).toEqual({ created: ['a', 'b'], refused: [] });
    expect(said(await plan([]))).toEqual({ created: [], updated: [], unchanged: 0, refused: [] });
  });
});

describe('a line that the rules refuse', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secrets = (...entries: unknown[]): object => ({ client_secrets: entries });
  const registration = (change: object): object => ({
    registration: { token_digest: DIGEST, opened_by: 'configured', policy: {}, ...change },
  });

  it.each([
    ['client_id must be given', { client_id: undefined }],
    ['client_id must be', { client_id: 7 }],
    ['client_id must be', { client_id: 'ä' }],
    ['client_name must be', { client_name: 'a\0b' }],
    ['client_name must be', { client_name: 'x'.repeat(200_000) }],
    ['grant_types', { grant_types: 'client_credentials' }],
    ['labels must be an object', { labels: ['tenant'] }],
    ['labels must have names', { labels: { 'Not A Name': 'x' } }],
    [
      'jwks.keys[0] must not be a key',
      {
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [privateKey.export({ format: 'jwk' })] },
      },
    ],
    ['client_id_issued_at must be', { client_id_issued_at: -1 }],
    ['client_id_issued_at must be', { client_id_issued_at: 1e300 }],
    ['client_id_issued_at must be', { client_id_issued_at: '5' }],
    ['enabled must be', { enabled: 'no' }],
    [
      'client_secret must not be given',
      { client_secret: SECRET, grant_types: [], token_endpoint_auth_method: 'none' },
    ],
    ['client_secret_hash', { client_secret_hash: `$argon9$${SECRET.replaceAll(' ', '')}` }],
    ['client_secrets must not be given together', { client_secret: SECRET, ...secrets(ENTRY) }],
    ['client_secrets must be an array', { client_secrets: { 0: ENTRY } }],
    ['client_secrets must be at most 50', secrets(...Array.from({ length: 51 }, () => ENTRY))],
    ['client_secrets[0] must be an object', secrets(SECRET)],
    ['client_secrets[0] must be an object', secrets([ENTRY])],
    ['client_secrets[0] must not have other members', secrets({ ...ENTRY, secret: SECRET })],
    ['client_secrets[1].id must not be', secrets(ENTRY, ENTRY)],
    ['client_secrets[1].id must be 16', secrets(ENTRY, { ...ENTRY, id: '../../etc' })],
    ['client_secrets[0].id must be 16', secrets({ ...ENTRY, id: 7 })],
    ['client_secrets[0] must have one of digest', secrets({ ...ENTRY, digest: undefined })],
    ['client_secrets[0] must have one of digest', secrets({ ...ENTRY, hash: '$2b$04$x' })],
    ['client_secrets[0].digest must be', secrets({ ...ENTRY, digest: SECRET })],
    ['client_secrets[0].digest must be', secrets({ ...ENTRY, digest: DIGEST.toUpperCase() })],
    ['client_secrets[0].digest must be', secrets({ ...ENTRY, digest: [DIGEST] })],
    ['client_secrets[0].hash', secrets({ ...ENTRY, digest: null, hash: SECRET })],
    ['client_secrets[0].hash', secrets({ ...ENTRY, digest: null, hash: '$unknown$abc' })],
    ['client_secrets[0].created_at must be', secrets({ ...ENTRY, created_at: undefined })],
    ['client_secrets[0].created_at must be', secrets({ ...ENTRY, created_at: 1.5 })],
    ['client_secrets[0].expires_at must be', secrets({ ...ENTRY, expires_at: -1 })],
    ['client_secrets[0].last_used_at must be', secrets({ ...ENTRY, last_used_at: 'never' })],
    ['client_secrets[0].encrypted must not be given', secrets({ ...ENTRY, encrypted: `clear:${SECRET}` })],
    ['registration must be an object', { registration: 'yes' }],
    ['registration must not have other members', registration({ token: SECRET })],
    ['registration.token_digest must be', registration({ token_digest: SECRET })],
    ['registration.opened_by must be', registration({ opened_by: 'a\nb' })],
    ['registration.opened_by must be', registration({ opened_by: 'a'.repeat(65) })],
    ['registration.policy must be', registration({ policy: null })],
    ['registration.policy must not have', registration({ policy: { scope: [] } })],
    ['registration.policy.scopes must be an array', registration({ policy: { scopes: 'read' } })],
    ['registration.policy.scopes[1] must be', registration({ policy: { scopes: ['read', 'a b'] } })],
  ])('%s', async (description, metadata) => {
    await open();
    const found = await refusal(line(metadata));
    expect(found.code).toBe('invalid_client_metadata');
    expect(found.description).toContain(description);
  });

  it.each([
    ['clear:', 'in the clear'],
    ['a256gcm:0123456789ab:', 'of nothing'],
    [`a256gcm:0123456789ab:${'A'.repeat(60)}`, 'under another key'],
  ])('an encrypted secret that is %s', async (encrypted) => {
    await open({ keyEncryptionSecret: 'a key encryption secret of this server, long enough' });
    const metadata = {
      token_endpoint_auth_method: 'client_secret_jwt',
      client_secrets: [{ ...ENTRY, encrypted }],
    };
    expect((await refusal(line(metadata))).description).toContain('client_secrets[0].encrypted must be');
    const { description } = await refusal(line({ ...metadata, client_secrets: [ENTRY] }));
    expect(description).toContain('only digests');
  });

  it('an encrypted secret that belongs to another id, or is not the one of the digest', async () => {
    await open({ keyEncryptionSecret: 'a key encryption secret of this server, long enough' });
    await kit.admin.clients.create({ client_id: 'h', token_endpoint_auth_method: 'client_secret_jwt' });
    const [own] = await kit.admin.secrets.list('h');
    if (own?.encrypted === undefined) throw new Error('no secret');
    for (const change of [
      { id: ENTRY.id, digest: own.digest },
      { id: own.id, digest: DIGEST },
    ]) {
      const client_secrets = [{ ...ENTRY, ...change, encrypted: own.encrypted }];
      const metadata = { client_id: 'i', token_endpoint_auth_method: 'client_secret_jwt', client_secrets };
      expect((await refusal(line(metadata))).description).toMatch(/^client_secrets\[0\]\./);
    }
    const basic = await refusal(line({ client_id: 'h', token_endpoint_auth_method: 'client_secret_basic' }));
    expect(basic.description).toContain('token_endpoint_auth_method');
  });

  it('__proto__, and changes no prototype', async () => {
    await open();
    const text = '{"client_id":"a","__proto__":{"enabled":false},"constructor":{"x":1}}';
    expect((await refusal(text)).description).toContain('__proto__');
    const { ignored } = await plan(['{"client_id":"a","constructor":1,"toString":2}']);
    expect(Object.entries(ignored)).toEqual([
      ['constructor', 1],
      ['toString', 1],
    ]);
    expect((await refusal('{"client_id":"a","labels":{"__proto__":"x"}}')).description).toContain('labels');
    expect(({} as { enabled?: boolean }).enabled).toBeUndefined();
  });

  it('an id that another line has, whatever became of that', async () => {
    await open();
    const { created, refused } = await plan([line({}), line({ scope: 'read' }), line({ client_id: 'A' })]);
    expect(created).toEqual(['a', 'A']);
    expect(refused).toMatchObject([
      { line: 2, clientId: 'a', description: 'client_id stands in line 1 already' },
    ]);
  });

  it('the id of a secret of another client, there or in another line', async () => {
    await open();
    await imported(kit, [line({ client_secrets: [ENTRY] })]);
    const other = { ...ENTRY, id: 'fedcba9876543210' };
    const { created, refused } = await plan([
      line({ client_id: 'b', client_secrets: [ENTRY] }),
      line({ client_id: 'c', client_secrets: [other] }),
      line({ client_id: 'd', client_secrets: [other] }),
    ]);
    expect(created).toEqual(['c']);
    expect(refused.map(({ line: number, description }) => [number, description])).toEqual([
      [1, 'client_secrets[0].id is that of a secret of another client'],
      [3, 'the id of one of client_secrets stands in line 2 already'],
    ]);
  });
});

it('whatever is done to a line, it is taken, or refused by itself', async () => {
  await open();
  const good = line({
    jwks_uri: 'https://a.example/jwks',
    token_endpoint_auth_method: 'private_key_jwt',
    labels: { tenant: 'acme' },
    enabled: false,
    client_secrets: [ENTRY],
    registration: { token_digest: DIGEST, opened_by: 'configured', policy: { scopes: ['read'] } },
  });
  const bytes = Buffer.from(good);
  const odd = fc.constantFrom(
    ...'\0"{}[]:,\\0-9e',
    ' ',
    '\ufeff',
    '\ud800',
    'null',
    '[[]]',
    '{"a":{}}',
    '1e999',
  );
  const change = fc.tuple(fc.nat(bytes.length), fc.nat(12), fc.oneof(odd, fc.string()));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), fc.boolean(), async (changes, raw) => {
      const text = changes.reduce(
        (before, [at, length, put]) => before.slice(0, at) + put + before.slice(at + length),
        good,
      );
      const given = raw ? Buffer.from(text, 'latin1') : text;
      const { created, refused } = await plan([given, line({ client_id: 'after' })]);
      expect(created).toContain('after');
      expect(created.length + refused.length).toBeGreaterThanOrEqual(text.trim() === '' ? 1 : 2);
    }),
    { numRuns: 1000 },
  );
});

describe('too much', () => {
  it('of lines is refused as a whole', async () => {
    await open();
    function* many(): Generator<string> {
      for (let index = 0; index <= 100_000; index++) yield '';
    }
    await expect(plan(many())).rejects.toMatchObject({
      code: 'invalid_request',
      description: expect.stringContaining('100000 lines') as string,
    });
  });

  it('of unknown names is counted together', async () => {
    await open();
    const names = Array.from({ length: 500 }, (_, index) => [`x${index}`, 1]);
    const { ignored } = await plan([line(Object.fromEntries(names) as object)]);
    expect(Object.keys(ignored)).toHaveLength(101);
    expect(ignored['(others)']).toBe(400);
  });
});

describe('nothing is half-imported', () => {
  it('where a line is refused, unless the others are wanted', async () => {
    await open();
    const mixed = await plan([line({}), line({ client_id: 'b', scope: 'burn' }), line({ client_id: 'c' })]);
    const failure = { code: 'invalid_request' };
    await expect(kit.admin.transfer.apply(mixed)).rejects.toMatchObject(failure);
    expect(await everything(kit)).toEqual([]);
    await kit.admin.transfer.apply(mixed, { skipRefused: true });
    expect((await kit.admin.clients.list()).clients.map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('where somebody has changed, made or deleted one of the clients meanwhile', async () => {
    await open();
    await register(kit, { client_id: 'b' });
    const lines = [line({}), line({ client_id: 'b', owner: 'mine' }), line({ client_id: 'c' })];
    const ways = [
      () => kit.admin.clients.update('b', { owner: 'theirs' }),
      () => kit.admin.clients.create({ client_id: 'c' }),
      () => kit.admin.clients.delete('b'),
    ];
    for (const meddle of ways) {
      const late = await plan(lines);
      await meddle();
      const before = await everything(kit);
      await expect(kit.admin.transfer.apply(late)).rejects.toMatchObject({ code: 'conflict' });
      expect(await everything(kit)).toEqual(before);
    }
    await imported(kit, lines);
    expect((await kit.admin.clients.get('b')).owner).toBe('mine');
  });

  it('where the store fails, which may be tried again', async () => {
    const { faults, persistence } = faulty();
    await open({ persistence });
    const lines = [line({}), line({ client_id: 'b' })];
    faults.reject('clients.list', new Error('connection lost'));
    await expect(plan(lines)).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    faults.clear();
    const good = await plan(lines);
    faults.reject('clients.writeAll', new Error('connection lost'));
    await expect(kit.admin.transfer.apply(good)).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    faults.clear();
    expect(await everything(kit)).toEqual([]);
    await kit.admin.transfer.apply(good);
    expect(said(await plan(lines))).toMatchObject({ unchanged: 2 });
  });

  it('and a change is seen at once by the token endpoint of this instance', async () => {
    await open({ clientCacheLifetime: 30 });
    const { basic } = await register(kit, { client_id: 'a' });
    const ask = () => kit.token({ grant_type: 'client_credentials', scope: 'write' }, basic);
    expect(await ask()).toHaveProperty('success');
    await imported(kit, [line({ scope: 'read' })]);
    expect(await ask()).toMatchObject({ error: { code: 'invalid_scope' } });
  });
});
