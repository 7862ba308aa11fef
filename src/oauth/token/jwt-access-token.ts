import { signJwt } from '../jwt/signed-jwt.js';
import type { KeyRing } from '../keys/key-ring.js';
import { formatScope } from '../scope.js';
import type { AccessTokenGrant } from './access-token.js';
import type { AccessTokenWriter } from './access-token.issuer.js';

/** RFC 9068 §2.1. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/** Writes self-contained tokens, RFC 9068 §2. Nothing is stored. */
export class JwtAccessTokenWriter implements AccessTokenWriter {
  constructor(
    private readonly keys: KeyRing,
    private readonly issuer: string,
  ) {}

  async write(grant: AccessTokenGrant): Promise<string> {
    const key = await this.keys.current();
    return signJwt(key, ACCESS_TOKEN_TYPE, {
      ...grant.claims,
      iss: this.issuer,
      sub: grant.subject,
      aud: grant.audience,
      client_id: grant.clientId,
      scope: formatScope(grant.scope),
      iat: grant.issuedAt,
      exp: grant.expiresAt,
      jti: grant.id,
    });
  }
}
