import { REGISTRANT_MEMBERS } from '../client/client.metadata.js';
import { OauthError } from '../oauth.error.js';

/** What a registrant says about a client: nothing but members that are anybody's to say. */
export type RegistrantDocument = Readonly<Record<string, unknown>>;

/** Schemes that a browser runs, or reads from the machine that it runs on. */
const DANGEROUS = new Set(['javascript:', 'data:', 'vbscript:', 'file:', 'blob:', 'about:', 'filesystem:']);

/** The members that a registrant may set; all others are ignored (RFC 7591 §2), and null is omitted. */
export function registrantMembers(document: RegistrantDocument): RegistrantDocument {
  return Object.fromEntries(
    REGISTRANT_MEMBERS.flatMap((name) => {
      const value = memberOf(document, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Null is omitted. */
export function memberOf(document: RegistrantDocument, name: string): unknown {
  return Object.hasOwn(document, name) ? (document[name] ?? undefined) : undefined;
}

/**
 * Machines are never redirected: what is given here is checked and then ignored.
 * @throws OauthError `invalid_redirect_uri`
 */
export function checkRedirectUris(document: RegistrantDocument): void {
  const uris = memberOf(document, 'redirect_uris');
  if (uris === undefined) return;
  if (!Array.isArray(uris)) throw badUri('redirect_uris must be an array of absolute URIs');
  for (const [index, uri] of uris.entries()) {
    const ok = typeof uri === 'string' && !/[#\s]/.test(uri) && URL.canParse(uri);
    if (!ok || DANGEROUS.has(new URL(uri).protocol)) {
      throw badUri(
        `redirect_uris[${index}] must be an absolute URI without a fragment, of a scheme that leads to a client`,
      );
    }
  }
}

function badUri(description: string): OauthError {
  return new OauthError('invalid_redirect_uri', description);
}
