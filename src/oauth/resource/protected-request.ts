import { readAuthorization } from '../http/authorization.js';
import { LONGEST_JWS } from '../jwt/compact-jws.js';
import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import { BearerError } from './bearer.error.js';
import { requiredAudience, meets, type RequiredAccess } from './required-access.js';
import type { ResourceServers } from './resource-server.js';
import type { AccessTokenVerifier, VerifiedAccessToken } from './verified-access-token.js';

/** RFC 6750 §2.1. */
const B64TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** Decides whether a request to a resource server may go on: RFC 6750, RFC 9068 §4. */
export class ProtectedRequests {
  constructor(
    private readonly verifier: AccessTokenVerifier,
    private readonly resources: ResourceServers,
    private readonly realm: string,
  ) {}

  /** The request's token, checked, with the access that the handler asks for. @throws BearerError */
  async authorize(request: OauthRequest, access: RequiredAccess): Promise<VerifiedAccessToken> {
    const audience = requiredAudience(this.resources, access);
    const needed = [...new Set([...access.allOf, ...access.anyOf.flat()])];
    const value = this.bearerToken(request);
    if (value === undefined) throw BearerError.missingToken(this.realm, needed);
    const token = value.length > LONGEST_JWS ? undefined : await this.verify(value);
    if (!token?.audience.includes(audience)) throw BearerError.invalidToken(this.realm);
    if (!meets(token.scope, access)) throw BearerError.insufficientScope(this.realm, needed);
    return token;
  }

  /** The header alone: a token in the query, the body or a cookie is not looked at (RFC 9700 §4.3.2). */
  private bearerToken(request: OauthRequest): string | undefined {
    const authorization = this.authorization(request);
    if (authorization?.scheme !== 'bearer') return undefined;
    if (!B64TOKEN.test(authorization.credentials)) {
      throw BearerError.invalidRequest(this.realm, 'The Authorization header is malformed.');
    }
    return authorization.credentials;
  }

  private authorization(request: OauthRequest): ReturnType<typeof readAuthorization> {
    try {
      return readAuthorization(request);
    } catch (failure) {
      if (!(failure instanceof OauthError)) throw failure;
      throw BearerError.invalidRequest(this.realm, failure.description);
    }
  }

  private async verify(value: string): Promise<VerifiedAccessToken | undefined> {
    try {
      return await this.verifier.verify(value);
    } catch (failure) {
      const cause = failure instanceof OauthError ? failure.cause : failure;
      throw BearerError.temporarilyUnavailable(cause);
    }
  }
}
