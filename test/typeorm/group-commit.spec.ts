import type { DataSource, Logger } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StoredAccessToken } from '../../src/oauth/token/access-token.store.js';
import { TypeormPersistence } from '../../src/typeorm/index.js';
import { connectMigrated, engines, type TestDatabase } from '../support/databases.js';

describe.each(engines())('issuing opaque tokens on $name', (engine) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let statements: string[] = [];

  beforeAll(async () => {
    database = await engine.open();
    dataSource = await connectMigrated(database, { logger: recorder((query) => statements.push(query)) });
  });

  beforeEach(async () => {
    await dataSource.query('DELETE FROM oauth_access_token');
    statements = [];
  });

  afterAll(async () => {
    await dataSource.destroy();
    await database.close();
  });

  it('writes those that come together in groups of at most a hundred', async () => {
    const { accessTokens } = new TypeormPersistence(dataSource);
    await Promise.all(tokens(300).map((token) => accessTokens.insert(token)));
    expect(insertions()).toHaveLength(3);
    expect(await dataSource.query('SELECT digest FROM oauth_access_token')).toHaveLength(300);
  });

  it('writes used identifiers in the same way', async () => {
    const { usedIdentifiers } = new TypeormPersistence(dataSource);
    await Promise.all(tokens(300).map(({ digest }) => usedIdentifiers.insert(digest, 2)));
    expect(insertions()).toHaveLength(3);
    expect(await dataSource.query('SELECT digest FROM oauth_used_identifier')).toHaveLength(300);
  });

  it('writes revoked tokens in the same way, though they are there already', async () => {
    const { revokedTokens } = new TypeormPersistence(dataSource);
    const revoke = () => Promise.all(tokens(300).map(({ digest }) => revokedTokens.insert(digest, 2)));
    await revoke();
    await revoke();
    expect(insertions()).toHaveLength(6);
    expect(await dataSource.query('SELECT digest FROM oauth_revoked_token')).toHaveLength(300);
  });

  it('gathers those that come while others are written', async () => {
    const { accessTokens } = new TypeormPersistence(dataSource);
    const chains = Array.from({ length: 20 }, async (_, chain) => {
      for (const token of tokens(10, `chain-${chain}`)) await accessTokens.insert(token);
    });
    await Promise.all(chains);
    expect(insertions().length).toBeLessThanOrEqual(20);
    expect(await dataSource.query('SELECT digest FROM oauth_access_token')).toHaveLength(200);
  });

  it('rejects every one whose write failed, and recovers', async () => {
    const { accessTokens } = new TypeormPersistence(dataSource);
    await dataSource.query('ALTER TABLE oauth_access_token RENAME TO away');
    const failed = await Promise.allSettled(tokens(150).map((token) => accessTokens.insert(token)));
    expect(failed.map(({ status }) => status)).toEqual(failed.map(() => 'rejected'));
    expect(insertions()).toHaveLength(2);
    await dataSource.query('ALTER TABLE away RENAME TO oauth_access_token');
    const [token] = tokens(1);
    if (token) await accessTokens.insert(token);
    expect(await dataSource.query('SELECT digest FROM oauth_access_token')).toHaveLength(1);
  });

  it.each([
    ['cannot be written as JSON', { claims: { count: 1n } }],
    ['is too long for its column', { id: 'x'.repeat(300) }],
    ['has a character that PostgreSQL refuses', { subject: '\0' }],
  ])('does not let a token fail the others because it %s', async (_, fault) => {
    const { accessTokens } = new TypeormPersistence(dataSource);
    const all = tokens(20).map((token, n) => (n === 7 ? { ...token, ...fault } : token));
    const answers = await Promise.allSettled(all.map((token) => accessTokens.insert(token)));
    const rejected = answers.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []));
    expect([[], [7]]).toContainEqual(rejected);
    expect(await dataSource.query('SELECT digest FROM oauth_access_token')).toHaveLength(
      20 - rejected.length,
    );
  });

  function insertions(): string[] {
    return statements.filter((statement) => statement.startsWith('INSERT'));
  }
});

function tokens(count: number, prefix = 'token'): StoredAccessToken[] {
  return Array.from({ length: count }, (_, n) => ({
    digest: `${prefix}-${n}`,
    id: `${n}`,
    clientId: 'client',
    subject: 'client',
    audience: 'https://api.example.com',
    scope: ['catalog:read'],
    issuedAt: 1,
    expiresAt: 2,
    claims: {},
  }));
}

function recorder(record: (query: string) => void): Logger {
  return {
    logQuery: (query) => record(query),
    logQueryError: () => {},
    logQuerySlow: () => {},
    logSchemaBuild: () => {},
    logMigration: () => {},
    log: () => {},
  };
}
