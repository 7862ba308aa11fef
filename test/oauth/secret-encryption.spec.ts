import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { MemoryPersistence, type OauthModuleOptions, type Persistence } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureLog } from '../../src/nest/failure.log.js';
import { formRequest, openKit, type Kit } from '../support/echo.js';
import { base64url, formOf, INVALID_CLIENT, signature } from './assertions.js';
import { Faults, granted, GRANT, refused, register, rendered, sharing, turn } from './support.js';

const OLD = 'o'.repeat(32);
const NEW = 'n'.repeat(32);
const METHOD = { token_endpoint_auth_method: 'client_secret_jwt' };
/** Of the host's own, so that no signing key is kept under the secrets that come and go here. */
const signingKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

let store: Persistence;
let faults: Faults;
let kits: Kit[];
let ids = 0;

beforeEach(() => {
  store = new MemoryPersistence();
  faults = new Faults();
  kits = [];
});

afterEach(async () => {
  for (const kit of kits) await kit.close();
});

/** An instance on the one store. */
async function open(
  keyEncryptionSecret: string | readonly string[],
  options: Partial<OauthModuleOptions> = {},
): Promise<Kit> {
  const clock = kits[0]?.clock;
  const kit = await openKit({
    persistence: sharing(store, faults),
    ...(clock && { clock }),
    signingKeys,
    keyEncryptionSecret,
    clientCacheLifetime: 0,
    ...options,
  });
  const shared = clock ? { ...kit, clock } : kit;
  kits.push(shared);
  return shared;
}

async function withoutEncryption(): Promise<Kit> {
  const kit = await openKit({ persistence: sharing(store, faults) });
  kits.push(kit);
  return kit;
}

function send(kit: Kit, id: string, secret: string, alg = 'HS256') {
  const now = kit.clock.now();
  const claims = { iss: id, sub: id, aud: 'http://127.0.0.1:3999', exp: now + 60, jti: `own-${++ids}` };
  const input = [{ alg }, claims].map((each) => base64url(JSON.stringify(each))).join('.');
  const signed = signature(alg, createSecretKey(secret, 'utf8'), input);
  return kit.token(formOf(`${input}.${base64url(signed)}`));
}

async function works(kit: Kit, id: string, secret: string, alg?: string): Promise<boolean> {
  const outcome = await send(kit, id, secret, alg);
  if ('error' in outcome) expect(rendered(outcome.error)).toBe(INVALID_CLIENT);
  return 'success' in outcome;
}

const secretsOf = async (id: string) => (await store.clients.find(id))?.secrets ?? [];

describe('AUTH-030 client_secret_jwt without a keyEncryptionSecret', () => {
  it('cannot be registered, nor changed to, and says so', async () => {
    const kit = await withoutEncryption();
    const failure = {
      code: 'invalid_client_metadata',
      status: 400,
      message: expect.stringMatching(
        /^token_endpoint_auth_method client_secret_jwt needs .*keyEncryptionSecret/,
      ) as string,
    };
    await expect(kit.admin.clients.create(METHOD)).rejects.toMatchObject(failure);
    expect(await store.clients.list({ limit: 1 })).toEqual([]);
    const { id } = await register(kit);
    await expect(kit.admin.clients.update(id, METHOD)).rejects.toMatchObject(failure);
  });

  it('AUTH-061 is not in the metadata, nor are its algorithms; with one they are', async () => {
    const describeServer = (kit: Kit) =>
      kit.oauth.metadata(
        { request: { ...formRequest(''), method: 'GET', url: '/.well-known/oauth-authorization-server' } },
        {
          metadataSuccess: (_, { document }) => document,
          metadataError: (_, error) => Promise.reject(error),
        },
      );
    const without = await describeServer(await withoutEncryption());
    expect(without.token_endpoint_auth_methods_supported).not.toContain('client_secret_jwt');
    const symmetric = ['HS256', 'HS384', 'HS512'];
    const signs = without.token_endpoint_auth_signing_alg_values_supported;
    expect(signs?.filter((each) => symmetric.includes(each))).toEqual([]);
    const described = await describeServer(await open(OLD));
    expect(described.token_endpoint_auth_methods_supported).toContain('client_secret_jwt');
    expect(described.token_endpoint_auth_signing_alg_values_supported).toEqual(
      expect.arrayContaining(symmetric),
    );
  });

  it('AUTH-061 a method none of whose algorithms is on is not offered', async () => {
    const kit = await open(OLD, { clientAssertions: { algorithms: ['ES256'] } });
    await expect(kit.admin.clients.create(METHOD)).rejects.toMatchObject({ code: 'invalid_client_metadata' });
  });

  it('a client that has it from before is refused, and its secret is not taken as another method’s', async () => {
    const client = await register(await open(OLD), METHOD);
    const kit = await withoutEncryption();
    expect(await works(kit, client.id, client.secret)).toBe(false);
    expect(rendered(refused(await kit.token(GRANT, client.basic)))).toBe(INVALID_CLIENT);
  });
});

