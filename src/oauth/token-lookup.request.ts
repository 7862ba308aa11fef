import { IsNotEmpty } from 'class-validator';
import { CLIENT_AUTHENTICATION_PARAMETERS } from './client/authentication/client-authentication.js';
import type { Parameters } from './http/parameters.js';
import { answering, requireValid } from './validation.js';

/** Parameters of the introspection and the revocation endpoint that must not repeat. */
export const TOKEN_LOOKUP_PARAMETERS = [
  ...CLIENT_AUTHENTICATION_PARAMETERS,
  'token',
  'token_type_hint',
] as const;

/** What introspection (RFC 7662 §2.1) and revocation (RFC 7009 §2.1) are asked: the hint never decides anything. */
export class TokenLookupRequest {
  @IsNotEmpty({ message: 'The parameter token is missing.', ...answering('invalid_request') })
  readonly token: string | undefined;

  private constructor(parameters: Parameters) {
    this.token = parameters.get('token');
  }

  /** The token that is asked about. @throws OauthError `invalid_request` */
  static tokenFrom(parameters: Parameters): string {
    const { token = '' } = requireValid(new TokenLookupRequest(parameters));
    return token;
  }
}
