import { parseJsonObject } from '../../jwt/json.js';

/** A JSON object of the issuer, read strictly. The parser's own message would quote the text into the log. */
export function parseJsonDocument(body: Uint8Array, what: string): Record<string, unknown> {
  try {
    return parseJsonObject(body);
  } catch {
    throw new Error(`${what} is no JSON object.`);
  }
}
