import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  answers,
  freePort,
  HTTP_ADAPTERS,
  openAdmin,
  startProgram,
  startSampleApp,
  untilReady,
  type SampleProgram,
} from '../support/sample-app.js';

const folder = mkdtempSync(join(tmpdir(), 'oauth-start-all-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Place {
  readonly issuer: string;
  readonly reportsUrl: string;
  readonly env: Readonly<Record<'DATABASE_URL', string>> & Readonly<Record<string, string>>;
}

/** Free ports, and a database that does not exist yet. */
async function newPlace(name: string, more: Readonly<Record<string, string>> = {}): Promise<Place> {
  const [port, reportsPort] = [await freePort(), await freePort()];
  const reportsUrl = `http://127.0.0.1:${reportsPort}`;
  const databaseUrl = `sqlite:${join(folder, `${name}.sqlite`)}`;
  const env = { PORT: String(port), REPORTS_URL: reportsUrl, DATABASE_URL: databaseUrl, ...more };
  return { issuer: `http://127.0.0.1:${port}`, reportsUrl, env };
}

async function startAll({ env }: Place): Promise<SampleProgram> {
  const all = startProgram('start-all.js', env);
  onTestFinished(async () => void (await all.stop()));
  await untilReady(all, () => all.output().includes('npm run --silent cron-job'));
  return all;
}

function secretIn(output: string): string {
  const [, secret = ''] = /client_secret: (\S+)/.exec(output) ?? [];
  return secret;
}

async function cronJob(place: Place, secret: string, reports: boolean): Promise<string[]> {
  const job = startProgram('cron-job.js', {
    ISSUER: place.issuer,
    CLIENT_ID: 'demo',
    CLIENT_SECRET: secret,
    ...(reports && { REPORTS_URL: place.reportsUrl }),
  });
  const code = await new Promise((resolve) => job.process.once('close', resolve));
  expect(code, job.output()).toBe(0);
  return job.output().trim().split('\n');
}

const CATALOG = '[]';
const SALES = /^\{"sales":\[.+\]\}$/;
const AUDIT = /^\{"audit":\[.+\]\}$/;

describe('everything by one command', { timeout: 60_000 }, () => {
  it.each(HTTP_ADAPTERS)('starts, is called by the cron job, and ends, on %s', async (httpAdapter) => {
    const place = await newPlace(httpAdapter, { HTTP_ADAPTER: httpAdapter });
    const all = await startAll(place);
    const secret = secretIn(all.output());
    expect(await cronJob(place, secret, false)).toEqual([CATALOG]);
    const [catalog, sales, audit, ...more] = await cronJob(place, secret, true);
    expect([catalog, more]).toEqual([CATALOG, []]);
    expect(sales).toMatch(SALES);
    expect(audit).toMatch(AUDIT);
    expect(all.output()).not.toMatch(/"d":|PRIVATE KEY/);
    expect(await all.stop()).toBe(0);
    expect(await answers(place.issuer)).toBe(false);
    expect(await answers(place.reportsUrl)).toBe(false);
  });

  it('starts again on the same database, with a new key', async () => {
    const place = await newPlace('again');
    const first = await startAll(place);
    const secret = secretIn(first.output());
    expect(await first.stop('SIGINT')).toBe(0);
    const second = await startAll(place);
    expect(secretIn(second.output())).toBe('');
    expect(await cronJob(place, secret, true)).toHaveLength(3);
  });

  it('adds the reports to a demo client from before', async () => {
    const place = await newPlace('before');
    const env = { ...place.env, REPORTS_URL: '' };
    const alone = await startSampleApp({ port: Number(new URL(place.issuer).port), env });
    const metadata = await fetch(`${place.issuer}/.well-known/oauth-authorization-server`);
    expect(await metadata.text()).not.toContain('sales:read');
    await untilReady(alone, () => alone.output().includes('client_secret'));
    const secret = secretIn(alone.output());
    await alone.stop();
    await startAll(place);
    expect(await cronJob(place, secret, true)).toHaveLength(3);
  });

  it('makes the demo client where only other clients are', async () => {
    const place = await newPlace('others');
    const first = await startAll(place);
    expect(await first.stop()).toBe(0);
    const operator = await openAdmin({ ...place.env, ISSUER: place.issuer });
    await operator.admin.clients.delete('demo');
    await operator.close();
    const second = await startAll(place);
    expect(await cronJob(place, secretIn(second.output()), true)).toHaveLength(3);
  });

  it('ends when one of the two does', async () => {
    const place = await newPlace('ending');
    const all = await startAll(place);
    const ended = new Promise((resolve) => all.process.once('close', resolve));
    const children = execFileSync('pgrep', ['-P', String(all.process.pid)], { encoding: 'utf8' });
    const [one, two, ...more] = children.trim().split('\n').map(Number);
    expect([one, two, more]).toEqual([expect.any(Number), expect.any(Number), []]);
    process.kill(one ?? 0, 'SIGKILL');
    expect(await ended, all.output()).toBe(1);
    expect([await answers(place.issuer), await answers(place.reportsUrl)]).toEqual([false, false]);
  });

  it('starts nothing where it runs already, and leaves the client of what runs alone', async () => {
    const place = await newPlace('twice');
    await startAll(place);
    const operator = await openAdmin({ ...place.env, ISSUER: place.issuer });
    onTestFinished(() => operator.close());
    const before = await operator.admin.clients.get('reports');
    const second = startProgram('start-all.js', place.env);
    const code = await new Promise((resolve) => second.process.once('close', resolve));
    expect(code).toBe(1);
    expect(second.output()).toBe(`Nothing was started: ${place.issuer} is taken, or cannot be listened on\n`);
    expect(await operator.admin.clients.get('reports')).toEqual(before);
  });

  it.each([
    ['HTTP_ADAPTER', { HTTP_ADAPTER: 'foo' }],
    ['issuer', { ISSUER: 'http://example.com' }],
    ['REPORTS_URL', { REPORTS_URL: 'reports' }],
  ])('tells a mistake of %s in one line', async (name, mistake) => {
    const { env } = await newPlace('mistake', mistake);
    const all = startProgram('start-all.js', env);
    const code = await new Promise((resolve) => all.process.once('close', resolve));
    expect(code).toBe(1);
    expect(all.output()).toMatch(/^Nothing was started: .*\n$/);
    expect(all.output()).toContain(name);
  });
});
