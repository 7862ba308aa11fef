import { sameDigest, sha256 } from '../../digest.js';
import type { Encryption } from '../../encryption.js';
import { CLIENT_SECRET_JWT } from '../authentication/client-secret-jwt.js';
import type { Client, ClientSecret } from '../client.js';
import { isImported, secretContext } from '../client-secret.js';
import type { ClientSecretIssuer } from '../client-secret.issuer.js';
import { refuseIf } from '../metadata-refusal.js';
import { given, readMembers, readText, readTime, type Members } from './member-readers.js';

const MOST_SECRETS = 50;
const MEMBERS = ['id', 'digest', 'hash', 'encrypted', 'created_at', 'expires_at', 'last_used_at'];
const ID = /^[0-9a-f]{16}$/;
const DIGEST = /^[0-9a-f]{64}$/;
const HASH = /^\$[\x21-\x7e]{1,254}$/;
/** No shorter than what encrypts nothing at all. */
const ENCRYPTED = /^a256gcm:[0-9a-f]{12}:[\w-]{38,4000}$/;

/** What is kept of the secrets of a client, the oldest first: never a secret. */
export function exportSecrets({ secrets, tokenEndpointAuthMethod: method }: Client): Members[] {
  return [...secrets]
    .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
    .map((secret) => ({
      id: secret.id,
      ...(isImported(secret) ? { hash: secret.digest } : { digest: secret.digest }),
      ...(secret.encrypted !== undefined && method === CLIENT_SECRET_JWT && { encrypted: secret.encrypted }),
      created_at: secret.createdAt,
      expires_at: secret.expiresAt ?? 0,
      ...(secret.lastUsedAt !== undefined && { last_used_at: secret.lastUsedAt }),
    }));
}

/** The ids in a member `client_secrets` that may not even be an array. */
export function namedSecrets(value: unknown): string[] {
  const entries: readonly unknown[] = Array.isArray(value) ? value.slice(0, MOST_SECRETS) : [];
  return entries.flatMap((entry) => {
    const id: unknown = typeof entry === 'object' && entry !== null && 'id' in entry ? entry.id : undefined;
    return typeof id === 'string' && ID.test(id) ? [id] : [];
  });
}

/** Reads the member `client_secrets` of a line of an import. */
export class TransferredSecrets {
  constructor(
    private readonly issuer: ClientSecretIssuer,
    private readonly encryption: Encryption,
  ) {}

  /** @throws OauthError `invalid_client_metadata` */
  async read(value: unknown, method: string): Promise<ClientSecret[]> {
    if (!given(value)) return [];
    const entries: readonly unknown[] = Array.isArray(value) ? value : [];
    refuseIf(!Array.isArray(value), 'client_secrets must be an array');
    refuseIf(entries.length > MOST_SECRETS, `client_secrets must be at most ${MOST_SECRETS}`);
    const secrets: ClientSecret[] = [];
    for (const [index, entry] of entries.entries()) {
      const name = `client_secrets[${index}]`;
      const secret = await this.readOne(readMembers(entry, name, MEMBERS), name, method);
      const repeated = secrets.some(({ id }) => id === secret.id);
      refuseIf(repeated, `${name}.id must not be that of another secret`);
      secrets.push(secret);
    }
    return secrets;
  }

  private async readOne(entry: Members, name: string, method: string): Promise<ClientSecret> {
    const id = readText(entry['id'], `${name}.id`, ID, '16 hexadecimal characters');
    const digest = await this.readDigest(entry, name);
    const encrypted = this.readEncrypted(entry['encrypted'], `${name}.encrypted`, { id, digest, method });
    const createdAt = readTime(entry['created_at'], `${name}.created_at`);
    const expiresAt = readTime(entry['expires_at'] ?? 0, `${name}.expires_at`);
    const used = entry['last_used_at'];
    const lastUsedAt = given(used) ? readTime(used, `${name}.last_used_at`) : undefined;
    return {
      id,
      digest,
      ...(encrypted !== undefined && { encrypted }),
      createdAt,
      ...(expiresAt !== 0 && { expiresAt }),
      ...(lastUsedAt !== undefined && { lastUsedAt }),
    };
  }

  private async readDigest({ digest, hash }: Members, name: string): Promise<string> {
    refuseIf(given(digest) === given(hash), `${name} must have one of digest and hash`);
    if (given(digest)) {
      return readText(digest, `${name}.digest`, DIGEST, 'a SHA-256 in 64 lower-case hexadecimal characters');
    }
    const text = readText(hash, `${name}.hash`, HASH, 'a hash of a secret, of at most 255 characters');
    const refusal = await this.issuer.hashRefusal(text);
    refuseIf(refusal !== undefined, `${name}.hash: ${refusal}`);
    return text;
  }

  private readEncrypted(
    value: unknown,
    name: string,
    { id, digest, method }: { readonly id: string; readonly digest: string; readonly method: string },
  ): string | undefined {
    if (!given(value)) return undefined;
    refuseIf(
      method !== CLIENT_SECRET_JWT,
      `${name} must not be given with token_endpoint_auth_method ${method}`,
    );
    const encrypted = readText(value, name, ENCRYPTED, 'a secret as an export has it');
    const secret = this.encryption.decrypt(encrypted, secretContext(id));
    refuseIf(
      secret === undefined,
      `${name} must be encrypted under the keyEncryptionSecret of this server, for the id that it has`,
    );
    refuseIf(!sameDigest(sha256(secret ?? ''), digest), `${name} must be the secret of the digest`);
    return encrypted;
  }
}
