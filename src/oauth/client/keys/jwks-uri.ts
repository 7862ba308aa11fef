import { isIP } from 'node:net';
import { isLoopback } from '../../option-checks.js';

const LONGEST = 2_000;
const PRINTABLE = /^[\x21-\x5b\x5d-\x7e]*$/;
const ABSOLUTE = /^https?:\/\/[^/?#]/i;
const USER_INFO = /^[^/]*\/\/[^/?#]*@/;
const LOCALHOST = /(?:^|\.)localhost\.?$/;

/**
 * Why a `jwks_uri` cannot be registered, in words that follow its name; undefined when it can. Where its host leads is
 * checked whenever it is fetched.
 */
export function jwksUriRefusal(uri: string, allowLoopback: boolean): string | undefined {
  if (uri.length > LONGEST) return `must have at most ${LONGEST} characters`;
  if (!PRINTABLE.test(uri)) return 'must be printable ASCII without spaces and backslashes';
  if (!ABSOLUTE.test(uri) || !URL.canParse(uri)) return 'must be an absolute https URL';
  if (uri.includes('#')) return 'must not have a fragment';
  if (USER_INFO.test(uri)) return 'must not hold credentials';
  const url = new URL(uri);
  return allowLoopback && isLoopback(url) ? undefined : hostRefusal(url, allowLoopback);
}

function hostRefusal({ protocol, hostname }: URL, allowLoopback: boolean): string | undefined {
  if (protocol !== 'https:') return 'must be an absolute https URL';
  if (hostname.startsWith('[') || isIP(hostname) !== 0) return 'must name its host, not give an IP address';
  if (!allowLoopback && LOCALHOST.test(hostname)) return 'must not lead to localhost';
  return undefined;
}
