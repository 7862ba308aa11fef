import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SRC = join(ROOT, 'src');

/** An import whose name is not written down. */
const COMPUTED = '(computed)';

/** Which part of `src` may import what, itself apart: `src/x` is a part, what ends in `:` or `/` is a prefix. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  oauth: ['class-validator', 'node:'],
  jose: ['src/oauth', 'jose', 'node:'],
  memory: ['src/oauth', '@nestjs/common'],
  typeorm: ['src/oauth', 'typeorm', '@nestjs/typeorm', '@nestjs/common', 'node:'],
  fetch: ['src/oauth', 'ipaddr.js', 'node:'],
  hashes: ['src/oauth', 'argon2', 'bcrypt', 'node:'],
  audit: ['src/oauth', 'node:'],
  throttle: ['src/oauth', 'rate-limiter-flexible', 'ipaddr.js', 'node:'],
  nest: ['src/oauth', 'src/jose', 'src/fetch', 'src/hashes', 'src/throttle', '@nestjs/', 'node:', 'rxjs'],
  admin: ['src/oauth', 'src/nest', '@nestjs/', 'class-validator', 'node:'],
  testing: ['src/oauth', 'node:'],
  // The command loads the host's application, whatever file that is.
  cli: ['nestjs-oauth-kit', 'commander', 'cli-progress', '@nestjs/', 'reflect-metadata', 'node:', COMPUTED],
  'index.ts': ['src/oauth', 'src/audit', 'src/jose', 'src/memory', 'src/nest'],
  'resource-server.ts': ['src/oauth', 'src/nest'],
};

interface Source {
  /** From `src`, with slashes. */
  readonly path: string;
  readonly text: string;
}

const sources: readonly Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({
    path: path.split(sep).join('/'),
    text: readFileSync(join(SRC, path), 'utf8'),
  }));

function parse({ path, text }: Source): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

function nodesOf(source: Source): ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(parse(source));
  return nodes;
}

/** Everything that a file imports: import, export from, import type, import(), import('…').T, require. */
function importsOf(source: Source, counts: (node: ts.Node) => boolean = () => true): string[] {
  return nodesOf(source).flatMap((node) => {
    const specifier = specifierOf(node);
    if (specifier === undefined || !counts(node)) return [];
    return [ts.isStringLiteralLike(specifier) ? specifier.text : COMPUTED];
  });
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument;
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (!ts.isCallExpression(node)) return undefined;
  const { expression: callee } = node;
  const loads =
    callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');
  return loads ? node.arguments[0] : undefined;
}

/** Whether an import is still there when it runs: not the ones of types alone. */
function isLoaded(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node)) return node.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword;
  if (ts.isExportDeclaration(node)) return !node.isTypeOnly;
  return !ts.isImportTypeNode(node);
}

/** What a file leads to by its imports: files of `src`, and packages. */
function reachable(path: string, counts?: (node: ts.Node) => boolean, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const source = sources.find((each) => each.path === path);
  for (const specifier of source ? importsOf(source, counts) : []) {
    const name = target(path, specifier);
    reachable(name.replace(/^src\/(.*)\.js$/, '$1.ts'), counts, seen);
  }
  return seen;
}

function partOf(path: string): string {
  return path.split('/', 1)[0] ?? '';
}

/** The path of a relative import, `src/…`, or the import as it stands. */
function target(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return relative(ROOT, resolve(SRC, dirname(from), specifier))
    .split(sep)
    .join('/');
}

function wrongImports(source: Source): string[] {
  const part = partOf(source.path);
  const allowed = MAY_IMPORT[part];
  if (!allowed) return [`${source.path}: ${part} is not in the table`];
  return importsOf(source).flatMap((specifier) => {
    const name = target(source.path, specifier);
    const allows = (word: string): boolean => {
      if (word.startsWith('src/')) return name.startsWith(`${word}/`);
      return /[:/]$/.test(word) ? name.startsWith(word) : name === word;
    };
    const ok = name.startsWith(`src/${part}/`) || allowed.some(allows);
    return ok ? [] : [`${source.path} imports ${specifier}`];
  });
}

function timeReadings(source: Source): string[] {
  return nodesOf(source).flatMap((node) => {
    const dated =
      (ts.isPropertyAccessExpression(node) &&
        /^(?:Date\.now|performance\.now|process\.hrtime)$/.test(node.getText())) ||
      ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'Date');
    return dated ? [`${source.path}: ${node.getText()}`] : [];
  });
}

