/** Too many tasks wait already. */
export class GateFullError extends Error {
  override readonly name = 'GateFullError';
}

/** How many tasks a gate lets in. */
export interface GateLimits {
  /** At once. */
  readonly running: number;
  /** In the queue, whatever their key. */
  readonly waiting: number;
  /** Running and waiting, for one and the same key. */
  readonly perKey: number;
}

/**
 * Lets expensive tasks run a few at a time, first come first served, and turns away what does not fit the queue. The
 * share of one key is bounded, so that whoever has many tasks does not keep out the others.
 */
export class Gate {
  private running = 0;
  private readonly queue: (() => void)[] = [];
  private readonly held = new Map<string, number>();

  constructor(private readonly limits: GateLimits) {}

  /** @throws GateFullError */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    this.admit(key);
    try {
      await this.turn();
      return await this.perform(task);
    } finally {
      this.leave(key);
    }
  }

  private admit(key: string): void {
    const held = this.held.get(key) ?? 0;
    if (held >= this.limits.perKey) throw new GateFullError('of one key');
    if (this.isFull() && this.queue.length >= this.limits.waiting) throw new GateFullError('in all');
    this.held.set(key, held + 1);
  }

  private isFull(): boolean {
    return this.running >= this.limits.running;
  }

  private async turn(): Promise<void> {
    if (!this.isFull()) this.running += 1;
    else await new Promise<void>((resolve) => this.queue.push(resolve));
  }

  /** The place of a task that ends goes to the first in the queue, so that nobody who comes now overtakes it. */
  private async perform<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } finally {
      const next = this.queue.shift();
      if (next) next();
      else this.running -= 1;
    }
  }

  private leave(key: string): void {
    const held = this.held.get(key) ?? 0;
    if (held > 1) this.held.set(key, held - 1);
    else this.held.delete(key);
  }
}
