import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadRootModule } from '../../src/cli/root-module.js';
import { bare, fixture, type Result } from './command.js';

const folder = mkdtempSync(join(tmpdir(), 'oauth-cli-'));

afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function onModule(name: string, ...words: string[]): Promise<Result> {
  return bare(['--app', `${fixture('modules.ts')}#${name}`, ...words]);
}

describe('the root module of the host', () => {
  const two =
    'export class A {}; export class AppModule {}; export default class B {}; export const list = [];';

  it.each([
    ['the export AppModule', 'app.mjs', two, '', 'AppModule'],
    ['the export that is named', 'named.mjs', two, '#A', 'A'],
    ['the default export', 'default.mjs', 'export class A {}; export default class B {}', '', 'B'],
    ['the default export by name', 'default-2.mjs', two, '#default', 'B'],
    [
      'the only class',
      'only.mjs',
      'export class A {}; export const b = () => 1; export function c() {}',
      '',
      'A',
    ],
    [
      'an export of CommonJS',
      'app.cjs',
      'module.exports = Object.assign({}, { AppModule: class AppModule {} })',
      '',
      'AppModule',
    ],
  ])('is %s', async (_what, name, text, hash, expected) => {
    expect(await loadRootModule(written(name, text) + hash)).toHaveProperty('name', expected);
  });

  it('may be a dynamic module', async () => {
    const file = written('dynamic.mjs', 'class A {}; export const AppModule = { module: A };');
    expect(await loadRootModule(file)).toHaveProperty('module.name', 'A');
  });

  it('may be named by a path relative to the working directory', async () => {
    expect(await loadRootModule('test/cli/fixtures/two-issuers.module.ts')).toHaveProperty(
      'name',
      'TwoIssuersModule',
    );
  });

  it.each([
    ['several classes', 'several.mjs', 'export class A {}; export class B {}', '', /several classes.*A, B/],
    ['no class', 'none.mjs', 'export const a = 1', '', /exports no module\./],
    ['no such export', 'absent.mjs', 'export class A {}', '#B', /exports no module B\./],
    ['an export that is no module', 'value.mjs', 'export const b = 1', '#b', /exports no module b\./],
  ])('is refused: %s', async (_what, name, text, hash, message) => {
    const { code, stdout, stderr } = await bare(['--app', written(name, text) + hash, 'key', 'list']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('is refused: no such file, a folder', async () => {
    for (const app of [join(folder, 'nothing.js'), folder, '']) {
      const { code, stderr } = await bare(['--app', app, 'key', 'list']);
      expect(code).toBe(2);
      expect(stderr).toContain(`there is no file ${app}`);
    }
  });

  it('is refused when it cannot be loaded', async () => {
    const { code, stderr } = await bare([
      '--app',
      written('broken.mjs', 'throw new Error("no settings\\nat all")'),
      'key',
      'list',
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*broken\.mjs cannot be loaded: no settings\n$/);
  });
});

describe('the app', () => {
  it('must have an authorization server', async () => {
    const { code, stderr } = await onModule('NoOauthModule', 'key', 'list');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*does not import OauthModule.*\n$/);
  });

  it('must be asked for one of its authorization servers', async () => {
    const app = ['--app', fixture('two-issuers.module.ts'), 'key', 'list', '--json'];
    const open = await bare(app);
    expect(open).toMatchObject({ code: 2, stdout: '' });
    expect(open.stderr).toMatch(
      /several issuers.*--issuer http:\/\/127\.0\.0\.1:3001, --issuer http:\/\/127\.0\.0\.1:3002/,
    );
    const wrong = await bare([...app, '--issuer', 'http://127.0.0.1:3003']);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    const kids = [];
    for (const port of [3001, 3002]) {
      const { code, json } = await bare([...app, '--issuer', `http://127.0.0.1:${port}`]);
      expect(code).toBe(0);
      kids.push(json<{ kid: string }[]>()[0]?.kid);
    }
    expect(new Set(kids).size).toBe(2);
  });

  it('is told apart by --issuer even when it has one', async () => {
    const app = ['--app', fixture('app.module.ts'), 'key', 'list', '--issuer'];
    expect((await bare([...app, 'http://127.0.0.1:3000'])).code).toBe(0);
    expect((await bare([...app, 'http://127.0.0.1:3000/'])).code).toBe(2);
  });

  it('that is not configured well is refused in one line', async () => {
    const { code, stdout, stderr } = await onModule('MisconfiguredModule', 'key', 'list', '--json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({
      error: 'invalid_configuration',
      error_description: expect.stringContaining('option issuer is') as string,
    });
  });

  it('that is not configured well as soon as it is loaded, neither', async () => {
    const { code, stderr } = await bare(['--app', fixture('misconfigured.module.ts'), 'key', 'list']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: nestjs-oauth-kit: option persistence is missing, .*\n$/);
  });

  it('whose database is down is refused in one line, without its password', async () => {
    const { code, stdout, stderr } = await onModule('UnreachableModule', 'client', 'list');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('error: connect ECONNREFUSED postgres://***@127.0.0.1:5432/oauth\n');
  });

  it('whose database fails later says why', async () => {
    const { code, stdout, stderr } = await onModule(
      'FailingModule',
      'client',
      'create',
      '--name',
      'x',
      '--json',
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'The server is temporarily unavailable. (connect ECONNREFUSED 127.0.0.1:5432)',
    });
  });

  it('logs warnings and errors to standard error, without stacks, and its failing end spoils nothing', async () => {
    const { code, json, stderr } = await onModule(
      'TalkativeModule',
      'client',
      'create',
      '--name',
      'x',
      '--json',
    );
    expect({ code, ...json() }).toMatchObject({ code: 0, client_name: 'x' });
    const [warning, error, end, ...rest] = stderr.trimEnd().split('\n');
    expect(warning).toBe('warning: [Talkative] a [31mwarning');
    expect(error).toBe('error: [Talkative] an error');
    expect(end).toContain('the queue does not drain');
    expect(rest).toEqual([]);
  });
});
