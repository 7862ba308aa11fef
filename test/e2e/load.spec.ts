import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort, HTTP_ADAPTERS, openAdmin, startSampleApp, type SampleApp } from '../support/sample-app.js';
import {
  expectToken,
  FORM,
  GRANT,
  openServer,
  registrar,
  type Server,
  type TestClient,
} from './support/server.js';
import { head, send, Wire, type Answer } from './support/wire.js';

const OPAQUE = `${GRANT}&scope=statistics:read`;

const tokenAt = (port: number, form: string, client: TestClient) =>
  send(port, {
    method: 'POST',
    path: '/oauth/token',
    headers: { 'content-type': FORM, ...client.basic },
    body: form,
  });

const statusAt = async (port: number, path: string, token: string) =>
  (await send(port, { path, headers: { authorization: `Bearer ${token}` } })).status;

async function publishedKeys(port: number) {
  const { json } = await send(port, { path: '/oauth/jwks' });
  return createLocalJWKSet(json as unknown as JSONWebKeySet);
}

describe.each(HTTP_ADAPTERS)('a thousand requests at once on %s', (httpAdapter) => {
  let server: Server;

  beforeAll(async () => {
    server = await openServer({ httpAdapter });
  });

  afterAll(() => server.close());

  it('ROB-022 JWT-031 gives each its own token, client and scope', async () => {
    const scopes = ['catalog:read', 'catalog:write', 'catalog:read catalog:write'];
    const clients = await Promise.all(
      scopes.map((scope) => server.register({ scope, default_scope: scope })),
    );
    const answers = await Promise.all(
      Array.from({ length: 1000 }, async (_, index) => {
        const which = index % scopes.length;
        const client = clients[which] as TestClient;
        return { which, client, answer: await server.token(GRANT, client.basic) };
      }),
    );
    const keys = await publishedKeys(server.port);
    const ids = new Set<unknown>();
    for (const { which, client, answer } of answers) {
      const body = expectToken(answer);
      const { payload } = await jwtVerify(body.access_token, keys, { issuer: server.issuer, typ: 'at+jwt' });
      expect(payload).toMatchObject({ sub: client.id, client_id: client.id, scope: scopes[which] });
      expect(body.scope).toBe(scopes[which]);
      ids.add(payload.jti);
    }
    expect(ids.size).toBe(1000);
  });

  it('ROB-022 TOK-073 gives a thousand opaque tokens, each another one and all of them good', async () => {
    const before = await server.storedTokens();
    const answers = await Promise.all(Array.from({ length: 1000 }, () => server.token(OPAQUE)));
    const tokens = answers.map((answer) => expectToken(answer).access_token);
    expect(new Set(tokens).size).toBe(1000);
    for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{44,64}$/);
    expect(await server.storedTokens()).toBe(before + 1000);
    const statuses = await Promise.all(
      tokens.map((token) => statusAt(server.port, '/api/statistics', token)),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('ROB-022 keeps refusals and tokens apart', async () => {
    const kinds: [form: string, client: TestClient, status: number][] = [
      [GRANT, server.client, 200],
      [GRANT, { ...server.client, basic: server.postClient.basic }, 401],
      [`${GRANT}&scope=foo`, server.client, 400],
      [OPAQUE, server.client, 200],
      [`${GRANT}&foo=%`, server.client, 400],
    ];
    const answers = await Promise.all(
      Array.from({ length: 500 }, async (_, index) => {
        const [form, client, wanted] = kinds[index % kinds.length] as (typeof kinds)[number];
        return { wanted, answer: await server.token(form, client.basic) };
      }),
    );
    for (const { wanted, answer } of answers) expect(answer.status).toBe(wanted);
  });
});

describe('the end of a process', () => {
  it.concurrent.for(HTTP_ADAPTERS)(
    'ROB-025 finishes what it has begun and takes nothing new, on %s',
    { timeout: 20_000 },
    async (httpAdapter, { expect, onTestFinished }) => {
      const server = await openServer({ httpAdapter });
      onTestFinished(() => server.close());
      const begun = await Promise.all(Array.from({ length: 5 }, () => Wire.open(server.port)));
      const authorization = `Authorization: ${server.client.basic.authorization}`;
      const length = `Content-Length: ${OPAQUE.length}`;
      const lines = [
        'POST /oauth/token HTTP/1.1',
        'Host: 127.0.0.1',
        `Content-Type: ${FORM}`,
        length,
        authorization,
      ];
      for (const wire of begun) wire.write(head(...lines) + OPAQUE.slice(0, 10));
      // Its answer tells that the heads before it have been read.
      await server.serves();
      const stopped = server.app.stop();
      await expect
        .poll(
          () =>
            Wire.open(server.port).then(
              (wire) => wire.destroy(),
              () => 'refused',
            ),
          { timeout: 10_000 },
        )
        .toBe('refused');
      for (const wire of begun) wire.write(OPAQUE.slice(10));
      const answers = await Promise.all(begun.map((wire) => wire.answer()));
      for (const answer of answers) {
        expect(answer).toBeDefined();
        if (answer) expectToken(answer);
      }
      await stopped;
      const { exitCode, signalCode } = server.app.process;
      expect(exitCode === 0 || signalCode === 'SIGTERM').toBe(true);
      expect(server.app.output()).not.toMatch(/ ERROR |unhandled/i);
    },
  );

  it.concurrent.for(HTTP_ADAPTERS)(
    'kill -9 under load loses no opaque token that was answered, on %s',
    async (httpAdapter, { expect, onTestFinished }) => {
      const folder = mkdtempSync(join(tmpdir(), 'oauth-kill-'));
      const databaseUrl = `sqlite:${join(folder, 'kill.sqlite')}`;
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const server = await openServer({ httpAdapter, databaseUrl });
      onTestFinished(() => server.close());
      const answered: string[] = [];
      const clients = Array.from({ length: 32 }, async () => {
        for (;;) {
          const answer = await server.token(OPAQUE).catch(() => undefined);
          if (!answer) return;
          answered.push(expectToken(answer).access_token);
          if (answered.length === 500) server.app.process.kill('SIGKILL');
        }
      });
      await Promise.all(clients);
      expect(answered.length).toBeGreaterThanOrEqual(500);
      const { port, issuer } = server;
      const again = await startSampleApp({ httpAdapter, databaseUrl, port, env: { ISSUER: issuer } });
      onTestFinished(async () => void (await again.stop()));
      const statuses = await Promise.all(answered.map((token) => statusAt(port, '/api/statistics', token)));
      expect(new Set(statuses)).toEqual(new Set([200]));
    },
  );
});

describe.each(HTTP_ADAPTERS)('two processes on one database on %s', (httpAdapter) => {
  const folder = mkdtempSync(join(tmpdir(), 'oauth-two-'));
  const databaseUrl = `sqlite:${join(folder, 'two.sqlite')}`;
  let apps: [SampleApp, SampleApp];
  let operator: Awaited<ReturnType<typeof openAdmin>>;
  let client: TestClient;

  beforeAll(async () => {
    const [first, second] = [await freePort(), await freePort()];
    const issuer = `http://127.0.0.1:${first}`;
    const start = (port: number) =>
      startSampleApp({ httpAdapter, databaseUrl, port, env: { ISSUER: issuer } });
    // Both at once, on a database that is not there yet.
    apps = await Promise.all([start(first), start(second)]);
    operator = await openAdmin({ ISSUER: issuer, DATABASE_URL: databaseUrl });
    client = await registrar(operator.admin)();
  });

  afterEach(async () => {
    for (const { port } of apps) expectToken(await tokenAt(port, GRANT, client));
  });

  afterAll(async () => {
    for (const app of apps) await app.stop();
    await operator.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('make one demo client and one signing key', async () => {
    const prints = apps.map((app) => app.output().match(/client_secret:/g)?.length ?? 0);
    expect(prints[0] ?? 0).toBe(1 - (prints[1] ?? 0));
    const documents = await Promise.all(apps.map(({ port }) => send(port, { path: '/oauth/jwks' })));
    expect(documents[0]?.text).toBe(documents[1]?.text);
    expect(documents[0]?.json?.['keys']).toHaveLength(1);
  });

  it('JWKS-009 take each other\u2019s tokens', async () => {
    const [one, two] = apps;
    for (const [issuing, using] of [
      [one, two],
      [two, one],
    ] as const) {
      const jwt = expectToken(await tokenAt(issuing.port, GRANT, client)).access_token;
      expect(await statusAt(using.port, '/api/catalog', jwt)).toBe(200);
      await jwtVerify(jwt, await publishedKeys(using.port), { issuer: one.issuer });
      const opaque = expectToken(await tokenAt(issuing.port, OPAQUE, client)).access_token;
      expect(await statusAt(using.port, '/api/statistics', opaque)).toBe(200);
    }
  });

  it('see a new client at once', async () => {
    for (let count = 0; count < 5; count++) {
      const fresh = await registrar(operator.admin)();
      for (const { port } of apps) expectToken(await tokenAt(port, GRANT, fresh));
    }
  });

  it('write at the same time without a failure', async () => {
    const answers = await Promise.all(
      Array.from({ length: 600 }, (_, index) => tokenAt((apps[index % 2] as SampleApp).port, OPAQUE, client)),
    );
    const tokens = answers.map((answer: Answer) => expectToken(answer).access_token);
    expect(new Set(tokens).size).toBe(600);
    const statuses = await Promise.all(
      tokens.map((token, index) =>
        statusAt((apps[(index + 1) % 2] as SampleApp).port, '/api/statistics', token),
      ),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});
