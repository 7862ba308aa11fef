import type { Clock } from '../clock.js';
import { reach } from '../store-failure.js';
import { areOfOneKind, type SigningKeyKind } from './key-schedule.js';
import type { SigningKey } from './signing-key.js';
import type { SigningKeySealing } from './signing-key.sealing.js';
import type { SigningKeyStore, StoredSigningKey } from './signing-key.store.js';

/** Seconds after which the keys are read again: in this time every instance knows of a new one. */
export const RING_LIFETIME = 10;
/** Each failed attempt means that another instance has made a key of another kind meanwhile, and there are few kinds. */
const ATTEMPTS = 20;

/** The keys that all instances share, as this one has read them last, opened and ready to sign. */
export class StoredKeys {
  private stored: readonly StoredSigningKey[] = [];
  private readonly opened = new Map<string, SigningKey>();
  private readAt = Number.NEGATIVE_INFINITY;
  private searchedAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;
  private failing = false;

  constructor(
    private readonly store: SigningKeyStore,
    private readonly sealing: SigningKeySealing,
    private readonly clock: Clock,
    private readonly onFailure: (cause: unknown) => void,
  ) {}

  /** The oldest generation first. */
  get all(): readonly StoredSigningKey[] {
    return this.stored;
  }

  get(kid: string): SigningKey | undefined {
    return this.opened.get(kid);
  }

  /** Keys that were made before there was a secret to encrypt them. Later than at the start none are accepted. */
  async sealClearKeys(): Promise<void> {
    for (const key of await reach(() => this.store.all())) {
      const sealed = this.sealing.seal(key);
      if (sealed !== undefined) await reach(() => this.store.replacePrivateKey(key.kid, sealed));
    }
  }

  /** Reads the keys again where they are older than so many seconds; a store that is down is left alone for longer. */
  async refresh(lifetime = RING_LIFETIME): Promise<void> {
    const age = this.clock.now() - this.readAt;
    if (age >= (this.failing ? RING_LIFETIME : lifetime) || age < 0) await this.reload();
  }

  /** Another instance may have made it just now; strangers' ids are looked for once a second. */
  async search(kid: string): Promise<void> {
    await this.refresh();
    if (this.opened.has(kid) || this.clock.now() === this.searchedAt) return;
    this.searchedAt = this.clock.now();
    await this.reload();
  }

  /** A read that begins after what happened before this call. */
  async readAnew(): Promise<void> {
    await this.reading?.catch(() => undefined);
    await this.read();
  }

  /**
   * Adds a key to the ones that are `known`, under the next free generation. Several instances that add one of the same
   * kind at once all end up with the same key.
   */
  async add(
    kind: SigningKeyKind,
    activatesAt: number,
    known: readonly StoredSigningKey[],
  ): Promise<StoredSigningKey> {
    const sealed = await this.sealing.make(kind.algorithm);
    const isAdded = (key: StoredSigningKey) =>
      areOfOneKind(key, kind) && !known.some(({ kid }) => kid === key.kid);
    for (let attempt = 0; attempt < ATTEMPTS && !this.stored.some(isAdded); attempt++) {
      const generation = (this.stored.at(-1)?.generation ?? 0) + 1;
      const key = { ...kind, ...sealed, generation, createdAt: this.clock.now(), activatesAt };
      await reach(() => this.store.insert(key));
      await this.readAnew();
    }
    const added = this.stored.find(isAdded);
    if (!added) throw new Error('The new signing key is not in the store.');
    return added;
  }

  /** False: no such key. */
  async remove(kid: string): Promise<boolean> {
    const removed = await reach(() => this.store.delete(kid));
    await this.readAnew();
    return removed;
  }

  /** A store that is down does not stop the keys that are at hand; the failure goes to the log. */
  private async reload(): Promise<void> {
    try {
      await this.read();
    } catch (cause) {
      if (this.stored.length === 0) throw cause;
      this.failing = true;
      this.readAt = this.clock.now();
      this.onFailure(cause);
    }
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
      if (!this.opened.has(key.kid)) this.opened.set(key.kid, await this.sealing.open(key));
    }
    for (const kid of this.opened.keys()) {
      if (!stored.some((key) => key.kid === kid)) this.opened.delete(kid);
    }
    this.stored = stored;
    this.failing = false;
    this.readAt = this.clock.now();
  }
}
