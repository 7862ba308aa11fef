import { Refusal } from './refusal.js';

export interface Limits {
  /** At a time, in all. */
  readonly running: number;
  /** At a time for one key, so that one slow server does not hold up the others. */
  readonly perKey: number;
  readonly waiting: number;
}

interface Waiting {
  readonly key: string;
  readonly start: () => void;
}

/** Runs so many tasks at a time, lets so many wait for their turn, and refuses the rest. */
export class Limit {
  private readonly running = new Map<string, number>();
  private readonly queue: Waiting[] = [];
  private total = 0;

  constructor(
    private readonly limits: Limits,
    private readonly tasks: string,
  ) {}

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    await this.turn(key);
    try {
      return await task();
    } finally {
      this.count(key, -1);
      this.startNext();
    }
  }

  private async turn(key: string): Promise<void> {
    if (this.isFree(key)) return this.count(key, 1);
    if (this.queue.length >= this.limits.waiting) throw new Refusal(`too many ${this.tasks} are waiting`);
    await new Promise<void>((start) => this.queue.push({ key, start }));
  }

  /** The first that waits and may run now. */
  private startNext(): void {
    const index = this.queue.findIndex(({ key }) => this.isFree(key));
    const [next] = index < 0 ? [] : this.queue.splice(index, 1);
    if (!next) return;
    this.count(next.key, 1);
    next.start();
  }

  private isFree(key: string): boolean {
    return this.total < this.limits.running && (this.running.get(key) ?? 0) < this.limits.perKey;
  }

  private count(key: string, change: 1 | -1): void {
    this.total += change;
    const left = (this.running.get(key) ?? 0) + change;
    if (left > 0) this.running.set(key, left);
    else this.running.delete(key);
  }
}
