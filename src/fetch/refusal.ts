/** What is not fetched, or not read to its end, by a rule of the kit. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/**
 * The failed fetch, for the log: its host and a reason, and nothing that a stranger has written. So errors of Node show as
 * their code, since their messages and members quote certificates and responses.
 */
export function failedFetch(uri: URL, cause: unknown): Error {
  return new Error(`The JWK Set at ${uri.host || uri.protocol} was not fetched: ${reasonOf(cause)}.`);
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Refusal) return cause.message;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : 'the connection failed';
}
