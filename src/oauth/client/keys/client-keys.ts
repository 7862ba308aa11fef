import { RecentlyUsed } from '../../recently-used.js';
import type { Client, JwkSet } from '../client.js';
import { loadKeys } from './key-set.js';
import type { RemoteKeySets } from './remote-key-sets.js';
import type { AsymmetricAlgorithm, VerificationKey, VerificationKeyFactory } from './verification-key.js';

const MOST_CLIENTS = 1000;

/** The public keys that a client has registered: its `jwks`, or what stands at its `jwks_uri`. */
export class ClientKeys {
  /** By what changes with the client: making keys usable costs far more than a signature with one. */
  private readonly inline = new RecentlyUsed<readonly VerificationKey[]>(MOST_CLIENTS);

  constructor(
    private readonly factory: VerificationKeyFactory,
    private readonly remote: RemoteKeySets,
  ) {}

  /** `undefined` where they cannot be had now. */
  async of(client: Client): Promise<readonly VerificationKey[] | undefined> {
    const { jwks, jwksUri } = client;
    if (jwksUri !== undefined) return this.remote.keys(jwksUri).catch(() => undefined);
    return jwks ? this.loaded(jwks, `${client.tokenSeries} ${client.revision} ${client.id}`) : [];
  }

  /** The keys as they stand at the `jwks_uri` now, where they may be newer; `undefined` where nothing newer can be had. */
  async renewed({ jwksUri }: Client): Promise<readonly VerificationKey[] | undefined> {
    return jwksUri === undefined ? undefined : this.remote.refreshed(jwksUri).catch(() => undefined);
  }

  /** A key of nobody, so that a client without a fitting key costs what the others cost. */
  ofNobody(algorithm: AsymmetricAlgorithm): Promise<VerificationKey> {
    return this.factory.decoy(algorithm);
  }

  private loaded(jwks: JwkSet, state: string): readonly VerificationKey[] {
    const known = this.inline.get(state);
    if (known) return known;
    const keys = loadKeys(jwks, this.factory);
    this.inline.set(state, keys);
    return keys;
  }
}