describe('the secret of client_secret_jwt', () => {
  it('TOK-050 is kept encrypted, and stands nowhere in the clear', async () => {
    const kit = await open(OLD);
    const own = 'an operator’s own secret of more than 64 octets, which is kept as it came';
    for (const metadata of [{}, { client_secret: own }]) {
      const { id, secret } = await register(kit, { ...METHOD, ...metadata });
      const [kept] = await secretsOf(id);
      expect(kept?.encrypted).toMatch(/^a256gcm:[0-9a-f]{12}:[\w-]+$/);
      const row = JSON.stringify(await store.clients.find(id));
      for (const form of ['utf8', 'base64', 'base64url', 'hex'] as const) {
        expect(row).not.toContain(Buffer.from(secret).toString(form));
      }
      expect(await works(kit, id, secret)).toBe(true);
    }
  });

  it('twice the same secret is never kept alike, and opens for its own row alone', async () => {
    const kit = await open(OLD);
    const client_secret = 's'.repeat(64);
    const [one, two] = [await register(kit, { ...METHOD, client_secret }), await register(kit, METHOD)];
    const twin = await register(kit, { ...METHOD, client_secret });
    const [[kept], [same], [other]] = [
      await secretsOf(one.id),
      await secretsOf(twin.id),
      await secretsOf(two.id),
    ];
    expect(kept?.encrypted).not.toBe(same?.encrypted);
    await store.clientSecrets.replace(other?.id ?? '', other?.digest ?? '', {
      digest: kept?.digest ?? '',
      encrypted: kept?.encrypted ?? '',
    });
    expect(await works(kit, two.id, client_secret)).toBe(false);
    expect(await works(kit, one.id, client_secret)).toBe(true);
  });

  it('AUTH-029 OTH-012 has 64 octets or more when the kit makes it, by rotation too, and serves every HMAC', async () => {
    const kit = await open(OLD);
    const client = await register(kit, METHOD);
    const { issued } = await kit.admin.secrets.rotate(client.id, 60);
    for (const secret of [client.secret, issued.secret]) {
      expect(Buffer.byteLength(secret)).toBeGreaterThanOrEqual(64);
      for (const alg of ['HS256', 'HS384', 'HS512'])
        expect(await works(kit, client.id, secret, alg)).toBe(true);
    }
    expect((await secretsOf(client.id)).map(({ encrypted }) => typeof encrypted)).toEqual([
      'string',
      'string',
    ]);
  });

  it('AUTH-029 one of an operator’s has as many octets as its hash, or is refused', async () => {
    const kit = await open(OLD);
    for (const [algorithm, octets] of [
      ['HS256', 32],
      ['HS384', 48],
      ['HS512', 64],
    ] as const) {
      const metadata = { ...METHOD, token_endpoint_auth_signing_alg: algorithm };
      const short = { ...metadata, client_secret: 'k'.repeat(octets - 1) };
      await expect(kit.admin.clients.create(short)).rejects.toMatchObject({
        code: 'invalid_client_metadata',
        message: `client_secret must have ${octets} octets or more for ${algorithm}`,
      });
      const client = await register(kit, { ...metadata, client_secret: 'é'.repeat(octets / 2) });
      expect(await works(kit, client.id, client.secret, algorithm)).toBe(true);
    }
    expect(await store.clients.list({ limit: 10 })).toHaveLength(3);
  });

  it('AUTH-029 an algorithm that needs a longer secret than the client has is refused', async () => {
    const kit = await open(OLD);
    const { id } = await register(kit, { ...METHOD, client_secret: 'k'.repeat(32) });
    await expect(
      kit.admin.clients.update(id, { token_endpoint_auth_signing_alg: 'HS512' }),
    ).rejects.toMatchObject({ code: 'invalid_client_metadata' });
  });

  it('TOK-053 TOK-052 the old and the new work in the overlap, the new alone after it', async () => {
    const kit = await open(OLD);
    const client = await register(kit, METHOD);
    const { issued } = await kit.admin.secrets.rotate(client.id, 60);
    for (const secret of [client.secret, issued.secret])
      expect(await works(kit, client.id, secret)).toBe(true);
    kit.clock.time += 60;
    expect(await works(kit, client.id, client.secret)).toBe(false);
    expect(await works(kit, client.id, issued.secret)).toBe(true);
  });

  it('last use is recorded for each, at most once a minute, off the path of the request', async () => {
    const kit = await open(OLD);
    const client = await register(kit, METHOD);
    const { issued } = await kit.admin.secrets.rotate(client.id, 6000);
    faults.replace('clientSecrets.touch', () => new Promise(() => {}));
    expect(await works(kit, client.id, client.secret)).toBe(true);
    await turn();
    faults.clear();
    const start = kit.clock.now();
    kit.clock.time += 60;
    for (const secret of [client.secret, client.secret, issued.secret, issued.secret]) {
      expect(await works(kit, client.id, secret)).toBe(true);
    }
    await works(kit, client.id, 'wrong'.repeat(20));
    await turn();
    expect(faults.count('clientSecrets.touch')).toBe(2);
    const used = (await kit.admin.secrets.list(client.id)).map(({ lastUsedAt }) => lastUsedAt);
    expect(used).toEqual([start + 60, start + 60]);
  });

  it('the client cannot come from digests: first they must go', async () => {
    const kit = await open(OLD);
    const client = await register(kit);
    await expect(kit.admin.clients.update(client.id, METHOD)).rejects.toMatchObject({
      code: 'invalid_client_metadata',
      message: expect.stringMatching(/token_endpoint_auth_method.*digests/) as string,
    });
    granted(await kit.token(GRANT, client.basic));
    await kit.admin.secrets.revoke(client.id, client.client.secrets[0]?.id ?? '');
    await kit.admin.clients.update(client.id, METHOD);
    const { issued } = await kit.admin.secrets.rotate(client.id, 0);
    expect(await works(kit, client.id, issued.secret)).toBe(true);
    expect(await works(kit, client.id, client.secret)).toBe(false);
  });
});

