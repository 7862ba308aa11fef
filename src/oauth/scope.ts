/** RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ), one space between two. */
const TOKEN = '[\\x21\\x23-\\x5b\\x5d-\\x7e]+';

/** One scope. */
export const SCOPE_TOKEN = new RegExp(`^${TOKEN}$`);

/** The value of a `scope` parameter. */
export const SCOPE_GRAMMAR = new RegExp(`^${TOKEN}(?: ${TOKEN})*$`);

/** The scopes of a list that fits {@link SCOPE_GRAMMAR}, each once: order does not matter, repeats collapse. */
export function parseScope(text: string): string[] {
  return [...new Set(text.split(' '))];
}

export function formatScope(scopes: readonly string[]): string {
  return scopes.join(' ');
}

/** For a message: others have chosen how long it is. */
export function shortened(scopes: readonly string[]): string {
  const text = formatScope(scopes);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
