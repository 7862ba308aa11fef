import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, type TestDatabase } from '../support/databases.js';
import { freePort, HTTP_ADAPTERS, startSampleApp, type SampleApp } from '../support/sample-app.js';
import {
  ADVANCING_CLOCK,
  advance,
  assertionForm,
  clientKey,
  KEY_ENCRYPTION_SECRET,
  registerHmacSigner,
  registerSigner,
  tally,
  type SigningClient,
} from './support/assertions.js';
import { expectError, expectToken, FORM, openServer, type Server } from './support/server.js';
import { send, type Answer } from './support/wire.js';

const OPAQUE = '&scope=statistics:read';
const COPIES = 50;
const ROUNDS = 2;

const tokenAt = (port: number, body: string): Promise<Answer> =>
  send(port, { method: 'POST', path: '/oauth/token', headers: { 'content-type': FORM }, body });

interface Pair {
  readonly database: TestDatabase;
  readonly server: Server;
  readonly ports: readonly [number, number];
  start(httpAdapter: (typeof HTTP_ADAPTERS)[number]): Promise<SampleApp>;
  /** The same request so many times at once, every other to the other process. */
  copies(form: string, count?: number): Promise<Answer[]>;
  close(): Promise<void>;
}

/** Two sample apps, one on Express and one on Fastify, on one new database that other processes can reach. */
async function openPair(open: () => Promise<TestDatabase>): Promise<Pair> {
  const database = await open();
  const { url: databaseUrl } = database;
  if (databaseUrl === undefined) throw new Error('No other process reaches this database.');
  const env = { KEY_ENCRYPTION_SECRET };
  const first = await freePort();
  const ISSUER = `http://127.0.0.1:${first}`;
  const others: SampleApp[] = [];
  const start: Pair['start'] = async (httpAdapter) => {
    const port = await freePort();
    const other = await startSampleApp({ httpAdapter, databaseUrl, port, env: { ...env, ISSUER } });
    others.push(other);
    return other;
  };
  const [server, { port: second }] = await Promise.all([
    openServer({ databaseUrl, env, port: first, httpAdapter: 'express' }),
    start('fastify'),
  ]);
  const ports = [server.port, second] as const;
  return {
    database,
    server,
    ports,
    start,
    copies: (form, count = COPIES) =>
      Promise.all(Array.from({ length: count }, (_, index) => tokenAt(ports[index % 2] ?? second, form))),
    close: async () => {
      for (const other of others) await other.stop();
      await server.close();
      await database.close();
    },
  };
}

/** One answer is a token, all others are the same refusal. */
function expectOneToken(answers: readonly Answer[]): void {
  expect(tally(answers)).toEqual({ 200: 1, 401: answers.length - 1 });
  const refusals = answers.filter(({ status }) => status === 401);
  for (const refusal of refusals) expectError(refusal, 401, 'invalid_client');
  expect(new Set(refusals.map(({ text }) => text)).size).toBe(1);
  for (const answer of answers) if (answer.status === 200) expectToken(answer);
}

// PGlite has no server that another process could reach.
const reachable = engines().filter(({ name }) => name !== 'PGlite');

