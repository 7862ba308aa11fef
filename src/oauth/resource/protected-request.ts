import { readAuthorization } from '../http/authorization.js';
import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import type { AccessTokenVerifier, AuthenticAccessToken } from './access-token.verifier.js';
import { isBearerToken, isTooLong } from './bearer-token.js';
import { BearerError, type Challenger } from './bearer.error.js';
import { GuardedAccessToken, type RefuseRequest } from './guarded-access-token.js';
import { metadataUrlOf, type GuardedResource, type GuardedResources } from './guarded-resource.js';
import { meets, type RequiredAccess } from './required-access.js';
import type { VerifiedAccessToken } from './verified-access-token.js';

/** Decides whether a request to a resource server may go on: RFC 6750, RFC 9068 §4. */
export class ProtectedRequests {
  constructor(
    private readonly verifier: AccessTokenVerifier,
    readonly resources: GuardedResources,
    private readonly realm: string,
  ) {}

  /**
   * The request's token, checked, with the access that the handler asks for. What is found missing later, by the handler,
   * is told to `refuse`. @throws BearerError
   */
  async authorize(
    request: OauthRequest,
    access: RequiredAccess,
    refuse: RefuseRequest,
  ): Promise<VerifiedAccessToken> {
    await this.resources.refresh();
    const accepting = this.resources.acceptedBy(access);
    const challenger = this.challenger(accepting[0]);
    const needed = [...new Set([...access.allOf, ...access.anyOf.flat()])];
    const value = bearerToken(request, challenger);
    if (value === undefined) throw BearerError.missingToken(challenger, needed);
    const token = isTooLong(value) ? undefined : await this.verify(value);
    const resource = accepting.find(({ identifier }) => token?.audience.includes(identifier));
    if (!token || !resource) throw BearerError.invalidToken(challenger);
    const named = this.challenger(resource);
    if (!meets(token.scope, access)) throw BearerError.insufficientScope(named, needed);
    return new GuardedAccessToken(token, needed, named, this.resources, refuse);
  }

  private challenger(resource: GuardedResource | undefined): Challenger {
    return { realm: this.realm, resourceMetadata: resource && metadataUrlOf(resource) };
  }

  private async verify(value: string): Promise<AuthenticAccessToken | undefined> {
    try {
      return await this.verifier.verify(value);
    } catch (failure) {
      const cause = failure instanceof OauthError ? failure.cause : failure;
      throw BearerError.temporarilyUnavailable(cause);
    }
  }
}

/** The header alone: a token in the query, the body or a cookie is not looked at (RFC 9700 §4.3.2). */
function bearerToken(request: OauthRequest, challenger: Challenger): string | undefined {
  const authorization = authorizationOf(request, challenger);
  if (authorization?.scheme !== 'bearer') return undefined;
  if (!isBearerToken(authorization.credentials)) {
    throw BearerError.invalidRequest(challenger, 'The Authorization header is malformed.');
  }
  return authorization.credentials;
}

function authorizationOf(
  request: OauthRequest,
  challenger: Challenger,
): ReturnType<typeof readAuthorization> {
  try {
    return readAuthorization(request);
  } catch (failure) {
    if (!(failure instanceof OauthError)) throw failure;
    throw BearerError.invalidRequest(challenger, failure.description);
  }
}
