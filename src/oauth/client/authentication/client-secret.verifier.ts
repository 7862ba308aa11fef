import type { Clock } from '../../clock.js';
import { sha256 } from '../../digest.js';
import type { Client, ClientSecret } from '../client.js';
import type { ClientKeeper } from '../client.cache.js';
import { isImported, isLive, matchingSecret } from '../client-secret.js';
import type { ClientSecretStore } from '../client.store.js';
import type { ImportedHashes } from '../imported-hashes.js';
import type { SecretUsage } from '../secret-usage.js';
import { refused, type Verdict } from './authentication-method.js';

/** Compares a secret that a client has sent with what is kept of its secrets. */
export class ClientSecretVerifier {
  constructor(
    private readonly store: ClientSecretStore,
    private readonly usage: SecretUsage,
    private readonly hashes: ImportedHashes,
    private readonly keeper: ClientKeeper,
    /** What counts as one address. */
    private readonly group: (address: string) => string,
    private readonly clock: Clock,
    private readonly onFailure: (cause: unknown) => void,
  ) {}

  /** @param address where the secret comes from: slow hashes are shared out by that. */
  async verify(client: Client, presented: string, address: string | undefined): Promise<Verdict> {
    const now = this.clock.now();
    const known = matchingSecret(client.secrets, presented, now);
    if (known) return this.accepted(known, now);
    for (const secret of client.secrets) {
      // Slow, so that only live ones are tried, and each of them once: then the kit's own digest takes its place.
      if (!isImported(secret) || !isLive(secret, now)) continue;
      const source = address === undefined ? client.id : this.group(address);
      const answer = await this.hashes.verify(secret.digest, presented, source);
      if (answer === 'busy') return { ...refused('too_busy'), busy: true };
      if (!answer) continue;
      setImmediate(() => void this.upgrade(client.id, secret, sha256(presented)));
      return this.accepted(secret, now);
    }
    return refused('wrong_secret');
  }

  private accepted(secret: ClientSecret, now: number): Verdict {
    if (!isLive(secret, now)) return refused('secret_expired');
    this.usage.record(secret);
    return { verified: true };
  }

  private async upgrade(clientId: string, secret: ClientSecret, digest: string): Promise<void> {
    try {
      await this.store.replace(secret.id, secret.digest, { digest });
      this.keeper.forget(clientId);
    } catch (cause) {
      this.onFailure(cause);
    }
  }
}
