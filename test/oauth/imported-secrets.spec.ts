import argon2 from 'argon2';
import bcrypt from 'bcrypt';
import { scryptSync } from 'node:crypto';
import { ImportedHashes, type Persistence } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ForeignHashes } from '../../src/hashes/foreign-hashes.js';
import { FailureLog } from '../../src/nest/failure.log.js';
import { sha256 } from '../../src/oauth/digest.js';
import { basic, echo, formRequest, openKit, type Kit, type Outcome } from '../support/echo.js';
import { INVALID_CLIENT, newKeyPair } from './assertions.js';
import { type Faults, faulty, granted, GRANT, refused, register, rendered, turn } from './support.js';

const SECRET = 'correct horse – Pferd';
const OTHER = 'battery staple';
const salt = Buffer.from('0123456789abcdef');
const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');

const ARGON2ID = await argon2.hash(SECRET, { memoryCost: 1024, timeCost: 2 });
const BCRYPT = await bcrypt.hash(SECRET, 5);
const SCRYPT = `$scrypt$ln=10,r=8,p=1$${unpadded(salt)}$${unpadded(scryptSync(SECRET, salt, 32, { N: 1024 }))}`;
const HASHES = [
  ['argon2id', ARGON2ID],
  ['bcrypt', BCRYPT],
  ['scrypt', SCRYPT],
] as const;

/** The kit's own, and what it was asked. */
class RecordingHashes extends ImportedHashes {
  readonly verified: string[] = [];
  readonly sources: string[] = [];
  private readonly own = new ForeignHashes();

  refusal(hash: string): Promise<string | undefined> {
    return this.own.refusal(hash);
  }

  verify(hash: string, secret: string, source: string): Promise<boolean | 'busy'> {
    this.verified.push(hash);
    this.sources.push(source);
    return this.own.verify(hash, secret, source);
  }
}

let hashes: RecordingHashes;
let faults: Faults;
let store: Persistence;
let kit: Kit;

beforeEach(async () => {
  hashes = new RecordingHashes();
  const made = faulty();
  ({ faults, store } = made);
  kit = await openKit({ persistence: made.persistence, importedHashes: hashes, clientCacheLifetime: 5 });
});

afterEach(() => kit.close());

const works = async (id: string, secret: string) => {
  const outcome = await kit.token(GRANT, basic(id, secret));
  if ('error' in outcome) expect(rendered(outcome.error)).toBe(INVALID_CLIENT);
  return 'success' in outcome;
};

/** A token request from this address. */
const from = (ip: string | undefined, id: string, secret: string): Promise<Outcome> =>
  kit.oauth.token({ request: { ...formRequest(GRANT, basic(id, secret)), ip } }, echo);

const statusOf = (outcome: Outcome): number => ('error' in outcome ? outcome.error.status : 200);

const digests = async (id: string) => (await store.clients.find(id))?.secrets.map(({ digest }) => digest);

async function importing(hash: string, metadata: Record<string, unknown> = {}): Promise<string> {
  const { client, issued } = await kit.admin.clients.create({ client_secret_hash: hash, ...metadata });
  expect(issued).toBeUndefined();
  return client.id;
}

/** The client with one more imported secret, which only a migration of rows can give it. */
async function alsoImporting(id: string, secretId: string, digest: string, expiresAt?: number) {
  const secret = { id: secretId, digest, createdAt: kit.clock.now() };
  await store.clientSecrets.add(id, expiresAt === undefined ? secret : { ...secret, expiresAt });
}

describe.each(HASHES)('a secret of which another system has a hash by %s', (_, hash) => {
  it('works; with its first use the kit’s own digest takes the place of the hash', async () => {
    const id = await importing(hash);
    expect(await digests(id)).toEqual([hash]);
    expect(await works(id, SECRET)).toBe(true);
    await turn();
    expect(await digests(id)).toEqual([sha256(SECRET)]);
    expect(hashes.verified).toEqual([hash]);
    expect(await works(id, SECRET)).toBe(true);
    expect(await works(id, OTHER)).toBe(false);
    expect(hashes.verified).toEqual([hash]);
  });

  it('a wrong secret is refused like any other, and changes nothing', async () => {
    const id = await importing(hash);
    for (const secret of [
      OTHER,
      `${SECRET} `,
      SECRET.slice(0, -1),
      SECRET.toUpperCase(),
      hash,
      sha256(hash),
    ]) {
      expect(await works(id, secret)).toBe(false);
    }
    await turn();
    expect(await digests(id)).toEqual([hash]);
    expect(faults.count('clientSecrets.replace')).toBe(0);
    expect(await works(id, SECRET)).toBe(true);
  });
});

