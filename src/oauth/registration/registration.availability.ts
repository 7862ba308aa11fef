import type { Clock } from '../clock.js';
import { reach } from '../store-failure.js';
import type { RegistrationTokenStore } from './registration-token.store.js';

/** Seconds for which the store is not asked again. */
const PAUSE = 10;
const PATIENCE_MILLISECONDS = 1000;

/** Whether anybody can register at present: with a token of the host's, or one that an operator has issued. */
export class RegistrationAvailability {
  private open = false;
  private askedAt = Number.NEGATIVE_INFINITY;
  private asking: Promise<void> | undefined;

  constructor(
    /** Whether the host serves the endpoint at all. */
    private readonly served: boolean,
    /** Whether the host has a token of its own. */
    private readonly always: boolean,
    private readonly store: RegistrationTokenStore,
    private readonly clock: Clock,
  ) {}

  /** What was known last, where the store is down. Never rejects. */
  async isOpen(): Promise<boolean> {
    if (!this.served || this.always) return this.served;
    const age = this.clock.now() - this.askedAt;
    if (age < 0 || age >= PAUSE) {
      this.asking ??= this.ask().finally(() => {
        this.asking = undefined;
      });
      await this.answered(this.asking);
    }
    return this.open;
  }

  /** Once something is known, a store that has fallen silent holds nobody up for long. */
  private async answered(asking: Promise<void>): Promise<void> {
    if (this.askedAt === Number.NEGATIVE_INFINITY) return asking;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MILLISECONDS);
    });
    await Promise.race([asking, late]);
    clearTimeout(timer);
  }

  private async ask(): Promise<void> {
    const now = this.clock.now();
    try {
      this.open = await reach(() => this.store.hasLive(now));
    } catch {
      // A store that is down says nothing about it.
    }
    this.askedAt = now;
  }
}
