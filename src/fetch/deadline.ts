import { Refusal } from './refusal.js';

/** One point in time for all the steps of an exchange. */
export class Deadline {
  private readonly passed: Promise<never>;
  private timer: NodeJS.Timeout | undefined;
  private over = false;

  constructor(milliseconds: number) {
    this.passed = new Promise((_, reject) => {
      const fail = (): void => {
        this.over = true;
        reject(new Refusal(`it took longer than ${milliseconds} ms`));
      };
      this.timer = setTimeout(fail, milliseconds);
    });
    this.passed.catch(() => undefined);
  }

  /** What the step gives, or a {@link Refusal} once the time is up; the step itself is the caller's to end. */
  before<T>(step: Promise<T>): Promise<T> {
    return Promise.race([step, this.passed]);
  }

  /** Whether the time is up: then nobody waits for the step any more. */
  get isOver(): boolean {
    return this.over;
  }

  clear(): void {
    clearTimeout(this.timer);
  }
}