describe('imports', () => {
  it('src has files in every part of the table but the command, which may be missing', () => {
    const parts = new Set(sources.map(({ path }) => partOf(path)));
    expect([...parts, 'cli']).toEqual(expect.arrayContaining(Object.keys(MAY_IMPORT)));
  });

  it('every import keeps to the table of the design', () => {
    expect(sources.flatMap(wrongImports)).toEqual([]);
  });

  it.each([
    ['oauth/a.ts', "import { x } from '@nestjs/common';"],
    ['oauth/a.ts', "import type { x } from 'jose';"],
    ['oauth/a.ts', "import { type x } from '../jose/algorithms.js';"],
    ['oauth/a/b.ts', "export { x } from '../../nest/oauth.guard.js';"],
    ['oauth/a.ts', "export * from 'typeorm';"],
    ['oauth/a.ts', "import 'reflect-metadata';"],
    ['oauth/a.ts', "const x = await import('typeorm');"],
    ['oauth/a.ts', 'const x = await import(name);'],
    ['oauth/a.ts', "type X = import('typeorm').DataSource;"],
    ['oauth/a.ts', "const x = require('typeorm');"],
    ['oauth/a.ts', "import x = require('typeorm');"],
    ['oauth/a.ts', "import x from 'class-validator/cjs';"],
    ['oauth/a.ts', "import x from '../index.js';"],
    ['oauth/a.ts', "import x from '../../node_modules/jose/index.js';"],
    ['jose/a.ts', "import x from '@nestjs/common';"],
    ['audit/a.ts', "import x from '@nestjs/common';"],
    ['memory/a.ts', "import x from 'node:fs';"],
    ['memory/a.ts', "import x from '@nestjs/core';"],
    ['typeorm/a.ts', "import x from '../nest/oauth.guard.js';"],
    ['typeorm/a.ts', "import x from '@nestjs/core';"],
    ['nest/a.ts', "import x from '../memory/copy.js';"],
    ['nest/a.ts', "import x from '../typeorm/codecs.js';"],
    ['nest/a.ts', "import x from 'express';"],
    ['nest/a.ts', "import x from 'jose';"],
    ['admin/a.ts', "import x from '../memory/copy.js';"],
    ['admin/a.ts', "import x from '../cli/cli.js';"],
    ['index.ts', "export { x } from './admin/index.js';"],
    ['testing/a.ts', "import x from 'vitest';"],
    ['testing/a.ts', "import x from '../memory/copy.js';"],
    ['cli/a.ts', "import x from '../oauth/clock.js';"],
    ['cli/a.ts', "import x from 'nestjs-oauth-kit/typeorm';"],
    ['index.ts', "export { x } from './typeorm/index.js';"],
    ['resource-server.ts', "export { x } from './memory/memory.persistence.js';"],
    ['other/a.ts', ''],
  ])('the checker refuses in %s: %s', (path, text) => {
    expect(wrongImports({ path, text })).toHaveLength(1);
  });

  it.each([
    [
      'oauth/a/b.ts',
      "import x from '../scope.js'; import y from 'class-validator'; import z from 'node:crypto';",
    ],
    [
      'nest/a.ts',
      "import x from '@nestjs/core/injector/x.js'; import y from 'rxjs'; import z from '../jose/x.js';",
    ],
    ['cli/a.ts', "import x from 'nestjs-oauth-kit'; import y from './b.js'; import 'reflect-metadata';"],
    ['oauth/a.ts', "// import x from 'typeorm';\nconst text = \"import x from 'typeorm'\";"],
  ])('the checker allows in %s: %s', (path, text) => {
    expect(wrongImports({ path, text })).toEqual([]);
  });

  it('the public door names what it exports', () => {
    const door = sources.filter(({ path }) =>
      /^(?:(?:admin\/|typeorm\/|testing\/)?index|resource-server)\.ts$/.test(path),
    );
    expect(door.length).toBe(5);
    expect(door.filter(({ text }) => /export\s+\*/.test(text)).map(({ path }) => path)).toEqual([]);
  });
});

