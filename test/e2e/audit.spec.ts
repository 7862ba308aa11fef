import { readdirSync, readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic } from '../support/echo.js';
import { KEY_ENCRYPTION_SECRET } from './support/assertions.js';
import { FORMATS, revoke, tokenOf } from './support/lookups.js';
import {
  bearer,
  command,
  expectRegistered,
  expectWrongToken,
  INITIAL,
  json,
  manage,
  OPEN,
  register,
} from './support/registration.js';
import { expectError, GRANT, openServer, type Server } from './support/server.js';
import { send } from './support/wire.js';

interface Entry {
  readonly id: string;
  readonly at: number;
  readonly type: string;
  readonly actor?: string;
  readonly subject?: string;
  readonly address?: string;
  readonly tenant?: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

const FROM = '127.0.0.1';
const PASTED = 'a-secret-pasted-into-the-wrong-field';
const commandLine = `command:${userInfo().username}`;

describe('what the audit log tells', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'oauth-audit-'));
  /** What was handed out, or sent, and must stand nowhere in the clear. */
  const hidden: [what: string, value: string][] = [];
  const outputs: string[] = [];
  let server: Server;
  let entries: Entry[];
  let ids: { registered: string; tokenId: string };
  let began: number;

  beforeAll(async () => {
    const env = { ...OPEN, KEY_ENCRYPTION_SECRET };
    server = await openServer({ env, databaseUrl: `sqlite:${join(folder, 'audit.sqlite')}` });
    began = Math.floor(Date.now() / 1000);
    await act();
    entries = await audit();
  }, 120_000);

  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function operator(...words: string[]): Promise<Record<string, unknown>> {
    const { issuer: ISSUER, databaseUrl: DATABASE_URL } = server;
    const env = { DATABASE_URL, KEY_ENCRYPTION_SECRET, ISSUER };
    const ended = await command(env, [...words, '--json']);
    outputs.push(ended.stderr);
    return ended.json();
  }

  async function audit(...words: string[]): Promise<Entry[]> {
    const entries: unknown = await operator('audit', 'list', '--limit', '500', ...words);
    return entries as Entry[];
  }

  function hide(what: string, value: unknown): string {
    expect(value, what).toMatch(/^.{10,}$/);
    hidden.push([what, String(value)]);
    return String(value);
  }

  /** A bit of everything, by the command, the API, clients themselves, and strangers. */
  async function act(): Promise<void> {
    hide('the initial access token', INITIAL);
    hide('the encryption secret', KEY_ENCRYPTION_SECRET);
    hide('a pasted secret', PASTED);
    // By the command.
    const words = ['--id', 'operator', '--scope', 'oauth:admin', '--label', 'tenant=acme'];
    const made = await operator('client', 'create', ...words);
    const secret = hide('a client secret', made['client_secret']);
    const rotated = await operator('client', 'rotate-secret', 'operator', '--overlap', '600');
    hide('a rotated secret', rotated['client_secret']);
    const issued = await operator('registration-token', 'create', '--owner', 'payments');
    const registration = hide('a registration token', issued['registration_token']);
    // By the API.
    const token = hide(
      'a token of an operator',
      await tokenOf(server, 'oauth:admin', { basic: basic('operator', secret) }),
    );
    const call = (method: string, path: string, body?: object) =>
      send(server.port, {
        method,
        path: `/admin${path}`,
        headers: body ? json(token) : bearer(token),
        ...(body && { body: JSON.stringify(body) }),
      });
    const byApi = await call('POST', '/clients', {
      client_id: 'by-api',
      scope: 'catalog:read',
      client_name: 'Before',
    });
    hide('a secret from the API', byApi.json?.['client_secret']);
    expect((await call('PATCH', '/clients/by-api', { client_name: 'By API', owner: 'me' })).status).toBe(200);
    const another = await call('POST', '/clients/by-api/secrets', { overlap: 0 });
    hide('a rotated secret from the API', another.json?.['client_secret']);
    expect((await call('POST', '/clients/by-api/disable')).status).toBe(200);
    expect((await call('DELETE', '/clients/by-api')).status).toBe(204);
    expect(
      (await call('POST', '/resource-servers', { identifier: 'https://x.example', scopes: ['x'] })).status,
    ).toBe(201);
    // By clients themselves.
    const client = expectRegistered(
      await register(server.port, { scope: 'catalog:read' }, json(registration)),
    );
    hide('a registered secret', client.secret);
    hide('a registration access token', client.token);
    const updated = await manage(server.port, 'PUT', client, { client_id: client.id, client_name: 'Itself' });
    const after = expectRegistered(updated, 200);
    hide('the next registration access token', after.token);
    expectWrongToken(await manage(server.port, 'GET', client));
    for (const { scope } of FORMATS) {
      const own = hide(`a token for ${scope}`, await tokenOf(server, scope));
      expect((await revoke(server.port, own, server.client)).status).toBe(200);
    }
    expect((await manage(server.port, 'DELETE', { id: client.id, token: after.token })).status).toBe(204);
    // By strangers.
    expectError(
      await server.token(GRANT, basic('operator', 'wrong-secret-of-somebody')),
      401,
      'invalid_client',
    );
    hide('a wrong secret', 'wrong-secret-of-somebody');
    expectError(await server.token(GRANT, basic(PASTED, PASTED)), 401, 'invalid_client');
    expectError(await server.token(`${GRANT}&client_id=operator`, {}), 401, 'invalid_client');
    expectWrongToken(await register(server.port, {}, json(PASTED)));
    expectWrongToken(await manage(server.port, 'GET', { id: 's6BhdRkqt3', token: PASTED }));
    expect(
      (await send(server.port, { path: `/oauth/register/${PASTED}`, headers: bearer(PASTED) })).status,
    ).toBe(401);
    // By the command, at last.
    await operator('client', 'disable', 'operator');
    await operator('key', 'rotate');
    ids = { registered: client.id, tokenId: String(issued['id']) };
  }

  const those = (type: string, subject?: string) =>
    entries.filter((entry) => entry.type === type && (subject === undefined || entry.subject === subject));

  function expectOne(type: string, subject: string, wanted: Partial<Entry>): void {
    const found = those(type, subject);
    expect(found, `${type} ${subject}: ${JSON.stringify(entries)}`).toHaveLength(1);
    expect(found[0]).toMatchObject(wanted);
  }

  it('names the user of the command', () => {
    const byCommand = { actor: commandLine };
    expectOne('client.created', 'operator', { ...byCommand, tenant: 'acme' });
    expectOne('client_secret.rotated', 'operator', { ...byCommand, tenant: 'acme' });
    expectOne('client.disabled', 'operator', byCommand);
    expectOne('registration_token.created', ids.tokenId, byCommand);
    expect(those('signing_key.rotated').map(({ actor }) => actor)).toContain(commandLine);
  });

  it('names the client of the operator at the API, and where it is', () => {
    const byApi = { actor: 'client:operator', address: FROM };
    expectOne('client.created', 'by-api', byApi);
    expectOne('client_secret.rotated', 'by-api', byApi);
    expectOne('client.disabled', 'by-api', byApi);
    expectOne('client.deleted', 'by-api', byApi);
    expectOne('resource_server.created', 'https://x.example', byApi);
    expectOne('client.updated', 'by-api', byApi);
    expect(those('client.updated', 'by-api')[0]?.detail['changed']).toEqual(
      expect.arrayContaining(['client_name', 'owner']),
    );
  });

  it('names the token that has opened a registration, and the client that manages itself', () => {
    const { registered: id, tokenId } = ids;
    expectOne('client.created', id, { actor: `registration-token:${tokenId}`, address: FROM });
    expect(those('client.created', id)[0]?.detail).toMatchObject({ opened_by: tokenId });
    for (const type of ['client.updated', 'client.deleted'])
      expectOne(type, id, { actor: `client:${id}`, address: FROM });
  });

  it('tells failed authentications and refused registrations, and from where', () => {
    // Who brings no credentials, or no token, has tried nothing.
    const failed = those('client.authentication_failed');
    expect(failed.map(({ subject, address, detail }) => [subject, address, detail['reason']]).sort()).toEqual(
      [
        ['operator', FROM, 'wrong_secret'],
        [undefined, FROM, 'unknown_client'],
      ].sort(),
    );
    const refused = those('registration.refused');
    expect(
      refused.map(({ subject, address, detail }) => [subject, address, detail['reason']]).sort(),
    ).toEqual(
      [
        [undefined, FROM, 'unknown_token'],
        [ids.registered, FROM, 'unknown_token'],
        [undefined, FROM, 'wrong_client'],
        [undefined, FROM, 'wrong_client'],
      ].sort(),
    );
  });

  it('has each moment, the newest first', () => {
    const now = Math.floor(Date.now() / 1000) + 1;
    for (const { at, type } of entries) expect(at >= began - 30 && at <= now, `${type} ${at}`).toBe(true);
    expect(entries.map(({ id }) => id)).toEqual(
      entries
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
  });

  it('is asked for a subject, an actor, a type', async () => {
    const found = await audit(
      '--subject',
      'by-api',
      '--actor',
      'client:operator',
      '--type',
      'client.deleted',
    );
    expect(found).toEqual(those('client.deleted', 'by-api'));
  });

  it('no secret and no token stands in the clear in the database, the log or the audit log', async () => {
    const dataSource = server.context.get(DataSource);
    const tables = dataSource.entityMetadatas.map(({ tablePath }) => tablePath);
    expect(tables).toEqual(
      expect.arrayContaining(['oauth_client', 'oauth_audit_entry', 'oauth_registration_token']),
    );
    const places: [string, string][] = [
      ['the audit log', JSON.stringify(entries)],
      ['the log', server.app.output()],
      ['standard error', outputs.join('')],
    ];
    for (const table of tables) {
      const rows: unknown = await dataSource.query(`SELECT * FROM ${table}`);
      places.push([table, JSON.stringify(rows)]);
    }
    for (const name of readdirSync(folder)) places.push([name, readFileSync(join(folder, name), 'latin1')]);
    for (const [what, value] of hidden) {
      const bytes = Buffer.from(value);
      for (const form of [value, bytes.toString('hex'), bytes.toString('base64url').slice(0, -2)]) {
        for (const [place, text] of places)
          expect(text.includes(form), `${what} in ${place}, as ${form.slice(0, 40)}`).toBe(false);
      }
    }
  });
});
