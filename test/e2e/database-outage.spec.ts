import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, type TestDatabase } from '../support/databases.js';
import { HTTP_ADAPTERS, openAdmin, startSampleApp, type SampleApp } from '../support/sample-app.js';
import {
  AS_JWT,
  expectActive,
  expectInactive,
  expectRevoked,
  FORMATS,
  introspect,
  LOOKUPS,
  post,
  revoke,
} from './support/lookups.js';
import { Proxy } from './support/proxy.js';
import { expectErrorShape, expectToken, FORM, GRANT, registrar, type TestClient } from './support/server.js';
import { send, type Answer } from './support/wire.js';

const OPAQUE = `${GRANT}&scope=statistics:read`;
const servers = engines().filter(({ name }) => name === 'PostgreSQL' || name === 'MariaDB');
const cases = servers.flatMap((engine) =>
  HTTP_ADAPTERS.map((httpAdapter) => ({ engine, httpAdapter, on: `${engine.name} and ${httpAdapter}` })),
);

it.skipIf(cases.length > 0)('needs TEST_POSTGRES_URL or TEST_MARIADB_URL', () => undefined);

describe.each(cases)('a database that fails under load, $on', ({ engine, httpAdapter }) => {
  let database: TestDatabase;
  let proxy: Proxy;
  let app: SampleApp;
  let operator: Awaited<ReturnType<typeof openAdmin>>;
  let client: TestClient;

  beforeAll(async () => {
    database = await engine.open();
    const url = database.url ?? '';
    proxy = await Proxy.open(new URL(url));
    app = await startSampleApp({ httpAdapter, databaseUrl: proxy.through(url) });
    operator = await openAdmin({ ISSUER: app.issuer, DATABASE_URL: url });
    client = await registrar(operator.admin)();
  });

  afterAll(async () => {
    await app.stop('SIGKILL');
    await operator.close();
    await proxy.close();
    await database.close();
  });

  const ask = (form: string, basic = client.basic) => {
    const headers = { 'content-type': FORM, ...basic };
    return send(app.port, { method: 'POST', path: '/oauth/token', headers, body: form });
  };
  const use = (path: string, token: string) =>
    send(app.port, { path, headers: { authorization: `Bearer ${token}` } });

  function expectUnavailable(answer: Answer): void {
    expect(answer, answer.text).toMatchObject({ status: 503, json: { error: 'temporarily_unavailable' } });
    expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expectErrorShape(answer);
    expect(answer.text).not.toMatch(/ECONN|127\.0\.0\.1|oauth_|postgres|maria|mysql|password|timeout/i);
  }

  /** Asks until there is a token again. */
  const recovered = () =>
    expect.poll(async () => (await ask(OPAQUE)).status, { timeout: 20_000, interval: 200 }).toBe(200);

  /** Load for as long as `during` takes; the answers, each a token or a proper 503. */
  async function underLoad(during: () => Promise<void>): Promise<{ tokens: string[]; refused: number }> {
    const tokens: string[] = [];
    let refused = 0;
    let going = true;
    const workers = Array.from({ length: 16 }, async (_, index) => {
      while (going) {
        const answer = await ask(index % 4 === 0 ? GRANT : OPAQUE);
        if (answer.status === 200) tokens.push(expectToken(answer).access_token);
        else {
          expectUnavailable(answer);
          refused++;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    });
    try {
      await during();
    } finally {
      going = false;
      await Promise.all(workers);
    }
    return { tokens, refused };
  }

  const until = (condition: () => boolean | Promise<boolean>) =>
    expect.poll(async () => condition(), { timeout: 20_000, interval: 50 }).toBe(true);

  it('ROB-016 ROB-017 TOK-078 answers 503 while it is away, and recovers', { timeout: 60_000 }, async () => {
    const { tokens, refused } = await underLoad(async () => {
      await recovered();
      proxy.cut();
      await until(async () => (await ask(OPAQUE)).status === 503);
      expectUnavailable(await ask(OPAQUE));
      // An unknown client cannot be told from a known one now.
      expectUnavailable(
        await ask(GRANT, { authorization: `Basic ${Buffer.from('nobody:x').toString('base64')}` }),
      );
      expect((await send(app.port, { path: '/.well-known/oauth-authorization-server' })).status).toBe(200);
      expect((await send(app.port, { path: '/oauth/jwks' })).status).toBe(200);
      proxy.restore();
      await recovered();
    });
    expect(refused).toBeGreaterThan(0);
    expect(tokens.length).toBeGreaterThan(0);
    for (const token of new Set(tokens.filter((each) => !each.startsWith('ey')))) {
      expect((await use('/api/statistics', token)).status).toBe(200);
    }
    expect(app.process.exitCode).toBeNull();
    expect(app.output()).not.toMatch(/unhandled/i);
  });

  it('ROB-016 gives no access that it cannot check', { timeout: 60_000 }, async () => {
    const { access_token: token } = expectToken(await ask(OPAQUE));
    proxy.cut();
    await until(async () => (await use('/api/statistics', token)).status === 503);
    const answer = await use('/api/statistics', token);
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(answer.text).not.toMatch(/ECONN|oauth_|\n\s+at /);
    proxy.restore();
    await until(async () => (await use('/api/statistics', token)).status === 200);
  });

  /** One token of each format, with the API that it is for. */
  const tokens = () =>
    Promise.all(
      FORMATS.map(async ({ scope, api }) => {
        const { access_token: token } = expectToken(await ask(`${GRANT}&scope=${scope}`));
        return { token, api };
      }),
    );

  it(
    'REV-011 INT-007 BEAR-010 threat 39 tells and ends nothing that it cannot check',
    { timeout: 90_000 },
    async () => {
      const alive = await tokens();
      const dead = await tokens();
      const values = (list: typeof alive) => list.map(({ token }) => token);
      for (const { token } of dead) expectRevoked(await revoke(app.port, token, client));
      // Everything that may be remembered is, before the database goes.
      for (const { token, api } of alive) {
        expect((await use(api, token)).status).toBe(200);
        expectActive(await introspect(app.port, token, client));
        expectActive(await introspect(app.port, token, client));
      }
      const expectNothingKnown = async () => {
        for (const token of [...values(alive), ...values(dead), 'unknown']) {
          expectUnavailable(await introspect(app.port, token, client));
          expectUnavailable(await introspect(app.port, token, client, AS_JWT));
        }
        for (const token of [...values(alive), 'unknown'])
          expectUnavailable(await revoke(app.port, token, client));
        for (const { token, api } of [...alive, ...dead]) {
          const answer = await use(api, token);
          expect(answer.status, answer.text).toBe(503);
          expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
          expect(answer.headers['cache-control']).toBe('no-store');
          expect(answer.headers['www-authenticate']).toBeUndefined();
        }
        const nobody = { authorization: `Basic ${Buffer.from('nobody:x').toString('base64')}` };
        for (const path of LOOKUPS) expectUnavailable(await post(app.port, path, 'token=x', nobody));
      };
      proxy.cut();
      await until(async () => (await introspect(app.port, 'unknown', client)).status === 503);
      await expectNothingKnown();
      proxy.restore();
      await recovered();
      // What was not recorded did not happen, and what was is not forgotten.
      for (const { token, api } of alive) {
        await until(async () => (await use(api, token)).status === 200);
        expectActive(await introspect(app.port, token, client));
        expectRevoked(await revoke(app.port, token, client));
      }
      for (const { token, api } of [...alive, ...dead]) {
        expect((await use(api, token)).status).toBe(401);
        expectInactive(await introspect(app.port, token, client));
      }
    },
  );

  it('REV-011 ROB-016 threat 39 answers 503 to lookups where it is silent', { timeout: 60_000 }, async () => {
    const alive = await tokens();
    proxy.silence();
    const answers = await Promise.all(
      alive.flatMap(({ token }) => [introspect(app.port, token, client), revoke(app.port, token, client)]),
    );
    for (const answer of answers) expectUnavailable(answer);
    const used = await Promise.all(alive.map(({ token, api }) => use(api, token)));
    expect(used.map(({ status }) => status)).toEqual([503, 503]);
    proxy.restore();
    await recovered();
    for (const { token } of alive) {
      await until(async () => (await introspect(app.port, token, client)).status === 200);
    }
  });

  it('ROB-016 answers 503 where it is there and silent, and recovers', { timeout: 25_000 }, async () => {
    await recovered();
    proxy.silence();
    const answers = await Promise.all([ask(OPAQUE), ask(OPAQUE), ask(OPAQUE)]);
    for (const answer of answers) expectUnavailable(answer);
    proxy.restore();
    await recovered();
  });

  it('ROB-017 recovers where the old connections never end', { timeout: 30_000 }, async () => {
    await recovered();
    proxy.silence();
    expectUnavailable(await ask(OPAQUE));
    proxy.heal();
    // Sooner or later each connection that hangs has to be given up.
    for (;;) {
      const answer = await ask(OPAQUE);
      if (answer.status === 200) break;
      expectUnavailable(answer);
    }
    proxy.restore();
  });

  it('ROB-026 tells no password and no secret in its log', () => {
    expect(app.output()).not.toContain(client.secret);
    expect(app.output()).toMatch(/ ERROR /);
    expect(app.output()).not.toMatch(/:\/\/[^/\s]*:[^/\s]*@/);
  });
});
