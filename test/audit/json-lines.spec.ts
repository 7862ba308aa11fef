import { execFile } from 'node:child_process';
import {
  appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync,
} from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { ConfigurationError, JsonLinesAuditLog, type AuditEntry } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKit } from '../support/echo.js';
import { register } from '../oauth/support.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'));
  file = join(folder, 'audit.jsonl');
});

afterEach(() => rmSync(folder, { recursive: true }));

let made = 0;
const entry = (more: Partial<AuditEntry> = {}): AuditEntry => ({
  id: (++made).toString(16).padStart(32, '0'),
  at: 1_800_000_000,
  type: 'client.created',
  actor: 'ann',
  subject: 'c1',
  address: '192.0.2.1',
  tenant: 'blue',
  detail: { changed: ['scope'], count: 2, immediately: true },
  ...more,
});

const text = (path = file) => readFileSync(path, 'utf8');
/** Every line that is not empty. */
const read = (path = file): AuditEntry[] => {
  const lines = text(path).split('\n');
  expect(lines.at(-1)).toBe('');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as AuditEntry);
};

function refusal(make: () => unknown): ConfigurationError {
  try {
    make();
  } catch (cause) {
    if (cause instanceof ConfigurationError) return cause;
    throw cause;
  }
  throw new Error('It was not refused.');
}

