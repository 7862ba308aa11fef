import { randomId, randomText, sameDigest, sha256 } from '../digest.js';
import type { ClientSecret } from './client.js';

const SECRET_BYTES = 32;

/** A secret at the only moment at which it is in the clear. */
export interface NewClientSecret {
  readonly secret: string;
  readonly stored: ClientSecret;
}

/** Makes a secret of 256 bits, or takes one that an operator brings along, and the row that remembers it. */
export function newClientSecret(
  createdAt: number,
  given: { secret?: string | undefined; expiresAt?: number | undefined } = {},
): NewClientSecret {
  const secret = given.secret ?? randomText(SECRET_BYTES);
  const stored = { id: randomId(8), digest: sha256(secret), createdAt };
  return {
    secret,
    stored: given.expiresAt === undefined ? stored : { ...stored, expiresAt: given.expiresAt },
  };
}

export function isLive(secret: ClientSecret, now: number): boolean {
  return secret.expiresAt === undefined || now < secret.expiresAt;
}

/** The live secret that `presented` is. Looks at every one of them whatever it finds. */
export function matchingSecret(
  secrets: readonly ClientSecret[],
  presented: string,
  now: number,
): ClientSecret | undefined {
  const digest = sha256(presented);
  let match: ClientSecret | undefined;
  for (const secret of secrets) {
    const same = sameDigest(secret.digest, digest);
    if (same && isLive(secret, now)) match = secret;
  }
  return match;
}
