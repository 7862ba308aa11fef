import { defineConfig } from 'vitest/config';

// The exports condition `nestjs-oauth-kit-source` makes the package's own name mean `src`, so that nothing is loaded twice.
const onServers = Boolean(process.env['TEST_POSTGRES_URL'] ?? process.env['TEST_MARIADB_URL']);
const results = process.env['TEST_RESULTS'];
const conditions = ['nestjs-oauth-kit-source', 'module', 'node', 'development|production'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['test/**/*.spec.ts'],
    // A database that can be cut off is one behind a socket.
    exclude: onServers ? [] : ['test/e2e/database-outage.spec.ts', 'test/e2e/transfer-outage.spec.ts'],
    // The runner's own counts, for whoever reads them by program.
    reporters: results ? ['default', ['json', { outputFile: results }]] : ['default'],
    // Most of what takes long is waiting: for a server to start, for a database that is down.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/setup.ts'],
  },
});
