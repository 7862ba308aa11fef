import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { CommandError, reason, UsageError } from './failure.js';

const MOST_BYTES = 1024 * 1024;
const STANDARD_INPUT = '-';

/** Reads a JSON document from a file, or from standard input for `-`. */
export async function readJson(source: string, stdin: Readable): Promise<unknown> {
  const name = source === STANDARD_INPUT ? 'Standard input' : source;
  const stream: AsyncIterable<Buffer | string> = source === STANDARD_INPUT ? stdin : createReadStream(source);
  const bytes = await readAll(stream, name).catch((cause: unknown) => {
    throw cause instanceof CommandError ? cause : new UsageError(`${name} cannot be read: ${reason(cause)}`);
  });
  return parse(decode(bytes, name), name);
}

async function readAll(stream: AsyncIterable<Buffer | string>, name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const piece of stream) {
    const chunk = Buffer.from(piece);
    size += chunk.length;
    if (size > MOST_BYTES) throw invalid(`${name} is larger than 1 MiB.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid(`${name} is not UTF-8 text.`);
  }
}

function parse(text: string, name: string): unknown {
  if (text.trim() === '') throw invalid(`${name} is empty: client metadata is a JSON object (RFC 7591).`);
  try {
    return JSON.parse(text);
  } catch (error) {
    // The message of the parser quotes the text, and the text may hold a client_secret.
    const offset = /at position (\d+)/.exec(reason(error))?.[1];
    throw invalid(`${name} is not valid JSON${offset === undefined ? '' : place(text, Number(offset))}.`);
  }
}

function place(text: string, offset: number): string {
  const lines = text.slice(0, offset).split('\n');
  return ` (line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1})`;
}

function invalid(message: string): CommandError {
  return new CommandError('invalid_client_metadata', message);
}
