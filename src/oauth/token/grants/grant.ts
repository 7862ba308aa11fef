import type { AuthenticatedClient } from '../../client/authentication/client-authentication.js';
import { OauthError } from '../../oauth.error.js';
import type { AccessToken } from '../access-token.js';
import type { TokenRequest } from '../token.request.js';

/** One way to get a token (RFC 6749 §1.3). To add a grant, write one class and list it where the grants meet. */
export interface Grant {
  /** The value of `grant_type`, compared exactly. */
  readonly type: string;
  /** Decides what the client gets, and issues it. The client is authenticated and may use this grant. */
  issue(request: TokenRequest, client: AuthenticatedClient): Promise<AccessToken>;
}

/** Where all grants meet. */
export class Grants {
  private readonly byType: ReadonlyMap<string, Grant>;

  constructor(grants: readonly Grant[]) {
    this.byType = new Map(grants.map((grant) => [grant.type, grant]));
  }

  get types(): string[] {
    return [...this.byType.keys()];
  }

  /** @throws OauthError `unsupported_grant_type`, `unauthorized_client` (RFC 6749 §5.2). */
  for(type: string, { client }: AuthenticatedClient): Grant {
    const grant = this.byType.get(type);
    if (!grant) {
      throw new OauthError(
        'unsupported_grant_type',
        'This server does not support the requested grant type.',
      );
    }
    if (!client.grantTypes.includes(type)) {
      throw new OauthError(
        'unauthorized_client',
        'This client is not registered for the requested grant type.',
      );
    }
    return grant;
  }
}