describe('a change of the encryption key', () => {
  it('[new, old] reads on, reencrypt tells how many, [new] alone is enough then', async () => {
    const before = await open(OLD);
    const clients = [await register(before, METHOD), await register(before, METHOD)];
    await register(before);
    for (const { id } of clients) await before.admin.secrets.rotate(id, 1000);
    const both = await open([NEW, OLD]);
    for (const { id, secret } of clients) expect(await works(both, id, secret)).toBe(true);
    const late = await register(both, METHOD);
    expect(await both.admin.secrets.reencrypt()).toBe(4);
    expect(await both.admin.secrets.reencrypt()).toBe(0);
    const after = await open(NEW);
    for (const { id, secret } of [...clients, late]) expect(await works(after, id, secret)).toBe(true);
    expect(await after.admin.secrets.reencrypt()).toBe(0);
    for (const { id, secret } of clients) expect(await works(before, id, secret)).toBe(false);
  });

  it('goes through all pages, and leaves expiry and last use as they are', async () => {
    const kit = await open(OLD);
    const ends = { client_secret_expires_at: kit.clock.now() + 500 };
    for (let made = 0; made < 205; made++) {
      await kit.admin.clients.create({ ...METHOD, ...ends, client_id: `c${made}` });
    }
    const [kept] = await secretsOf('c7');
    await store.clientSecrets.touch(kept?.id ?? '', 1_900_000_000);
    const next = await open([NEW, OLD]);
    expect(await next.admin.secrets.reencrypt()).toBe(205);
    const [renewed] = await secretsOf('c7');
    expect(renewed).toEqual({ ...kept, lastUsedAt: 1_900_000_000, encrypted: renewed?.encrypted });
    expect(renewed?.encrypted).not.toBe(kept?.encrypted);
  });

  it('[new] alone without it: 401, and the log says which secret, and not what it is', async () => {
    const client = await register(await open(OLD), METHOD);
    const kit = await open(NEW);
    const report = vi.spyOn(kit.get<FailureLog>(FailureLog), 'report');
    expect(await works(kit, client.id, client.secret)).toBe(false);
    const [kept] = await secretsOf(client.id);
    const logged = report.mock.calls.map(([what, cause]) => `${what}: ${String(cause)}`).join('\n');
    expect(logged).toContain(kept?.id);
    for (const secret of [client.secret, kept?.encrypted, OLD, NEW]) expect(logged).not.toContain(secret);
  });

  it('reencrypt without the old key fails with secret_unreadable, and changes nothing', async () => {
    const client = await register(await open(OLD), METHOD);
    const before = await secretsOf(client.id);
    const kit = await open(NEW);
    const failure = await kit.admin.secrets.reencrypt().then(
      () => undefined,
      (error: Error) => error,
    );
    expect(failure).toMatchObject({ name: 'AdministrationError', code: 'secret_unreadable' });
    expect(failure?.message).toContain(client.id);
    expect(failure?.message).not.toContain(client.secret);
    expect(await secretsOf(client.id)).toEqual(before);
  });

  it('reencrypt goes on past what it cannot read: all the others are done, and it names the unreadable', async () => {
    const before = await open(OLD);
    for (let made = 0; made < 203; made++) {
      await before.admin.clients.create({ ...METHOD, client_id: `b${100 + made}` });
    }
    const lost = await open('l'.repeat(32));
    const [first, last] = [
      await register(lost, { ...METHOD, client_id: 'a' }),
      await register(lost, { ...METHOD, client_id: 'c' }),
    ];
    const kept = [await secretsOf('a'), await secretsOf('c')];
    const kit = await open([NEW, OLD]);
    const ids = [first, last].map(({ client }) => `${client.secrets[0]?.id} of ${client.id}`).join(', ');
    for (let again = 0; again < 2; again++) {
      await expect(kit.admin.secrets.reencrypt()).rejects.toMatchObject({
        name: 'AdministrationError',
        code: 'secret_unreadable',
        message: expect.stringContaining(`No keyEncryptionSecret opens these: ${ids}`) as unknown,
      });
    }
    expect([await secretsOf('a'), await secretsOf('c')]).toEqual(kept);
    expect(faults.count('clientSecrets.replace')).toBe(203);
    await kit.admin.clients.delete('a');
    await kit.admin.clients.delete('c');
    expect(await (await open(NEW)).admin.secrets.reencrypt()).toBe(0);
  });

  it.each([
    ['a character', 'x'],
    ['cut off', ''],
    ['another format', 'clear:'],
  ])('a text that was tampered with is unreadable: %s', async (_, change) => {
    const kit = await open(OLD);
    const { id, secret } = await register(kit, METHOD);
    const [kept] = await secretsOf(id);
    const { id: secretId = '', digest = '', encrypted = '' } = kept ?? {};
    const text = change === 'clear:' ? `clear:${secret}` : encrypted.slice(0, -20) + change;
    await store.clientSecrets.replace(secretId, digest, { digest, encrypted: text });
    expect(await works(kit, id, secret)).toBe(false);
    const next = await open([NEW, OLD]);
    await expect(next.admin.secrets.reencrypt()).rejects.toMatchObject({ code: 'secret_unreadable' });
  });

  it('rotations and revocations at the same time lose nothing', async () => {
    const before = await open(OLD);
    const clients = await Promise.all(Array.from({ length: 10 }, () => register(before, METHOD)));
    const kit = await open([NEW, OLD]);
    const [, , ...rotated] = await Promise.all([
      kit.admin.secrets.reencrypt(),
      kit.admin.secrets.reencrypt(),
      ...clients.map(({ id }, index) => (index % 2 ? kit : before).admin.secrets.rotate(id, 1000)),
    ]);
    await kit.admin.secrets.reencrypt();
    const after = await open(NEW);
    for (const [index, { id, secret }] of clients.entries()) {
      expect(await works(after, id, secret)).toBe(true);
      expect(await works(after, id, rotated[index]?.issued.secret ?? '')).toBe(true);
    }
  });

  it('a store that fails in the midst of it is told, and it may be repeated', async () => {
    const client = await register(await open(OLD), METHOD);
    const kit = await open([NEW, OLD]);
    faults.reject('clientSecrets.replace', new Error('down'));
    await expect(kit.admin.secrets.reencrypt()).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    faults.clear();
    expect(await kit.admin.secrets.reencrypt()).toBe(1);
    expect(await works(await open(NEW), client.id, client.secret)).toBe(true);
  });
});
