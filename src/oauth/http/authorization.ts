import type { OauthRequest } from '../oauth.request.js';
import { singleHeader } from './headers.js';

/** An Authorization header, split (RFC 9110 §11.4). */
export interface Authorization {
  /** In lower case: the scheme is case-insensitive. */
  readonly scheme: string;
  /** What follows the scheme, '' when nothing does. */
  readonly credentials: string;
}

export function readAuthorization(request: OauthRequest): Authorization | undefined {
  const header = singleHeader(request, 'authorization')?.trim();
  if (header === undefined) return undefined;
  const space = header.indexOf(' ');
  if (space < 0) return { scheme: header.toLowerCase(), credentials: '' };
  return { scheme: header.slice(0, space).toLowerCase(), credentials: header.slice(space + 1).trimStart() };
}
