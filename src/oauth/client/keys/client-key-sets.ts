import { RecentlyUsed } from '../../recently-used.js';
import type { Client, JwkSet } from '../client.js';
import { loadKeys, type KeyLoader } from './key-set.js';
import type { RemoteKeySets } from './remote-key-sets.js';

const MOST_CLIENTS = 1000;

/** The public keys that clients have registered, for one purpose: their `jwks`, or what stands at their `jwks_uri`. */
export class ClientKeySets<K> {
  /** By what changes with the client: making keys usable costs far more than using one. */
  private readonly inline = new RecentlyUsed<readonly K[]>(MOST_CLIENTS);

  constructor(
    private readonly loader: KeyLoader<K>,
    private readonly remote: RemoteKeySets<K>,
  ) {}

  /** `undefined` where they cannot be had now. */
  async of(client: Client): Promise<readonly K[] | undefined> {
    const { jwks, jwksUri } = client;
    if (jwksUri !== undefined) return this.remote.keys(jwksUri).catch(() => undefined);
    return jwks ? this.loaded(jwks, `${client.tokenSeries} ${client.revision} ${client.id}`) : [];
  }

  /** The keys as they stand at the `jwks_uri` now, where they may be newer; `undefined` where nothing newer can be had. */
  async renewed({ jwksUri }: Client): Promise<readonly K[] | undefined> {
    return jwksUri === undefined ? undefined : this.remote.refreshed(jwksUri).catch(() => undefined);
  }

  private loaded(jwks: JwkSet, state: string): readonly K[] {
    const known = this.inline.get(state);
    if (known) return known;
    const keys = loadKeys(jwks, this.loader);
    this.inline.set(state, keys);
    return keys;
  }
}
