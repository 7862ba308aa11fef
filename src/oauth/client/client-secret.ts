import { randomId, randomText, sameDigest, sha256 } from '../digest.js';
import type { Encryption } from '../encryption.js';
import type { ClientSecret } from './client.js';

/** In the form in which it is shown: 43 characters, and 86 where HMAC with SHA-512 must be able to use it. */
const SECRET_BYTES = 32;
const HMAC_SECRET_BYTES = 64;

/** A secret at the only moment at which it is in the clear. */
export interface NewClientSecret {
  readonly secret: string;
  readonly stored: ClientSecret;
}

export interface SecretRequest {
  /** What an operator brings along; else one is made. */
  readonly secret?: string | undefined;
  readonly expiresAt?: number | undefined;
  /** Where the secret itself has to be kept. */
  readonly encryption?: Encryption | undefined;
}

/** Makes a secret of 256 bits or more, or takes one that an operator brings along, and the row that remembers it. */
export function newClientSecret(createdAt: number, request: SecretRequest = {}): NewClientSecret {
  const { encryption, expiresAt } = request;
  const secret = request.secret ?? randomText(encryption ? HMAC_SECRET_BYTES : SECRET_BYTES);
  const row = newRow(createdAt, sha256(secret), expiresAt);
  const encrypted = encryption?.encrypt(secret, secretContext(row.id));
  return { secret, stored: encrypted === undefined ? row : { ...row, encrypted } };
}

/** The row of a secret of which only another system's hash is known. */
export function importedSecret(createdAt: number, hash: string, expiresAt: number | undefined): ClientSecret {
  return newRow(createdAt, hash, expiresAt);
}

function newRow(createdAt: number, digest: string, expiresAt: number | undefined): ClientSecret {
  return { id: randomId(8), digest, createdAt, ...(expiresAt !== undefined && { expiresAt }) };
}

/** What an encrypted secret is bound to. */
export function secretContext(id: string): string {
  return `client secret ${id}`;
}

export function isLive({ expiresAt }: ClientSecret, now: number): boolean {
  return expiresAt === undefined || now < expiresAt;
}

/** The hash of another system, not the kit's digest. */
export function isImported({ digest }: ClientSecret): boolean {
  return digest.startsWith('$');
}

/** The secret that `presented` is; an expired one only where no live one is. Looks at every one of them. */
export function matchingSecret(
  secrets: readonly ClientSecret[],
  presented: string,
  now: number,
): ClientSecret | undefined {
  const digest = sha256(presented);
  const matches = secrets.filter((secret) => sameDigest(secret.digest, digest));
  return matches.find((secret) => isLive(secret, now)) ?? matches[0];
}
