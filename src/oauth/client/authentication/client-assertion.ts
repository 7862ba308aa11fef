import type { Parameters } from '../../http/parameters.js';
import { parseCompactJws, type CompactJws } from '../../jwt/compact-jws.js';
import { OauthError } from '../../oauth.error.js';

/** RFC 7523 §2.2. */
export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** RFC 7523 and its revision: untyped, plainly a JWT, or made for just this. Compared as media types. */
const TYPES = new Set(['jwt', 'client-authentication+jwt']);

/** A client assertion taken apart, with a header that may be used; nothing of it believed yet. */
export interface ClientAssertion extends CompactJws {
  readonly algorithm: string;
  readonly kid: string | undefined;
  /** `sub`: whom it claims to come from. */
  readonly clientId: string | undefined;
}

/**
 * The assertion of a request: `undefined` where there is none, `unreadable` where it cannot be one of a client.
 * @throws OauthError `invalid_request` for half of the two parameters, or for a `client_id` that says otherwise.
 */
export function readClientAssertion(parameters: Parameters): ClientAssertion | 'unreadable' | undefined {
  const type = parameters.get('client_assertion_type');
  const text = parameters.get('client_assertion');
  if (type === undefined && text === undefined) return undefined;
  if (type === undefined || text === undefined) {
    throw OauthError.invalidRequest('client_assertion and client_assertion_type go together.');
  }
  const jws = type === JWT_BEARER ? parseCompactJws(text) : undefined;
  const assertion = jws && fromJws(jws);
  const named = parameters.get('client_id');
  if (assertion?.clientId !== undefined && named !== undefined && named !== assertion.clientId) {
    throw OauthError.invalidRequest('The parameter client_id names another client than the assertion.');
  }
  return assertion ?? 'unreadable';
}

function fromJws(jws: CompactJws): ClientAssertion | undefined {
  const { alg, kid, typ, crit, b64 } = jws.header;
  const { sub } = jws.payload;
  if (typeof alg !== 'string' || crit !== undefined || b64 !== undefined) return undefined;
  if (kid !== undefined && typeof kid !== 'string') return undefined;
  if (typ !== undefined && !isType(typ)) return undefined;
  return { ...jws, algorithm: alg, kid, clientId: typeof sub === 'string' ? sub : undefined };
}

function isType(typ: unknown): boolean {
  return typeof typ === 'string' && TYPES.has(typ.toLowerCase().replace(/^application\//, ''));
}
