import { sameDigest } from '../../digest.js';
import type { Client } from '../client.js';
import { isImported, isLive } from '../client-secret.js';
import type { ImportedClient } from './imported-client.js';

/** Whether a line brings a secret that the client that is there has not, and does not get. */
export function keepsSecrets({ secrets: there }: Client, imported: ImportedClient, now: number): boolean {
  const { first, secrets } = imported;
  if (first) {
    const live = there.filter((secret) => isLive(secret, now));
    return there.length > 0 && !live.some(({ digest }) => sameDigest(digest, first.digest));
  }
  return secrets.some((secret) => {
    const own = there.find(({ id }) => id === secret.id);
    // A hash becomes a digest when it is first used.
    return own && isImported(own) === isImported(secret) && !sameDigest(own.digest, secret.digest);
  });
}
