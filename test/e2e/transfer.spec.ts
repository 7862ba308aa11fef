import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic } from '../support/echo.js';
import { connect, engines, type TestDatabase } from '../support/databases.js';
import { startSampleApp, type SampleApp } from '../support/sample-app.js';
import { exportedClient, exportedLines, idOf, secretOf } from './support/imports.js';
import { post } from './support/lookups.js';
import { command, startCommand } from './support/registration.js';
import { expectError, expectToken, GRANT } from './support/server.js';

const SQLITE = 'better-sqlite3';
const SLOW = { timeout: 120_000 };
const reachable = engines()
  .filter(({ name }) => name !== 'PGlite')
  .map((engine) => ({ engine, name: engine.name, count: engine.name === SQLITE ? 10_000 : 2000 }));

interface Report {
  readonly imported: boolean;
  readonly created: readonly string[];
  readonly updated: readonly { client_id: string; changed: readonly string[] }[];
  readonly unchanged: number;
  readonly refused: readonly { line: number; client_id?: string; error: string; error_description: string }[];
}

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

describe.each(reachable)('$count clients move to $name', ({ engine, name, count }) => {
  const folder = mkdtempSync(join(tmpdir(), 'oauth-transfer-'));
  const lines = exportedLines(count);
  let database: TestDatabase;
  let env: Record<string, string>;
  let files = 0;

  beforeAll(async () => {
    database = await engine.open();
    env = { DATABASE_URL: database.url ?? '' };
  });

  afterAll(async () => {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function file(content: string): string {
    const path = join(folder, `${(files += 1)}.jsonl`);
    writeFileSync(path, content);
    return path;
  }

  const operator = (...words: string[]) => command(env, words);
  const imports = async (path: string, ...more: string[]) =>
    (await operator('client', 'import', path, '--json', ...more)).json<Report>();

  async function stored(): Promise<number> {
    const dataSource = await connect(database);
    try {
      const rows: unknown = await dataSource.query('SELECT count(*) AS n FROM oauth_client');
      return Number((rows as { n: unknown }[])[0]?.n);
    } finally {
      await dataSource.destroy();
    }
  }

  it.skipIf(name !== SQLITE)('a dry run tells what would change, and changes nothing', SLOW, async () => {
    const report = await imports(file(text(lines)), '--dry-run');
    expect(report).toMatchObject({ imported: false, updated: [], unchanged: 0, refused: [] });
    expect(report.created).toHaveLength(count);
    expect(await stored()).toBe(0);
  });

  it.skipIf(name !== SQLITE)('one bad line stops all of it, and is named', SLOW, async () => {
    const bad = { ...exportedClient(1), client_id: 'bad', client_secret: 'hunter2-of-the-line', jwks: 'x' };
    const path = file(
      text([...lines.slice(0, 40), JSON.stringify(bad), '{"client_id":', ...lines.slice(40, 1000)]),
    );
    const ended = await startCommand(env, ['client', 'import', path]).ended;
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stdout).toContain('line 41 (bad): ');
    expect(ended.stdout).toContain('line 42: ');
    expect(ended.stderr).toContain('2 lines are refused: nothing was imported.');
    expect(ended.stdout + ended.stderr).not.toMatch(/hunter2|\n\s+at /);
    expect(await stored()).toBe(0);
  });

  it('they are imported and listed', SLOW, async () => {
    const { created, ...report } = await imports(file(text(lines)));
    expect(report).toMatchObject({ imported: true, updated: [], unchanged: 0, refused: [] });
    expect(created).toHaveLength(count);
    const listed = (await operator('client', 'list', '--json')).json<Record<string, unknown>[]>();
    expect(listed.map((client) => client['client_id'])).toEqual(lines.map((_, index) => idOf(index)));
  });

  it('they are exported line by line as they came, and importing that changes nothing', SLOW, async () => {
    const out = join(folder, 'exported.jsonl');
    await operator('client', 'export', '--secrets', '--out', out);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const exported = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(exported).toHaveLength(count);
    expect(exported.filter((line, index) => line !== lines[index])).toEqual([]);
    expect(await imports(out)).toMatchObject({ created: [], updated: [], unchanged: count, refused: [] });
  });

  it('an imported client authenticates with its secret, unless it is disabled', SLOW, async () => {
    const app: SampleApp = await startSampleApp({ databaseUrl: database.url ?? '' });
    try {
      const ask = (index: number, secret = secretOf(index)) =>
        post(app.port, '/oauth/token', GRANT, basic(idOf(index), secret));
      expect(expectToken(await ask(1)).scope).toBe('catalog:read');
      expect(expectToken(await ask(11)).access_token).not.toContain('.');
      expectToken(await ask(count - 1));
      expectError(await ask(1, secretOf(2)), 401, 'invalid_client');
      expectError(await ask(13), 401, 'invalid_client');
    } finally {
      await app.stop();
    }
  });

  it.skipIf(name !== SQLITE)('the good lines are imported where the operator says so', SLOW, async () => {
    const changed = {
      ...exportedClient(2),
      client_name: 'Renamed',
      scope: 'statistics:read',
      default_scope: undefined,
    };
    const documents = [
      'not JSON',
      JSON.stringify(changed),
      '',
      JSON.stringify({ client_id: 'new' }),
      lines[3] ?? '',
    ];
    const report = await imports(file(text(documents)), '--skip-refused');
    expect(report).toMatchObject({ imported: true, created: ['new'], unchanged: 1 });
    expect(report.refused).toMatchObject([{ line: 1, error: 'invalid_line' }]);
    expect(report.updated).toMatchObject([{ client_id: idOf(2) }]);
    expect(await stored()).toBe(count + 1);
  });
});

describe('an import that is killed, on SQLite', () => {
  it('leaves all or nothing, and may be repeated', SLOW, async () => {
    const [engine] = engines();
    if (engine?.name !== SQLITE) throw new Error('SQLite is always at hand.');
    const database = await engine.open();
    try {
      const env = { DATABASE_URL: database.url ?? '' };
      // What is not yet committed stands here, once it is too much for the memory.
      const log = `${env.DATABASE_URL.slice('sqlite:'.length)}-wal`;
      const count = 4000;
      const input = text(exportedLines(count));
      const running = startCommand(env, ['client', 'import', '-', '--json'], input);
      const ended = running.ended.then(() => true);
      while (!(existsSync(log) && statSync(log).size >= 1_500_000)) {
        if (await Promise.race([ended, wait(1, false)])) break;
      }
      running.process.kill('SIGKILL');
      expect((await running.ended).signal).toBe('SIGKILL');
      const report = (await command(env, ['client', 'import', '-', '--json'], input)).json<Report>();
      // What was killed has made all of them, or none.
      expect([
        [0, count],
        [count, 0],
      ]).toContainEqual([report.created.length, report.unchanged]);
      const { stdout } = await command(env, ['client', 'export', '--secrets']);
      expect(stdout).toBe(input);
    } finally {
      await database.close();
    }
  });
});
