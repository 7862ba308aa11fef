import type { AuthenticatedClient } from '../../client/authentication/client-authentication.js';
import type { ResourceServers } from '../../resource/resource-server.js';
import type { AccessToken } from '../access-token.js';
import type { AccessTokenIssuer } from '../access-token.issuer.js';
import { authorize } from '../authorization.js';
import type { ScopePolicy } from '../scope.policy.js';
import type { TokenRequest } from '../token.request.js';
import { ClientCredentialsRequest } from './client-credentials.request.js';
import type { Grant } from './grant.js';

/** RFC 6749 §4.4. The token speaks for the client itself, and there is no refresh token (§4.4.3). */
export class ClientCredentialsGrant implements Grant {
  readonly type = 'client_credentials';

  constructor(
    private readonly resources: ResourceServers,
    private readonly policy: ScopePolicy,
    private readonly issuer: AccessTokenIssuer,
  ) {}

  async issue(request: TokenRequest, authenticated: AuthenticatedClient): Promise<AccessToken> {
    const { client } = authenticated;
    await this.resources.refresh();
    const { resource, scope } = authorize(
      this.resources,
      client,
      ClientCredentialsRequest.from(request.parameters),
    );
    const granted = await this.policy.narrow(client, resource, scope);
    return this.issuer.issue({ client: authenticated, subject: client.id, resource, scope: granted });
  }
}
