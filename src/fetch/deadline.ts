import { Refusal } from './refusal.js';

/** One point in time for all the steps of an exchange. */
export class Deadline {
  private readonly passed: Promise<never>;
  private timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number) {
    this.passed = new Promise((_, reject) => {
      const fail = (): void => reject(new Refusal(`it took longer than ${milliseconds} ms`));
      this.timer = setTimeout(fail, milliseconds);
    });
    this.passed.catch(() => undefined);
  }

  /** What the step gives, or a {@link Refusal} once the time is up; the step itself is the caller's to end. */
  before<T>(step: Promise<T>): Promise<T> {
    return Promise.race([step, this.passed]);
  }

  clear(): void {
    clearTimeout(this.timer);
  }
}
