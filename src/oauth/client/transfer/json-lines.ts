import { setImmediate as nextTurn } from 'node:timers/promises';
import { JsonError, parseJsonObject } from '../../jwt/json.js';
import { OauthError } from '../../oauth.error.js';
import type { Members } from './member-readers.js';

/** Text, or its bytes where it may not be UTF-8. */
export type Line = string | Uint8Array;
export type Lines = AsyncIterable<Line> | Iterable<Line>;

const KIBIBYTE = 1024;
const MOST_LINE_BYTES = 256 * KIBIBYTE;
const MOST_BYTES = 512 * KIBIBYTE * KIBIBYTE;
const MOST_LINES = 100_000;
/** Others get their turn after so many. */
const AT_ONCE = 50;

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const WHITE_SPACE: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d, 0x20]);

/** An object, or why there is none. */
export type ParsedLine =
  { readonly line: number; readonly document: Members } | { readonly line: number; readonly refusal: string };

/** The objects of JSON lines; blank ones are passed over. @throws OauthError `invalid_request` for too much of it */
export async function* parseLines(lines: Lines): AsyncGenerator<ParsedLine> {
  let line = 0;
  let size = 0;
  for await (const text of lines) {
    line++;
    const all = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
    size += all.length;
    if (line > MOST_LINES || size > MOST_BYTES) throw tooMuch();
    const bytes = line === 1 ? withoutMark(all) : all;
    if (bytes.length > MOST_LINE_BYTES) yield { line, refusal: 'The line is longer than 256 KiB.' };
    else if (!bytes.every((byte) => WHITE_SPACE.has(byte))) yield { line, ...parse(bytes) };
    if (line % AT_ONCE === 0) await nextTurn();
  }
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return BYTE_ORDER_MARK.equals(bytes.subarray(0, 3)) ? bytes.subarray(3) : bytes;
}

/** What the parser says of the text may quote it, and it may hold a secret. */
function parse(bytes: Uint8Array): { document: Members } | { refusal: string } {
  try {
    return { document: parseJsonObject(bytes) };
  } catch (failure) {
    if (failure instanceof JsonError) return { refusal: `The line is refused: ${failure.message}.` };
    if (failure instanceof SyntaxError) return { refusal: 'The line is not valid JSON.' };
    if (failure instanceof TypeError) return { refusal: 'The line is not UTF-8 text.' };
    throw failure;
  }
}

function tooMuch(): OauthError {
  return OauthError.invalidRequest(
    'An import must not have more than 100000 lines, or 512 MiB: divide the file.',
  );
}
