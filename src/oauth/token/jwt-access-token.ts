import { encodeSegment } from '../jwt/compact-jws.js';
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
    const header = encodeSegment({ alg: key.algorithm, typ: ACCESS_TOKEN_TYPE, kid: key.kid });
    const payload = encodeSegment({
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
    const input = `${header}.${payload}`;
    const signature = await key.sign(Buffer.from(input, 'ascii'));
    return `${input}.${signature.toString('base64url')}`;
  }
}
