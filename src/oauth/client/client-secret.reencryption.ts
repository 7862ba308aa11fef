import { AdministrationError } from '../administration.error.js';
import type { Encryption } from '../encryption.js';
import { reach } from '../store-failure.js';
import type { ClientSecret } from './client.js';
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

  /** @throws AdministrationError `secret_unreadable` where no key opens a secret; those before it are done. */
  async run(): Promise<number> {
    let done = 0;
    let after: string | undefined;
    for (;;) {
      const page = await reach(() =>
        this.clients.list({ limit: PAGE, ...(after !== undefined && { after }) }),
      );
      for (const { id, secrets } of page) {
        for (const secret of secrets) done += await this.renew(id, secret);
      }
      after = page.at(-1)?.id;
      if (page.length < PAGE) return done;
    }
  }

  private async renew(clientId: string, { id, digest, encrypted }: ClientSecret): Promise<number> {
    if (encrypted === undefined || this.encryption.isCurrent(encrypted)) return 0;
    const secret = this.encryption.decrypt(encrypted, secretContext(id));
    if (secret === undefined) {
      throw new AdministrationError(
        'secret_unreadable',
        `No keyEncryptionSecret opens the secret ${id} of ${clientId}.`,
      );
    }
    const kept = { digest, encrypted: this.encryption.encrypt(secret, secretContext(id)) };
    const replaced = await reach(() => this.secrets.replace(id, digest, kept));
    this.keeper.forget(clientId);
    return replaced ? 1 : 0;
  }
}
