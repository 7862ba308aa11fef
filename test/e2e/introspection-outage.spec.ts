import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import {
  AS_JWT,
  expectActive,
  expectInactive,
  expectRevoked,
  FORMATS,
  introspect,
  revoke,
  tokenOf,
  use,
} from './support/lookups.js';
import { expectErrorShape, openServer, type Server } from './support/server.js';
import type { Answer } from './support/wire.js';

/** Parts of the database fail, and the rest of it answers: see database-outage.spec.ts for all of it. */
describe.each(HTTP_ADAPTERS)('a database that fails in part on %s', (httpAdapter) => {
  let server: Server;

  beforeAll(async () => {
    server = await openServer({ httpAdapter });
  });

  afterAll(() => server.close());

  const query = (statement: string): Promise<unknown> => server.context.get(DataSource).query(statement);

  /** For the rest of the test. */
  async function without(table: string): Promise<() => Promise<void>> {
    await query(`ALTER TABLE ${table} RENAME TO lost`);
    let lost = true;
    const restore = async () => {
      if (lost) await query(`ALTER TABLE lost RENAME TO ${table}`);
      lost = false;
    };
    onTestFinished(restore);
    return restore;
  }

  async function refusing(what: 'DELETE' | 'INSERT', table: string): Promise<() => Promise<void>> {
    await query(
      `CREATE TRIGGER refusal BEFORE ${what} ON ${table} BEGIN SELECT RAISE(ABORT, 'db pw=hunter2'); END`,
    );
    const restore = async () => void (await query('DROP TRIGGER IF EXISTS refusal'));
    onTestFinished(restore);
    return restore;
  }

  function expectUnavailable(answer: Answer): void {
    expect(answer, answer.text).toMatchObject({ status: 503, json: { error: 'temporarily_unavailable' } });
    expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expectErrorShape(answer);
    expect(answer.text).not.toMatch(/hunter2|no such table|oauth_|lost|SQLITE/i);
  }

  function expectNoAccess(answer: Answer): void {
    expect(answer.status, answer.text).toBe(503);
    expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.text).not.toMatch(/no such table|oauth_|lost|SQLITE/i);
  }

  it.each([
    { ...FORMATS[0], what: 'INSERT', table: 'oauth_revoked_token' },
    { ...FORMATS[1], what: 'DELETE', table: 'oauth_access_token' },
  ] as const)(
    'REV-011 threat 37 threat 39 does not say that a token of format $format is revoked where that was not written',
    async ({ scope, api, what, table }) => {
      const token = await tokenOf(server, scope);
      const restore = await refusing(what, table);
      for (let count = 0; count < 3; count++)
        expectUnavailable(await revoke(server.port, token, server.client));
      // What is dead or never was needs nothing to be written.
      expectRevoked(await revoke(server.port, 'unknown', server.client));
      expectActive(await introspect(server.port, token, server.client));
      expect((await use(server.port, api, token)).status).toBe(200);
      await restore();
      expectRevoked(await revoke(server.port, token, server.client));
      expectInactive(await introspect(server.port, token, server.client));
      expect((await use(server.port, api, token)).status).toBe(401);
    },
  );

  it.each([
    { ...FORMATS[0], table: 'oauth_revoked_token' },
    { ...FORMATS[1], table: 'oauth_access_token' },
    { ...FORMATS[0], table: 'oauth_client' },
    { ...FORMATS[1], table: 'oauth_client' },
  ])(
    'INT-007 REV-011 BEAR-010 threat 39 says nothing of a token of format $format without $table',
    async ({ scope, api, table }) => {
      const [token, dead] = [await tokenOf(server, scope), await tokenOf(server, scope)];
      expectRevoked(await revoke(server.port, dead, server.client));
      // Whatever is remembered of it, it is by now.
      expectActive(await introspect(server.port, token, server.client));
      expect((await use(server.port, api, token)).status).toBe(200);
      const restore = await without(table);
      for (const each of table === 'oauth_client' ? [token] : [token, dead]) {
        expectUnavailable(await introspect(server.port, each, server.client));
        expectUnavailable(await introspect(server.port, each, server.client, AS_JWT));
        expectUnavailable(await revoke(server.port, each, server.client));
        expectNoAccess(await use(server.port, api, each));
      }
      await restore();
      expect((await use(server.port, api, token)).status).toBe(200);
      expectActive(await introspect(server.port, token, server.client));
      expectInactive(await introspect(server.port, dead, server.client));
    },
  );

  it('ROB-026 tells the operator why', () => {
    expect(server.app.output()).toMatch(/ ERROR /);
    expect(server.app.output()).not.toContain(server.client.secret);
  });
});
