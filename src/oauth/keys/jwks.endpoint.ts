import { publicDocument, requireReading } from '../http/public-document.js';
import type { OauthRequest } from '../oauth.request.js';
import type { JwksResponse } from './jwks.response.js';
import type { KeyRing } from './key-ring.js';

/** Seconds for which others may keep the JWK Set. A new key is published at least this long before it signs. */
export const JWKS_MAX_AGE = 300;

/** Publishes the key ring, RFC 7517 §5. */
export class JwksEndpoint {
  constructor(private readonly ring: KeyRing) {}

  /** @throws OauthError */
  async handle(http: OauthRequest): Promise<JwksResponse> {
    requireReading(http);
    const keys = (await this.ring.published()).map((key) => key.publicJwk);
    return { ...publicDocument(http, keys, JWKS_MAX_AGE), keys };
  }
}
