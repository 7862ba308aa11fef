import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, HTTP_ADAPTERS } from '../support/sample-app.js';
import { clientKey, signer } from './support/assertions.js';
import {
  bearer,
  command,
  expectNoToken,
  expectRefusal,
  expectRegistered,
  expectWrongToken,
  INITIAL,
  json,
  REGISTER,
  register,
} from './support/registration.js';
import { expectError, openServer, type Server } from './support/server.js';
import { head, Wire } from './support/wire.js';

const METADATA = '/.well-known/oauth-authorization-server/tenant';
const PATH = `/tenant${REGISTER}`;
const JSON_TYPE = { 'content-type': 'application/json' };

/** Side by side, as most of it is waiting. */
describe('registration below the path of an issuer', { timeout: 60_000 }, () => {
  const servers = new Map<string, Server>();
  /** What the metadata said of it before there was a token. */
  const closed = new Map<string, unknown>();

  // One after the other: each sets the environment of this process.
  beforeAll(async () => {
    for (const httpAdapter of HTTP_ADAPTERS) {
      const port = await freePort();
      const env = { ISSUER: `http://127.0.0.1:${port}/tenant`, JWKS_URI_ALLOW_LOOPBACK: '1' };
      const server = await openServer({ httpAdapter, port, env, prefix: '/tenant' });
      servers.set(httpAdapter, server);
      closed.set(httpAdapter, await endpointOf(server));
    }
  });

  const endpointOf = async (server: Server) =>
    (await server.send({ path: METADATA })).json?.['registration_endpoint'];

  afterAll(async () => {
    for (const server of servers.values()) await server.close();
  });

  function serverOn(httpAdapter: string): Server {
    const server = servers.get(httpAdapter);
    if (!server) throw new Error(`There is no server on ${httpAdapter}.`);
    return server;
  }

  /** What the operator's command issues. */
  async function registrationToken({ issuer, databaseUrl }: Server): Promise<string> {
    const env = { ISSUER: issuer, DATABASE_URL: databaseUrl };
    const words = ['registration-token', 'create', '--uses', '1', '--json'];
    return String((await command(env, words)).json()['registration_token']);
  }

  it.concurrent.each(HTTP_ADAPTERS)(
    'DCR-001 DCR-003 DCR-013 DCR-021 META-015 it is closed until the operator opens it, on %s',
    async (httpAdapter) => {
      const server = serverOn(httpAdapter);
      const { issuer, port } = server;
      const told = () => endpointOf(server);
      expect(closed.get(httpAdapter)).toBeUndefined();
      expectNoToken(await register(port, {}, JSON_TYPE, PATH));
      expectWrongToken(await register(port, {}, json(INITIAL), PATH));
      const token = await registrationToken(server);
      // A body that never ends uses nothing up.
      const endless = await Wire.open(port);
      const headers = { Host: '127.0.0.1', Authorization: `Bearer ${token}`, ...JSON_TYPE };
      const lines = Object.entries(headers).map((header) => header.join(': '));
      endless.write(head(`POST ${PATH} HTTP/1.1`, ...lines, 'Transfer-Encoding: chunked') + '1\r\n{\r\n');
      while ((await told()) === undefined) await wait(250);
      expect(await told()).toBe(issuer + REGISTER);
      const client = expectRegistered(await register(port, {}, json(token), PATH));
      expectWrongToken(await register(port, {}, json(token), PATH));
      expect(client.uri).toBe(`${issuer}${REGISTER}/${client.id}`);
      const call = (method: string) => fetch(client.uri, { method, headers: bearer(client.token) });
      const read = await call('GET');
      expect([read.status, await read.json()]).toMatchObject([200, { client_id: client.id }]);
      const gone = await call('DELETE');
      expect([gone.status, await gone.text()]).toEqual([204, '']);
      expect((await call('GET')).status).toBe(401);
      expect((await register(port, {}, json(token), REGISTER)).status).toBe(404);
      expectRefusal(await endless.answer(), 408, 'invalid_request');
      endless.destroy();
      for (const value of [token, client.token, client.secret])
        expect(server.app.output()).not.toContain(value);
    },
  );

  it.concurrent.each(HTTP_ADAPTERS)(
    'threat 14 threat 15 DCR-019 nothing is fetched before the client authenticates, on %s',
    async (httpAdapter) => {
      const server = serverOn(httpAdapter);
      let connections = 0;
      const target = createServer((socket) => {
        connections++;
        socket.destroy();
      });
      await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}/jwks`;
      try {
        const metadata = {
          token_endpoint_auth_method: 'private_key_jwt',
          ...{ jwks_uri: url, logo_uri: url, client_uri: url, tos_uri: url, policy_uri: url },
        };
        const { value: token } = await server.admin.registrationTokens.create();
        const made = expectRegistered(await register(server.port, metadata, json(token), PATH));
        const body = JSON.stringify({ client_id: made.id, ...metadata });
        const changed = await fetch(made.uri, { method: 'PUT', headers: json(made.token), body });
        expect(changed.status).toBe(200);
        await server.serves();
        expect(connections).toBe(0);
        const client = signer(server.issuer, { id: made.id, key: await clientKey() });
        expectError(await server.token(await client.form(), {}), 401, 'invalid_client');
        expect(connections).toBe(1);
      } finally {
        await new Promise((resolve) => target.close(resolve));
      }
    },
  );
});
