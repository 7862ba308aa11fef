import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { Encryption } from '../../src/oauth/encryption.js';
import { Persistence } from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { HTTP_ADAPTERS, startSampleApp } from '../support/sample-app.js';
import { basic } from '../support/echo.js';
import {
  AS_JWT,
  deniedTokens,
  expectActive,
  expectJwt,
  expectRevoked,
  introspect,
  revoke,
} from './support/lookups.js';
import { expectToken, GRANT, openServer, type Server } from './support/server.js';

const KEY_ENCRYPTION_SECRET = 'correct-horse-battery-staple-0123456789';

describe.each(HTTP_ADAPTERS)('what is kept on %s', (httpAdapter) => {
  const folder = mkdtempSync(join(tmpdir(), 'oauth-rest-'));
  const database = join(folder, 'rest.sqlite');
  let server: Server;
  /** Everything that must not be found in the clear, by what it is called. */
  let hidden: [what: string, value: string][];

  beforeAll(async () => {
    const options = { httpAdapter, databaseUrl: `sqlite:${database}`, env: { KEY_ENCRYPTION_SECRET } };
    server = await openServer(options);
    const generated = await server.register();
    const { issued } = await server.admin.secrets.rotate(generated.id, 60);
    const secrets = [server.client.secret, server.postClient.secret, generated.secret, issued.secret];
    const forms = [GRANT, `${GRANT}&scope=statistics:read`];
    const answers = [];
    for (const form of forms) {
      answers.push(await server.token(form), await server.token(form, basic(generated.id, issued.secret)));
      answers.push(await server.token(`${form}&${server.postClient.post}`, {}));
    }
    const tokens = answers.map((answer) => expectToken(answer).access_token);
    for (const token of tokens) {
      const path = token.startsWith('ey') ? '/api/catalog' : '/api/statistics';
      expect((await server.send({ path, headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    }
    const [jwt = '', opaque = ''] = await Promise.all(
      forms.map(async (form) => expectToken(await server.token(form)).access_token),
    );
    const { jti = '' } = decodeJwt(jwt);
    expectActive(await introspect(server.port, opaque, server.client));
    const signed = await introspect(server.port, jwt, server.client, AS_JWT);
    await expectJwt(server, signed, server.client);
    for (const token of [jwt, opaque]) expectRevoked(await revoke(server.port, token, server.client));
    expect(await deniedTokens(server)).toBe(1);
    const stored = await server.context.get(Persistence, { strict: false }).signingKeys.all();
    // One for access tokens, one for introspection responses.
    expect(stored).toHaveLength(2);
    const privateKeys = stored.map(({ privateKey, kid }) => {
      const opened = new Encryption([KEY_ENCRYPTION_SECRET]).decrypt(privateKey, kid);
      return (JSON.parse(opened ?? '{}') as { d?: string }).d ?? '';
    });
    for (const d of privateKeys) expect(d).toMatch(/^[\w-]{43,}$/);
    hidden = [
      ...secrets.map((value): [string, string] => ['a client secret', value]),
      ...tokens.map((value): [string, string] => ['an access token', value]),
      ...privateKeys.map((value): [string, string] => ['a private key', value]),
      ['a revoked JWT', jwt],
      ['a revoked opaque token', opaque],
      ['the id of a revoked token', jti],
      ['an introspection response', signed.text],
      ['the secret that encrypts', KEY_ENCRYPTION_SECRET],
    ];
  });

  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('TOK-074 JWKS-012 REV-001 REV-016 has no secret, no token, revoked or not, and no private key in the database', () => {
    const files = [database, `${database}-wal`, `${database}-shm`, `${database}-journal`].filter(existsSync);
    expect(files.length).toBeGreaterThan(1);
    const bytes = Buffer.concat(files.map((file) => readFileSync(file)));
    // What is searched for would be found: the ids are there.
    expect(bytes.includes('oauth_access_token')).toBe(true);
    for (const [what, value] of hidden) {
      const raw = Buffer.from(value);
      expect(bytes.includes(raw), what).toBe(false);
      expect(bytes.includes(raw.toString('base64').replace(/=+$/, '')), what).toBe(false);
      expect(bytes.includes(raw.toString('hex')), what).toBe(false);
      const decoded = Buffer.from(value, 'base64url');
      if (decoded.length >= 20) {
        expect(bytes.includes(decoded), what).toBe(false);
        expect(bytes.includes(decoded.toString('hex')), what).toBe(false);
      }
    }
    expect(bytes.includes('"d"')).toBe(false);
    expect(bytes.includes('PRIVATE KEY')).toBe(false);
  });

  it('TOK-074 ROB-026 INT-003 prints no secret and no token, the demo secret once', () => {
    const output = server.app.output();
    for (const [what, value] of hidden) expect(output, what).not.toContain(value);
    const demo = /client_secret: (\S+)/.exec(output)?.[1] ?? '';
    expect(demo).toMatch(/^[\w-]{43}$/);
    const after = output.slice(output.lastIndexOf('curl'));
    const rest = output.slice(0, output.indexOf('A demo client was made')) + after.slice(after.indexOf('\n'));
    expect(rest).not.toContain(demo);
    const bytes = readFileSync(database);
    expect(bytes.includes(demo)).toBe(false);
  });

  it('TOK-074 prints the demo secret on the first start only', async () => {
    const { databaseUrl, issuer } = server;
    const env = { KEY_ENCRYPTION_SECRET, ISSUER: issuer };
    const again = await startSampleApp({ httpAdapter, databaseUrl, env });
    onTestFinished(async () => void (await again.stop()));
    expect(again.output()).not.toMatch(/client_secret/);
    await again.stop();
    expect(again.output()).not.toMatch(/client_secret/);
  });
});
