import type { Clock } from '../../clock.js';
import { AccessTokenVerifier, type AuthenticAccessToken } from '../access-token.verifier.js';
import type { ClaimRules } from '../token-claims.js';
import { isBearerToken, isTooLong } from '../bearer-token.js';
import { introspectedToken } from './introspected-token.js';
import type { IntrospectionCache } from './introspection.cache.js';
import type { IntrospectionClient } from './introspection.client.js';

/** Checks tokens of either format by asking the issuer, so that a revoked one is refused at once: RFC 7662. */
export class IntrospectingAccessTokenVerifier extends AccessTokenVerifier {
  constructor(
    private readonly client: IntrospectionClient,
    private readonly cache: IntrospectionCache,
    private readonly rules: ClaimRules,
    private readonly clock: Clock,
  ) {
    super();
  }

  async verify(value: string): Promise<AuthenticAccessToken | undefined> {
    // What cannot be a token must not cost the issuer anything.
    if (isTooLong(value) || !isBearerToken(value)) return undefined;
    const document = await this.cache.get(value, (token) => this.client.ask(token));
    return introspectedToken(document, this.rules, this.clock.now());
  }
}
