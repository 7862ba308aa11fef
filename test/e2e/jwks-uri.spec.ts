import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { RequestListener } from 'node:http';
import { freePort, HTTP_ADAPTERS, startSampleApp } from '../support/sample-app.js';
import {
  ADVANCING_CLOCK,
  advance,
  clientKey,
  registerSigner,
  signer,
  tally,
  times,
  tokenFrom,
  type AssertionOptions,
  type ClientKey,
  type SigningClient,
} from './support/assertions.js';
import {
  endless,
  hostilities,
  JwksServer,
  keySet,
  MOST_BYTES,
  padded,
  redirect,
  text,
} from './support/jwks-server.js';
import { expectError, expectToken, openServer, type Server } from './support/server.js';
import type { Answer } from './support/wire.js';

const JWKS_URI_ALLOW_LOOPBACK = '1';

/** What an answer says, but for the time. */
function said({ status, headers, text: body }: Answer): unknown {
  return { status, headers: { ...headers, date: undefined }, body };
}

describe.each(HTTP_ADAPTERS)('the jwks_uri of clients on %s', (httpAdapter) => {
  let server: Server;
  let jwks: JwksServer;
  let target: JwksServer;
  let key: ClientKey;
  /** What a client with a wrong key gets. */
  let refusal: unknown;
  let ahead = 0;

  beforeAll(async () => {
    [jwks, target, key] = await Promise.all([JwksServer.open(), JwksServer.open(), clientKey()]);
    server = await openServer({ httpAdapter, env: { JWKS_URI_ALLOW_LOOPBACK, ...ADVANCING_CLOCK } });
    const inline = await registerSigner(server);
    const answer = await tokenBy(inline, { key: await clientKey('ES256', inline.key?.kid) });
    expectError(answer, 401, 'invalid_client');
    refusal = said(answer);
  });

  afterAll(async () => {
    await server.close();
    await Promise.all([jwks.down(), target.down()]);
  });

  const tokenBy = async (client: SigningClient, options: AssertionOptions = {}) =>
    server.token(await client.form({ ahead, ...options }), {});

  const clientAt = (uri: string, own = key) => registerSigner(server, { jwks_uri: uri }, own);

  async function expectRefused(client: SigningClient, options?: AssertionOptions): Promise<void> {
    const answer = await tokenBy(client, options);
    expectError(answer, 401, 'invalid_client');
    expect(said(answer)).toEqual(refusal);
  }

  async function expectGranted(client: SigningClient, options?: AssertionOptions): Promise<void> {
    expectToken(await tokenBy(client, options));
  }

  it('AUTH-001 AUTH-045 brings the keys, and is asked once for all that come at once', async () => {
    const uri = jwks.at(keySet([(await clientKey()).publicJwk, key.publicJwk]));
    const client = await clientAt(uri);
    const answers = await times(40, () => tokenBy(client));
    expect(tally(answers)).toEqual({ 200: 40 });
    expect(jwks.requests(uri)).toBe(1);
    await expectRefused(client, { key: await clientKey('ES256', key.kid) });
  });

  it('AUTH-045 is asked plainly: no cookie, no credentials, no encoding, on one connection', async () => {
    const heads: unknown[] = [];
    const uri = jwks.at((request, response) => {
      heads.push([request.method, request.headers]);
      keySet([key.publicJwk], { 'Set-Cookie': 'a=b' })(request, response);
    });
    await expectGranted(await clientAt(uri));
    expect(heads).toHaveLength(1);
    const [method, headers] = heads[0] as [string, Record<string, string>];
    expect(method).toBe('GET');
    expect(headers['accept-encoding']).toBe('identity');
    for (const name of ['cookie', 'authorization', 'referer']) expect(headers[name]).toBeUndefined();
  });

  it('AUTH-045 may be 64 KiB long, and hold what is none of its keys', async () => {
    const [other, symmetric] = [await clientKey(), { kty: 'oct', k: 'c2VjcmV0' }];
    const mixed = [null, symmetric, other.privateJwk, { kty: 'PQ' }, key.publicJwk] as never[];
    await expectGranted(await clientAt(jwks.at(text(padded([key.publicJwk], MOST_BYTES)))));
    const client = await clientAt(jwks.at(keySet(mixed)));
    await expectGranted(client);
    await expectRefused(client, { key: other });
  });

  it('AUTH-045 ROB-029 threat 15 AUTH-003: one that is hostile gives 401, never a token', async () => {
    const failures: string[] = [];
    for (const [what, listener] of hostilities(key, target)) {
      const uri = jwks.at(listener);
      const client = await clientAt(uri);
      const answer = await tokenBy(client);
      expect.soft(said(answer), `a server that ${what}`).toEqual(refusal);
      if (jwks.requests(uri) === 0) failures.push(`${what}: it was not asked`);
      // It is not asked at once again.
      const before = jwks.requests(uri);
      expect.soft(said(await tokenBy(client)), `again, a server that ${what}`).toEqual(refusal);
      if (jwks.requests(uri) > before + 1) failures.push(`${what}: it was asked too often`);
      await server.serves();
    }
    expect(failures).toEqual([]);
    // Nobody has followed a redirect.
    expect(target.connections).toBe(0);
    expect(server.app.output()).not.toMatch(/unhandled|uncaught/i);
  });

  it('AUTH-028 AUTH-027 a symmetric key in the set makes no HMAC good', async () => {
    const bytes = JSON.stringify(key.publicJwk);
    const oct = { kty: 'oct', kid: key.kid, k: Buffer.from(bytes).toString('base64url') };
    const { id } = await clientAt(jwks.at(keySet([oct, key.publicJwk])));
    const forger = signer(server.issuer, { id, secret: bytes });
    await expectRefused(forger, { header: { kid: key.kid } });
  });

  // Takes as long as a fetch may take.
  it.runIf(httpAdapter === 'express')(
    'AUTH-045 ROB-029 a server that is slow holds up its own clients alone',
    async () => {
      const slow: RequestListener[] = [
        () => undefined,
        endless(JSON.stringify({ keys: [key.publicJwk] }).slice(0, -1), 50),
        (request) => void request.socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'),
      ];
      const healthy = await clientAt(jwks.at(keySet([key.publicJwk])));
      const uris = slow.map((listener) => jwks.at(listener));
      const clients = await Promise.all(uris.map((uri) => clientAt(uri)));
      const answers = clients.flatMap((client) => [tokenBy(client), tokenBy(client)]);
      await expect.poll(() => uris.map((uri) => jwks.requests(uri))).toEqual([1, 1, 1]);
      const meanwhile = await times(30, (index) =>
        index % 2 === 0 ? server.token('grant_type=client_credentials') : tokenBy(healthy),
      );
      expect(tally(meanwhile)).toEqual({ 200: 30 });
      for (const answer of await Promise.all(answers)) expect(said(answer)).toEqual(refusal);
      expect(uris.map((uri) => jwks.requests(uri))).toEqual([1, 1, 1]);
    },
  );

  it('AUTH-045 nobody listens: 401, and a token when somebody does', async () => {
    const own = await JwksServer.open();
    onTestFinished(() => own.down());
    const uri = own.at(keySet([key.publicJwk]));
    const client = await clientAt(uri);
    await own.down();
    await expectRefused(client);
    await own.up();
    ahead = await advance(server.app);
    await expectGranted(client);
  });

  it('AUTH-031 a key that is new at the server works after one fetch', async () => {
    const uri = jwks.at(keySet([key.publicJwk]));
    const client = await clientAt(uri);
    await expectGranted(client);
    const next = await clientKey();
    jwks.change(uri, keySet([key.publicJwk, next.publicJwk]));
    await expectGranted(client, { key: next });
    expect(jwks.requests(uri)).toBe(2);
    await expectGranted(client);
  });

  it('AUTH-031 a key that is new at the server works a minute after the last fetch', async () => {
    const uri = jwks.at(keySet([key.publicJwk]));
    const client = await clientAt(uri);
    await expectGranted(client);
    const next = await clientKey();
    jwks.change(uri, keySet([next.publicJwk]));
    ahead = await advance(server.app);
    await expectGranted(client, { key: next });
    expect(jwks.requests(uri)).toBe(2);
    await expectRefused(client);
  });

  it('AUTH-031 AUTH-046 threat 15 unknown kids by the hundred cause one fetch a minute', async () => {
    const uri = jwks.at(keySet([key.publicJwk]));
    const client = await clientAt(uri);
    await expectGranted(client);
    const flood = async () => {
      // From several addresses, lest they be throttled.
      const answers = await times(200, async (index) => {
        const form = await client.form({ ahead, header: { kid: `unknown-${index}` } });
        return tokenFrom(`127.0.1.${1 + (index % 4)}`, server.port, form);
      });
      expect(tally(answers)).toEqual({ 401: 200 });
    };
    await flood();
    expect(jwks.requests(uri)).toBeLessThanOrEqual(2);
    await expectGranted(client);
    const before = jwks.requests(uri);
    ahead = await advance(server.app);
    await flood();
    expect(jwks.requests(uri)).toBe(before + 1);
    await expectGranted(client);
  });

  it('AUTH-045 AUTH-046 the last good set is kept while there is no other', async () => {
    const own = await JwksServer.open();
    onTestFinished(() => own.down());
    const uri = own.at(keySet([key.publicJwk], { 'Cache-Control': 'max-age=1' }));
    const client = await clientAt(uri);
    await expectGranted(client);
    const bad: (() => void | Promise<void>)[] = [
      () => own.down(),
      () => own.up().then(() => own.change(uri, text('{"keys":null}'))),
      () => own.change(uri, redirect(302, target.url('/'))),
    ];
    for (const make of bad) {
      await make();
      ahead = await advance(server.app);
      await expectGranted(client);
      await expectRefused(client, { header: { kid: 'unknown' } });
      await expectGranted(client);
    }
    // A set that is good and has other keys takes its place.
    const next = await clientKey();
    own.change(uri, keySet([next.publicJwk]));
    ahead = await advance(server.app);
    await expectRefused(client);
    await expectGranted(client, { key: next });
  });

  it('AUTH-046 a key that is gone stops to work when the set is no longer fresh', async () => {
    const uri = jwks.at(keySet([key.publicJwk], { 'Cache-Control': 'max-age=100' }));
    const client = await clientAt(uri);
    await expectGranted(client);
    jwks.change(uri, keySet([]));
    ahead = await advance(server.app);
    await expectGranted(client);
    expect(jwks.requests(uri)).toBe(1);
    ahead = await advance(server.app);
    await expectRefused(client);
    // The set anew, and once more for the key that it does not have.
    expect(jwks.requests(uri)).toBe(3);
  });

  it('threat 14 ROB-029 without the option a registered one on loopback is not connected to', async () => {
    const own = await JwksServer.open();
    onTestFinished(() => own.down());
    const client = await clientAt(own.at(keySet([key.publicJwk])));
    const { databaseUrl, issuer: ISSUER } = server;
    const strict = await startSampleApp({ httpAdapter, databaseUrl, env: { ISSUER } });
    onTestFinished(async () => void (await strict.stop()));
    const { status, text: body } = await tokenFrom('127.0.0.1', strict.port, await client.form());
    expect([status, body]).toEqual([401, (refusal as { body: string }).body]);
    expect(own.connections).toBe(0);
  });

  it('threat 14 the option lets in loopback and nothing else', async () => {
    const refused = ['http://10.0.0.1/jwks', 'http://example.com/jwks', 'http://0.0.0.0:1/jwks', 'https://10.0.0.1/jwks', 'https://[fd00::1]/jwks', 'http://169.254.169.254/jwks', 'http://127.0.0.1.example.com/jwks', 'http://user:pw@127.0.0.1/jwks', 'http://127.0.0.1/jwks#x']; // prettier-ignore
    for (const uri of refused) await expect.soft(clientAt(uri), uri).rejects.toMatchObject(REFUSED);
  });
});

