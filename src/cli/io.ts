import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface TextSink {
  readonly isTTY?: boolean;
  /** Of the terminal, in characters. */
  readonly columns?: number;
  /** Answers a promise where it can fail. */
  write(text: string): unknown;
}

/** What the command is connected to: the streams of the process, or those of a test. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** For the result and nothing else. */
  readonly stdout: TextSink;
  readonly stderr: TextSink;
}

/** Asks a person. Without one there is nobody to ask, and the answer is yes. */
export async function confirm(io: Io, question: string): Promise<boolean> {
  if (!io.stdin.isTTY) return true;
  io.stderr.write(`${question} [y/N] `);
  const lines = createInterface({ input: io.stdin });
  for await (const line of lines) return /^y(?:es)?$/i.test(line.trim());
  return false;
}
