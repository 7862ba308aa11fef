import type { Client } from '../client.js';
import { ClientKeySets } from './client-key-sets.js';
import type { RemoteKeySets } from './remote-key-sets.js';
import type { AsymmetricAlgorithm, VerificationKey, VerificationKeyFactory } from './verification-key.js';

/** The public keys of clients that verify their assertions. */
export class ClientKeys {
  private readonly sets: ClientKeySets<VerificationKey>;

  constructor(
    private readonly factory: VerificationKeyFactory,
    remote: RemoteKeySets<VerificationKey>,
  ) {
    this.sets = new ClientKeySets(factory, remote);
  }

  /** `undefined` where they cannot be had now. */
  of(client: Client): Promise<readonly VerificationKey[] | undefined> {
    return this.sets.of(client);
  }

  /** The keys as they stand at the `jwks_uri` now, where they may be newer; `undefined` where nothing newer can be had. */
  renewed(client: Client): Promise<readonly VerificationKey[] | undefined> {
    return this.sets.renewed(client);
  }

  /** A key of nobody, so that a client without a fitting key costs what the others cost. */
  ofNobody(algorithm: AsymmetricAlgorithm): Promise<VerificationKey> {
    return this.factory.decoy(algorithm);
  }
}
