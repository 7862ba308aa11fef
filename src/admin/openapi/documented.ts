import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { error, type Schema } from './schema.js';

/** What the OpenAPI document says about an operation. */
export interface Documentation {
  readonly summary: string;
  readonly description?: string;
  /** What the parameters of the path are. */
  readonly path?: Readonly<Record<string, string>>;
  /** What the parameters of the query are. */
  readonly query?: Readonly<Record<string, Schema>>;
  /** Takes If-Match. */
  readonly conditional?: boolean;
  readonly body?: { readonly schema: Schema; readonly required?: boolean };
  readonly answer: {
    readonly status: 200 | 201 | 204;
    readonly description: string;
    readonly schema?: Schema;
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** The refusals that are not every operation's, by their status. */
  readonly refusals?: Readonly<Record<number, string>>;
}

/** What every operation may answer. */
const COMMON: Readonly<Record<number, string>> = {
  400: 'The request is malformed: `invalid_request`, or `invalid_client_metadata`.',
  500: 'The server could not handle it: `server_error`. The reason is in its log.',
  503: 'The database is out of reach: `temporarily_unavailable`. Nothing is known to be changed.',
};

const GUARD: Readonly<Record<number, string>> = {
  401: 'The guard of the API does not know who asks.',
  403: 'The guard of the API does not let them in.',
};

/** Describes an operation with all that it may answer. */
export function Documented(documentation: Documentation): MethodDecorator {
  const { summary, description, path = {}, query = {}, conditional = false, body, answer } = documentation;
  const unsupported = body ? { 413: 'The body is too large.', 415: 'The body is not JSON.' } : {};
  const stale = conditional ? { 412: 'It was changed since it was read: `precondition_failed`.' } : {};
  const refusals = { ...COMMON, ...unsupported, ...stale, ...documentation.refusals };
  return applyDecorators(
    ApiOperation({ summary, ...(description !== undefined && { description }) }),
    ...entries(path, (name, meaning) =>
      ApiParam({ name, description: meaning, required: true, schema: { type: 'string', maxLength: 1024 } }),
    ),
    ...entries(query, (name, schema) => ApiQuery({ name, required: false, ...parameter(schema) })),
    ...(conditional ? [ApiHeader(IF_MATCH)] : []),
    ...(body ? [ApiBody({ schema: body.schema, required: body.required ?? true })] : []),
    ApiResponse({
      status: answer.status,
      description: answer.description,
      ...(answer.schema && { schema: answer.schema }),
      ...(answer.headers && { headers: Object.fromEntries(entries(answer.headers, header)) }),
    }),
    ...entries(refusals, (status, text) =>
      ApiResponse({ status: Number(status), description: text, schema: error(Number(status)) }),
    ),
    ...entries(GUARD, (status, text) =>
      ApiResponse({ status: Number(status), description: text, schema: { type: 'object' } }),
    ),
  );
}

const IF_MATCH = {
  name: 'If-Match',
  required: false,
  description: 'The `ETag` of what was read: only that is changed. Without it, whatever is there.',
  schema: { type: 'string', example: '"3"' },
};

function parameter({ description = '', ...schema }: Schema): { description: string; schema: Schema } {
  return { description, schema };
}

function header(name: string, description: string): [string, object] {
  return [name, { description, schema: { type: 'string' } }];
}

function entries<V, R>(of: Readonly<Record<string, V>>, make: (name: string, value: V) => R): R[] {
  return Object.entries(of).map(([name, value]) => make(name, value));
}
