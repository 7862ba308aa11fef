import type { Clock } from '../../clock.js';
import { randomText } from '../../digest.js';
import { signJwt, type JwtSigner } from '../../jwt/signed-jwt.js';
import { IntrospectionAuthentication, type UnauthenticatedRequest } from './introspection-authentication.js';

/** RFC 7523 §2.2. */
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Seconds. */
const LIFETIME = 60;
const ID_BYTES = 16;

/** A client assertion for each request: RFC 7523 §3, for the issuer and nobody else. */
export class AssertionAuthentication extends IntrospectionAuthentication {
  constructor(
    private readonly clientId: string,
    private readonly issuer: string,
    private readonly signer: JwtSigner,
    private readonly clock: Clock,
  ) {
    super();
  }

  async authenticate({ form }: UnauthenticatedRequest): Promise<void> {
    form.set('client_assertion_type', ASSERTION_TYPE);
    form.set('client_assertion', await this.assertion());
  }

  private assertion(): Promise<string> {
    const now = this.clock.now();
    return signJwt(this.signer, 'client-authentication+jwt', {
      iss: this.clientId,
      sub: this.clientId,
      aud: this.issuer,
      jti: randomText(ID_BYTES),
      iat: now,
      exp: now + LIFETIME,
    });
  }
}
