import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect, engines, type TestDatabase } from '../support/databases.js';
import { exportedLines, Guillotine, type Cut } from './support/imports.js';
import { command, startCommand, type Ended, type RunningCommand } from './support/registration.js';

const SLOW = { timeout: 120_000 };
const COUNT = 1500;
const IMPORT = ['client', 'import', '-', '--json'];
const lines = exportedLines(COUNT);
const input = lines.join('\n');
/** Clients and secrets, when all of them are there. */
const ALL = [COUNT, input.split('"digest"').length - 1];

const servers = engines().filter(({ name }) => name === 'PostgreSQL' || name === 'MariaDB');
const CUTS: Cut[] = [300_000, 'before the commit', 'after the commit'];
const TABLES = ['oauth_client', 'oauth_client_secret'];

it.skipIf(servers.length > 0)('needs TEST_POSTGRES_URL or TEST_MARIADB_URL', () => undefined);

describe.each(servers)('an import whose database goes away in the middle, $name', (engine) => {
  let database: TestDatabase;
  let url: string;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await engine.open();
    url = database.url ?? '';
    dataSource = await connect(database);
    // Makes the tables.
    await command({ DATABASE_URL: url }, ['client', 'list']);
  });

  beforeEach(async () => {
    for (const table of TABLES) await dataSource.query(`DELETE FROM ${table}`);
  });

  afterAll(async () => {
    await dataSource.destroy();
    await database.close();
  });

  /** How many clients and secrets there are. */
  async function stored(): Promise<number[]> {
    const counts = TABLES.map(async (table) => {
      const rows: unknown = await dataSource.query(`SELECT count(*) AS n FROM ${table}`);
      return Number((rows as { n: unknown }[])[0]?.n);
    });
    return Promise.all(counts);
  }

  /** A second run puts it right, whatever the first one has left. */
  async function again(there: number): Promise<void> {
    const { stdout } = await command({ DATABASE_URL: url }, IMPORT, input);
    const report = JSON.parse(stdout) as { created: string[]; updated: string[]; unchanged: number };
    expect([report.created.length, report.updated, report.unchanged]).toEqual([COUNT - there, [], there]);
    expect(await stored()).toEqual(ALL);
  }

  it.each(CUTS)('all or nothing is there when the connection is cut %s', SLOW, async (cut) => {
    const proxy = await Guillotine.open(new URL(url), cut);
    let ended: Ended;
    try {
      ended = await startCommand({ DATABASE_URL: proxy.through(url) }, IMPORT, input).ended;
      expect(proxy.hasFallen).toBe(true);
    } finally {
      await proxy.close();
    }
    expect(ended.code, ended.stderr + ended.stdout).toBe(1);
    expect(ended.stdout).toBe('');
    // Whether the database has heard the commit, nobody knows: nothing is claimed.
    expect(ended.stderr).toMatch(
      /database failed .*: either all of it was imported, or nothing\. Run the same/,
    );
    expect(ended.stderr).not.toMatch(/\n\s+at |INSERT|digest|:\/\//);
    const { password } = new URL(url);
    if (password !== '') expect(ended.stderr).not.toContain(password);
    const wholly = cut === 'after the commit';
    expect(await stored()).toEqual(wholly ? ALL : [0, 0]);
    if (cut !== 300_000) await again(wholly ? COUNT : 0);
  });

  it('nothing is there when the process is killed', SLOW, async () => {
    let running: RunningCommand | undefined;
    const kill = () => void running?.process.kill('SIGKILL');
    const proxy = await Guillotine.open(new URL(url), 1, kill);
    try {
      running = startCommand({ DATABASE_URL: proxy.through(url) }, IMPORT, input);
      expect((await running.ended).signal).toBe('SIGKILL');
    } finally {
      await proxy.close();
    }
    expect(await stored()).toEqual([0, 0]);
  });
});
