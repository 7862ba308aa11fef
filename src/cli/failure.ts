import { AdministrationError, ConfigurationError, OauthError } from 'nestjs-oauth-kit';

/** The command line names something that is not there, or leaves a choice open: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command was refused by what it was given: exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A failure as the operator gets it: never a stack, never a secret. */
export interface Failure {
  readonly exitCode: 1 | 2;
  readonly code: string;
  readonly description: string;
}

const LONGEST_REASON = 500;

export function toFailure(error: unknown): Failure {
  if (error instanceof UsageError) return { exitCode: 2, code: 'usage', description: error.message };
  if (error instanceof OauthError) return { exitCode: 1, code: error.code, description: explain(error) };
  if (error instanceof CommandError || error instanceof AdministrationError) {
    return { exitCode: 1, code: error.code, description: error.message };
  }
  const code = error instanceof ConfigurationError ? 'invalid_configuration' : 'server_error';
  return { exitCode: 1, code, description: reason(error) };
}

/** An operator, unlike a client, may know why the server is unavailable. */
function explain(error: OauthError): string {
  return error.cause === undefined ? error.description : `${error.description} (${reason(error.cause)})`;
}

/** Why something failed, in one line. Passwords in connection URLs are left out. */
export function reason(cause: unknown): string {
  if (cause instanceof AggregateError && !cause.message && cause.errors.length > 0)
    return reason(cause.errors[0]);
  const text = cause instanceof Error ? cause.message || cause.name : String(cause);
  const line = text.split(/[\r\n]+/).find((each) => each.trim() !== '') ?? 'unknown failure';
  return line
    .trim()
    .slice(0, LONGEST_REASON)
    .replace(/(\w:\/\/)[^\s/@]*@/g, '$1***@');
}
