import { generateKeyPairSync, scryptSync } from 'node:crypto';
import type { OauthModuleOptions } from 'nestjs-oauth-kit';
import { afterEach, describe, expect, it } from 'vitest';
import { basic, bearer, openKit, type Kit } from '../support/echo.js';
import { everything, exported, imported, line, said } from './client-transfer-support.js';
import { GRANT, granted, refused, register } from './support.js';

const KEY = 'a key encryption secret of this server, long enough';
const INITIAL = 'initial-access-token-of-the-host-0123456789';

const kits: Kit[] = [];

async function open(options: Partial<OauthModuleOptions> = {}): Promise<Kit> {
  const kit = await openKit(options);
  kits.push(kit);
  return kit;
}

afterEach(async () => {
  for (const kit of kits.splice(0)) await kit.close();
});

const jwks = () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', 'x-note': 'ä' }] };
};

/** Clients of every kind. */
async function fill(kit: Kit): Promise<void> {
  const { clients, secrets } = kit.admin;
  await register(kit, { client_id: 'b', client_name: 'Büro', contacts: ['ops@example.com'] });
  await register(kit, {
    client_id: 'a b',
    owner: 'payments',
    description: 'pays',
    labels: { tenant: 'acme', env: 'test' },
    default_scope: 'read',
    access_token_format: 'opaque',
    access_token_ttl: 60,
  });
  await clients.create({
    client_id: 'key',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: jwks(),
    legacy_assertion_audience: true,
  });
  await clients.create({ client_id: 'hmac', token_endpoint_auth_method: 'client_secret_jwt' });
  await register(kit, {
    client_id: 'ending',
    client_secret_expires_at: 1_900_000_000,
    client_secret: 'x'.repeat(40),
  });
  kit.clock.time += 100;
  await secrets.rotate('b', 3600);
  await clients.disable('a b');
  await clients.create({
    client_id: 'api',
    resource: '/reports',
    token_endpoint_auth_method: 'client_secret_post',
  });
}

