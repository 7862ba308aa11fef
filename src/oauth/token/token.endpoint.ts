import type { ClientRequests } from '../client/authentication/client-request.js';
import { tenantOf } from '../client/client.js';
import type { OauthEvents } from '../events/oauth-events.js';
import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import type { AccessToken } from './access-token.js';
import type { Grants } from './grants/grant.js';
import { TOKEN_PARAMETERS, TokenRequest } from './token.request.js';
import { TokenResponse } from './token.response.js';

/** RFC 6749 §3.2. The order of the steps is the order in which faults are reported; the steps own the rules. */
export class TokenEndpoint {
  constructor(
    private readonly requests: ClientRequests,
    private readonly grants: Grants,
    private readonly events: OauthEvents,
  ) {}

  /** @throws OauthError */
  async handle(http: OauthRequest): Promise<TokenResponse> {
    const { client, parameters } = await this.requests.read(http, TOKEN_PARAMETERS);
    try {
      const request = TokenRequest.from(parameters);
      const token = await this.grants.for(request.grantType, client).issue(request, client);
      this.events.emit(issued(token, request.grantType, tenantOf(client.client), http));
      return TokenResponse.from(token);
    } catch (failure) {
      const { code: error } = OauthError.from(failure);
      // A replayed assertion has its own event: nobody was authenticated.
      if (error !== 'invalid_client') {
        this.events.emit({
          type: 'token.refused',
          clientId: client.client.id,
          tenant: tenantOf(client.client),
          error,
          address: http.ip,
        });
      }
      throw failure;
    }
  }
}

function issued({ grant }: AccessToken, grantType: string, tenant: string | undefined, { ip }: OauthRequest) {
  const { clientId, id: tokenId, format, audience, scope, expiresAt } = grant;
  const token = { clientId, tokenId, format, audience, scope, expiresAt };
  return { type: 'token.issued', grantType, tenant, ...token, address: ip } as const;
}
