import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import { readAuthorization, type Authorization } from '../http/authorization.js';
import { formDecode } from '../http/form.js';
import type { Parameters } from '../http/parameters.js';

/** What a request claims to prove, not yet believed. */
export interface ClientCredentials {
  readonly method: 'client_secret_basic' | 'client_secret_post';
  readonly clientId: string;
  readonly secret: string;
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The one set of credentials in a request. Two sets are `invalid_request` (RFC 6749 §2.3); none, or a set that
 * cannot be read, is `undefined`, which the caller answers with `invalid_client`.
 */
export function readCredentials(
  request: OauthRequest,
  parameters: Parameters,
): ClientCredentials | undefined {
  const authorization = readAuthorization(request);
  const clientId = parameters.get('client_id');
  const secret = parameters.get('client_secret');
  const assertion = parameters.get('client_assertion') ?? parameters.get('client_assertion_type');
  const used = [authorization, secret, assertion].filter((each) => each !== undefined).length;
  if (used > 1 && (authorization === undefined || authorization.scheme === 'basic')) {
    throw OauthError.invalidRequest('The request uses more than one client authentication method.');
  }
  if (authorization) return fromBasic(authorization, clientId);
  if (clientId === undefined || secret === undefined) return undefined;
  return { method: 'client_secret_post', clientId, secret };
}

/** RFC 6749 §2.3.1: the halves are form-encoded, so they are decoded after the split at the first colon. */
function fromBasic(
  authorization: Authorization,
  clientId: string | undefined,
): ClientCredentials | undefined {
  if (authorization.scheme !== 'basic' || !BASE64.test(authorization.credentials)) return undefined;
  const text = utf8(Buffer.from(authorization.credentials, 'base64'));
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 0) return undefined;
  const id = formDecode(text.slice(0, colon));
  const secret = formDecode(text.slice(colon + 1));
  if (!id || !secret) return undefined;
  if (clientId !== undefined && clientId !== id) {
    throw OauthError.invalidRequest(
      'The parameter client_id names another client than the Authorization header.',
    );
  }
  return { method: 'client_secret_basic', clientId: id, secret };
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
