import { IsNotEmpty } from 'class-validator';
import { CLIENT_AUTHENTICATION_PARAMETERS } from '../client/authentication/client-authentication.js';
import type { Parameters } from '../http/parameters.js';
import { answering, requireValid } from '../validation.js';

/** Parameters that the token endpoint defines and that must not repeat. `resource` may (RFC 8707 §2). */
export const TOKEN_PARAMETERS = [
  ...CLIENT_AUTHENTICATION_PARAMETERS,
  'grant_type',
  'scope',
  'authorization_details',
] as const;

/** What every grant has in common: RFC 6749 §4. A grant reads its own parameters from `parameters`. */
export class TokenRequest {
  @IsNotEmpty({ message: 'The parameter grant_type is missing.', ...answering('invalid_request') })
  readonly grantType: string | undefined;

  private constructor(readonly parameters: Parameters) {
    this.grantType = parameters.get('grant_type');
  }

  static from(parameters: Parameters): TokenRequest & { readonly grantType: string } {
    const request = requireValid(new TokenRequest(parameters));
    return request as TokenRequest & { readonly grantType: string };
  }
}