describe('many a jwks_uri', () => {
  let server: Server;
  let jwks: JwksServer;
  let key: ClientKey;

  beforeAll(async () => {
    [jwks, key] = await Promise.all([JwksServer.open(), clientKey()]);
    server = await openServer({ httpAdapter: 'fastify', env: { JWKS_URI_ALLOW_LOOPBACK } });
  });

  afterAll(async () => {
    await server.close();
    await jwks.down();
  });

  const clientsAt = (count: number, own: JwksServer, listener: RequestListener) =>
    times(count, () => registerSigner(server, { jwks_uri: own.at(listener) }, key));

  async function tokensBy(clients: readonly SigningClient[]): Promise<Answer[]> {
    const forms = await Promise.all(clients.map((client) => client.form()));
    return Promise.all(forms.map((form) => server.token(form, {})));
  }

  it('AUTH-045 AUTH-001 forty clients that come at once, as after a start, all get their tokens', async () => {
    const good = keySet([key.publicJwk]);
    const clients = await clientsAt(40, jwks, (...exchange) => void setTimeout(good, 50, ...exchange));
    expect(tally(await tokensBy(clients))).toEqual({ 200: 40 });
  });

  it('AUTH-045 ROB-029 threat 15 ten slow servers keep no other client from its keys', async () => {
    const slow = await JwksServer.open();
    onTestFinished(() => slow.down());
    const held = await clientsAt(10, slow, () => undefined);
    const healthy = await clientsAt(1, jwks, keySet([key.publicJwk]));
    const answers = tokensBy(held);
    await expect.poll(() => slow.connections).toBeGreaterThanOrEqual(1);
    const [answer] = await tokensBy(healthy);
    expect(tally(await answers)).toEqual({ 401: 10 });
    expectToken(answer as Answer);
  });
});

