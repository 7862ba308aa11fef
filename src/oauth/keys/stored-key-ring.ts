import type { Clock } from '../clock.js';
import { introspectionOrder, type KeyRing } from './key-ring.js';
import { areOfOneKind, keyStates, signsAccessTokens, type SigningKeyState } from './key-schedule.js';
import { SIGNING_ALGORITHMS, type SigningAlgorithm, type SigningKey } from './signing-key.js';
import type { StoredSigningKey } from './signing-key.store.js';
import { RING_LIFETIME, type StoredKeys } from './stored-keys.js';

export interface StoredKeyRingOptions {
  /** What new keys for access tokens are made for. */
  readonly algorithm: SigningAlgorithm;
  /** Seconds for which a retired key stays: the longest token lifetime, and what clocks may differ. */
  readonly retention: number;
}

export interface ListedSigningKey {
  readonly key: StoredSigningKey;
  readonly state: SigningKeyState;
}

/**
 * Keys that the kit makes and keeps in the store. The first instance to start makes the first one, for access tokens.
 * Introspection responses have keys of their own for the algorithms that access tokens are not signed with.
 */
export class StoredKeyRing implements KeyRing {
  readonly introspectionAlgorithms = introspectionOrder(SIGNING_ALGORITHMS);
  private readonly making = new Map<SigningAlgorithm, Promise<SigningKey>>();

  constructor(
    private readonly keys: StoredKeys,
    private readonly options: StoredKeyRingOptions,
    private readonly clock: Clock,
  ) {}

  async open(): Promise<void> {
    await this.keys.sealClearKeys();
    await this.keys.readAnew();
    const { algorithm } = this.options;
    if (!this.keys.all.some(signsAccessTokens)) await this.keys.add({ algorithm }, this.clock.now(), []);
    await this.current();
  }

  async current(): Promise<SigningKey> {
    await this.keys.refresh();
    const signing = this.currentWhere(signsAccessTokens);
    if (!signing) throw new Error('There is no current signing key.');
    return signing;
  }

  async forIntrospection(algorithm: SigningAlgorithm): Promise<SigningKey> {
    const signing = await this.current();
    return signing.algorithm === algorithm
      ? signing
      : (this.currentForIntrospection(algorithm) ?? this.makeForIntrospection(algorithm));
  }

  async find(kid: string): Promise<SigningKey | undefined> {
    await this.keys.search(kid);
    const state = this.states(this.keys.all.filter(signsAccessTokens)).get(kid);
    return state === undefined || state === 'expired' ? undefined : this.keys.get(kid);
  }

  async published(): Promise<readonly SigningKey[]> {
    // A key that another instance has made on first use signs at once.
    await this.keys.refresh(0);
    const states = this.states();
    const alive = this.keys.all.filter(({ kid }) => states.get(kid) !== 'expired');
    const ordered = [...alive.filter(signsAccessTokens), ...alive.filter((key) => !signsAccessTokens(key))];
    return ordered.flatMap(({ kid }) => this.keys.get(kid) ?? []);
  }

  /** Makes the next key of every kind that there is, published from now on. Returns the one for access tokens. */
  async rotate(activatesAt: number): Promise<StoredSigningKey> {
    await this.keys.readAnew();
    const known = this.keys.all;
    const made = await this.keys.add({ algorithm: this.options.algorithm }, activatesAt, known);
    const others = known.filter((key) => !signsAccessTokens(key));
    for (const algorithm of new Set(others.map((key) => key.algorithm))) {
      await this.keys.add({ purpose: 'introspection', algorithm }, activatesAt, known);
    }
    return made;
  }

  /** Removes a key: within seconds no instance publishes it or believes what it has signed. False: no such key. */
  remove(kid: string): Promise<boolean> {
    return this.keys.remove(kid);
  }

  /** Every key with its state, as the store has it now. */
  async list(): Promise<ListedSigningKey[]> {
    await this.keys.readAnew();
    const states = this.states();
    return this.keys.all.map((key) => ({ key, state: states.get(key.kid) ?? 'expired' }));
  }

  /** Removes the keys whose last token has expired. */
  async prune(): Promise<void> {
    for (const { key, state } of await this.list()) {
      if (state === 'expired') await this.keys.remove(key.kid);
    }
  }

  private currentForIntrospection(algorithm: SigningAlgorithm): SigningKey | undefined {
    return this.currentWhere((key) => areOfOneKind(key, { purpose: 'introspection', algorithm }));
  }

  /** Once for all requests that wait for it. */
  private makeForIntrospection(algorithm: SigningAlgorithm): Promise<SigningKey> {
    const making =
      this.making.get(algorithm) ??
      this.addForIntrospection(algorithm).finally(() => this.making.delete(algorithm));
    this.making.set(algorithm, making);
    return making;
  }

  private async addForIntrospection(algorithm: SigningAlgorithm): Promise<SigningKey> {
    await this.keys.readAnew();
    const there = this.currentForIntrospection(algorithm);
    if (there) return there;
    await this.keys.add({ purpose: 'introspection', algorithm }, this.clock.now(), []);
    const made = this.currentForIntrospection(algorithm);
    if (!made) throw new Error(`There is no signing key for ${algorithm}.`);
    return made;
  }

  /** The current key among those, which are of one kind. */
  private currentWhere(belongs: (key: StoredSigningKey) => boolean): SigningKey | undefined {
    const keys = this.keys.all.filter(belongs);
    const states = this.states(keys);
    const key = keys.find(({ kid }) => states.get(kid) === 'current');
    return key && this.keys.get(key.kid);
  }

  private states(keys = this.keys.all): ReturnType<typeof keyStates> {
    return keyStates(keys, this.clock.now(), this.options.retention + RING_LIFETIME);
  }
}
