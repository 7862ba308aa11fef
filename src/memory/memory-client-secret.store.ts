import type { ClientSecret } from '../oauth/client/client.js';
import { ClientSecretStore } from '../oauth/client/client.store.js';
import { copy } from './copy.js';
import type { StoredClients } from './memory-client.store.js';

type Change = (secrets: readonly ClientSecret[]) => readonly ClientSecret[];

export class MemoryClientSecretStore extends ClientSecretStore {
  constructor(private readonly clients: StoredClients) {
    super();
  }

  async add(clientId: string, secret: ClientSecret): Promise<boolean> {
    return this.change(clientId, (secrets) => [...secrets, copy(secret)]);
  }

  async expire(clientId: string, secretIds: readonly string[], expiresAt: number): Promise<void> {
    this.change(clientId, (secrets) =>
      secrets.map((secret) =>
        secretIds.includes(secret.id) && (secret.expiresAt ?? Infinity) > expiresAt
          ? { ...secret, expiresAt }
          : secret,
      ),
    );
  }

  async remove(clientId: string, secretId: string): Promise<boolean> {
    const known = this.clients.get(clientId)?.secrets.some(({ id }) => id === secretId) ?? false;
    return known && this.change(clientId, (secrets) => secrets.filter(({ id }) => id !== secretId));
  }

  async replace(
    secretId: string,
    digest: string,
    kept: { readonly digest: string; readonly encrypted?: string },
  ): Promise<boolean> {
    const is = (secret: ClientSecret) => secret.id === secretId && secret.digest === digest;
    const { digest: newDigest, encrypted } = kept;
    const replaced = (secret: ClientSecret) =>
      copy(Object.assign({}, secret, { digest: newDigest, encrypted }));
    for (const [clientId, { secrets }] of this.clients) {
      if (!secrets.some(is)) continue;
      return this.change(clientId, () => secrets.map((secret) => (is(secret) ? replaced(secret) : secret)));
    }
    return false;
  }

  async touch(secretId: string, usedAt: number): Promise<void> {
    for (const clientId of this.clients.keys()) {
      this.change(clientId, (secrets) =>
        secrets.map((secret) => (secret.id === secretId ? { ...secret, lastUsedAt: usedAt } : secret)),
      );
    }
  }

  async deleteExpired(before: number): Promise<number> {
    let expired = 0;
    for (const [clientId, { secrets }] of this.clients) {
      const kept = secrets.filter(({ expiresAt = Infinity }) => expiresAt >= before);
      expired += secrets.length - kept.length;
      this.change(clientId, () => kept);
    }
    return expired;
  }

  private change(clientId: string, change: Change): boolean {
    const client = this.clients.get(clientId);
    if (!client) return false;
    this.clients.set(clientId, { ...client, secrets: change(client.secrets) });
    return true;
  }
}