const REFUSED = {
  code: 'invalid_client_metadata',
  message: expect.stringContaining('jwks_uri') as unknown,
};

/** Threat 14. None of them is ever asked. */
const UNSAFE: readonly string[] = [
  'http://example.com/jwks.json', 'HTTP://example.com/jwks.json', 'http://localhost/jwks.json',
  'file:///etc/passwd', 'file://localhost/etc/passwd', 'ftp://example.com/jwks.json', 'gopher://example.com/_x',
  'data:application/json,{"keys":[]}', 'javascript:alert(1)', 'blob:https://example.com/1', 'urn:example:jwks',
  'jwks.json', '/jwks.json', '//example.com/jwks.json', 'https:example.com', 'https:/example.com', 'https://', '',
  'https://user:pw@example.com/jwks.json', 'https://user@example.com/jwks.json', 'https://@example.com/jwks.json',
  'https://example.com/jwks.json#', 'https://example.com/jwks.json#key', 'https://example.com\\@127.0.0.1/',
  'https://127.0.0.1/jwks.json', 'https://127.1/', 'https://10.0.0.1/', 'https://172.16.0.1/', 'https://192.168.0.1/',
  'https://169.254.169.254/latest/meta-data', 'https://100.64.0.1/', 'https://0.0.0.0/', 'https://0/',
  'https://255.255.255.255/', 'https://224.0.0.1/', 'https://8.8.8.8/', 'https://2130706433/', 'https://0x7f000001/',
  'https://0x7f.0.0.1/', 'https://0177.0.0.1/', 'https://017700000001/', 'https://127.0.0.1./', 'https://１２７.0.0.1/',
  'https://[::1]/', 'https://[::]/', 'https://[::ffff:169.254.169.254]/', 'https://[::ffff:7f00:1]/',
  'https://[fe80::1]/', 'https://[fd00::1]/', 'https://[64:ff9b::7f00:1]/', 'https://[2001:db8::1]/',
  'https://localhost/', 'https://LOCALHOST/', 'https://localhost./', 'https://a.localhost/', 'https://exa mple.com/',
  'https://example.com/\r\nX: y', 'https://example.com:99999/', `https://example.com/${'x'.repeat(2_000)}`,
]; // prettier-ignore

