import type { AuthenticatedClient } from '../client/authentication/client-authentication.js';
import type { ClientRequests } from '../client/authentication/client-request.js';
import type { OauthEvents } from '../events/oauth-events.js';
import type { OauthRequest } from '../oauth.request.js';
import type { AccessTokenVerifier, AuthenticAccessToken } from '../resource/access-token.verifier.js';
import { TOKEN_LOOKUP_PARAMETERS, TokenLookupRequest } from '../token-lookup.request.js';
import { prefers } from '../http/accept.js';
import type { IntrospectionJwtWriter } from './introspection-jwt.js';
import type { IntrospectionPolicy } from './introspection.policy.js';
import {
  INACTIVE,
  INTROSPECTION_JWT,
  IntrospectionResponse,
  describeToken,
  type IntrospectionDocument,
} from './introspection.response.js';

/** RFC 7662 §2. The order of the steps is the order in which faults are reported; the steps own the rules. */
export class IntrospectionEndpoint {
  constructor(
    private readonly requests: ClientRequests,
    private readonly tokens: AccessTokenVerifier,
    private readonly policy: IntrospectionPolicy,
    /** Missing where there are no published keys to verify them with. */
    private readonly jwts: IntrospectionJwtWriter | undefined,
    private readonly events: OauthEvents,
  ) {}

  /** @throws OauthError */
  async handle(http: OauthRequest): Promise<IntrospectionResponse> {
    const { client: authenticated, parameters } = await this.requests.read(http, TOKEN_LOOKUP_PARAMETERS);
    const value = TokenLookupRequest.tokenFrom(parameters);
    await authenticated.useUp();
    const token = await this.tokens.verify(value);
    const document = await this.visible(authenticated, token);
    const asJwt = prefers(http, INTROSPECTION_JWT, 'application/json');
    const jwt = asJwt ? await this.jwts?.write(authenticated, document) : undefined;
    this.tell(http, authenticated, document.active ? token : undefined);
    return new IntrospectionResponse(document, jwt);
  }

  private async visible(
    { client }: AuthenticatedClient,
    token: AuthenticAccessToken | undefined,
  ): Promise<IntrospectionDocument> {
    const scope = token && (await this.policy.visibleScope(client, token));
    return token && scope ? describeToken(token, scope) : INACTIVE;
  }

  /** Many inactive ones tell an operator that somebody is trying tokens out (RFC 7662 §4). */
  private tell(
    { ip: address }: OauthRequest,
    { client }: AuthenticatedClient,
    token: AuthenticAccessToken | undefined,
  ): void {
    const about = { clientId: client.id, active: token !== undefined, tokenId: token?.id, address };
    this.events.emit({ type: 'token.introspected', ...about });
  }
}
