import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture } from './command.js';

const folder = mkdtempSync(join(tmpdir(), 'oauth-cli-'));
const SAMPLE_APP = 'sample-app/dist/app.module.js';

afterAll(() => rmSync(folder, { recursive: true }));

/** The command as it is installed: a process of its own. */
function execute(app: string, line: string, input = ''): Promise<Ended> {
  return ended(process.execPath, ['dist/cli/main.js', '--app', app, ...line.split(' ')], input);
}

/** The same in a shell: `$OAUTH` is the command, on the sample app. */
function shell(script: string): Promise<Ended> {
  const command = `"${process.execPath}" dist/cli/main.js --app ${SAMPLE_APP}`;
  return ended('sh', ['-c', script.replaceAll('$OAUTH', command)], '');
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function ended(program: string, words: readonly string[], input: string): Promise<Ended> {
  const child = spawn(program, words, {
    env: { PATH: process.env['PATH'], DATABASE_URL: `sqlite:${join(folder, 'sample.sqlite')}` },
  });
  const written = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (written.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (written.stderr += chunk.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...written };
}

describe('the command', () => {
  it('is a script for node', () => {
    expect(readFileSync('dist/cli/main.js', 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('prints the result alone on standard output, and ends though the host does not', async () => {
    const { code, stdout, stderr } = await execute(
      fixture('host.mjs'),
      'client create --metadata - --json',
      '{"client_id":"a"}',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ client_id: 'a' });
    expect(stderr).toContain('the host is chatty\nvery chatty\nwithout end');
  });

  it('keeps its exit codes', async () => {
    expect(await execute(fixture('host.mjs'), 'client show nobody')).toMatchObject({ code: 1, stdout: '' });
    expect(await execute(fixture('host.mjs'), 'client shwo')).toMatchObject({ code: 2, stdout: '' });
    expect(await execute('nothing.js', 'key list')).toMatchObject({ code: 2, stdout: '' });
  });

  it('finds a file with # in its name', async () => {
    const file = join(folder, 'app#1.mjs');
    writeFileSync(file, 'export class A {}; export class B {}');
    expect((await execute(file, 'key list')).stderr).toMatch(/several classes.*A, B/);
    expect((await execute(`${file}#C`, 'key list')).stderr).toMatch(/no module C/);
  });

  it('finds what a CommonJS file exports, whichever way', async () => {
    const file = join(folder, 'app.cjs');
    writeFileSync(file, 'module.exports = Object.assign({}, { A: class A {}, B: class B {} });');
    expect((await execute(file, 'key list')).stderr).toMatch(/several classes.*A, B/);
  });

  it('works on the sample app', async () => {
    const metadata = '{"client_name":"Nightly","scope":"catalog:read"}';
    const created = await execute(SAMPLE_APP, 'client create --metadata - --json', metadata);
    expect(created).toMatchObject({ code: 0, stderr: '' });
    const client = JSON.parse(created.stdout) as Record<string, string>;
    const id = String(client['client_id']);
    const rotated = await execute(SAMPLE_APP, `client rotate-secret ${id} --overlap 60 --json`);
    expect(JSON.parse(rotated.stdout)).toMatchObject({
      ...client,
      client_secret: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
    expect((JSON.parse(rotated.stdout) as typeof client)['client_secret']).not.toBe(client['client_secret']);
    expect(await execute(SAMPLE_APP, `client disable ${id}`)).toMatchObject({ code: 0, stderr: '' });
    const shown = JSON.parse((await execute(SAMPLE_APP, `client show ${id} --json`)).stdout) as {
      secrets: unknown[];
    };
    expect(shown).toMatchObject({ client_id: id, enabled: false });
    expect(shown.secrets).toHaveLength(2);
    expect(await execute(SAMPLE_APP, 'key rotate')).toMatchObject({ code: 0, stderr: '' });
    const keys = JSON.parse((await execute(SAMPLE_APP, 'key list --json')).stdout) as { state: string }[];
    expect(keys.map(({ state }) => state)).toEqual(['current', 'next']);
  });
});

describe('standard output that takes no more', () => {
  beforeAll(async () => {
    const names = Array.from({ length: 1000 }, (_, index) => ({
      client_id: `many-${index}`,
      client_name: 'x'.repeat(200),
    }));
    const lines = names.map((each) => JSON.stringify(each)).join('\n');
    expect(await execute(SAMPLE_APP, 'client import -', lines)).toMatchObject({ code: 0 });
  });

  it.each(['client export', 'client list', 'client list --json', 'key list', 'key list --help'])(
    '%s on a full disk fails, and says why',
    async (line) => {
      const { code, stderr } = await shell(`$OAUTH ${line} > /dev/full`);
      expect(code).toBe(1);
      const error = line.includes('--json')
        ? (JSON.parse(stderr) as { error_description: string }).error_description
        : stderr;
      expect(error).toMatch(/^(?:error: )?Standard output cannot be written: ENOSPC/);
    },
  );

  it('what a command has printed before it fails arrives whole, in a pipe and in a file', async () => {
    const lines = Array.from({ length: 400 }, (_, index) => `{"client_id":"bad-${index}","jwks":"x"}`).join(
      '\n',
    );
    const piped = await execute(SAMPLE_APP, 'client import -', lines);
    expect(piped).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('400 lines are refused') as string,
    });
    expect(piped.stdout).toMatch(/^Would create: 0\n[^]*line 1 \(bad-0\): jwks[^]*… and 380 more/);
    const file = join(folder, 'report.txt');
    const input = join(folder, 'bad.jsonl');
    writeFileSync(input, lines);
    expect(await shell(`$OAUTH client import ${input} > ${file}`)).toMatchObject({ code: 1, stdout: '' });
    expect(readFileSync(file, 'utf8')).toBe(piped.stdout);
  });

  it('a remark comes after the result that it is about', async () => {
    const { stdout } = await shell('$OAUTH client list --limit 1 2>&1');
    expect(stdout).toMatch(/^ID [^]*\nThere are more: --after \S+\n$/);
  });

  it('a file that may not become as long as the output is not taken for complete', async () => {
    const file = join(folder, 'cut.txt');
    const { code, stderr } = await shell(`ulimit -f 1; $OAUTH client list --help > ${file}`);
    expect(readFileSync(file).length).toBeGreaterThan(0);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^error: Standard output cannot be written: EFBIG/) as string,
    });
  });

  it.each(['client export', 'client list', 'client list --json'])(
    '%s ends quietly where its reader has seen enough',
    async (line) => {
      const { code, stdout, stderr } = await shell(`$OAUTH ${line} | head -c 5`);
      expect({ code, length: stdout.length, stderr }).toEqual({ code: 0, length: 5, stderr: '' });
    },
  );

  it('a file gets all of it, also at its end', async () => {
    const file = join(folder, 'all.jsonl');
    const { stdout } = await shell('$OAUTH client export');
    expect(await shell(`echo first > ${file}; $OAUTH client export >> ${file}`)).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe(`first\n${stdout}`);
    expect(stdout.length).toBeGreaterThan(200_000);
  });
});
