import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import {
  assertionForm,
  clientKey,
  KEY_ENCRYPTION_SECRET,
  registerHmacSigner,
  registerSigner,
  type AssertionOptions,
  type SigningClient,
} from './support/assertions.js';
import { endless, JwksServer, keySet, redirect, text } from './support/jwks-server.js';
import { expectError, expectToken, GRANT, openServer, type Server } from './support/server.js';

const MARK = 'a-mark-of-a-stranger';
/** Would begin a line of the log of its own, in colour. */
const INJECTION = `\r\n[Nest] 1  - LOG \u001b[31m${MARK}\u001b[0m\u2028\u0000`;

describe.each(HTTP_ADAPTERS)('what remains of assertions on %s', (httpAdapter) => {
  const folder = mkdtempSync(join(tmpdir(), 'oauth-secrecy-'));
  const database = join(folder, 'secrecy.sqlite');
  let server: Server;
  let jwks: JwksServer;
  /** Everything that must not be found in the clear, by what it is called. */
  const hidden: [what: string, value: string][] = [];
  /** The same, of the log alone: public keys stand in the database. */
  const unlogged: [what: string, value: string][] = [];
  let ids = 0;

  /** Signs, and remembers what of it is secret. */
  async function remembered(client: SigningClient, options: AssertionOptions = {}): Promise<string> {
    const jti = `an-id-that-is-used-once-${(ids += 1)}-${httpAdapter}`;
    const assertion = await client.sign({ ...options, claims: { jti, ...options.claims } });
    const parts = assertion.split('.');
    hidden.push(['a jti', jti], ['an assertion', assertion], ['its claims', parts[1] ?? '']);
    hidden.push(['its signature', parts[2] ?? '']);
    return assertion;
  }

  const token = (assertion: string, more = '') => server.token(assertionForm(assertion, more), {});

  async function expectRefused(assertion: string): Promise<void> {
    expectError(await token(assertion), 401, 'invalid_client');
  }

  /** Requests of every kind by this client, good and bad. */
  async function exercise(client: SigningClient): Promise<void> {
    for (const more of ['', '&scope=statistics:read']) {
      const assertion = await remembered(client);
      const { access_token: value } = expectToken(await token(assertion, more));
      hidden.push(['an access token', value]);
      await expectRefused(assertion);
    }
    const { id } = client;
    const claims = [
      { aud: 'https://elsewhere.example' },
      { exp: 1 },
      { jti: '' },
      { iss: id, sub: `${id}x` },
    ];
    for (const wrong of claims) await expectRefused(await remembered(client, { claims: wrong }));
    await expectRefused(await remembered(client, { claims: { jti: INJECTION.repeat(20) } }));
    const signature = await remembered(client);
    await expectRefused(signature.slice(0, -8) + 'AAAAAAAA');
    await expectRefused(`${signature}.${signature}`);
    await expectRefused(signature.replaceAll('.', ''));
    const foreign = await remembered(client);
    expectError(await server.token(assertionForm(foreign)), 400, 'invalid_request');
    expectError(await token(foreign, `&client_id=${MARK}`), 400, 'invalid_request');
    expectError(await token(await remembered(client), '&scope=foo'), 400, 'invalid_scope');
    const half = `${GRANT}&client_assertion=${await remembered(client)}`;
    expectError(await server.token(half, {}), 400, 'invalid_request');
  }

  beforeAll(async () => {
    const env = { KEY_ENCRYPTION_SECRET, JWKS_URI_ALLOW_LOOPBACK: '1' };
    jwks = await JwksServer.open();
    server = await openServer({ httpAdapter, databaseUrl: `sqlite:${database}`, env });
    hidden.push(['the secret that encrypts', KEY_ENCRYPTION_SECRET]);

    const [own, leaked] = [await clientKey(), await clientKey()];
    // This one publishes the private part of another key, too.
    const uri = jwks.at(keySet([own.publicJwk, leaked.privateJwk]));
    const remote = await registerSigner(server, { jwks_uri: uri }, own);
    await exercise(remote);
    await expectRefused(await remembered(remote, { key: leaked }));

    const inline = await registerSigner(server);
    await exercise(inline);
    await expectRefused(await remembered(inline, { key: await clientKey() }));
    await expectRefused(await remembered(inline, { header: { kid: INJECTION } }));
    const stranger = await clientKey('ES256', MARK);
    const header = { jwk: stranger.publicJwk, jku: jwks.at(keySet([stranger.publicJwk])) };
    await expectRefused(await remembered(inline, { key: stranger, header }));
    expect(jwks.requests(header.jku)).toBe(0);

    for (const alg of ['HS256', 'HS512']) {
      const hmac = await registerHmacSigner(server, alg);
      await exercise(hmac);
      // Signed by nobody's secret.
      const { secret } = await registerHmacSigner(server, alg);
      hidden.push(['a client secret', hmac.secret], ['a client secret', secret]);
      const { issued } = await server.admin.secrets.rotate(hmac.id, 60);
      hidden.push(['a client secret', issued.secret]);
      const post = new URLSearchParams({ client_id: hmac.id, client_secret: hmac.secret }).toString();
      expectError(await server.token(`${GRANT}&${post}`, {}), 401, 'invalid_client');
    }

    for (const { privateJwk } of [own, leaked, inline.key ?? own]) {
      hidden.push(['a private key', privateJwk.d ?? '']);
    }
    // Servers that tell tales, which are no business of the log.
    const tales = [
      text(`{"${MARK}":`),
      text(MARK, { 'Content-Encoding': MARK }),
      redirect(302, `https://${MARK}.example/`),
      endless(MARK, 0),
    ];
    for (const tale of tales) {
      const address = jwks.at(tale);
      unlogged.push(['the path of a jwks_uri', new URL(address).pathname]);
      await expectRefused(await remembered(await registerSigner(server, { jwks_uri: address })));
    }
    unlogged.push(['what a stranger has written', MARK], ['a public key', own.publicJwk.x ?? '']);
    await server.serves();
  });

  afterAll(async () => {
    await server.close();
    await jwks.down();
    rmSync(folder, { recursive: true, force: true });
  });

  it('ROB-026 no assertion, jti, secret or key is in the log, and nobody writes lines of it', () => {
    const output = server.app.output();
    // There is something in it: the servers that failed.
    expect(output).toMatch(/JWK Set/);
    for (const [what, value] of [...hidden, ...unlogged]) {
      expect(value).not.toBe('');
      expect(output, what).not.toContain(value);
    }
    expect(output).not.toMatch(/"d"|PRIVATE KEY|unhandled/i);
    // Nothing of a colour, as NO_COLOR is set, and no line that is not of the app's own making.
    expect(output).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u2028]/);
  });

  it('ROB-026 AUTH-030 no assertion, jti, secret or private key is in the database in the clear', () => {
    const files = [database, `${database}-wal`, `${database}-shm`, `${database}-journal`].filter(existsSync);
    const bytes = Buffer.concat(files.map((file) => readFileSync(file)));
    // What is searched for would be found: the tables and the public keys are there.
    expect(bytes.includes('oauth_used_identifier')).toBe(true);
    expect(bytes.includes('client_secret_jwt')).toBe(true);
    for (const [what, value] of hidden) {
      const raw = Buffer.from(value);
      const forms = [
        raw,
        raw.toString('base64').replace(/=+$/, ''),
        raw.toString('base64url'),
        raw.toString('hex'),
      ];
      if (what === 'a jti') forms.push(createHash('sha256').update(value).digest('hex'));
      const decoded = Buffer.from(value, 'base64url');
      if (decoded.length >= 20) forms.push(decoded, decoded.toString('hex'));
      for (const form of forms) expect(bytes.includes(form), what).toBe(false);
    }
    expect(bytes.includes('"d":')).toBe(false);
    expect(bytes.includes(MARK)).toBe(false);
  });
});
