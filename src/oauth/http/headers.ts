import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';

/** The value of a header that may stand once (RFC 9110 §5.3). Node drops or joins repeats, so `rawHeaders` decides. */
export function singleHeader(request: OauthRequest, name: string): string | undefined {
  const lines = request.rawHeaders?.filter(
    (line, index) => index % 2 === 0 && line.toLowerCase() === name,
  ).length;
  const value = request.headers[name];
  if ((lines ?? 0) > 1 || (value !== undefined && typeof value !== 'string')) {
    throw OauthError.invalidRequest(`The request has more than one ${name} header.`);
  }
  return value;
}
