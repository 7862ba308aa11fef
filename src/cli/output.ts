import type { TextSink } from './io.js';
import { tableText } from './table.js';

/** C0, C1, line separators, and the marks that turn the direction of writing. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text that a terminal shows and does not obey: stored values are other people's. */
export function clean(text: string): string {
  return text.replace(UNSAFE, '');
}

/** JSON in one line, with its end: what a terminal would obey is escaped. */
export function jsonLine(value: unknown): string {
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(UNSAFE, escape) + '\n';
}

/** Seconds since 1970 as ISO 8601 in UTC. */
export function isoTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('.000Z', 'Z');
}

/** Writes results on standard output, remarks on standard error. */
export class Output {
  constructor(
    private readonly stdout: TextSink,
    private readonly stderr: TextSink,
  ) {}

  json(value: unknown): void {
    this.stdout.write(jsonLine(value));
  }

  line(text = ''): void {
    this.stdout.write(clean(text) + '\n');
  }

  /** Names and values, one pair a line, between empty lines. */
  record(pairs: readonly (readonly [string, string])[]): void {
    this.line();
    const width = Math.max(...pairs.map(([name]) => name.length));
    for (const [name, value] of pairs) this.line(`  ${name.padEnd(width)}  ${value}`);
    this.line();
  }

  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    this.stdout.write(
      tableText(
        head,
        rows.map((row) => row.map(clean)),
      ),
    );
  }

  /** For the person; a script does not see it. */
  remark(text: string): void {
    this.stderr.write(clean(text) + '\n');
  }

  /** The same where the result is JSON: a script may read it, too. */
  remarkJson(value: unknown): void {
    this.stderr.write(jsonLine(value));
  }

  warn(text: string): void {
    this.remark(`warning: ${text}`);
  }
}
