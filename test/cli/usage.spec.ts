import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bare, command, fixture } from './command.js';
import { forgetEverything } from './fixtures/app.module.js';

const COMMANDS = [
  ...['create', 'list', 'show', 'update', 'disable', 'enable', 'delete', 'rotate-secret'].map(
    (name) => `client ${name}`,
  ),
  ...['client export', 'client import', 'secret list', 'secret revoke', 'key list', 'key rotate'],
  ...['token list', 'token revoke', 'audit list'],
  ...['list', 'show', 'create', 'update', 'delete'].map((name) => `resource ${name}`),
  ...['create', 'list', 'delete'].map((name) => `registration-token ${name}`),
];

const folder = mkdtempSync(join(tmpdir(), 'oauth-cli-'));

beforeEach(forgetEverything);
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(folder, { recursive: true }));

describe('help', () => {
  it.each(COMMANDS)('%s has help with an example of its own', async (name) => {
    const { code, stdout, stderr } = await bare([...name.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: nestjs-oauth-kit ${name}`);
    expect(stdout).toMatch(new RegExp(`Example:\n {2}\\$ nestjs-oauth-kit --app dist/app.module.js ${name}`));
    expect(stdout).toContain('--json');
    expect(stdout).toContain('NESTJS_OAUTH_KIT_APP');
  });

  it('names the groups', async () => {
    const { code, stdout } = await bare(['--help']);
    expect(code).toBe(0);
    const groups = ['client', 'secret', 'token', 'resource', 'registration-token', 'key', 'audit'];
    for (const word of [...groups, '--app', '--issuer', 'Example:']) expect(stdout).toContain(word);
  });

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await bare(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('a wrong command line', () => {
  it.each([
    ['nothing', '', /Usage:/],
    ['a group alone', 'client', /Usage:/],
    ['an unknown command', 'client crate', /^error: unknown command 'crate' \(Did you mean create\?\)\n$/],
    ['an unknown option', 'key list --jsn', /^error: unknown option '--jsn'/],
    ['no id', 'client show', /^error: missing required argument 'id'\n$/],
    ['too many ids', 'client show a b', /^error: too many arguments/],
    ['an option without value', 'client create --metadata', /argument missing/],
    ['nothing to create', 'client create', /^error: .*--metadata.*--name/],
    ['nothing to update', 'client update a', /^error: .*--metadata.*--name/],
    ['a bad limit', 'client list --limit 0', /whole number/],
    ['a bad lifetime', 'client create --ttl 1h', /whole number/],
    ['a label without a value', 'client create --label tenant', /name=value/],
    ['a label given twice', 'client create --label a=1 --label a=2', /label a is given twice/],
    ['an unknown order', 'client list --sort size', /Allowed choices are id, name, created, updated/],
    ['enabled and disabled at once', 'client list --enabled --disabled', /cannot be used with/],
    ['no file to import', 'client import', /missing required argument 'file'/],
    ['a file that is not there', 'client import /nowhere/clients.jsonl', /cannot be read: ENOENT/],
    ['a folder to import', 'client import /tmp', /it is a directory/],
    ['a folder to export to', 'client export --out /tmp', /it is not a file/],
    ['no folder to export to', 'client export --out /nowhere/clients.jsonl', /cannot be written: ENOENT/],
    ['a resource server without scopes', 'resource create /api/x', /--scopes/],
    ['nothing to change of a resource server', 'resource update /api/x', /--scopes/],
    ['a time that is none', 'audit list --since yesterday', /2030-01-31T08:00:00Z/],
  ])('%s: exit code 2', async (_what, line, message) => {
    const { code, stdout, stderr } = await command(line.split(' ').filter(Boolean));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('is JSON with --json', async () => {
    const { code, stderr } = await command('client show --json');
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toEqual({
      error: 'usage',
      error_description: "missing required argument 'id'",
    });
  });

  it('needs --app, or the variable for it', async () => {
    vi.stubEnv('NESTJS_OAUTH_KIT_APP', undefined);
    const without = await bare(['client', 'list']);
    expect(without).toMatchObject({ code: 2, stdout: '' });
    expect(without.stderr).toContain('--app <file>');
    vi.stubEnv('NESTJS_OAUTH_KIT_APP', fixture('app.module.ts'));
    expect(await bare(['client', 'list'])).toMatchObject({ code: 0, stderr: 'There are no clients.\n' });
  });

  it('takes the global options after the command too', async () => {
    expect((await bare(['client', 'list', '--json', '--app', fixture('app.module.ts')])).code).toBe(0);
  });
});

describe('ids that begin with a dash', () => {
  it('go behind --', async () => {
    await command(['client', 'create', '--id', '-x']);
    expect((await command(['client', 'show', '--json', '--', '-x'])).json()).toMatchObject({
      client_id: '-x',
    });
  });
});

describe('the metadata document', () => {
  const SECRET = 'never-say-this-secret';

  it.each([
    ['text that is not JSON', `{"client_secret": "${SECRET}" x}`],
    ['a document that ends too early', `{"client_secret": "${SECRET}"`],
    ['a word', SECRET],
    ['nothing', ''],
    ['bytes that are not UTF-8', Buffer.from('{"client_name": "\xff"}', 'latin1')],
    ['more than 1 MiB', `{"client_name": "${SECRET}${' '.repeat(1024 * 1024)}"}`],
  ])('%s is refused without being quoted', async (_what, input) => {
    for (const flags of [[], ['--json']]) {
      const { code, stdout, stderr } = await command(['client', 'create', '--metadata', '-', ...flags], {
        input,
      });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/Standard input is/);
      expect(stderr).not.toContain('say-this');
      if (flags.length > 0) expect(JSON.parse(stderr)).toMatchObject({ error: 'invalid_client_metadata' });
    }
  });

  it('says where the mistake is when the parser knows', async () => {
    const { stderr } = await command('client create --metadata -', { input: '{\n  "client_name": "a" 7\n}' });
    expect(stderr).toMatch(/not valid JSON \(line 2, column \d+\)/);
  });

  it('may have exactly 1 MiB, and a byte order mark', async () => {
    const text = '\ufeff{"client_name": "a"}';
    const input = text + ' '.repeat(1024 * 1024 - Buffer.byteLength(text));
    expect((await command('client create --metadata - --json', { input })).json()).toMatchObject({
      client_name: 'a',
    });
  });

  it('may be a file, which must be there', async () => {
    const file = join(folder, 'client.json');
    const missing = await command(['client', 'create', '--metadata', file]);
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing.stderr).toContain(`${file} cannot be read`);
    writeFileSync(file, '{"client_id": "a"}');
    expect((await command(['client', 'create', '--metadata', file, '--json'])).json()).toMatchObject({
      client_id: 'a',
    });
  });

  it('never reaches standard error with its secret, whatever else is wrong', async () => {
    const wrong = [
      { scope: 'nope' },
      { client_id: 'taken' },
      { client_name: 1 },
      { client_secret: `${SECRET}\u0000` },
    ];
    await command('client create --id taken');
    for (const input of wrong) {
      const { code, stdout, stderr } = await command('client create --metadata -', {
        input: { client_secret: SECRET, ...input },
      });
      expect(code).toBe(1);
      expect(stdout + stderr).not.toContain(SECRET);
    }
  });

  it('gives a person at a terminal a hint', async () => {
    const { code, stderr } = await command('client create --metadata -', { input: '{}', terminal: true });
    expect(code).toBe(0);
    expect(stderr).toContain('Ctrl-D');
  });
});