describe('a jwks_uri that is not safe', () => {
  let server: Server;
  let jwks: JwksServer;

  beforeAll(async () => {
    [server, jwks] = await Promise.all([openServer(), JwksServer.open()]);
  });

  afterAll(() => Promise.all([server.close(), jwks.down()]));

  it('threat 14 AUTH-045 ROB-029 is refused at registration, by name, and nobody is asked', async () => {
    const own = jwks.at(keySet([]));
    const all = [...UNSAFE, own, own.replace('http:', 'https:'), own.replace('127.0.0.1', 'localhost')];
    for (const uri of all) {
      const registering = server.register({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: uri });
      await expect.soft(registering, JSON.stringify(uri)).rejects.toMatchObject(REFUSED);
      const changing = server.admin.clients.update(server.client.id, { jwks_uri: uri });
      await expect.soft(changing, JSON.stringify(uri)).rejects.toMatchObject(REFUSED);
    }
    expect(jwks.connections).toBe(0);
    const fine = {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://keys.example.com:8443/a?b=c',
    };
    await expect(server.register(fine)).resolves.toBeDefined();
  });

  it('AUTH-035 is not registered beside keys', async () => {
    const { publicJwk } = await clientKey();
    const both = { jwks: { keys: [publicJwk] }, jwks_uri: 'https://keys.example.com/' };
    await expect(
      server.register({ token_endpoint_auth_method: 'private_key_jwt', ...both }),
    ).rejects.toMatchObject({
      code: 'invalid_client_metadata',
    });
  });

  it.each(['https://auth.example.com', 'https://127.0.0.1.example.com'])(
    'threat 14 JWKS_URI_ALLOW_LOOPBACK stops the start with the issuer %s',
    async (ISSUER) => {
      const env = { ISSUER, JWKS_URI_ALLOW_LOOPBACK, KEY_ENCRYPTION_SECRET: 'x'.repeat(32) };
      const starting = startSampleApp({ port: await freePort(), env });
      await expect(starting).rejects.toThrow(/did not start[^]*jwks_?uri_?allow_?loopback/i);
    },
  );
});
