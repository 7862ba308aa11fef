import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import { bodyBytes, type BodyLimits } from './body.js';
import { requireForm } from './media-type.js';
import { Parameters } from './parameters.js';

const MOST_PARAMETERS = 100;

/**
 * Reads the request's form. Strict where the bytes are at hand (unread, or kept as `rawBody`); where only the
 * host's parsed body is left, own string values count and everything else is refused on use.
 */
export async function readForm(request: OauthRequest, limits: BodyLimits): Promise<Parameters> {
  requireForm(request);
  const bytes = await bodyBytes(request, limits);
  if (bytes === undefined) return Parameters.fromParsedBody(request.body);
  return Parameters.fromPairs(decodeForm(bytes));
}

function decodeForm(bytes: Uint8Array): [string, string][] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw OauthError.invalidRequest('The request body is not valid UTF-8.', { cause });
  }
  const pairs = text.split('&').filter((pair) => pair !== '');
  if (pairs.length > MOST_PARAMETERS) {
    throw OauthError.invalidRequest(`The request has more than ${MOST_PARAMETERS} parameters.`);
  }
  return pairs.map((pair) => {
    const equals = pair.indexOf('=');
    const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    return [decoded(name), decoded(value)];
  });
}

function decoded(text: string): string {
  const result = formDecode(text);
  if (result === undefined) {
    throw OauthError.invalidRequest('The request body is not valid percent-encoded UTF-8.');
  }
  return result;
}

/** RFC 6749 Appendix B. `undefined` for a broken escape or for bytes that are not UTF-8. */
export function formDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
