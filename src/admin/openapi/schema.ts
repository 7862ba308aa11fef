import type { ApiResponseSchemaHost } from '@nestjs/swagger';

export type Schema = ApiResponseSchemaHost['schema'];

export function text(description: string, more: Schema = {}): Schema {
  return { type: 'string', description, ...more };
}

export function integer(description: string, more: Schema = {}): Schema {
  return { type: 'integer', description, ...more };
}

export function flag(description: string): Schema {
  return { type: 'boolean', description };
}

export function list(description: string, items: Schema = { type: 'string' }): Schema {
  return { type: 'array', description, items };
}

export function time(description: string): Schema {
  return integer(`${description} Seconds since 1970.`, { minimum: 0 });
}

export function object(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): Schema {
  return { type: 'object', properties, ...(required.length > 0 && { required: [...required] }) };
}

/** A page of a list, under its name. */
export function page(name: string, items: Schema): Schema {
  const next = text('The `after` of the next page. Missing: this is the last.');
  return object({ [name]: { type: 'array', items }, next }, [name]);
}

export const LABELS: Schema = {
  type: 'object',
  description: 'Names of `a-z 0-9 . _ / -` and their values. `tenant` goes into events and the audit log.',
  additionalProperties: { type: 'string' },
  example: { team: 'payments' },
};

export const LIMIT = integer('How many at most.', { minimum: 1, maximum: 500, default: 50 });
export const AFTER = text('The `next` of the page before.');

const EXAMPLES: Readonly<Record<number, readonly [string, string]>> = {
  400: ['invalid_request', 'limit must be a whole number from 1 to 500'],
  404: ['client_not_found', 'There is no client backend.'],
  409: ['conflict', 'The client backend was changed by somebody else just now.'],
  412: ['precondition_failed', 'It was changed since it was read.'],
  413: ['invalid_request', 'The request body could not be read.'],
  415: ['invalid_request', 'The body must have the content type application/json.'],
  500: ['server_error', 'The server could not handle the request.'],
  503: ['temporarily_unavailable', 'The server is temporarily unavailable.'],
};

export function error(status: number): Schema {
  const [code, description] = EXAMPLES[status] ?? ['invalid_request', 'The request is malformed.'];
  const members = {
    error: text('What was refused, for programs.'),
    error_description: text('The same for people.'),
  };
  return {
    ...object(members, ['error', 'error_description']),
    example: { error: code, error_description: description },
  };
}
