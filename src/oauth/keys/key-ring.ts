import type { SigningKey } from './signing-key.js';

/** The keys of this authorization server: one signs, all of them verify and are published. */
export interface KeyRing {
  /** Called once at boot. Rejects, and so stops the start, where there is no usable key. */
  open(): Promise<void>;
  /** The key that signs now. */
  current(): Promise<SigningKey>;
  /** The key of this id, while its tokens can be alive. */
  find(kid: string): Promise<SigningKey | undefined>;
  /** The keys to publish: next, current, retired. */
  published(): Promise<readonly SigningKey[]>;
}

/** Keys that the host gives. The first one signs; the others are published and verify. */
export class GivenKeyRing implements KeyRing {
  private keys: readonly SigningKey[] = [];

  constructor(private readonly load: () => Promise<readonly SigningKey[]>) {}

  async open(): Promise<void> {
    this.keys = await this.load();
  }

  current(): Promise<SigningKey> {
    const [first] = this.keys;
    return first ? Promise.resolve(first) : Promise.reject(new Error('The key ring is not open.'));
  }

  find(kid: string): Promise<SigningKey | undefined> {
    return Promise.resolve(this.keys.find((key) => key.kid === kid));
  }

  published(): Promise<readonly SigningKey[]> {
    return Promise.resolve(this.keys);
  }
}