describe('imported secrets', () => {
  it('work by client_secret_post as well, and their use is recorded', async () => {
    const id = await importing(BCRYPT, { token_endpoint_auth_method: 'client_secret_post' });
    granted(await kit.token({ ...GRANT, client_id: id, client_secret: SECRET }));
    await turn();
    expect(await digests(id)).toEqual([sha256(SECRET)]);
    expect((await kit.admin.secrets.list(id))[0]?.lastUsedAt).toBe(kit.clock.now());
  });

  it('several are tried one after the other; the one that fits is replaced alone', async () => {
    const id = await importing(await bcrypt.hash(OTHER, 4));
    await alsoImporting(id, 'second', SCRYPT);
    const [first] = (await digests(id)) ?? [];
    expect(await works(id, SECRET)).toBe(true);
    await turn();
    expect(hashes.verified).toEqual([first, SCRYPT]);
    expect(await digests(id)).toEqual([first, sha256(SECRET)]);
    expect(await works(id, OTHER)).toBe(true);
    await turn();
    expect(await digests(id)).toEqual([sha256(OTHER), sha256(SECRET)]);
  });

  it('a secret of the kit’s own costs no hash, whatever stands beside it', async () => {
    const client = await register(kit);
    await alsoImporting(client.id, 'imported', ARGON2ID);
    expect(await works(client.id, client.secret)).toBe(true);
    expect(hashes.verified).toEqual([]);
  });

  it('TOK-052 one past its end is never tried', async () => {
    const end = kit.clock.now() + 100;
    const id = await importing(BCRYPT, { client_secret_expires_at: end });
    kit.clock.time = end;
    expect(await works(id, SECRET)).toBe(false);
    expect(hashes.verified).toEqual([]);
    kit.clock.time = end - 1;
    expect(await works(id, SECRET)).toBe(true);
    await turn();
    expect((await store.clients.find(id))?.secrets).toMatchObject([
      { digest: sha256(SECRET), expiresAt: end },
    ]);
    kit.clock.time = end;
    expect(await works(id, SECRET)).toBe(false);
  });

  it('TOK-053 a rotation ends one with the overlap', async () => {
    const id = await importing(BCRYPT);
    const { issued } = await kit.admin.secrets.rotate(id, 60);
    for (const secret of [SECRET, issued.secret]) expect(await works(id, secret)).toBe(true);
    await turn();
    kit.clock.time += 60;
    expect(await works(id, SECRET)).toBe(false);
    expect(await works(id, issued.secret)).toBe(true);
  });

  it('TOK-050 a client that is unknown, disabled or of another method costs no hash', async () => {
    const id = await importing(BCRYPT);
    await kit.admin.clients.disable(id);
    expect(await works(id, SECRET)).toBe(false);
    expect(await works('nobody', SECRET)).toBe(false);
    const post = await importing(BCRYPT, { token_endpoint_auth_method: 'client_secret_post' });
    expect(await works(post, SECRET)).toBe(false);
    expect(hashes.verified).toEqual([]);
  });

  it('the hash itself is no secret, nor is its digest', async () => {
    const id = await importing(SCRYPT);
    for (const secret of [SCRYPT, sha256(SCRYPT), sha256(SECRET), '$', '$scrypt$']) {
      expect(await works(id, secret)).toBe(false);
    }
  });

  it('a secret that an operator has chosen may look like a hash, and is none', async () => {
    const client = await register(kit, { client_secret: BCRYPT });
    expect(await works(client.id, BCRYPT)).toBe(true);
    expect(await works(client.id, SECRET)).toBe(false);
    expect(hashes.verified).toEqual([]);
  });

  it('a store that cannot replace the hash does not stop the client: it is logged only', async () => {
    const report = vi.spyOn(kit.get<FailureLog>(FailureLog), 'report');
    const id = await importing(BCRYPT);
    faults.reject('clientSecrets.replace', new Error('read-only'));
    expect(await works(id, SECRET)).toBe(true);
    await turn();
    expect(await digests(id)).toEqual([BCRYPT]);
    expect(report.mock.calls).toEqual([
      [expect.stringMatching(/imported secret/), expect.objectContaining({ message: 'read-only' })],
    ]);
    faults.clear();
    expect(await works(id, SECRET)).toBe(true);
    await turn();
    expect(await digests(id)).toEqual([sha256(SECRET)]);
  });

  it('the answer does not wait for the replacement', async () => {
    const id = await importing(BCRYPT);
    faults.replace('clientSecrets.replace', () => new Promise(() => {}));
    expect(await works(id, SECRET)).toBe(true);
  });

  it('first uses at the same time all succeed and leave one digest', async () => {
    const id = await importing(BCRYPT);
    const all = ['192.0.2.1', '192.0.2.1', '192.0.2.2', '198.51.100.9'].map((ip) => from(ip, id, SECRET));
    expect((await Promise.all(all)).map(statusOf)).toEqual([200, 200, 200, 200]);
    await turn();
    expect(await digests(id)).toEqual([sha256(SECRET)]);
  });

  it('a hash that cannot be computed is a failure of the server, without its reason', async () => {
    const id = await importing(BCRYPT);
    hashes.verify = () => Promise.reject(new Error('hunter2'));
    const error = refused(await kit.token(GRANT, basic(id, SECRET)));
    expect(error).toMatchObject({ status: 500, code: 'server_error' });
    expect(rendered(error)).not.toContain('hunter2');
  });
});

