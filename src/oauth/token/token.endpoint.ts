import type { ClientAuthentication } from '../client/client.authentication.js';
import type { BodyLimits } from '../http/body.js';
import { readForm } from '../http/form.js';
import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import type { Grants } from './grants/grant.js';
import { TOKEN_PARAMETERS, TokenRequest } from './token.request.js';
import { TokenResponse } from './token.response.js';

/** RFC 6749 §3.2. The order of the steps is the order in which faults are reported; the steps own the rules. */
export class TokenEndpoint {
  constructor(
    private readonly authentication: ClientAuthentication,
    private readonly grants: Grants,
    private readonly limits: BodyLimits,
  ) {}

  /** @throws OauthError */
  async handle(http: OauthRequest): Promise<TokenResponse> {
    if (http.method !== 'POST') throw OauthError.methodNotAllowed(http.method, 'POST');
    const parameters = await readForm(http, this.limits);
    parameters.refuseRepeats(TOKEN_PARAMETERS);
    const client = await this.authentication.authenticate(http, parameters);
    const request = TokenRequest.from(parameters);
    const grant = this.grants.for(request.grantType, client);
    return TokenResponse.from(await grant.issue(request, client));
  }
}
