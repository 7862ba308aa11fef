import { AdministrationError } from '../administration.error.js';
import type { Encryption } from '../encryption.js';
import { CLIENT_SECRET_JWT, shortestSecret } from './authentication/client-secret-jwt.js';
import { ClientSecretBasic, ClientSecretPost } from './authentication/client-secret.methods.js';
import type { Client, ClientSecret } from './client.js';
import type { ClientMetadata } from './client.metadata.js';
import { importedSecret, newClientSecret, secretContext, type NewClientSecret } from './client-secret.js';
import type { ImportedHashes } from './imported-hashes.js';
import { isSymmetric } from './keys/verification-key.js';
import { refuseIf } from './metadata-refusal.js';

const ONLY_DIGESTS =
  'token_endpoint_auth_method cannot become client_secret_jwt while the client has secrets of which only digests are ' +
  'kept: revoke them first, and rotate afterwards';

const WITH_SECRET: ReadonlySet<string> = new Set([
  ClientSecretBasic.METHOD,
  ClientSecretPost.METHOD,
  CLIENT_SECRET_JWT,
]);

type Method = Pick<Client, 'tokenEndpointAuthMethod' | 'tokenEndpointAuthSigningAlg'>;

/** What a client begins with. */
export interface FirstSecret {
  readonly stored: ClientSecret;
  /** To be shown, this once. Missing where the operator has brought a hash. */
  readonly issued?: NewClientSecret;
}

/** Makes the secrets of clients in the form that their method needs: a digest, or an encrypted one beside it. */
export class ClientSecretIssuer {
  constructor(
    private readonly hashes: ImportedHashes,
    private readonly encryption: Encryption,
  ) {}

  /** Whether a client of this method has secrets at all. */
  serves({ tokenEndpointAuthMethod: method }: Method): boolean {
    return WITH_SECRET.has(method);
  }

  /** Whether such a client's secrets are kept themselves, encrypted. */
  keepsRecoverable({ tokenEndpointAuthMethod: method }: Method): boolean {
    return method === CLIENT_SECRET_JWT;
  }

  /** Why this text cannot be used as the hash of another system, in words for an operator; `undefined` when it can. */
  hashRefusal(hash: string): Promise<string | undefined> {
    return this.hashes.refusal(hash);
  }

  /** `expiresAt`: missing is never. */
  issue(method: Method, now: number, expiresAt?: number): NewClientSecret {
    return newClientSecret(now, { expiresAt, ...this.kept(method) });
  }

  /** Whether a secret that a client has would serve it with this method, too. */
  isUsable({ id, encrypted }: ClientSecret, method: Method): boolean {
    if (!this.keepsRecoverable(method)) return this.serves(method);
    const secret = encrypted && this.encryption.decrypt(encrypted, secretContext(id));
    return secret !== undefined && Buffer.byteLength(secret, 'utf8') >= leastLength(method);
  }

  /** The secret that a client begins with: a new one, or what an operator brings along, be it only a hash of it. */
  async issueFirst(metadata: ClientMetadata, client: Method, now: number): Promise<FirstSecret | undefined> {
    const { client_secret: secret, client_secret_hash: hash, client_secret_expires_at: ends = 0 } = metadata;
    const { tokenEndpointAuthMethod: method } = client;
    if (!this.serves(client)) {
      const given = secret === undefined ? hash && 'client_secret_hash' : 'client_secret';
      refuseIf(given !== undefined, `${given} must not be given with token_endpoint_auth_method ${method}`);
      return undefined;
    }
    const expiresAt = ends === 0 ? undefined : ends;
    if (hash !== undefined) {
      await this.checkHash(hash, metadata, method);
      return { stored: importedSecret(now, hash, expiresAt) };
    }
    if (secret !== undefined && method === CLIENT_SECRET_JWT) requireLength(secret, client);
    const issued = newClientSecret(now, { secret, expiresAt, ...this.kept(client) });
    return { stored: issued.stored, issued };
  }

  /**
   * Whether the secrets that a client has still serve it after a change: a digest cannot verify an HMAC, and a secret must
   * be as long as the hash. @throws OauthError `invalid_client_metadata`
   */
  requireUsable(client: Client): void {
    if (client.tokenEndpointAuthMethod !== CLIENT_SECRET_JWT) return;
    for (const { id, encrypted } of client.secrets) {
      refuseIf(encrypted === undefined, ONLY_DIGESTS);
      const secret = encrypted && this.encryption.decrypt(encrypted, secretContext(id));
      if (secret !== undefined) requireLength(secret, client);
    }
  }

  /** Never in the clear, and never under no key: a process without it may belong to a server that has it. */
  private kept(method: Method): { readonly encryption?: Encryption } {
    if (!this.keepsRecoverable(method)) return {};
    if (this.encryption.available) return { encryption: this.encryption };
    throw new AdministrationError(
      'unsupported',
      'A secret for client_secret_jwt is kept encrypted: set keyEncryptionSecret.',
    );
  }

  private async checkHash(
    hash: string,
    { client_secret: secret }: ClientMetadata,
    method: string,
  ): Promise<void> {
    refuseIf(secret !== undefined, 'client_secret and client_secret_hash must not both be given');
    refuseIf(
      method === CLIENT_SECRET_JWT,
      'client_secret_hash must not be given with client_secret_jwt, which needs the secret itself',
    );
    const refusal = await this.hashes.refusal(hash);
    refuseIf(refusal !== undefined, `client_secret_hash: ${refusal}`);
  }
}

/** RFC 7518 §3.2: as long as the hash, so that no password serves as a key. */
function requireLength(secret: string, method: Method): void {
  const least = leastLength(method);
  refuseIf(
    Buffer.byteLength(secret, 'utf8') < least,
    `client_secret must have ${least} octets or more for ${algorithmOf(method)}`,
  );
}

function leastLength(method: Method): number {
  const algorithm = algorithmOf(method);
  return isSymmetric(algorithm) ? shortestSecret(algorithm) : 0;
}

function algorithmOf({ tokenEndpointAuthSigningAlg: algorithm = 'HS256' }: Method): string {
  return algorithm;
}
