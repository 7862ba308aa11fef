import { JsonError, parseJsonObject } from '../jwt/json.js';
import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import { bodyBytes, type BodyLimits } from './body.js';
import { requireJson } from './media-type.js';

const DEEPEST = 16;

/**
 * Reads the request's JSON object. Strict where the bytes are at hand: UTF-8, no member twice, at most 16 levels deep; where
 * only the host's parsed body is left, its own members. `__proto__` is refused wherever it stands.
 * @throws OauthError `invalid_client_metadata`, the code that the endpoints for JSON have for a bad document
 */
export async function readJsonBody(
  request: OauthRequest,
  limits: BodyLimits,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    requireJson(request);
    const bytes = await bodyBytes(request, limits);
    const document = bytes === undefined ? parsedObject(request.body) : parseJsonObject(bytes);
    refusePrototypes(document);
    return document;
  } catch (failure) {
    throw badDocument(failure);
  }
}

/** @throws JsonError for a member `__proto__`, or for what is nested too deeply */
export function refusePrototypes(document: object): void {
  let level: object[] = [document];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > DEEPEST) throw new JsonError('nested too deeply');
    if (level.some((each) => Object.hasOwn(each, '__proto__'))) {
      throw new JsonError('__proto__ must not be a member');
    }
    level = level.flatMap((each) => Object.values(each).filter(isObject));
  }
}

function parsedObject(body: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(body) || Array.isArray(body)) throw new JsonError('not a JSON object');
  return { ...body };
}

/** The parser's own message would quote the text. */
function badDocument(failure: unknown): unknown {
  if (failure instanceof OauthError) {
    const { status, description, headers, cause } = failure;
    const bad = failure.code === 'invalid_request' && (status === 400 || status === 415);
    return bad ? new OauthError('invalid_client_metadata', description, { status, headers, cause }) : failure;
  }
  const reason = failure instanceof JsonError ? failure.message : 'not JSON in UTF-8';
  return OauthError.invalidClientMetadata(`The body must be a JSON object: ${reason}.`);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