describe('an export', () => {
  it('has the names of RFC 7591 and the kit’s own, in the order of the ids, and no secret', async () => {
    const kit = await open({ keyEncryptionSecret: KEY });
    await fill(kit);
    const plain = await exported(kit, {});
    const clients = plain.map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(clients.map((each) => each['client_id'])).toEqual(['a b', 'api', 'b', 'ending', 'hmac', 'key']);
    expect(clients[0]).toEqual({
      client_id: 'a b',
      client_id_issued_at: 1_800_000_000,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      response_types: [],
      scope: 'read write report',
      default_scope: 'read',
      access_token_format: 'opaque',
      access_token_ttl: 60,
      owner: 'payments',
      description: 'pays',
      labels: { env: 'test', tenant: 'acme' },
      enabled: false,
    });
    expect(plain.join()).not.toMatch(/digest|hash|encrypted|client_secrets|"enabled":true/);
    const [secret] = await kit.admin.secrets.list('ending');
    const found = (await exported(kit)).map((text) => JSON.parse(text) as Record<string, unknown>)[3];
    expect(found?.['client_secrets']).toEqual([
      { id: secret?.id, digest: secret?.digest, created_at: 1_800_000_000, expires_at: 1_900_000_000 },
    ]);
  });

  it('can be of some clients alone, and refuses a filter that is none', async () => {
    const kit = await open({ keyEncryptionSecret: KEY });
    await fill(kit);
    expect(await exported(kit, { filter: { owner: 'payments', enabled: false } })).toHaveLength(1);
    expect(await exported(kit, { filter: { search: 'BÜRO' } })).toHaveLength(1);
    expect(await exported(kit, { filter: { labels: { tenant: 'other' } } })).toEqual([]);
    await expect(exported(kit, { filter: { owner: '\n' } })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it('imported elsewhere and exported there is the same text', async () => {
    const [from, to] = [
      await open({ keyEncryptionSecret: KEY, registration: { initialAccessTokens: [INITIAL] } }),
      await open({ keyEncryptionSecret: KEY }),
    ];
    await fill(from);
    await from.register({ client_name: 'Robot' }, bearer(INITIAL));
    const lines = await exported(from);
    expect(lines.join()).toMatch(/"registration":\{"token_digest":"[0-9a-f]{64}","opened_by":"configured"/);
    to.clock.time += 5000;
    const plan = await imported(to, lines);
    expect(plan).toMatchObject({ unchanged: 0, refused: [], ignored: {}, withoutSecret: [] });
    expect(await exported(to)).toEqual(lines);
    expect(await exported(to, {})).toEqual(await exported(from, {}));
  });
});

describe('a client that was moved', () => {
  it('authenticates with the secret that it has, also with client_secret_jwt and a hash of another system', async () => {
    const [from, to] = [await open({ keyEncryptionSecret: KEY }), await open({ keyEncryptionSecret: KEY })];
    const { id, basic: headers } = await register(from);
    const salt = Buffer.from('0123456789abcdef');
    const hash = scryptSync('secret of another system', salt, 32, { N: 16384, r: 8, p: 1 });
    const b64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
    await from.admin.clients.create({
      client_id: 'old',
      client_secret_hash: `$scrypt$ln=14,r=8,p=1$${b64(salt)}$${b64(hash)}`,
    });
    await from.admin.clients.create({ client_id: 'hmac', token_endpoint_auth_method: 'client_secret_jwt' });
    await imported(to, await exported(from));
    expect(granted(await to.token(GRANT, headers)).scope).toBe('read');
    expect(granted(await to.token(GRANT, basic('old', 'secret of another system'))).scope).toBe('read');
    expect(refused(await to.token(GRANT, basic(id, 'wrong'))).code).toBe('invalid_client');
    expect((await to.admin.secrets.list('hmac'))[0]?.encrypted).toBe(
      (await from.admin.secrets.list('hmac'))[0]?.encrypted,
    );
    const other = await open({ keyEncryptionSecret: 'another key encryption secret, also long enough' });
    const plan = await other.admin.transfer.plan(await exported(from));
    expect(plan.created).toEqual([id, 'old'].sort());
    expect(plan.refused).toMatchObject([{ clientId: 'hmac', code: 'invalid_client_metadata' }]);
    expect(plan.refused[0]?.description).toMatch(
      /^client_secrets\[0\]\.encrypted must .*keyEncryptionSecret/,
    );
  });

  it('goes on managing itself with its registration access token', async () => {
    const [from, to] = [
      await open({ registration: { initialAccessTokens: [INITIAL] } }),
      await open({ registration: { initialAccessTokens: [INITIAL] } }),
    ];
    const outcome = await from.register({ client_name: 'Robot' }, bearer(INITIAL));
    if ('error' in outcome) throw outcome.error;
    const { client_id: id, registration_access_token: token } = outcome.success.document;
    await imported(to, await exported(from));
    const read = await to.readClient(id, bearer(String(token)));
    expect(read).toMatchObject({ success: { document: { client_id: id, client_name: 'Robot' } } });
    expect(await to.readClient(id, bearer('nokm_wrong'))).toHaveProperty('error');
  });
});

describe('an import', () => {
  it('of 10,000 clients, listed, exported and compared; and a second time nothing changes', async () => {
    const [from, to] = [await open(), await open()];
    const lines = Array.from({ length: 10_000 }, (_, index) =>
      JSON.stringify({
        client_id: `client-${String(index).padStart(5, '0')}`,
        client_name: `Client ${index}`,
        owner: `team-${index % 7}`,
        scope: 'read',
        client_secrets: [
          {
            id: index.toString(16).padStart(16, '0'),
            digest: 'ab'.repeat(32),
            created_at: index,
            expires_at: 0,
          },
        ],
      }),
    );
    const plan = await imported(from, lines);
    expect(plan.created).toHaveLength(10_000);
    const all = await exported(from);
    expect(all).toHaveLength(10_000);
    await imported(to, all);
    expect(await exported(to)).toEqual(all);
    const listed: string[] = [];
    let after: string | undefined;
    do {
      const page = await to.admin.clients.list({ limit: 500, owner: 'team-3', after });
      listed.push(...page.clients.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);
    expect(listed).toHaveLength(1429);
    const before = await everything(to);
    expect(said(await imported(to, lines))).toEqual({
      created: [],
      updated: [],
      unchanged: 10_000,
      refused: [],
    });
    expect(await everything(to)).toEqual(before);
  }, 120_000);

  it('a plan changes nothing, and tells what it would change', async () => {
    const kit = await open();
    await register(kit, { client_id: 'a', client_name: 'A' });
    await register(kit, { client_id: 'b' });
    const before = await everything(kit);
    const plan = await kit.admin.transfer.plan([
      line({ client_id: 'new', enabled: false, defalt_scope: 'read', 'x-y': 1 }),
      line({ scope: 'read', owner: 'team', 'x-y': null }),
      line({ client_id: 'b', scope: 'read write report' }),
      line({ client_id: 'c', scope: 'burn' }),
    ]);
    expect(plan).toMatchObject({
      created: ['new'],
      updated: [{ clientId: 'a', changed: ['client_name', 'owner', 'scope'] }],
      unchanged: 1,
      refused: [
        {
          line: 4,
          clientId: 'c',
          code: 'invalid_client_metadata',
          description: 'scope has scopes that no resource server knows: burn',
        },
      ],
      ignored: { defalt_scope: 1, 'x-y': 2 },
      withoutSecret: ['new'],
    });
    expect(await everything(kit)).toEqual(before);
  });

  it('leaves enabled and the secrets of a client as they are where a line does not say', async () => {
    const kit = await open();
    const { basic: headers } = await register(kit, { client_id: 'a' });
    const [own] = await kit.admin.secrets.list('a');
    const entry = { id: '00'.repeat(8), digest: 'cd'.repeat(32), created_at: 5, expires_at: 0 };
    await kit.admin.clients.disable('a');
    await imported(kit, [line({ scope: 'read', client_secrets: [entry] })]);
    expect(await kit.admin.clients.get('a')).toMatchObject({
      enabled: false,
      revision: 3,
      secrets: [own, { id: entry.id }],
    });
    await imported(kit, [
      line({ scope: 'read', enabled: true, client_secret: 'never taken, since it has some' }),
    ]);
    expect(await kit.admin.secrets.list('a')).toHaveLength(2);
    expect(granted(await kit.token(GRANT, headers)).scope).toBe('read');
    const { tokenSeries } = await kit.admin.clients.get('a');
    await imported(kit, [line({ scope: 'read', enabled: false })]);
    expect((await kit.admin.clients.get('a')).tokenSeries).not.toBe(tokenSeries);
    expect(refused(await kit.token(GRANT, headers)).code).toBe('invalid_client');
  });

  it('takes client_secret of another system once, for a client without secrets', async () => {
    const kit = await open();
    const secret = 'a secret that another system made, long enough';
    const lines = [line({ client_secret: secret, client_secret_expires_at: 0 })];
    expect(said(await imported(kit, lines))).toMatchObject({ created: ['a'] });
    expect(granted(await kit.token(GRANT, basic('a', secret))).scope).toBe('read');
    expect(said(await imported(kit, lines))).toEqual({ created: [], updated: [], unchanged: 1, refused: [] });
  });

  it('names the clients that keep their secrets though the lines bring others', async () => {
    const kit = await open();
    const salt = Buffer.from('0123456789abcdef');
    const hashOf = (secret: string) => {
      const hash = scryptSync(secret, salt, 32, { N: 16384, r: 8, p: 1 });
      const [salted, hashed] = [salt, hash].map((bytes) => bytes.toString('base64').replace(/=+$/, ''));
      return `$scrypt$ln=14,r=8,p=1$${salted}$${hashed}`;
    };
    const [one, two] = ['one secret of another system', 'two secrets of another system'];
    const kept = (digest: string) => ({
      client_secrets: [{ id: '00'.repeat(8), digest, created_at: 5, expires_at: 0 }],
    });
    const lines = [
      line({ client_id: 'clear', client_secret: one }),
      line({ client_id: 'hash', client_secret_hash: hashOf(one) }),
      line({ client_id: 'digest', ...kept('ab'.repeat(32)) }),
      line({ client_id: 'bare' }),
    ];
    expect((await imported(kit, lines)).secretsKept).toEqual([]);
    expect((await imported(kit, lines)).secretsKept).toEqual([]);
    const others = [
      line({ client_id: 'clear', client_secret: two }),
      line({ client_id: 'hash', client_secret_hash: hashOf(two), owner: 'team' }),
      line({ client_id: 'digest', ...kept('cd'.repeat(32)) }),
      line({ client_id: 'bare', client_secret: two }),
      line({ client_id: 'new', client_secret: two }),
    ];
    expect(await imported(kit, others)).toMatchObject({
      created: ['new'],
      updated: [{ clientId: 'hash', changed: ['owner'] }, { clientId: 'bare' }],
      unchanged: 2,
      secretsKept: ['clear', 'hash', 'digest'],
    });
    expect(granted(await kit.token(GRANT, basic('clear', one))).scope).toBe('read');
    await kit.admin.secrets.rotate('clear', 60);
    expect((await kit.admin.transfer.plan(lines.slice(0, 1))).secretsKept).toEqual([]);
    kit.clock.time += 61;
    expect((await kit.admin.transfer.plan(lines.slice(0, 1))).secretsKept).toEqual(['clear']);
  });

  it('is told of each client, and once with numbers, in the name of who has done it', async () => {
    const events: unknown[] = [];
    const kit = await open();
    kit
      .get<{ on(type: '*', listener: (event: unknown) => void): void }>(
        (await import('nestjs-oauth-kit')).OauthEvents,
      )
      .on('*', (event) => events.push(event));
    const { transfer } = kit.admin.by({ name: 'alice' });
    await transfer.apply(await transfer.plan([line({}), line({ client_id: 'b' })]));
    await transfer.apply(await transfer.plan([line({}), line({ client_id: 'b', owner: 'team' })]));
    await transfer.apply(await transfer.plan([line({})]));
    for await (const client of transfer.export({ secrets: true })) if (client['client_id'] === 'a') break;
    const about = { actor: 'alice', subject: '*' };
    expect(events).toMatchObject([
      { type: 'client.created', actor: 'alice', subject: 'a', detail: { import: true } },
      { type: 'client.created', subject: 'b', detail: { import: true } },
      { type: 'clients.imported', ...about, detail: { created: 2, updated: 0 } },
      { type: 'client.updated', subject: 'b', detail: { changed: ['owner'], import: true } },
      { type: 'clients.imported', ...about, detail: { created: 0, updated: 1 } },
      { type: 'clients.exported', ...about, detail: { secrets: true } },
    ]);
  });
});
