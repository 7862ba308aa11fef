import type { Client } from '../client/client.js';
import { OauthError } from '../oauth.error.js';
import type { AuthenticAccessToken } from '../resource/access-token.verifier.js';

/**
 * Narrows what a client learns about a token that it may see: `false` hides the token, a list names the scopes that it is
 * shown with, `true` changes nothing. It can never widen, and anything else that it returns or throws fails the request.
 */
export type IntrospectionPolicyHook = (query: {
  /** Who asks. */
  readonly client: Client;
  readonly token: AuthenticAccessToken;
}) => boolean | readonly string[] | Promise<boolean | readonly string[]>;

/**
 * Who may know about a token: the client that it was issued to, and the clients that are one of its resource servers
 * (RFC 7662 §2.2, §4).
 */
export class IntrospectionPolicy {
  constructor(private readonly hook: IntrospectionPolicyHook | undefined) {}

  /** The scopes that this client sees the token with; `undefined` when it sees nothing. @throws OauthError */
  async visibleScope(client: Client, token: AuthenticAccessToken): Promise<readonly string[] | undefined> {
    const isIts = client.resource !== undefined && token.audience.includes(client.resource);
    if (token.clientId !== client.id && !isIts) return undefined;
    const answer: unknown = this.hook ? await this.hook(structuredClone({ client, token })) : true;
    if (typeof answer === 'boolean') return answer ? token.scope : undefined;
    if (!Array.isArray(answer)) {
      throw OauthError.serverError(
        new Error('The hook introspectionPolicy must return a boolean or scopes.'),
      );
    }
    return token.scope.filter((scope) => answer.includes(scope));
  }
}
