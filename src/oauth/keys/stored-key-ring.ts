import type { Clock } from '../clock.js';
import { ConfigurationError } from '../configuration.error.js';
import type { Encryption } from '../encryption.js';
import { reach } from '../store-failure.js';
import { keyStates, type SigningKeyState } from './key-schedule.js';
import type { KeyRing } from './key-ring.js';
import type { SigningAlgorithm, SigningKey, SigningKeyFactory } from './signing-key.js';
import type { SigningKeyStore, StoredSigningKey } from './signing-key.store.js';

/** Seconds after which the ring is read again: in this time every instance knows of a new key. */
export const RING_LIFETIME = 10;

export interface StoredKeyRingOptions {
  readonly algorithm: SigningAlgorithm;
  /** Seconds for which a retired key stays: the longest token lifetime, and what clocks may differ. */
  readonly retention: number;
  readonly encryption: Encryption;
}

/** Keys that the kit makes and keeps in the store. The first instance to start makes the first one. */
export class StoredKeyRing implements KeyRing {
  private stored: readonly StoredSigningKey[] = [];
  private readonly loaded = new Map<string, SigningKey>();
  private readAt = Number.NEGATIVE_INFINITY;
  private searchedAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;

  constructor(
    private readonly store: SigningKeyStore,
    private readonly factory: SigningKeyFactory,
    private readonly options: StoredKeyRingOptions,
    private readonly clock: Clock,
    private readonly onFailure: (cause: unknown) => void,
  ) {}

  async open(): Promise<void> {
    await this.sealClearKeys();
    await this.read();
    if (this.stored.length === 0) await this.add(1, this.clock.now());
    await this.current();
  }

  async current(): Promise<SigningKey> {
    await this.refresh();
    const states = this.states();
    const key = this.stored.find(({ kid }) => states.get(kid) === 'current');
    const signing = key && this.loaded.get(key.kid);
    if (!signing) throw new Error('There is no current signing key.');
    return signing;
  }

  async find(kid: string): Promise<SigningKey | undefined> {
    await this.refresh();
    // Another instance may have made it just now; strangers' ids are looked for once a second.
    if (!this.loaded.has(kid) && this.clock.now() !== this.searchedAt) {
      this.searchedAt = this.clock.now();
      await this.reload();
    }
    const state = this.states().get(kid);
    return state === undefined || state === 'expired' ? undefined : this.loaded.get(kid);
  }

  async published(): Promise<readonly SigningKey[]> {
    await this.refresh();
    const states = this.states();
    return this.stored
      .filter(({ kid }) => states.get(kid) !== 'expired')
      .flatMap(({ kid }) => this.loaded.get(kid) ?? []);
  }

  /** Makes the next key, published from now on. */
  async rotate(activatesAt: number): Promise<StoredSigningKey> {
    await this.readAnew();
    return this.add((this.stored.at(-1)?.generation ?? 0) + 1, activatesAt);
  }

  /** Removes a key: within seconds no instance publishes it or believes what it has signed. False: no such key. */
  async remove(kid: string): Promise<boolean> {
    const removed = await reach(() => this.store.delete(kid));
    await this.readAnew();
    return removed;
  }

  /** Every key with its state, as the store has it now. */
  async list(): Promise<{ key: StoredSigningKey; state: SigningKeyState }[]> {
    await this.readAnew();
    const states = this.states();
    return this.stored.map((key) => ({ key, state: states.get(key.kid) ?? 'expired' }));
  }

  /** Removes the keys whose last token has expired. */
  async prune(): Promise<void> {
    for (const { key, state } of await this.list()) {
      if (state === 'expired') await this.store.delete(key.kid);
    }
  }

  /** Several instances that make a generation at once all end up with the same key. */
  private async add(generation: number, activatesAt: number): Promise<StoredSigningKey> {
    const { algorithm, encryption } = this.options;
    const privateKey = await this.factory.generate(algorithm);
    const [key] = await this.factory.load(privateKey, algorithm);
    if (!key) throw new Error('The key factory made no key.');
    const stored = {
      kid: key.kid,
      algorithm,
      privateKey: encryption.encrypt(privateKey, key.kid),
      generation,
      createdAt: this.clock.now(),
      activatesAt,
    };
    await reach(() => this.store.insert(stored));
    await this.readAnew();
    const made = this.stored.find((each) => each.generation === generation);
    if (!made) throw new Error('The new signing key is not in the store.');
    return made;
  }

  /** Keys that were made before there was a secret to encrypt them. Later than at the start none are accepted. */
  private async sealClearKeys(): Promise<void> {
    for (const { kid, privateKey } of await reach(() => this.store.all())) {
      const sealed = this.options.encryption.seal(privateKey, kid);
      if (sealed !== undefined) await reach(() => this.store.replacePrivateKey(kid, sealed));
    }
  }

  private states(): ReturnType<typeof keyStates> {
    return keyStates(this.stored, this.clock.now(), this.options.retention + RING_LIFETIME);
  }

  private async refresh(): Promise<void> {
    const age = this.clock.now() - this.readAt;
    if (age >= RING_LIFETIME || age < 0) await this.reload();
  }

  /** A store that is down does not stop the keys that are at hand; the failure goes to the log. */
  private async reload(): Promise<void> {
    try {
      await this.read();
    } catch (cause) {
      if (this.stored.length === 0) throw cause;
      this.readAt = this.clock.now();
      this.onFailure(cause);
    }
  }

  /** A read that begins after what happened before this call. */
  private async readAnew(): Promise<void> {
    await this.reading?.catch(() => undefined);
    await this.read();
  }

  private read(): Promise<void> {
    this.reading ??= this.readOnce().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async readOnce(): Promise<void> {
    const stored = await reach(() => this.store.all());
    for (const key of stored) {
      if (!this.loaded.has(key.kid)) this.loaded.set(key.kid, await this.load(key));
    }
    for (const kid of this.loaded.keys()) {
      if (!stored.some((key) => key.kid === kid)) this.loaded.delete(kid);
    }
    this.stored = stored;
    this.readAt = this.clock.now();
  }

  private async load(stored: StoredSigningKey): Promise<SigningKey> {
    const privateKey = this.options.encryption.decrypt(stored.privateKey, stored.kid);
    if (privateKey === undefined) {
      throw new ConfigurationError(
        'keyEncryptionSecret',
        this.options.encryption.available ? 'a value that does not open the stored signing keys' : 'missing',
        'the secret that the stored signing keys are encrypted under, or a list with the new secret first and the old one after it',
      );
    }
    const [key] = await this.factory.load(privateKey, stored.algorithm);
    if (key?.kid !== stored.kid) throw new Error(`The stored signing key ${stored.kid} is damaged.`);
    return key;
  }
}
