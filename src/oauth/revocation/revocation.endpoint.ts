import type { ClientRequests } from '../client/authentication/client-request.js';
import { tenantOf } from '../client/client.js';
import type { OauthEvents } from '../events/oauth-events.js';
import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import type { AccessTokenVerifier } from '../resource/access-token.verifier.js';
import { TOKEN_LOOKUP_PARAMETERS, TokenLookupRequest } from '../token-lookup.request.js';
import { RevocationResponse } from './revocation.response.js';
import type { TokenRevocation } from './token-revocation.js';

/** RFC 7009 §2. The order of the steps is the order in which faults are reported; the steps own the rules. */
export class RevocationEndpoint {
  constructor(
    private readonly requests: ClientRequests,
    private readonly tokens: AccessTokenVerifier,
    private readonly revocation: TokenRevocation,
    private readonly events: OauthEvents,
  ) {}

  /** @throws OauthError */
  async handle(http: OauthRequest): Promise<RevocationResponse> {
    const { client: authenticated, parameters } = await this.requests.read(http, TOKEN_LOOKUP_PARAMETERS);
    const value = TokenLookupRequest.tokenFrom(parameters);
    await authenticated.useUp();
    const token = await this.tokens.verify(value);
    if (token) {
      const { clientId, id: tokenId, format } = token;
      if (clientId !== authenticated.client.id) throw notItsOwn();
      await this.revocation.revoke(value, token);
      const tenant = tenantOf(authenticated.client);
      this.events.emit({ type: 'token.revoked', clientId, tenant, tokenId, format, address: http.ip });
    }
    return new RevocationResponse();
  }
}

/** RFC 7009 §2.1: the client is told. It holds the token, so it learns nothing by that. */
function notItsOwn(): OauthError {
  return new OauthError('unauthorized_client', 'The token was issued to another client.');
}
