import { validateSync, type ValidationError } from 'class-validator';
import { OauthError, type OauthErrorCode } from './oauth.error.js';

/** Which error a failed constraint is: given to a class-validator decorator as its `context`. */
export interface ConstraintContext {
  readonly code: OauthErrorCode;
}

export function answering(code: OauthErrorCode): { context: ConstraintContext } {
  return { context: { code } };
}

/** Validates a request DTO. Properties are judged in the order in which they are declared. */
export function requireValid<T extends object>(request: T): T {
  const errors = validateSync(request, { stopAtFirstError: true, validationError: { target: false } });
  const declared = Object.keys(request);
  const [first] = errors.sort((a, b) => declared.indexOf(a.property) - declared.indexOf(b.property));
  if (first) throw toOauthError(first);
  return request;
}

function toOauthError(error: ValidationError): OauthError {
  const [name, message] = Object.entries(error.constraints ?? {})[0] ?? ['', 'The request is malformed.'];
  const context = error.contexts?.[name] as ConstraintContext | undefined;
  return new OauthError(context?.code ?? 'invalid_request', message);
}