describe('threat 20 bcrypt looks at 72 bytes alone', () => {
  const LONG = 'a1B2'.repeat(32);

  it('so a longer secret, and its first 72 characters, are refused for a hash of it', async () => {
    const id = await importing(await bcrypt.hash(LONG, 4));
    for (const length of [71, 72, 73, 127, 128]) {
      expect(await works(id, LONG.slice(0, length))).toBe(false);
    }
    expect(await works(id, LONG.slice(0, 72) + 'x'.repeat(56))).toBe(false);
  });

  it('while argon2id and scrypt look at all of it', async () => {
    const scrypt = unpadded(scryptSync(LONG, salt, 32, { N: 1024 }));
    const long = [
      await argon2.hash(LONG, { memoryCost: 1024, timeCost: 2 }),
      `$scrypt$ln=10,r=8,p=1$${unpadded(salt)}$${scrypt}`,
    ];
    for (const hash of long) {
      const id = await importing(hash);
      expect(await works(id, LONG.slice(0, 72))).toBe(false);
      expect(await works(id, LONG)).toBe(true);
    }
  });
});

describe('registration of a hash', () => {
  async function refusal(metadata: Record<string, unknown>): Promise<string> {
    const error: unknown = await kit.admin.clients.create(metadata).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    expect(error).toMatchObject({ name: 'OauthError', code: 'invalid_client_metadata', status: 400 });
    expect(await store.clients.list({ limit: 1 })).toEqual([]);
    return (error as Error).message;
  }

  it.each<[string, unknown]>([
    ['a number', 7],
    ['an object', { toString: BCRYPT }],
    ['nothing', ''],
    ['a secret', 'hunter2'],
    ['with a space', `${BCRYPT} `],
    ['with a line break', `${BCRYPT}\n`],
    ['MD5', '$1$abcdefgh$G/9Pl1BhnRzBlRvIbQHkS0'],
    ['argon2i', ARGON2ID.replace('argon2id', 'argon2i')],
    ['too dear bcrypt', BCRYPT.replace('$05$', '$31$')],
    ['too dear scrypt', SCRYPT.replace('ln=10', 'ln=30')],
    ['too much memory', ARGON2ID.replace('m=1024', 'm=4194304')],
    ['cut off', BCRYPT.slice(0, -1)],
    ['very long', BCRYPT + 'x'.repeat(10_000)],
  ])('refuses %s, names the member and repeats nothing', async (_, hash) => {
    const message = await refusal({ client_secret_hash: hash });
    expect(message).toMatch(/^client_secret_hash\b/);
    expect(message).not.toContain('hunter2');
    expect(message.length).toBeLessThan(300);
  });

  it('refuses client_secret and client_secret_hash together', async () => {
    const message = await refusal({ client_secret_hash: BCRYPT, client_secret: SECRET });
    expect(message).toMatch(/client_secret and client_secret_hash/);
    expect(message).not.toContain(SECRET);
  });

  it.each(['private_key_jwt', 'none'])('refuses it with %s, which has no secret', async (method) => {
    const { jwk } = await newKeyPair('ES256');
    const machine = { jwks: { keys: [jwk] } };
    const metadata = method === 'none' ? { grant_types: [] } : machine;
    const message = await refusal({
      client_secret_hash: BCRYPT,
      token_endpoint_auth_method: method,
      ...metadata,
    });
    expect(message).toContain('client_secret_hash');
    expect(message).toContain(method);
  });

  it('AUTH-030 refuses it with client_secret_jwt, which needs the secret itself', async () => {
    const encrypted = await openKit({ keyEncryptionSecret: 'k'.repeat(32) });
    const metadata = { client_secret_hash: BCRYPT, token_endpoint_auth_method: 'client_secret_jwt' };
    await expect(encrypted.admin.clients.create(metadata)).rejects.toMatchObject({
      code: 'invalid_client_metadata',
      message: expect.stringMatching(/^client_secret_hash .*client_secret_jwt/) as string,
    });
    await encrypted.close();
  });

  it('takes null for no hash; an update changes none', async () => {
    const { id } = await register(kit, { client_secret_hash: null });
    const message = await kit.admin.clients.update(id, { client_secret_hash: BCRYPT }).then(
      () => 'updated',
      (failure: Error) => failure.message,
    );
    expect(message).toMatch(/client_secret cannot be changed here/);
    expect(await digests(id)).not.toContain(BCRYPT);
  });
});

describe('the source of an imported secret', () => {
  it('is the group of the address, or the client where the platform tells none', async () => {
    const id = await importing(BCRYPT);
    for (const ip of [
      '192.0.2.1',
      '::ffff:192.0.2.1',
      '2001:db8:1:2::1',
      '2001:db8:1:2:ffff::1',
      undefined,
    ]) {
      expect(statusOf(await from(ip, id, OTHER))).toBe(401);
    }
    const [ipv4, mapped, ipv6, neighbour, none] = hashes.sources;
    expect([mapped, neighbour, none]).toEqual([ipv4, ipv6, id]);
    expect(new Set(hashes.sources).size).toBe(3);
  });
});
