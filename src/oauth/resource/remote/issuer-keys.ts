import type { RemoteKeySets } from '../../client/keys/remote-key-sets.js';
import type { AsymmetricAlgorithm, VerificationKey } from '../../client/keys/verification-key.js';
import { OauthError } from '../../oauth.error.js';
import type { AccessTokenKey } from '../jwt-access-token.verifier.js';
import type { IssuerMetadata } from './issuer-metadata.js';

/** The public keys of the issuer: those at its `jwks_uri`, and no others. */
export class IssuerKeys {
  /** One object for each key and algorithm, by which it is told whether a key is still the same. */
  private readonly bound = new WeakMap<VerificationKey, Map<AsymmetricAlgorithm, AccessTokenKey>>();

  constructor(
    private readonly metadata: IssuerMetadata,
    private readonly sets: RemoteKeySets<VerificationKey>,
    private readonly algorithms: readonly AsymmetricAlgorithm[],
  ) {}

  /**
   * The key of this id for this algorithm. One that is not known is looked for at the issuer, at most once a minute.
   * @throws OauthError without a cause when no keys can be had: why, the log has been told.
   */
  async find(kid: string, name: string): Promise<AccessTokenKey | undefined> {
    const algorithm = this.algorithms.find((each) => each === name);
    if (!algorithm) return undefined;
    const { href } = await this.metadata.endpoint('jwks_uri');
    const known = this.suited(await this.keysAt(href), kid, algorithm);
    if (known) return known;
    // Another request may have read them meanwhile.
    const renewed = (await this.sets.refreshed(href)) ?? (await this.keysAt(href));
    return this.suited(renewed, kid, algorithm);
  }

  private async keysAt(uri: string): Promise<readonly VerificationKey[]> {
    try {
      return await this.sets.keys(uri);
    } catch {
      throw OauthError.temporarilyUnavailable(undefined);
    }
  }

  private suited(
    keys: readonly VerificationKey[],
    kid: string,
    algorithm: AsymmetricAlgorithm,
  ): AccessTokenKey | undefined {
    const key = keys.find((each) => each.kid === kid && each.suits(algorithm));
    return key && this.boundTo(key, algorithm);
  }

  private boundTo(key: VerificationKey, algorithm: AsymmetricAlgorithm): AccessTokenKey {
    const byAlgorithm = this.bound.get(key) ?? new Map<AsymmetricAlgorithm, AccessTokenKey>();
    this.bound.set(key, byAlgorithm);
    const known = byAlgorithm.get(algorithm);
    if (known) return known;
    const made: AccessTokenKey = {
      verify: (input, signature) => key.verify(algorithm, input, signature),
    };
    byAlgorithm.set(algorithm, made);
    return made;
  }
}