describe('an audit log in a file', () => {
  it('has one JSON object a line, with the names of an entry and none that is missing', async () => {
    const log = new JsonLinesAuditLog({ file });
    const few: AuditEntry = { id: '0'.repeat(32), at: 1, type: 'clients.imported', detail: {} };
    const entries = [entry(), few, entry()];
    await log.append(entries.slice(0, 2));
    await log.append(entries.slice(2));
    expect(read()).toEqual(entries);
    expect(text().split('\n')[1]).toBe(
      `{"id":"${'0'.repeat(32)}","at":1,"type":"clients.imported","detail":{}}`,
    );
  });

  it('keeps an entry on one line, whatever stands in it', async () => {
    const odd = 'a\nb\r\u0000\u001b[2J\u007f\u0085\u009b\u2028\u2029"\\\ud800é😀';
    const one = entry({ tenant: odd, detail: { [odd]: [odd] } });
    await new JsonLinesAuditLog({ file }).append([one]);
    expect(read()).toEqual([one]);
    expect(text().slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    expect(text()).toContain('é😀');
  });

  it('writes nothing of an entry but its members', async () => {
    await new JsonLinesAuditLog({ file }).append([{ ...entry(), secret: 'hunter2' } as AuditEntry]);
    expect(text()).not.toContain('hunter2');
  });

  it('belongs to its owner alone; one that was there keeps its mode', async () => {
    const log = new JsonLinesAuditLog({ file });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    rmSync(file);
    await log.append([entry()]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(file, 0o640);
    await log.append([entry()]);
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  it('may be rotated away between appends, and keeps what was there', async () => {
    const log = new JsonLinesAuditLog({ file });
    const entries = [entry(), entry(), entry()];
    await log.append(entries.slice(0, 1));
    renameSync(file, `${file}.1`);
    await log.append(entries.slice(1, 2));
    await new JsonLinesAuditLog({ file }).append(entries.slice(2));
    expect([read(`${file}.1`), read()]).toEqual([entries.slice(0, 1), entries.slice(1)]);
  });

  it('a line that a crash has cut off does not swallow the next one', async () => {
    const [first, second] = [entry(), entry()];
    const log = new JsonLinesAuditLog({ file });
    await log.append([first]);
    appendFileSync(file, '{"id":"cut o');
    await log.append([second]);
    const lines = text().split('\n');
    expect(lines).toHaveLength(4);
    expect([lines[0], lines[2]].map((line) => JSON.parse(line ?? '') as unknown)).toEqual([first, second]);
  });

  it('is found from elsewhere by a relative path of the start', async () => {
    const log = new JsonLinesAuditLog({ file: relative(process.cwd(), file) });
    await log.append([entry()]);
    expect(read()).toHaveLength(1);
  });

  it('a file that cannot be written any more: the append rejects, and the next one may work', async () => {
    const log = new JsonLinesAuditLog({ file });
    rmSync(file);
    mkdirSync(file);
    await expect(log.append([entry()])).rejects.toThrow(/EISDIR/);
    rmSync(file, { recursive: true });
    await log.append([entry()]);
    expect(read()).toHaveLength(1);
  });

  it.skipIf(!existsSync('/dev/full'))('a full disk: the append rejects', async () => {
    const log = new JsonLinesAuditLog({ file });
    rmSync(file);
    symlinkSync('/dev/full', file);
    await expect(log.append([entry()])).rejects.toThrow();
  });
});

describe('a file that cannot be', () => {
  it.each([
    ['missing', undefined], ['empty', ''], ['not text', 7], ['of no directory', '/nowhere/at/all/audit.jsonl'],
    ['a directory', '/tmp'], ['a device', '/dev/null'], ['no path', 'a\0b'],
  ])('%s: stops the start, and the option is named', (_, path) => {
    const error = refusal(() => new JsonLinesAuditLog({ file: path as string }));
    expect(error.option).toBe('JsonLinesAuditLog.file');
    expect(error.message).toContain('a regular file');
  }); // prettier-ignore
});

it('many appends at once from two logs on one file: every line is whole, and of each append in its order', async () => {
  const [one, two] = [new JsonLinesAuditLog({ file }), new JsonLinesAuditLog({ file })];
  const batches = Array.from({ length: 40 }, () => Array.from({ length: 50 }, () => entry()));
  await Promise.all(batches.map((batch, index) => (index % 2 === 0 ? one : two).append(batch)));
  const ids = read().map(({ id }) => id);
  expect([...ids].sort()).toEqual(batches.flat().map(({ id }) => id));
  for (const batch of batches) {
    const from = ids.indexOf(batch[0]?.id ?? '');
    expect(ids.slice(from, from + batch.length)).toEqual(batch.map(({ id }) => id));
  }
});

/** Puts a file of `src` into the folder, with all that it imports, as a build has it. */
function build(path: string): void {
  const made = join(folder, `${path}.js`);
  if (existsSync(made)) return;
  const options = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
  };
  const source = readFileSync(fileURLToPath(new URL(`../../src/${path}.ts`, import.meta.url)), 'utf8');
  const { outputText } = ts.transpileModule(source, { compilerOptions: options });
  mkdirSync(dirname(made), { recursive: true });
  writeFileSync(made, outputText);
  for (const [, name = ''] of outputText.matchAll(/ from '(\.[^']*)\.js'/g)) build(join(dirname(path), name));
}

it('two processes that append at once: every line is whole', async () => {
  const program = join(folder, 'program.mjs');
  build('audit/json-lines-audit.log');
  appendFileSync(join(folder, 'package.json'), '{"type":"module"}');
  appendFileSync(
    program,
    `import { JsonLinesAuditLog } from './audit/json-lines-audit.log.js';
    const [file, name] = process.argv.slice(2);
    const log = new JsonLinesAuditLog({ file });
    for (let append = 0; append < 60; append++) {
      const many = Array.from({ length: 20 }, (_, index) => ({
        id: name + append + '-' + index, at: 1, type: 't', subject: 's'.repeat(255), detail: { text: name.repeat(200) },
      }));
      await log.append(many);
    }`,
  );
  const run = promisify(execFile);
  await Promise.all(['a', 'b', 'c'].map((name) => run(process.execPath, [program, file, name])));
  const ids = read().map(({ id }) => id);
  expect(new Set(ids).size).toBe(3 * 60 * 20);
  for (const name of ['a', 'b', 'c']) {
    const own = ids.filter((id) => id.startsWith(name));
    const wanted = Array.from({ length: 60 * 20 }, (_, n) => `${name}${Math.floor(n / 20)}-${n % 20}`);
    expect(own).toEqual(wanted);
  }
});

it('is an audit log that a host may choose', async () => {
  const kit = await openKit({ audit: { log: new JsonLinesAuditLog({ file }) } });
  await register(kit, { client_id: 'c9' });
  expect(read()).toMatchObject([
    { type: 'client.created', actor: 'host', subject: 'c9', at: kit.clock.time },
  ]);
  await expect(kit.admin.audit.list()).rejects.toMatchObject({ code: 'unsupported' });
  await kit.close();
});
