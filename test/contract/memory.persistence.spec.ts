import { describe, it } from 'vitest';
import { MemoryPersistence } from '../../src/memory/memory.persistence.js';
import { persistenceContract } from '../../src/testing/index.js';

describe('MemoryPersistence', () => {
  persistenceContract({ describe, it }, async () => ({
    persistence: new MemoryPersistence(),
    close: async () => {},
  }));
});
