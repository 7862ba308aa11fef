import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, type TestDatabase } from '../support/databases.js';
import { freePort, startSampleApp, type SampleApp } from '../support/sample-app.js';
import { KEY_ENCRYPTION_SECRET } from './support/assertions.js';
import {
  AS_JWT,
  deniedTokens,
  expectActive,
  expectInactive,
  expectInactiveJwt,
  expectJwt,
  expectRefused,
  expectRevoked,
  FORMATS,
  introspect,
  operate,
  registerResourceServer,
  revoke,
  tokenOf,
  use,
  type Format,
} from './support/lookups.js';
import { openServer, type Server, type TestClient } from './support/server.js';
import { send, type Answer } from './support/wire.js';

/** The command starts a process for each change. */
const SLOW = { timeout: 60_000 };
// PGlite has no server that another process could reach.
const reachable = engines().filter(({ name }) => name !== 'PGlite');

describe.each(reachable)('revocation by one of two processes on $name', (engine) => {
  let database: TestDatabase;
  let server: Server;
  let other: SampleApp;
  let ports: readonly number[];
  let apis: Record<Format['api'], TestClient>;

  beforeAll(async () => {
    database = await engine.open();
    const { url: databaseUrl = '' } = database;
    const port = await freePort();
    const env = { KEY_ENCRYPTION_SECRET, ISSUER: `http://127.0.0.1:${port}` };
    const settings = { databaseUrl, env };
    [server, other] = await Promise.all([
      openServer({ ...settings, port, httpAdapter: 'express' }),
      startSampleApp({ ...settings, httpAdapter: 'fastify' }),
    ]);
    ports = [server.port, other.port];
    apis = {
      '/api/catalog': await registerResourceServer(server, '/api/catalog'),
      '/api/statistics': await registerResourceServer(server, '/api/statistics'),
    };
  });

  afterAll(async () => {
    await other.stop();
    await server.close();
    await database.close();
  });

  async function expectAlive(token: string, api: Format['api'], client: TestClient): Promise<void> {
    for (const port of ports) {
      expect((await use(port, api, token)).status).toBe(200);
      expectActive(await introspect(port, token, client));
      expectActive(await introspect(port, token, apis[api]));
    }
  }

  /** At each of the processes, in this order. */
  async function expectDead(token: string, api: Format['api'], at = ports): Promise<void> {
    for (const port of at) {
      expectRefused(await use(port, api, token));
      expectInactive(await introspect(port, token, apis[api]));
      const signed = await introspect(port, token, apis[api], AS_JWT);
      await expectInactiveJwt(server, signed, apis[api], { port });
    }
  }

  const operator = (...words: string[]) => {
    const { url: DATABASE_URL = '' } = database;
    return operate({ DATABASE_URL, KEY_ENCRYPTION_SECRET, ISSUER: server.issuer }, ...words);
  };

  it.each(FORMATS)(
    'REV-013 REV-001 INT-007 a token of format $format that one ends is dead at the other at once',
    async ({ scope, api }) => {
      for (let round = 0; round < 10; round++) {
        const token = await tokenOf(server, scope);
        // Whatever either remembers of it, it has by now.
        await expectAlive(token, api, server.client);
        const by = ports[round % 2] ?? 0;
        expectRevoked(await revoke(by, token, server.client));
        await expectDead(token, api, [...ports].reverse());
        for (const port of ports) expectInactive(await introspect(port, token, server.client));
      }
    },
  );

  it.each(FORMATS)(
    'REV-015 fifty revocations of a token of format $format at both at once',
    async ({ scope, api }) => {
      const token = await tokenOf(server, scope);
      const before = await deniedTokens(server);
      const copies = Array.from({ length: 50 }, (_, index) =>
        revoke(ports[index % 2] ?? 0, token, server.client),
      );
      for (const answer of await Promise.all(copies)) expectRevoked(answer);
      expect(await deniedTokens(server)).toBe(before + (scope === 'catalog:read' ? 1 : 0));
      await expectDead(token, api);
    },
  );

  describe('what one signs for the first time', () => {
    let client: TestClient;
    let answer: Answer;

    beforeAll(async () => {
      const metadata = { introspection_signed_response_alg: 'PS256' };
      client = await registerResourceServer(server, '/api/catalog', metadata);
      const [one = 0, two = 0] = ports;
      await send(two, { path: '/oauth/jwks' });
      answer = await introspect(one, await tokenOf(server, 'catalog:read'), client, AS_JWT);
      // With its own keys it can be verified.
      await expectJwt(server, answer, client, { algorithm: 'PS256', port: one });
    });

    it('JWKS-009 can be verified with the keys that the other publishes', async () => {
      await expectJwt(server, answer, client, { algorithm: 'PS256', port: ports[1] ?? 0 });
    });
  });

  it('INT-026 processes that sign for the first time at once have one key for it', async () => {
    const metadata = { introspection_signed_response_alg: 'EdDSA' };
    const client = await registerResourceServer(server, '/api/catalog', metadata);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => introspect(ports[index % 2] ?? 0, 'unknown', client, AS_JWT)),
    );
    const kids = new Set(answers.map(({ text }) => decodeProtectedHeader(text).kid));
    expect(kids.size).toBe(1);
    const keys = await server.admin.keys.list();
    expect(keys.filter((key) => key.algorithm === 'EdDSA')).toHaveLength(1);
  });

  it('REV-013 an answer that was under way does not bring a revoked token back', async () => {
    for (const { scope, api } of FORMATS) {
      const token = await tokenOf(server, scope);
      const asking = Array.from({ length: 40 }, (_, index) => use(ports[index % 2] ?? 0, api, token));
      const revoked = revoke(ports[0] ?? 0, token, server.client);
      for (const answer of await Promise.all(asking)) expect([200, 401]).toContain(answer.status);
      expectRevoked(await revoked);
      await expectDead(token, api);
    }
  });

  it.each([
    ['disable', []],
    ['delete', ['--yes']],
    ['revoke-tokens', []],
  ])('INT-017 REV-001 threat 36 client %s ends every token at once, at both', SLOW, async (what, more) => {
    const [client, bystander] = [await server.register(), await server.register()];
    const tokens = await Promise.all(
      FORMATS.map(async ({ scope, api }) => ({ api, token: await tokenOf(server, scope, client) })),
    );
    const untouched = await tokenOf(server, 'catalog:read', bystander);
    for (const { api, token } of tokens) await expectAlive(token, api, client);
    await operator('client', what, client.id, ...more);
    for (const { api, token } of tokens) await expectDead(token, api);
    await expectAlive(untouched, '/api/catalog', bystander);
  });

  it('INT-017 a client that is enabled again does not get its tokens back', SLOW, async () => {
    const client = await server.register();
    const token = await tokenOf(server, 'catalog:read', client);
    await expectAlive(token, '/api/catalog', client);
    await operator('client', 'disable', client.id);
    await operator('client', 'enable', client.id);
    await expectDead(token, '/api/catalog');
  });

  it('REV-001 after revoke-tokens the client gets new tokens that work', SLOW, async () => {
    const client = await server.register();
    const old = await tokenOf(server, 'statistics:read', client);
    await operator('client', 'revoke-tokens', client.id);
    await expectDead(old, '/api/statistics');
    // Once the cached client has been read anew.
    const renewed = async () =>
      (await use(server.port, '/api/catalog', await tokenOf(server, 'catalog:read', client))).status;
    await expect.poll(renewed, { timeout: 20_000, interval: 200 }).toBe(200);
    await expectDead(old, '/api/statistics');
  });

  it('REV-001 a revoked token stays dead in a process that starts later', async () => {
    const tokens = await Promise.all(
      FORMATS.map(async ({ scope, api }) => ({ api, token: await tokenOf(server, scope) })),
    );
    for (const { token } of tokens) expectRevoked(await revoke(ports[0] ?? 0, token, server.client));
    const { url: databaseUrl = '' } = database;
    const env = { KEY_ENCRYPTION_SECRET, ISSUER: server.issuer };
    const later = await startSampleApp({ databaseUrl, env });
    try {
      for (const { api, token } of tokens) await expectDead(token, api, [later.port]);
      const alive = await tokenOf(server, 'catalog:read');
      expect((await use(later.port, '/api/catalog', alive)).status).toBe(200);
    } finally {
      await later.stop();
    }
  });
});
