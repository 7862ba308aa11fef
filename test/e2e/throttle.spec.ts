import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, HTTP_ADAPTERS, startSampleApp, type SampleApp } from '../support/sample-app.js';
import { basic } from '../support/echo.js';
import {
  ADVANCING_CLOCK,
  advance,
  assertionForm,
  clientKey,
  KEY_ENCRYPTION_SECRET,
  registerHmacSigner,
  registerSigner,
  tally,
  times,
  tokenFrom,
  type PlainAnswer,
  type SigningClient,
} from './support/assertions.js';
import { GRANT, openServer, type Headers, type Server } from './support/server.js';

/** The sample app leaves them as they are by default. */
const PER_CLIENT = 100;
const PER_ADDRESS = 1000;

/** 429 with the time to wait, in the form of every error. */
function expectThrottled({ status, headers, text }: PlainAnswer): void {
  expect(status, text).toBe(429);
  expect(headers['retry-after']).toMatch(/^(?:[1-9]|[1-5]\d|60)$/);
  expect(headers['content-type']).toMatch(/^application\/json(?:;\s*charset=utf-8)?$/i);
  expect(headers['cache-control']).toBe('no-store');
  expect(headers['pragma']).toBe('no-cache');
  expect(headers['www-authenticate']).toBeUndefined();
  const { error, ...rest } = JSON.parse(text) as Record<string, unknown>;
  expect(error).toBe('temporarily_unavailable');
  expect(Object.keys(rest)).toEqual(['error_description']);
}