describe('the public door does not load typeorm, nor @nestjs/swagger', () => {
  it('by what its files import, types included', () => {
    const names = [
      ...reachable('index.ts'),
      ...reachable('typeorm/index.ts'),
      ...reachable('testing/index.ts'),
    ];
    expect(names).toContain('nest/oauth.module.ts');
    expect(names.filter((name) => /swagger|^admin\//i.test(name))).toEqual([]);
    expect([...reachable('index.ts')].filter((name) => /typeorm/i.test(name))).toEqual([]);
    expect([...reachable('typeorm/index.ts')]).toContain('typeorm');
    expect([...reachable('admin/index.ts')]).toContain('@nestjs/swagger');
    expect([...reachable('admin/index.ts')].filter((name) => /typeorm/i.test(name))).toEqual([]);
  });

  const hook = `export function resolve(name, context, next) {
    if (/^(@nestjs\\/)?(typeorm|swagger)($|\\/)/.test(name)) throw new Error('loads ' + name);
    return next(name, context);
  }`;
  const load = (name: string): string => {
    const url = `data:text/javascript,${encodeURIComponent(hook)}`;
    const script = `import { register } from 'node:module';
      register(${JSON.stringify(url)});
      await import(${JSON.stringify(name)}).then(() => console.log('loaded'), (e) => console.log(e.message));`;
    const args = ['--input-type=module', '--eval', script];
    return execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }).trim();
  };

  it('when it runs', () => {
    expect(load('nestjs-oauth-kit')).toBe('loaded');
    expect(load('nestjs-oauth-kit/resource-server')).toBe('loaded');
    expect(load('nestjs-oauth-kit/admin')).toBe('loads @nestjs/swagger');
    expect(load('nestjs-oauth-kit/typeorm')).toMatch(/^loads (?:@nestjs\/)?typeorm$/);
  });
});

describe('the door of a resource server does not load an authorization server', () => {
  const SERVER = [
    /^oauth\/token\/token\.endpoint/,
    /^oauth\/token\/grants\//,
    /^oauth\/client\/authentication\//,
    /\.(?:store|administration)\.ts$/,
    /^oauth\/persistence\.ts$/,
    /^nest\/oauth\.(?:module|service|admin)\.ts$/,
    /^(?:memory|typeorm|throttle|hashes)\//,
    /^(?:@nestjs\/)?typeorm$|^class-validator$|^rate-limiter-flexible$|^argon2$|^bcrypt$/,
  ];

  it('by what its files import, types apart', () => {
    const names = [...reachable('resource-server.ts', isLoaded)];
    expect(names).toEqual(expect.arrayContaining(['nest/oauth.guard.ts', 'fetch/issuer-http.ts', 'jose']));
    expect(names.filter((name) => SERVER.some((each) => each.test(name)))).toEqual([]);
  });

  it('the checker finds each of them behind the other door', () => {
    const names = [...reachable('index.ts', isLoaded), ...reachable('typeorm/index.ts', isLoaded)];
    const missed = SERVER.filter((each) => !names.some((name) => each.test(name)));
    expect(missed).toEqual([]);
  });
});

describe('size and shape', () => {
  it('no file of src is longer than 200 lines', () => {
    const long = sources.filter(({ text }) => text.trimEnd().split('\n').length > 200);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it('no folder is deeper than three below src', () => {
    expect(sources.filter(({ path }) => path.split('/').length - 1 > 3).map(({ path }) => path)).toEqual([]);
  });

  it('the time is read in oauth/clock.ts alone, the command apart', () => {
    const elsewhere = sources.filter(({ path }) => path !== 'oauth/clock.ts' && partOf(path) !== 'cli');
    expect(elsewhere.flatMap(timeReadings)).toEqual([]);
    expect(sources.filter(({ path }) => path === 'oauth/clock.ts').flatMap(timeReadings)).toHaveLength(1);
  });

  it.each([
    'const x = Date.now();',
    'const x = new Date();',
    'const x = Date();',
    'f(Date.now)',
    'performance.now()',
  ])('the checker of time refuses %s', (text) => {
    expect(timeReadings({ path: 'a.ts', text })).toHaveLength(1);
  });

  it('nothing in src is switched off for the checkers, and the console is the command’s', () => {
    const silenced = sources.filter(({ text }) =>
      /@ts-(?:ignore|nocheck|expect-error)|eslint-disable/.test(text),
    );
    expect(silenced.map(({ path }) => path)).toEqual([]);
    const printing = sources.filter(({ path, text }) => partOf(path) !== 'cli' && /\bconsole\./.test(text));
    expect(printing.map(({ path }) => path)).toEqual([]);
  });
});
