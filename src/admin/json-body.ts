import { readBody, type BodyLimits } from '../oauth/http/body.js';
import { singleHeader } from '../oauth/http/headers.js';
import { refusePrototypes } from '../oauth/http/json-body.js';
import { JsonError } from '../oauth/jwt/json.js';
import { OauthError } from '../oauth/oauth.error.js';
import type { OauthRequest } from '../oauth/oauth.request.js';
import { requireValid } from '../oauth/validation.js';

const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i;

/**
 * The body of a request, as the host's parser has left it, or parsed here; undefined where there is none. At most 16 levels
 * deep. @throws OauthError `invalid_request`
 */
export async function readJson(request: OauthRequest, limits: BodyLimits): Promise<unknown> {
  const { 'transfer-encoding': coding, 'content-length': length = '0' } = request.headers;
  const parsed = request.body;
  const none = parsed === undefined || parsed === null;
  if (none && coding === undefined && length === '0') return undefined;
  const type = singleHeader(request, 'content-type')?.trim() ?? '';
  if (!JSON_TYPE.test(type)) throw unsupported('The body must have the content type application/json.');
  const body = parsed === undefined && request.stream ? await parse(request, limits) : parsed;
  requireFlat(body);
  return body;
}

/** Of what the host has parsed as well: what recurses runs out of stack on what is parsed without trouble. */
function requireFlat(body: unknown): void {
  if (typeof body !== 'object' || body === null) return;
  try {
    refusePrototypes(body);
  } catch (failure) {
    if (!(failure instanceof JsonError)) throw failure;
    throw OauthError.invalidRequest(`The body was refused: ${failure.message}.`);
  }
}

async function parse(request: OauthRequest, limits: BodyLimits): Promise<unknown> {
  const { stream, headers } = request;
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw unsupported('The body must not be compressed.');
  }
  const bytes = stream ? await readBody(stream, limits) : new Uint8Array();
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw OauthError.invalidRequest('The body is not valid JSON.', { cause });
  }
}

/** Fills in a DTO, all of whose members are its own from the start, and validates it. @throws OauthError `invalid_request` */
export function fill<T extends object>(input: T, body: unknown): T {
  if (body === undefined) return requireValid(input);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw OauthError.invalidRequest('The body must be a JSON object.');
  }
  const known = Object.keys(input);
  for (const [name, value] of Object.entries(body)) {
    if (!known.includes(name)) {
      throw OauthError.invalidRequest(`The body has an unknown member. Known here: ${known.join(', ')}.`);
    }
    Object.assign(input, { [name]: value as unknown });
  }
  return requireValid(input);
}

function unsupported(description: string): OauthError {
  return OauthError.invalidRequest(description, { status: 415 });
}
