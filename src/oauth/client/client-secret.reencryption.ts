import { AdministrationError } from '../administration.error.js';
import type { Encryption } from '../encryption.js';
import { reach } from '../store-failure.js';
import type { ClientSecret } from './client.js';
import { positionOf, type ClientPosition } from './client-page.js';
import type { ClientKeeper } from './client.cache.js';
import type { ClientSecretStore, ClientStore } from './client.store.js';
import { secretContext } from './client-secret.js';

const PAGE = 200;

/** Brings the secrets that are kept encrypted under the encryption key of today. */
export class SecretReencryption {
  constructor(
    private readonly clients: ClientStore,
    private readonly secrets: ClientSecretStore,
    private readonly encryption: Encryption,
    private readonly keeper: ClientKeeper,
  ) {}

  /** Resolves with how many were changed; and with `secret_unreadable` where no key opens some of them. */
  async run(): Promise<{ readonly done: number; readonly refusal?: AdministrationError }> {
    let done = 0;
    const unreadable: string[] = [];
    let after: ClientPosition | undefined;
    for (;;) {
      const page = await reach(() =>
        this.clients.list({ limit: PAGE, ...(after !== undefined && { after }) }),
      );
      for (const { id, secrets } of page) {
        for (const secret of secrets) {
          const renewed = await this.renew(id, secret);
          if (renewed === undefined) unreadable.push(`${secret.id} of ${id}`);
          else done += renewed;
        }
      }
      const last = page.at(-1);
      after = last && positionOf(last);
      if (page.length === PAGE) continue;
      if (unreadable.length === 0) return { done };
      const more = unreadable.length > 5 ? ` and ${unreadable.length - 5} more` : '';
      const refusal = new AdministrationError(
        'secret_unreadable',
        `Encrypted ${done} secrets anew. No keyEncryptionSecret opens these: ${unreadable.slice(0, 5).join(', ')}${more}`,
      );
      return { done, refusal };
    }
  }

  private async renew(
    clientId: string,
    { id, digest, encrypted }: ClientSecret,
  ): Promise<number | undefined> {
    if (encrypted === undefined || this.encryption.isCurrent(encrypted)) return 0;
    const secret = this.encryption.decrypt(encrypted, secretContext(id));
    if (secret === undefined) return undefined;
    const kept = { digest, encrypted: this.encryption.encrypt(secret, secretContext(id)) };
    try {
      return (await reach(() => this.secrets.replace(id, digest, kept))) ? 1 : 0;
    } finally {
      this.keeper.forget(clientId);
    }
  }
}
