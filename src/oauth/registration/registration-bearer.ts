import { readAuthorization } from '../http/authorization.js';
import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import { challenge } from '../resource/bearer.error.js';
import { isBearerToken } from '../resource/bearer-token.js';

const WRONG = 'The access token is not valid here.';

/** The tokens of RFC 7591 §3 and RFC 7592 §2 on the wire, and the challenges for who has none: RFC 6750. */
export class RegistrationBearer {
  constructor(private readonly realm: string) {}

  /** The header alone counts. `undefined` where it has no Bearer token. @throws OauthError for one that is malformed */
  read(request: OauthRequest): string | undefined {
    const authorization = this.authorizationOf(request);
    if (authorization?.scheme !== 'bearer') return undefined;
    if (!isBearerToken(authorization.credentials)) {
      throw this.malformed('The Authorization header is malformed.');
    }
    return authorization.credentials;
  }

  /** RFC 6750 §3.1: the challenge tells no error to who has brought no token. */
  missing(): OauthError {
    return this.refusal('invalid_token', 'This request needs an access token.', {});
  }

  /** One answer for every reason. */
  wrong(): OauthError {
    return this.refusal('invalid_token', WRONG, { error: 'invalid_token', error_description: WRONG });
  }

  private malformed(description: string): OauthError {
    const parameters = { error: 'invalid_request', error_description: description };
    return this.refusal('invalid_request', description, parameters);
  }

  private authorizationOf(request: OauthRequest): ReturnType<typeof readAuthorization> {
    try {
      return readAuthorization(request);
    } catch (failure) {
      throw this.malformed(OauthError.from(failure).description);
    }
  }

  private refusal(
    code: 'invalid_token' | 'invalid_request',
    description: string,
    parameters: Readonly<Record<string, string>>,
  ): OauthError {
    return new OauthError(code, description, { headers: challenge({ realm: this.realm }, parameters) });
  }
}
