import type { Clock } from '../clock.js';
import type { ClientSecret } from './client.js';
import type { ClientSecretStore } from './client.store.js';

const INTERVAL = 60;
const MOST_SECRETS = 10_000;

/** Remembers when each secret was last used: at most one write a minute and secret, never on a request's path. */
export class SecretUsage {
  private readonly written = new Map<string, number>();

  constructor(
    private readonly store: ClientSecretStore,
    private readonly clock: Clock,
    private readonly onFailure: (cause: unknown) => void,
  ) {}

  record(secret: ClientSecret): void {
    const now = this.clock.now();
    const known = [this.written.get(secret.id), secret.lastUsedAt];
    if (known.some((time) => time !== undefined && Math.abs(now - time) < INTERVAL)) return;
    if (this.written.size >= MOST_SECRETS) this.written.clear();
    this.written.set(secret.id, now);
    setImmediate(() => void this.touch(secret.id, now));
  }

  private async touch(id: string, now: number): Promise<void> {
    try {
      await this.store.touch(id, now);
    } catch (cause) {
      this.onFailure(cause);
    }
  }
}
