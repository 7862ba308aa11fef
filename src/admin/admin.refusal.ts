import type { FailureLog } from '../nest/failure.log.js';
import { AdministrationError } from '../oauth/administration.error.js';
import { OauthError, printable } from '../oauth/oauth.error.js';
import type { AdminAnswer } from './admin.answer.js';

/** What the caller has read was changed since, RFC 9110 §13.1.1. */
export class PreconditionFailed extends Error {
  override readonly name = 'PreconditionFailed';

  constructor() {
    super('It was changed since it was read: the If-Match header names another revision.');
  }
}

/** The answer to an operation that was refused, or has failed. What has failed is told to the log alone. */
export function refusalOf(failure: unknown, log: FailureLog): AdminAnswer {
  if (failure instanceof PreconditionFailed) return refusal(412, 'precondition_failed', failure.message);
  if (failure instanceof AdministrationError) {
    const status = statusOf(failure);
    if (status >= 500) log.report(`A request was answered with ${failure.code}`, failure);
    return refusal(status, failure.code, failure.message);
  }
  const { status, code, description, headers } = log.answered(OauthError.from(failure));
  return { ...refusal(status, code, description), headers };
}

function statusOf({ code }: AdministrationError): number {
  if (code.endsWith('_not_found')) return 404;
  return code === 'secret_unreadable' ? 500 : 409;
}

function refusal(status: number, error: string, description: string): AdminAnswer {
  return { status, body: { error, error_description: printable(description) } };
}
