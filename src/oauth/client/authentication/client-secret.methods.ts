import { readAuthorization } from '../../http/authorization.js';
import { formDecode } from '../../http/form.js';
import type { Parameters } from '../../http/parameters.js';
import { OauthError } from '../../oauth.error.js';
import type { OauthRequest } from '../../oauth.request.js';
import { CLIENT_SECRET } from '../client-id.js';
import { ClientAuthenticationMethod, type PresentedCredentials } from './authentication-method.js';
import type { ClientSecretVerifier } from './client-secret.verifier.js';

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

abstract class ClientSecretMethod extends ClientAuthenticationMethod {
  constructor(protected readonly verifier: ClientSecretVerifier) {
    super();
  }

  protected presented(
    method: string,
    credentials: Partial<Credentials>,
    { ip }: OauthRequest,
  ): PresentedCredentials {
    const { clientId, secret = '' } = credentials;
    const readable = CLIENT_SECRET.test(secret);
    return {
      method,
      clientId: readable ? clientId : undefined,
      verify: (client) => this.verifier.verify(client, secret, ip),
    };
  }
}

interface Credentials {
  readonly clientId: string;
  readonly secret: string;
}

/** HTTP Basic, RFC 6749 §2.3.1. */
export class ClientSecretBasic extends ClientSecretMethod {
  static readonly METHOD = 'client_secret_basic';
  override readonly names = [ClientSecretBasic.METHOD];
  override readonly scheme = 'basic';

  read(request: OauthRequest, parameters: Parameters): PresentedCredentials | undefined {
    const authorization = readAuthorization(request);
    if (authorization?.scheme !== this.scheme) return undefined;
    const credentials = decode(authorization.credentials);
    const named = parameters.get('client_id');
    if (credentials && named !== undefined && named !== credentials.clientId) {
      throw OauthError.invalidRequest(
        'The parameter client_id names another client than the Authorization header.',
      );
    }
    return this.presented(ClientSecretBasic.METHOD, credentials ?? {}, request);
  }
}

/** The secret in the body, RFC 6749 §2.3.1. Never in the query. */
export class ClientSecretPost extends ClientSecretMethod {
  static readonly METHOD = 'client_secret_post';
  override readonly names = [ClientSecretPost.METHOD];

  read(request: OauthRequest, parameters: Parameters): PresentedCredentials | undefined {
    const secret = parameters.get('client_secret');
    if (secret === undefined) return undefined;
    const clientId = parameters.get('client_id');
    const credentials = { secret, ...(clientId !== undefined && { clientId }) };
    return this.presented(ClientSecretPost.METHOD, credentials, request);
  }
}

/** RFC 6749 §2.3.1: the halves are form-encoded, so they are decoded after the split at the first colon. */
function decode(encoded: string): Credentials | undefined {
  if (!BASE64.test(encoded)) return undefined;
  const text = utf8(Buffer.from(encoded, 'base64'));
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 0) return undefined;
  const clientId = formDecode(text.slice(0, colon));
  const secret = formDecode(text.slice(colon + 1));
  return clientId && secret ? { clientId, secret } : undefined;
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
