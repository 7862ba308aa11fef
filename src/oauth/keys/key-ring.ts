import type { SigningAlgorithm, SigningKey } from './signing-key.js';

/** The keys of this authorization server: one signs access tokens, and all of them are published. */
export interface KeyRing {
  /** Called once at boot. Rejects, and so stops the start, where there is no usable key. */
  open(): Promise<void>;
  /** The key that signs now. */
  current(): Promise<SigningKey>;
  /** What introspection responses can be signed with; the first one is for clients that have not chosen (RFC 9701 §6). */
  readonly introspectionAlgorithms: readonly SigningAlgorithm[];
  /** The key that signs introspection responses with this algorithm, one of `introspectionAlgorithms`. Made on first use. */
  forIntrospection(algorithm: SigningAlgorithm): Promise<SigningKey>;
  /** The key of this id, while access tokens that it has signed can be alive. */
  find(kid: string): Promise<SigningKey | undefined>;
  /** The keys to publish: next, current, retired. */
  published(): Promise<readonly SigningKey[]>;
}

/** RS256 first, where it is among them: the default of `introspection_signed_response_alg` (RFC 9701 §6). */
export function introspectionOrder(algorithms: readonly SigningAlgorithm[]): readonly SigningAlgorithm[] {
  const distinct = new Set(algorithms);
  return distinct.delete('RS256') ? ['RS256', ...distinct] : [...distinct];
}

/**
 * Keys that the host gives. The first one signs access tokens; the others are published and verify them, and the first
 * one of each algorithm signs introspection responses.
 */
export class GivenKeyRing implements KeyRing {
  private keys: readonly SigningKey[] = [];

  constructor(private readonly load: () => Promise<readonly SigningKey[]>) {}

  async open(): Promise<void> {
    this.keys = await this.load();
  }

  get introspectionAlgorithms(): readonly SigningAlgorithm[] {
    return introspectionOrder(this.keys.map(({ algorithm }) => algorithm));
  }

  current(): Promise<SigningKey> {
    const [first] = this.keys;
    return first ? Promise.resolve(first) : Promise.reject(new Error('The key ring is not open.'));
  }

  forIntrospection(algorithm: SigningAlgorithm): Promise<SigningKey> {
    const key = this.keys.find((each) => each.algorithm === algorithm);
    return key
      ? Promise.resolve(key)
      : Promise.reject(new Error(`There is no signing key for ${algorithm}.`));
  }

  find(kid: string): Promise<SigningKey | undefined> {
    return Promise.resolve(this.keys.find((key) => key.kid === kid));
  }

  published(): Promise<readonly SigningKey[]> {
    return Promise.resolve(this.keys);
  }
}
