import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic } from '../support/echo.js';
import { HTTP_ADAPTERS, startSampleApp, type SampleApp } from '../support/sample-app.js';
import { LOOKUPS } from './support/lookups.js';
import {
  expectError,
  expectToken,
  FORM,
  GRANT,
  openServer,
  type Server,
  type TestClient,
} from './support/server.js';
import { head, send, Wire } from './support/wire.js';

interface Pair {
  readonly httpAdapter: string;
  readonly server: Server;
  /** A second process on the same database, whose tokens live for one second. */
  readonly brief: SampleApp;
}

/** Until it is so; the test's timeout bounds it. */
async function eventually<T>(wanted: T, check: () => Promise<T>): Promise<void> {
  while ((await check()) !== wanted) await wait(200);
}

const statusAt = async (port: number, path: string, token: string) =>
  (await send(port, { path, headers: { authorization: `Bearer ${token}` } })).status;

const tokenStatus = async (server: Server, client: TestClient) =>
  (await server.token(GRANT, client.basic)).status;

/** Bodies that do not come, caches that run out, tokens that expire: all of it side by side, on both adapters. */
describe('with time', () => {
  const pairs: Pair[] = [];

  beforeAll(async () => {
    for (const httpAdapter of HTTP_ADAPTERS) {
      const server = await openServer({ httpAdapter });
      const { issuer, databaseUrl } = server;
      const env = { ISSUER: issuer, ACCESS_TOKEN_LIFETIME: '1' };
      pairs.push({ httpAdapter, server, brief: await startSampleApp({ httpAdapter, databaseUrl, env }) });
    }
  });

  afterAll(async () => {
    for (const { server, brief } of pairs) {
      await brief.stop();
      await server.close();
    }
  });

  const onBoth = async (check: (pair: Pair) => Promise<void>) => {
    await Promise.all(
      pairs.map(async (pair) => {
        try {
          await check(pair);
        } catch (failure) {
          if (failure instanceof Error) failure.message = `on ${pair.httpAdapter}: ${failure.message}`;
          throw failure;
        }
      }),
    );
  };

  it.concurrent('ROB-014 gives up on a body that does not come', async () => {
    const trickle = async ({ server }: Pair, path: string, size: string, drop: string) => {
      const wire = await Wire.open(server.port);
      const authorization = `Authorization: ${server.client.basic.authorization}`;
      wire.write(
        head(`POST ${path} HTTP/1.1`, 'Host: 127.0.0.1', `Content-Type: ${FORM}`, size, authorization),
      );
      // Byte by byte, so that the connection is never idle for long.
      const drip = setInterval(() => wire.write(drop), 1000);
      const answer = await wire.answer();
      clearInterval(drip);
      if (answer) expectError(answer, 408, 'invalid_request');
      await wire.closed();
      await server.serves();
    };
    await onBoth(async (pair) => {
      await Promise.all(
        ['/oauth/token', ...LOOKUPS].flatMap((path) => [
          trickle(pair, path, 'Content-Length: 29', 'x'),
          trickle(pair, path, 'Transfer-Encoding: chunked', '1\r\nx\r\n'),
        ]),
      );
    });
  });

  it.concurrent(
    'TOK-054 refuses a disabled client within 10 seconds, and takes it again',
    { timeout: 22_000 },
    () =>
      onBoth(async ({ server }) => {
        const client = await server.register();
        expect(await tokenStatus(server, client)).toBe(200);
        await server.admin.clients.disable(client.id);
        await eventually(401, () => tokenStatus(server, client));
        await server.admin.clients.enable(client.id);
        await eventually(200, () => tokenStatus(server, client));
      }),
  );

  it.concurrent(
    'TOK-052 TOK-053 TOK-054 ends clients and secrets within 10 seconds',
    { timeout: 14_000 },
    () =>
      onBoth(async ({ server }) => {
        const [deleted, rotated] = [await server.register(), await server.register()];
        const expiring = await server.register({
          client_secret_expires_at: Math.floor(Date.now() / 1000) + 3,
        });
        for (const client of [deleted, rotated, expiring])
          expect(await tokenStatus(server, client)).toBe(200);
        await server.admin.clients.delete(deleted.id);
        const { issued } = await server.admin.secrets.rotate(rotated.id, 1);
        const next = { ...rotated, basic: basic(rotated.id, issued.secret) };
        expect(await tokenStatus(server, next)).toBe(200);
        for (const client of [deleted, rotated, expiring])
          await eventually(401, () => tokenStatus(server, client));
        expect(await tokenStatus(server, next)).toBe(200);
      }),
  );

  it.concurrent('the strict guard refuses the tokens of a disabled client at once, for good', () =>
    onBoth(async ({ server }) => {
      const client = await server.register();
      const jwt = expectToken(await server.token(GRANT, client.basic)).access_token;
      const opaque = expectToken(
        await server.token(`${GRANT}&scope=statistics:read`, client.basic),
      ).access_token;
      const statuses = () =>
        Promise.all([
          statusAt(server.port, '/api/catalog', jwt),
          statusAt(server.port, '/api/statistics', opaque),
        ]);
      expect(await statuses()).toEqual([200, 200]);
      await server.admin.clients.disable(client.id);
      expect(await statuses()).toEqual([401, 401]);
      await server.admin.clients.enable(client.id);
      expect(await statuses()).toEqual([401, 401]);
      // Once the cached client has been read anew, its tokens are good again.
      await eventually(200, async () => {
        const { json } = await server.token(GRANT, client.basic);
        return statusAt(server.port, '/api/catalog', String(json?.['access_token']));
      });
      expect(await statuses()).toEqual([401, 401]);
    }),
  );

  it.concurrent('ROB-021 refuses a token that has expired', () =>
    onBoth(async ({ server, brief }) => {
      const headers = { 'content-type': FORM, ...server.client.basic };
      const ask = async (body: string) =>
        expectToken(await send(brief.port, { method: 'POST', path: '/oauth/token', headers, body }));
      const [jwt, opaque] = [await ask(GRANT), await ask(`${GRANT}&scope=statistics:read`)];
      expect([jwt.expires_in, opaque.expires_in]).toEqual([1, 1]);
      const lasting = expectToken(await server.token(`${GRANT}&scope=statistics:read`)).access_token;
      await eventually(401, () => statusAt(server.port, '/api/catalog', jwt.access_token));
      await eventually(401, () => statusAt(server.port, '/api/statistics', opaque.access_token));
      expect(await statusAt(server.port, '/api/statistics', lasting)).toBe(200);
    }),
  );

  it.concurrent('ROB-024 changes the signing key under load without a failure', { timeout: 40_000 }, () =>
    onBoth(async ({ server, brief }) => {
      const kidOf = (token: string) =>
        (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid;
      const old = expectToken(await server.token(GRANT)).access_token;
      const { kid: next } = await server.admin.keys.rotate({ immediately: true });
      let kid = kidOf(old);
      expect(next).not.toBe(kid);
      while (kid !== next) {
        const token = expectToken(await server.token(GRANT)).access_token;
        kid = kidOf(token);
        expect([next, kidOf(old)]).toContain(kid);
        // The other process has its own view of the keys.
        expect(await statusAt(brief.port, '/api/catalog', token)).toBe(200);
        await wait(50);
      }
      expect(await statusAt(server.port, '/api/catalog', old)).toBe(200);
      const { json } = await server.send({ path: '/oauth/jwks' });
      const published = (json?.['keys'] as { kid: string }[]).map((key) => key.kid);
      expect(published).toEqual(expect.arrayContaining([next, kidOf(old)]));
    }),
  );
});
