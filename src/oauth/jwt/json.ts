/** Why a text was refused. Never shown to a client. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

const DEEPEST = 16;
const LITERAL = /[^\s,:[\]{}"]+/y;
const COLON = /\s*:/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;

/**
 * Parses a JSON object as a token carries it: strict UTF-8, no byte order mark, no member name twice (RFC 7519 §4),
 * at most 16 levels deep, nothing but an object at the top.
 */
export function parseJsonObject(bytes: Uint8Array): Record<string, unknown> {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new JsonError('not a JSON object');
  }
  refuseRepeatsAndDepth(text);
  return value as Record<string, unknown>;
}

/** Walks over a text that is known to be valid JSON. */
function refuseRepeatsAndDepth(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : undefined);
      if (open.length > DEEPEST) throw new JsonError('nested too deeply');
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === '"') {
      const string = match(STRING, text, at);
      at += string.length - 1;
      if (match(COLON, text, at + 1) !== '') addMember(open.at(-1), string);
    } else {
      at += Math.max(match(LITERAL, text, at).length - 1, 0);
    }
  }
}

function addMember(members: Set<string> | undefined, string: string): void {
  const name = JSON.parse(string) as string;
  if (members?.has(name)) throw new JsonError('a member name is repeated');
  members?.add(name);
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