describe.each(reachable)('used assertions on two processes and $name', (engine) => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await openPair(() => engine.open());
  });

  afterAll(() => pair.close());

  const kinds: [kind: string, register: (server: Server) => Promise<SigningClient>][] = [
    ['private_key_jwt', (server) => registerSigner(server)],
    ['client_secret_jwt', (server) => registerHmacSigner(server)],
  ];

  it.each(kinds)(
    'threat 2 threat 3 threat 33 AUTH-021 ROB-023 fifty copies at once give one token, by %s',
    async (_, register) => {
      for (let round = 0; round < ROUNDS; round++) {
        const client = await register(pair.server);
        expectOneToken(await pair.copies(await client.form()));
      }
    },
  );

  it.each(kinds)(
    'threat 2 threat 3 AUTH-021 ROB-023 fifty copies at once give one row of an opaque token, by %s',
    async (_, register) => {
      for (let round = 0; round < ROUNDS; round++) {
        const client = await register(pair.server);
        const before = await pair.server.storedTokens();
        const answers = await pair.copies(await client.form({}, OPAQUE));
        expectOneToken(answers);
        expect(await pair.server.storedTokens()).toBe(before + 1);
        const token = expectToken(answers.find(({ status }) => status === 200) as Answer).access_token;
        for (const port of pair.ports) {
          const headers = { authorization: `Bearer ${token}` };
          expect((await send(port, { path: '/api/statistics', headers })).status).toBe(200);
        }
      }
    },
  );

  it('ROB-023 copies of many assertions at once give one token each', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => registerSigner(pair.server)));
    // Different assertions under one jti, and one jti for several clients.
    const jti = 'the same for all';
    const forms = await Promise.all(
      clients.flatMap((client) => [
        client.form({ claims: { jti } }),
        client.form({ claims: { jti, more: 1 } }),
      ]),
    );
    const answers = await Promise.all(forms.map((form) => pair.copies(form, 10)));
    for (const index of clients.keys()) {
      expectOneToken(answers.slice(2 * index, 2 * index + 2).flat());
    }
  });

  it('AUTH-020 threat 4 the same jti of another client is another one', async () => {
    const [one, other] = [await registerSigner(pair.server), await registerSigner(pair.server)];
    const claims = { jti: 'shared-jti' };
    for (const client of [one, other])
      expectToken(await tokenAt(pair.ports[0], await client.form({ claims })));
    for (const client of [one, other]) {
      const again = await client.form({ claims });
      for (const port of pair.ports) expectError(await tokenAt(port, again), 401, 'invalid_client');
    }
  });

  it('AUTH-022 threat 3 an id is used up by a good request alone', async () => {
    const client = await registerSigner(pair.server);
    const claims = { jti: 'to-come' };
    const stranger = await clientKey('ES256', client.key?.kid);
    const wrong = [
      await client.form({ claims, key: stranger }),
      await client.form({ claims: { ...claims, aud: `${pair.server.issuer}/oauth/token` } }),
      await client.form({ claims: { ...claims, exp: 1 } }),
    ];
    for (const form of wrong) {
      for (const port of pair.ports) expectError(await tokenAt(port, form), 401, 'invalid_client');
    }
    const assertion = await client.sign({ claims });
    const refused = await tokenAt(pair.ports[0], assertionForm(assertion, '&scope=foo'));
    expectError(refused, 400, 'invalid_scope');
    const elsewhere = '&resource=https://elsewhere.example';
    expectError(await tokenAt(pair.ports[1], assertionForm(assertion, elsewhere)), 400, 'invalid_target');
    expectToken(await tokenAt(pair.ports[1], assertionForm(assertion)));
    expectError(await tokenAt(pair.ports[0], assertionForm(assertion)), 401, 'invalid_client');
  });

  it('AUTH-021 threat 2 a used one stays used after a kill and a new start', async () => {
    const client = await registerSigner(pair.server);
    const form = await client.form();
    const first = await pair.start('express');
    expectToken(await tokenAt(first.port, form));
    await first.stop('SIGKILL');
    const second = await pair.start('fastify');
    for (const port of [second.port, ...pair.ports]) {
      expectError(await tokenAt(port, form), 401, 'invalid_client');
    }
    expectToken(await tokenAt(second.port, await client.form()));
    await second.stop();
  });
});

describe.each(HTTP_ADAPTERS)('used assertions as time goes on, on %s', (httpAdapter) => {
  let server: Server;

  beforeAll(async () => {
    server = await openServer({ httpAdapter, env: ADVANCING_CLOCK });
  });

  afterAll(() => server.close());

  it('AUTH-021 AUTH-012 stay refused until they have expired, and afterwards', async () => {
    const client = await registerSigner(server);
    const exp = Math.floor(Date.now() / 1000) + 125;
    const assertion = await client.sign({ claims: { exp } });
    const unused = await client.sign({ claims: { exp } });
    expectToken(await server.token(assertionForm(assertion), {}));
    expectError(await server.token(assertionForm(assertion), {}), 401, 'invalid_client');
    await advance(server.app);
    expectError(await server.token(assertionForm(assertion), {}), 401, 'invalid_client');
    await advance(server.app);
    // It would still work.
    expectError(await server.token(assertionForm(assertion), {}), 401, 'invalid_client');
    expectToken(await server.token(assertionForm(unused), {}));
    const ahead = await advance(server.app);
    expectError(await server.token(assertionForm(assertion), {}), 401, 'invalid_client');
    expectToken(await server.token(await client.form({ ahead }), {}));
  });
});
