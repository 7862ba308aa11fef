import type { AuthenticatedClient } from '../client/authentication/client-authentication.js';
import type { Client } from '../client/client.js';
import type { ClientEncryptionKeys } from '../client/keys/client-encryption-keys.js';
import type { Clock } from '../clock.js';
import { signJwt } from '../jwt/signed-jwt.js';
import type { KeyRing } from '../keys/key-ring.js';
import { OauthError } from '../oauth.error.js';
import type { IntrospectionDocument } from './introspection.response.js';

/** RFC 9701 §5: by this type, and for want of `sub` and `exp`, it can never pass for an access token. */
export const INTROSPECTION_JWT_TYPE = 'token-introspection+jwt';

/** Writes introspection responses as JWTs for the client that has asked: RFC 9701 §5. */
export class IntrospectionJwtWriter {
  constructor(
    private readonly ring: KeyRing,
    private readonly encryptionKeys: ClientEncryptionKeys,
    private readonly issuer: string,
    private readonly clock: Clock,
    /** Told, for the log, of each response that could not be encrypted. */
    private readonly onMissingKey: (cause: unknown) => void,
  ) {}

  /** Encrypted where the client is registered for that, and never otherwise sent. @throws OauthError */
  async write({ client }: AuthenticatedClient, document: IntrospectionDocument): Promise<string> {
    const signed = await this.sign(client, document);
    const { introspectionEncryptedResponseAlg: algorithm, introspectionEncryptedResponseEnc: content } =
      client;
    if (algorithm === undefined || content === undefined) return signed;
    const key = await this.encryptionKeys.for(client, algorithm);
    if (!key) {
      this.onMissingKey(new Error(`The client ${client.id} has no key for ${algorithm}.`));
      throw OauthError.temporarilyUnavailable(undefined);
    }
    return key.encrypt(signed, algorithm, content);
  }

  private async sign(client: Client, document: IntrospectionDocument): Promise<string> {
    const key = await this.ring.forIntrospection(this.algorithmFor(client));
    return signJwt(key, INTROSPECTION_JWT_TYPE, {
      iss: this.issuer,
      aud: client.id,
      iat: this.clock.now(),
      token_introspection: document,
    });
  }

  /** RFC 9701 §6 has RS256 for who has not chosen; a host's own keys may be none of that kind. */
  private algorithmFor({ introspectionSignedResponseAlg: chosen }: Client) {
    const { introspectionAlgorithms: offered } = this.ring;
    const algorithm = chosen ?? offered[0];
    if (algorithm !== undefined && offered.includes(algorithm)) return algorithm;
    throw OauthError.serverError(
      new Error(`No signing key is for ${algorithm}, as a client has registered.`),
    );
  }
}
