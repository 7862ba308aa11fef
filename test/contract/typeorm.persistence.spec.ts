import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { persistenceContract } from '../../src/testing/index.js';
import { TypeormPersistence, oauthEntities } from '../../src/typeorm/index.js';
import { awkwardEngines, connectMigrated, engines, type TestDatabase } from '../support/databases.js';

describe.each([...engines(), ...awkwardEngines()])('TypeormPersistence on $name', (engine) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await engine.open();
    dataSource = await connectMigrated(database);
  });

  afterAll(async () => {
    await dataSource.destroy();
    await database.close();
  });

  persistenceContract({ describe, it }, async () => ({
    persistence: new TypeormPersistence(dataSource),
    close: async () => {
      for (const entity of oauthEntities) await dataSource.getRepository<object>(entity).deleteAll();
    },
  }));
});
