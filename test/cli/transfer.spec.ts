import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { command } from './command.js';
import { forgetEverything, stores } from './fixtures/app.module.js';

const folder = mkdtempSync(join(tmpdir(), 'oauth-cli-'));

beforeEach(forgetEverything);
afterAll(() => rmSync(folder, { recursive: true }));

const lines = (...documents: object[]): string =>
  documents.map((each) => JSON.stringify(each) + '\n').join('');

const everything = () => stores().clients.list({ limit: 1_000_000 });

interface Report {
  readonly imported: boolean;
  readonly created: readonly string[];
  readonly updated: readonly { client_id: string; changed: readonly string[] }[];
  readonly unchanged: number;
  readonly refused: readonly object[];
  readonly ignored_members: object;
  readonly without_secret: readonly string[];
  readonly secrets_kept: readonly string[];
}

async function imports(input: unknown, flags = ''): Promise<Report> {
  return (await command(`client import - --json ${flags}`.trim(), { input })).json<Report>();
}

describe('client export', () => {
  it('writes a line for each client, the secrets only when asked', async () => {
    await command('client create --id b --name Beta --owner payments');
    await command('client create --id a --label tenant=acme');
    const plain = await command('client export');
    expect(plain).toMatchObject({ code: 0, stderr: '' });
    expect(plain.stdout.match(/^\{"client_id":"[ab]",.*\}$/gm)).toHaveLength(2);
    expect(plain.stdout).not.toMatch(/digest|client_secret"/);
    const full = await command('client export --secrets --json');
    expect(
      full.stdout.match(/"client_secrets":\[\{"id":"[0-9a-f]{16}","digest":"[0-9a-f]{64}"/g),
    ).toHaveLength(2);
    expect((await command('client export --owner payments')).stdout).toMatch(/^\{"client_id":"b"[^\n]+\n$/);
    expect((await command('client export --disabled')).stdout).toBe('');
  });

  it('writes a file that its owner alone may read, complete or not at all', async () => {
    await command('client create --id a');
    const file = join(folder, 'out.jsonl');
    writeFileSync(file, 'what was there', { mode: 0o644 });
    const { stdout } = await command('client export --secrets');
    const done = await command(`client export --secrets --out ${file}`);
    expect(done).toMatchObject({ code: 0, stdout: '', stderr: `1 client exported to ${file}.\n` });
    expect(readFileSync(file, 'utf8')).toBe(stdout);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await command(`client export --out ${file} --json`)).json()).toEqual({
      exported: 1,
      file,
      secrets: false,
    });
    stores().clients.list = () => Promise.reject(new Error('connection lost'));
    expect(await command(`client export --out ${file}`)).toMatchObject({ code: 1, stdout: '' });
    expect(readFileSync(file, 'utf8')).toContain('"client_id":"a"');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('imported again changes nothing, into nothing makes the same', async () => {
    await command('client create --id a --name Alpha --scope catalog:read --label tenant=acme');
    await command('client create --id b --description Bee');
    await command('client rotate-secret b');
    await command('client disable b');
    const { stdout } = await command('client export --secrets');
    const before = await everything();
    expect(await imports(stdout)).toMatchObject({ imported: true, created: [], updated: [], unchanged: 2 });
    expect(await everything()).toEqual(before);
    forgetEverything();
    const file = join(folder, 'in.jsonl');
    writeFileSync(file, stdout);
    expect(await command(`client import ${file}`)).toMatchObject({ code: 0, stderr: '' });
    expect((await command('client export --secrets')).stdout).toBe(stdout);
  });
});

describe('client import', () => {
  it('tells what it does, and what it does not understand', async () => {
    await command('client create --id a --name Alpha');
    const [before] = await everything();
    const input = lines(
      { client_id: 'a', client_name: 'Aleph', labels: { tenant: 'acme' } },
      { client_id: 'n', defalt_scope: 'x' },
    );
    const dry = await command('client import - --dry-run', { input });
    expect(dry).toMatchObject({
      code: 0,
      stdout: 'Would create: 1\n  n\nWould update: 1\n  a: client_name, labels\nUnchanged: 0\nRefused: 0\n',
      stderr:
        'warning: ignored members, with the number of lines: defalt_scope (1)\n' +
        'warning: without a secret, until it is rotated (client rotate-secret): n\n',
    });
    expect(await everything()).toEqual([before]);
    expect(await imports(input, '--dry-run')).toEqual({
      imported: false,
      created: ['n'],
      updated: [{ client_id: 'a', changed: ['client_name', 'labels'] }],
      unchanged: 0,
      refused: [],
      ignored_members: { defalt_scope: 1 },
      without_secret: ['n'],
      secrets_kept: [],
    });
    expect(await everything()).toEqual([before]);
    const done = await command('client import -', { input });
    expect(done.stdout).toMatch(/^Created: 1\n {2}n\nUpdated: 1\n/);
    expect(await everything()).toHaveLength(2);
    expect((await command('client rotate-secret n')).code).toBe(0);
  });

  it('tells whose secrets stay as they are, though the lines bring others', async () => {
    const line = (id: string, secret: string) => ({ client_id: id, client_secret: secret });
    const first = lines(line('a', 'a'.repeat(32)), line('b', 'b'.repeat(32)));
    expect(await imports(first)).toMatchObject({ created: ['a', 'b'], secrets_kept: [] });
    expect(await imports(first)).toMatchObject({ unchanged: 2, secrets_kept: [] });
    const other = lines(line('a', 'x'.repeat(32)), line('b', 'b'.repeat(32)));
    expect(await imports(other, '--dry-run')).toMatchObject({ unchanged: 2, secrets_kept: ['a'] });
    const { stdout, stderr } = await command('client import -', { input: other });
    expect(stdout).toContain('Unchanged: 2\n');
    expect(stderr).toBe(
      'warning: 1 client keeps the secrets that it has (client rotate-secret gives a new one): a\n',
    );
    expect((await command('client import --help')).stdout.replace(/\s+/g, ' ')).toContain(
      'A client keeps the secrets that it has',
    );
  });

  it('imports nothing where a line is refused, unless that is skipped', async () => {
    const secret = 'a-secret-that-no-report-may-tell';
    const input =
      lines({ client_id: 'a' }, { client_id: 'b', scope: 'burn', client_secret: secret }) + `{"${secret}`;
    const { code, stdout, stderr } = await command('client import -', { input });
    expect(code).toBe(1);
    expect(stdout).toContain('Would create: 1\n  a\n');
    expect(stdout).toContain('Refused: 2\n  line 2 (b): scope has scopes');
    expect(stdout).toContain('  line 3: The line is not valid JSON.\n');
    expect(stderr).toMatch(/\nerror: 2 lines are refused: nothing was imported\. --skip-refused/);
    expect(stdout + stderr).not.toContain(secret);
    expect(await everything()).toEqual([]);

    const json = await command('client import - --json', { input });
    expect(json.json<Report>()).toMatchObject({
      imported: false,
      refused: [
        { line: 2, client_id: 'b', error: 'invalid_client_metadata' },
        { line: 3, error: 'invalid_line', error_description: 'The line is not valid JSON.' },
      ],
    });
    expect(JSON.parse(json.stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({ error: 'lines_refused' });
    expect((await command('client import - --dry-run', { input })).code).toBe(1);
    expect(await everything()).toEqual([]);

    expect(await command('client import - --skip-refused', { input })).toMatchObject({ code: 0 });
    expect((await everything()).map(({ id }) => id)).toEqual(['a']);
  });

  it.each([
    ['CRLF and no line end at the end', '{"client_id":"a"}\r\n\r\n{"client_id":"b"}', ['a', 'b']],
    ['a byte order mark', '\ufeff{"client_id":"a"}\n', ['a']],
    ['an empty file', '', []],
    ['nothing but line ends', '\n\n\r\n', []],
  ])('reads %s', async (_what, input, created) => {
    expect(await imports(input)).toMatchObject({ created, refused: [] });
  });

  it('reads bytes that are not text, and lines of a megabyte, as refused ones', async () => {
    const long = JSON.stringify({ client_id: 'b', client_name: 'x'.repeat(1_048_576) });
    const input = Buffer.concat([
      Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d, 0x0a]),
      Buffer.from(`${long}\n{"client_id":"c"}\n${' '.repeat(1_048_576)}`),
    ]);
    const { refused, created } = await imports(input, '--skip-refused');
    expect(created).toEqual(['c']);
    expect(refused).toMatchObject([
      { line: 1, error_description: 'The line is not UTF-8 text.' },
      { line: 2, error_description: 'The line is longer than 256 KiB.' },
      { line: 4, error_description: 'The line is longer than 256 KiB.' },
    ]);
  });

  it('shortens long lists for people, and obeys no control characters', async () => {
    const many = Array.from({ length: 30 }, (_, index) => ({ client_id: `c${index + 10}` }));
    const odd = { client_id: 'odd', 'x\u001b[2J\u202e': 1 };
    const { stdout, stderr } = await command('client import - --dry-run', { input: lines(...many, odd) });
    expect(stdout).toContain('Would create: 31\n  c10\n');
    expect(stdout).toContain('  c29\n  … and 11 more\nWould update: 0\n');
    expect(stderr).toContain('x[2J (1)');
    expect(await imports(lines(...many, odd), '--dry-run')).toHaveProperty('created.length', 31);
  });

  it('says what to do where the database stops in the middle, or somebody else is faster', async () => {
    const input = lines({ client_id: 'a' }, { client_id: 'b' });
    const { clients } = stores();
    clients.writeAll = () => Promise.reject(new Error('connection lost: postgres://kit:hunter2@db/oauth'));
    const stopped = await command('client import -', { input });
    expect(stopped).toMatchObject({ code: 1, stdout: '' });
    expect(stopped.stderr).toBe(
      'error: The database failed (connection lost: postgres://***@db/oauth): either all of it was imported, or nothing. ' +
        'Run the same command again.\n',
    );
    clients.writeAll = () => Promise.resolve('b');
    const conflict = await command('client import - --json', { input });
    expect(conflict).toMatchObject({ code: 1, stdout: '' });
    expect(JSON.parse(conflict.stderr)).toMatchObject({ error: 'conflict' });
    Reflect.deleteProperty(clients, 'writeAll');
    expect(await everything()).toEqual([]);
    expect(await command('client import -', { input })).toMatchObject({ code: 0 });
    expect(await everything()).toHaveLength(2);
  });

  it('shows how far it is at a terminal, and nowhere else', async () => {
    const file = join(folder, 'many.jsonl');
    writeFileSync(file, lines(...Array.from({ length: 100 }, (_, index) => ({ client_id: `c${index}` }))));
    const shown = await command(`client import ${file}`, { terminal: true });
    expect(shown.code).toBe(0);
    expect(shown.stderr).toContain('Reading');
    expect(shown.stderr).toContain('Writing 100 clients');
    expect(shown.stdout).toMatch(/^Created: 100\n/);
    const exporting = await command('client export', { terminal: true });
    expect(exporting.stderr).toContain('Clients exported: ');
    expect(exporting.stdout.trimEnd().split('\n')).toHaveLength(100);
    expect(await command(`client import ${file} --json`)).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(file)).toBe(true);
  });
});
