import type { Client } from '../client.js';
import { ClientKeySets } from './client-key-sets.js';
import type { EncryptionKey, EncryptionKeyFactory, KeyEncryptionAlgorithm } from './encryption-key.js';
import type { RemoteKeySets } from './remote-key-sets.js';

/** The public keys of clients that something can be encrypted for. */
export class ClientEncryptionKeys {
  private readonly sets: ClientKeySets<EncryptionKey>;

  constructor(factory: EncryptionKeyFactory, remote: RemoteKeySets<EncryptionKey>) {
    this.sets = new ClientKeySets(factory, remote);
  }

  /** The key to use with this algorithm; `undefined` where none can be had now. */
  async for(client: Client, algorithm: KeyEncryptionAlgorithm): Promise<EncryptionKey | undefined> {
    const known = await this.sets.of(client);
    if (!known) return undefined;
    return chosen(known, algorithm) ?? chosen((await this.sets.renewed(client)) ?? [], algorithm);
  }
}

/** The first key that is for encryption alone, else the first that may be used for it as well. */
function chosen(
  keys: readonly EncryptionKey[],
  algorithm: KeyEncryptionAlgorithm,
): EncryptionKey | undefined {
  const suited = keys.filter((key) => key.suits(algorithm));
  return suited.find(({ dedicated }) => dedicated) ?? suited[0];
}
