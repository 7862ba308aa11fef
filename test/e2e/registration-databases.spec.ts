import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, type TestDatabase } from '../support/databases.js';
import { freePort, startSampleApp, type SampleApp } from '../support/sample-app.js';
import { times } from './support/assertions.js';
import { expectRefused, FORMATS, post, tokenOf, use } from './support/lookups.js';
import {
  expectRegistered,
  expectWrongToken,
  json,
  manage,
  OPEN,
  register,
  type Registered,
} from './support/registration.js';
import { expectError, expectToken, GRANT, openServer, type Server } from './support/server.js';

// PGlite has no server that another process could reach.
const reachable = engines().filter(({ name }) => name !== 'PGlite');

describe.each(reachable)('registration at two processes on $name', (engine) => {
  let database: TestDatabase;
  let server: Server;
  let other: SampleApp;
  let ports: readonly [number, number];

  beforeAll(async () => {
    database = await engine.open();
    const { url: databaseUrl = '' } = database;
    const port = await freePort();
    const env = { ...OPEN, ISSUER: `http://127.0.0.1:${port}` };
    [server, other] = await Promise.all([
      openServer({ databaseUrl, env, port, httpAdapter: 'express' }),
      startSampleApp({ databaseUrl, env, httpAdapter: 'fastify' }),
    ]);
    ports = [server.port, other.port];
  });

  afterAll(async () => {
    await other.stop();
    await server.close();
    await database.close();
  });

  /** What is registered, without what is told once. */
  const members = ({ document }: Registered) => {
    const secret = ['client_secret', 'client_secret_expires_at'];
    return Object.fromEntries(Object.entries(document).filter(([name]) => !secret.includes(name)));
  };

  /** The same client with the token of now. */
  const renewed = (client: Registered, answer: Awaited<ReturnType<typeof manage>>): Registered => ({
    ...client,
    ...{ token: expectRegistered(answer, 200).token, document: answer.json ?? {} },
  });

  it('DCR-001 DCR-014 DCR-015 DCR-017 a client is made, read, changed and deleted, each elsewhere', async () => {
    const [a, b] = ports;
    const metadata = {
      client_name: 'Größe „1“ 🚂',
      contacts: ['a@example.com'],
      scope: 'catalog:read statistics:read',
    };
    const made = expectRegistered(await register(a, metadata));
    const read = expectRegistered(await manage(b, 'GET', made), 200);
    expect(members(read)).toEqual(members(made));
    expect(read.document).toMatchObject(metadata);
    expectToken(await post(b, '/oauth/token', GRANT, made.basic));

    const change = { client_id: made.id, client_name: 'Changed', scope: 'catalog:read statistics:read' };
    const changed = renewed(made, await manage(b, 'PUT', made, change));
    expect(changed.token).not.toBe(made.token);
    expect(changed.document).toMatchObject(change);
    expect(changed.document).not.toHaveProperty('contacts');
    for (const port of ports) {
      expectWrongToken(await manage(port, 'GET', made));
      expect(expectRegistered(await manage(port, 'GET', changed), 200).document).toMatchObject(change);
      expectToken(await post(port, '/oauth/token', GRANT, made.basic));
    }

    const tokens = await Promise.all(
      FORMATS.map(async ({ scope, api }) => ({ api, token: await tokenOf(server, scope, made) })),
    );
    for (const { api, token } of tokens)
      for (const port of ports) expect((await use(port, api, token)).status).toBe(200);
    expect(await manage(a, 'DELETE', changed)).toMatchObject({ status: 204, text: '' });
    for (const port of [b, a]) {
      for (const { api, token } of tokens) expectRefused(await use(port, api, token));
      for (const method of ['GET', 'DELETE']) expectWrongToken(await manage(port, method, changed));
      expectWrongToken(await manage(port, 'PUT', changed, change));
    }
    expectError(await post(a, '/oauth/token', GRANT, made.basic), 401, 'invalid_client');
    if (engine.name !== 'better-sqlite3') return;
    // What the other one remembers of the client, it soon forgets; its tokens are dead from the beginning.
    const status = async () => {
      const answer = await post(b, '/oauth/token', GRANT, made.basic);
      if (answer.status === 200)
        expectRefused(await use(b, '/api/catalog', expectToken(answer).access_token));
      return answer.status;
    };
    await expect.poll(status, { timeout: 20_000, interval: 250 }).toBe(401);
  });

  it('DCR-017 a client that the operator has deleted cannot manage itself any more', async () => {
    const made = expectRegistered(await register(ports[1]));
    await server.admin.clients.delete(made.id);
    for (const port of ports) expectWrongToken(await manage(port, 'GET', made));
  });

  it('DCR-001 thirty registrations at once with a token for five make five clients', async () => {
    const { value, token } = await server.admin.registrationTokens.create({ mostUses: 5, owner: 'five' });
    const answers = await times(30, (index) =>
      register(ports[index % 2] ?? 0, { client_name: `n${index}` }, json(value)),
    );
    const good = answers.filter(({ status }) => status === 201).map((answer) => expectRegistered(answer));
    expect(good).toHaveLength(5);
    for (const answer of answers.filter(({ status }) => status !== 201)) expectWrongToken(answer);
    const { clients } = await server.admin.clients.list({ owner: 'five' });
    expect(clients.map(({ id }) => id).sort()).toEqual(good.map(({ id }) => id).sort());
    const { tokens } = await server.admin.registrationTokens.list();
    expect(tokens.find(({ id }) => id === token.id)).toMatchObject({ uses: 5, mostUses: 5 });
    for (const client of good) expectToken(await server.token(GRANT, client.basic));
  });

  it('DCR-001 refused registrations use nothing up, however many come at once', async () => {
    const { value } = await server.admin.registrationTokens.create({ mostUses: 2 });
    const answers = await times(20, (index) =>
      register(ports[index % 2] ?? 0, { scope: 'oauth:admin' }, json(value)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
    for (const port of ports) expectRegistered(await register(port, {}, json(value)));
    expectWrongToken(await register(ports[0], {}, json(value)));
  });

  it('DCR-015 DCR-018 of two updates at once one is made, wholly', async () => {
    let client = expectRegistered(await register(ports[0]));
    for (let round = 0; round < 5; round++) {
      const changes = ports.map((port) => ({
        client_id: client.id,
        client_name: `${round} at ${port}`,
        software_id: `${round} at ${port}`,
        contacts: [`${round} at ${port}`],
        scope: port === ports[0] ? 'catalog:read' : 'statistics:read',
      }));
      const answers = await Promise.all(
        ports.map((port, index) => manage(port, 'PUT', client, changes[index])),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
      const winner = answers.findIndex(({ status }) => status === 200);
      const [won, lost] = [answers[winner], answers[1 - winner]];
      if (!won || !lost) throw new Error('There are two answers.');
      expectWrongToken(lost);
      client = renewed(client, won);
      for (const port of ports) {
        const { document } = expectRegistered(await manage(port, 'GET', client), 200);
        expect(document).toMatchObject(changes[winner] ?? {});
      }
    }
  });

  it('DCR-015 DCR-017 an update and a deletion at once leave the client, or nothing of it', async () => {
    for (let round = 0; round < 5; round++) {
      const client = expectRegistered(await register(ports[round % 2] ?? 0));
      const [updated, deleted] = await Promise.all([
        manage(ports[0], 'PUT', client, { client_id: client.id, client_name: 'Changed' }),
        manage(ports[1], 'DELETE', client),
      ]);
      expect([200, 401]).toContain(updated.status);
      expect([204, 401]).toContain(deleted.status);
      if (deleted.status === 204) {
        for (const port of ports) expectWrongToken(await manage(port, 'GET', client));
        const { clients } = await server.admin.clients.list({ search: client.id });
        expect(clients).toEqual([]);
      } else {
        const after = renewed(client, updated);
        expect(expectRegistered(await manage(ports[1], 'GET', after), 200).document).toMatchObject({
          client_name: 'Changed',
        });
      }
    }
  });

  it('DCR-018 a client that is disabled may not manage itself until it is enabled', async () => {
    const client = expectRegistered(await register(ports[0]));
    await server.admin.clients.disable(client.id);
    for (const port of ports)
      for (const method of ['GET', 'DELETE']) expect((await manage(port, method, client)).status).toBe(403);
    await server.admin.clients.enable(client.id);
    for (const port of ports) expectRegistered(await manage(port, 'GET', client), 200);
  });
});