describe.each(HTTP_ADAPTERS)('guessing on %s', (httpAdapter) => {
  let server: Server;
  let second: SampleApp;
  let addresses = 1;

  beforeAll(async () => {
    const env = { KEY_ENCRYPTION_SECRET, ...ADVANCING_CLOCK };
    const port = await freePort();
    server = await openServer({ httpAdapter, port, env });
    const { issuer: ISSUER, databaseUrl } = server;
    second = await startSampleApp({ httpAdapter, databaseUrl, env: { ...env, ISSUER } });
  });

  afterAll(async () => {
    await second.stop();
    await server.close();
  });

  /** One that nobody has sent from. */
  const newAddress = () => `127.0.0.${(addresses += 1)}`;
  const tokenOf = (address: string, headers: Headers, form = GRANT, port = server.port) =>
    tokenFrom(address, port, form, headers);

  /** Makes this failing request so many times, all refused alike. */
  async function fail(count: number, attempt: (index: number) => Promise<PlainAnswer>): Promise<void> {
    const answers = await times(count, attempt, 10);
    expect(tally(answers)).toEqual({ 401: count });
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  }

  it('TOK-051 threat 38 a hundred wrong secrets end in 429, for the right one too', async () => {
    const [here, elsewhere] = [newAddress(), newAddress()];
    const [client, neighbour] = [await server.register(), await server.register()];
    const wrong = basic(client.id, 'wrong');
    await fail(PER_CLIENT - 1, () => tokenOf(here, wrong));
    expect((await tokenOf(here, client.basic)).status).toBe(200);
    await fail(1, () => tokenOf(here, wrong));
    expectThrottled(await tokenOf(here, wrong));
    expectThrottled(await tokenOf(here, client.basic));
    // Nothing that a request says about where it comes from helps.
    for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'cf-connecting-ip']) {
      expectThrottled(await tokenOf(here, { ...client.basic, [header]: '203.0.113.9' }));
    }
    // Nobody else is held up: neither another client here nor the client elsewhere.
    expect((await tokenOf(here, neighbour.basic)).status).toBe(200);
    expect((await tokenOf(elsewhere, client.basic)).status).toBe(200);
    // Nor does another method.
    expectThrottled(await tokenOf(here, {}, `${GRANT}&${client.post}`));
  });

  it('TOK-051 threat 38 another instance knows the count with the next failure', async () => {
    const [here, elsewhere] = [newAddress(), newAddress()];
    const client = await server.register();
    const wrong = basic(client.id, 'wrong');
    await fail(PER_CLIENT, () => tokenOf(here, wrong));
    expectThrottled(await tokenOf(here, client.basic));
    await fail(1, () => tokenOf(here, wrong, GRANT, second.port));
    expectThrottled(await tokenOf(here, wrong, GRANT, second.port));
    expectThrottled(await tokenOf(here, client.basic, GRANT, second.port));
    expect((await tokenOf(elsewhere, client.basic, GRANT, second.port)).status).toBe(200);
  });

  it('TOK-051 threat 38 failures at several instances at once are all counted', async () => {
    const here = newAddress();
    const client = await server.register();
    const wrong = basic(client.id, 'wrong');
    const ports = [server.port, second.port];
    await fail(PER_CLIENT, (index) => tokenOf(here, wrong, GRANT, ports[index % 2]));
    const after = await Promise.all(ports.map((port) => tokenOf(here, wrong, GRANT, port)));
    // The one that has seen the hundredth refuses at once, the other with its next failure.
    expect(after.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(1);
    for (const port of ports) expectThrottled(await tokenOf(here, client.basic, GRANT, port));
  });

  it('TOK-051 an unknown client counts as a known one does', async () => {
    const here = newAddress();
    const unknown = basic('nobody-at-all', 'wrong');
    await fail(PER_CLIENT, () => tokenOf(here, unknown));
    expectThrottled(await tokenOf(here, unknown));
    expect((await tokenOf(here, server.client.basic)).status).toBe(200);
  });

  it('TOK-051 every way to present a client counts for it', async () => {
    const here = newAddress();
    const client = await server.register();
    const stranger = await clientKey();
    const forged = { claims: { iss: client.id, sub: client.id }, key: stranger };
    const signing = await registerSigner(server);
    const post = `${GRANT}&client_id=${client.id}&client_secret=wrong`;
    await fail(PER_CLIENT, async (index) => {
      if (index % 3 === 0) return tokenOf(here, basic(client.id, 'wrong'));
      return tokenOf(here, {}, index % 3 === 1 ? post : await signing.form(forged));
    });
    expectThrottled(await tokenOf(here, client.basic));
    expect((await tokenOf(here, {}, await signing.form())).status).toBe(200);
  });

  it('TOK-051 a thousand failures of whomever end in 429 for the address, and for it alone', async () => {
    const [here, elsewhere] = [newAddress(), newAddress()];
    const each = 50;
    const nobodies = Array.from({ length: PER_ADDRESS / each }, (_, index) => `nobody-${index}`);
    // Some cannot be read, and so name nobody.
    await fail(PER_ADDRESS, (index) => {
      if (index % each === 0) return tokenOf(here, { authorization: 'Basic !!!' });
      return tokenOf(here, basic(nobodies[Math.floor(index / each)] ?? '', 'wrong'));
    });
    expectThrottled(await tokenOf(here, server.client.basic));
    expectThrottled(await tokenOf(here, { authorization: 'Basic !!!' }));
    expectThrottled(await tokenOf(here, {}, `${GRANT}&${server.postClient.post}`));
    expect((await tokenOf(elsewhere, server.client.basic)).status).toBe(200);
  });

  it('TOK-051 requests without credentials, successes and refusals of something else do not count', async () => {
    const here = newAddress();
    const { client } = server;
    const many = PER_CLIENT + 10;
    const bare = await times(many, () => tokenOf(here, {}));
    expect(tally(bare)).toEqual({ 401: many });
    const named = await times(many, () => tokenOf(here, {}, `${GRANT}&client_id=${client.id}`));
    expect(tally(named)).toEqual({ 401: many });
    const good = await times(many, () => tokenOf(here, client.basic));
    expect(tally(good)).toEqual({ 200: many });
    const refused = await times(many, () => tokenOf(here, client.basic, `${GRANT}&scope=foo`));
    expect(tally(refused)).toEqual({ 400: many });
    expect((await tokenOf(here, client.basic)).status).toBe(200);
  });

  const signers: [method: string, register: () => Promise<SigningClient>][] = [
    ['private_key_jwt', () => registerSigner(server)],
    ['client_secret_jwt', () => registerHmacSigner(server)],
  ];

  it.each(signers)(
    'TOK-051 threat 38 a hundred wrong assertions end in 429, by %s, and use up no good one',
    async (_, register) => {
      const [here, elsewhere] = [newAddress(), newAddress()];
      const [client, neighbour] = [await register(), await register()];
      const wrong = client.key
        ? { key: await clientKey('ES256', client.key.kid) }
        : { claims: { aud: 'https://elsewhere.example' } };
      await fail(PER_CLIENT, async () => tokenOf(here, {}, await client.form(wrong)));
      expectThrottled(await tokenOf(here, {}, await client.form(wrong)));
      const form = await client.form();
      expectThrottled(await tokenOf(here, {}, form));
      expect((await tokenOf(here, {}, await neighbour.form())).status).toBe(200);
      expect((await tokenOf(elsewhere, {}, form)).status).toBe(200);
      await fail(1, async () => tokenOf(here, {}, await client.form(wrong), second.port));
      expectThrottled(await tokenOf(here, {}, await client.form(), second.port));
    },
  );

  it('TOK-051 AUTH-019 a used assertion counts as a failure', async () => {
    const here = newAddress();
    const client = await registerSigner(server);
    const form = assertionForm(await client.sign());
    expect((await tokenOf(here, {}, form)).status).toBe(200);
    await fail(PER_CLIENT, () => tokenOf(here, {}, form));
    expectThrottled(await tokenOf(here, {}, await client.form()));
  });

  // The last one, since the clocks do not come back.
  it('TOK-051 threat 38 it ends with the window: nobody is locked out for good', async () => {
    const here = newAddress();
    const client = await server.register();
    const wrong = basic(client.id, 'wrong');
    await fail(PER_CLIENT, () => tokenOf(here, wrong));
    await fail(1, () => tokenOf(here, wrong, GRANT, second.port));
    const ports = [server.port, second.port];
    for (const port of ports) expectThrottled(await tokenOf(here, client.basic, GRANT, port));
    for (const app of [server.app, second]) await advance(app);
    for (const port of ports) expect((await tokenOf(here, client.basic, GRANT, port)).status).toBe(200);
    // The count begins anew.
    await fail(PER_CLIENT - 1, () => tokenOf(here, wrong));
    expect((await tokenOf(here, client.basic)).status).toBe(200);
  });
});
