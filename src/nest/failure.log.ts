import { Injectable, Logger } from '@nestjs/common';
import { OauthError } from '../oauth/oauth.error.js';

/** Writes what went wrong to the host's log. Clients never see it. */
@Injectable()
export class FailureLog {
  private readonly logger = new Logger('Oauth');

  /** What somebody else got wrong, in one line. */
  warn(what: string, cause: unknown): void {
    this.logger.warn(`${what}: ${oneLine(describe(cause))}`);
  }

  /** An error that a client gets. Without a cause there is nothing to tell: the kit was busy, and that may be somebody's purpose. */
  answered(error: OauthError): OauthError {
    if (error.status >= 500 && error.cause !== undefined)
      this.report(`A request was answered with ${error.code}`, error.cause);
    return error;
  }

  report(what: string, cause: unknown): void {
    this.logger.error(
      `${what}: ${oneLine(describe(cause))}`,
      cause instanceof Error ? frames(cause) : undefined,
    );
  }
}

function describe(cause: unknown): string {
  if (cause instanceof OauthError && cause.cause !== undefined) return describe(cause.cause);
  if (!(cause instanceof Error)) return String(cause);
  const inner = cause instanceof AggregateError ? cause.errors.map((each) => describe(each)).join('; ') : '';
  return `${cause.name}: ${cause.message || inner}`;
}

/** The lines of the stack without the message, which may hold line breaks of somebody else's. */
function frames(cause: Error): string | undefined {
  return cause.stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map(oneLine)
    .join('\n');
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
