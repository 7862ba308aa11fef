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
    private readonly clock: Clock,
    private readonly onFailure: (cause: unknown) => void,
  ) {}

  async verify(client: Client, presented: string): Promise<Verdict> {
    const now = this.clock.now();
    const match =
      matchingSecret(client.secrets, presented, now) ?? (await this.imported(client, presented, now));
    if (!match) return refused('wrong_secret');
    if (!isLive(match, now)) return refused('secret_expired');
    this.usage.record(match);
    return { verified: true };
  }

  /** Slow, so that only live hashes are tried, and each of them once: then the kit's own digest takes its place. */
  private async imported(client: Client, presented: string, now: number): Promise<ClientSecret | undefined> {
    for (const secret of client.secrets) {
      if (!isImported(secret) || !isLive(secret, now)) continue;
      if (!(await this.hashes.verify(secret.digest, presented))) continue;
      setImmediate(() => void this.upgrade(client.id, secret, sha256(presented)));
      return secret;
    }
    return undefined;
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
