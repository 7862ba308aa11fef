import type { Clock } from '../../clock.js';
import { randomText } from '../../digest.js';
import { encodeSegment } from '../../jwt/compact-jws.js';
import { IntrospectionAuthentication, type UnauthenticatedRequest } from './introspection-authentication.js';

/** RFC 7523 §2.2. */
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Seconds. */
const LIFETIME = 60;
const ID_BYTES = 16;

/** What makes the signature: a private key, or an HMAC with the secret. */
export interface AssertionSigner {
  readonly algorithm: string;
  /** The id under which the issuer knows the key, where there is one. */
  readonly kid?: string | undefined;
  sign(input: Buffer): Buffer | Promise<Buffer>;
}

/** A client assertion for each request: RFC 7523 §3, for the issuer and nobody else. */
export class AssertionAuthentication extends IntrospectionAuthentication {
  constructor(
    private readonly clientId: string,
    private readonly issuer: string,
    private readonly signer: AssertionSigner,
    private readonly clock: Clock,
  ) {
    super();
  }

  async authenticate({ form }: UnauthenticatedRequest): Promise<void> {
    form.set('client_assertion_type', ASSERTION_TYPE);
    form.set('client_assertion', await this.assertion());
  }

  private async assertion(): Promise<string> {
    const { algorithm: alg, kid } = this.signer;
    const header = { alg, typ: 'client-authentication+jwt', ...(kid !== undefined && { kid }) };
    const now = this.clock.now();
    const claims = {
      iss: this.clientId,
      sub: this.clientId,
      aud: this.issuer,
      jti: randomText(ID_BYTES),
      iat: now,
      exp: now + LIFETIME,
    };
    const input = `${encodeSegment(header)}.${encodeSegment(claims)}`;
    const signature = await this.signer.sign(Buffer.from(input, 'ascii'));
    return `${input}.${signature.toString('base64url')}`;
  }
}
