import type { Persistence } from '../oauth/persistence.js';

/** What the suite needs of a test runner; `vitest`, `jest`, `mocha` and `node:test` all have it. */
export interface ContractRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}

/** Opens an empty store. Called anew for every test; `close` may keep a connection for the next. */
export type OpenPersistence = () => Promise<{ readonly persistence: Persistence; close(): Promise<void> }>;

/** One test on an empty store of its own. */
export type ContractTest = (name: string, body: (persistence: Persistence) => Promise<void>) => void;

export function contractTest(runner: ContractRunner, open: OpenPersistence): ContractTest {
  return (name, body) => {
    runner.it(name, async () => {
      const opened = await open();
      try {
        await body(opened.persistence);
      } finally {
        await opened.close();
      }
    });
  };
}
