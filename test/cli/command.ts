import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/cli/program.js';

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as the one JSON document that it must be. */
  readonly json: <T = Record<string, unknown>>() => T;
}

export interface Surroundings {
  /** Standard input: text, bytes, or anything else, which is written as JSON. */
  readonly input?: unknown;
  /** Whether standard input and standard error are one. */
  readonly terminal?: boolean;
}

export function fixture(name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
}

/** Runs the command as it is, without `--app`. */
export async function bare(
  words: readonly string[],
  { input = '', terminal = false }: Surroundings = {},
): Promise<Result> {
  const text = typeof input === 'string' || Buffer.isBuffer(input) ? input : JSON.stringify(input);
  const written = { stdout: '', stderr: '' };
  const stdin = Object.assign(Readable.from([Buffer.from(text)]), { isTTY: terminal });
  const code = await run(words, {
    stdin,
    stdout: { write: (chunk) => (written.stdout += chunk) },
    stderr: { write: (chunk) => (written.stderr += chunk), isTTY: terminal },
  });
  return { code, ...written, json: <T>() => JSON.parse(written.stdout) as T };
}

/** Runs the command on the app of the fixtures. */
export function command(line: string | readonly string[], surroundings?: Surroundings): Promise<Result> {
  const words = typeof line === 'string' ? line.split(' ') : line;
  return bare(['--app', fixture('app.module.ts'), ...words], surroundings);
}

/** Makes a client: what it prints. */
export async function make(metadata: object): Promise<Record<string, unknown>> {
  return (await command('client create --metadata - --json', { input: metadata })).json();
}

/** What is shown of it later. */
export function withoutSecret(information: Record<string, unknown>): object {
  return Object.fromEntries(
    Object.entries(information).filter(([name]) => !name.startsWith('client_secret')),
  );
}
