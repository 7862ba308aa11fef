import { Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TypeormPersistence, oauthMigrations } from '../../src/typeorm/index.js';
import { engines, type TestDatabase } from '../support/databases.js';

describe('TypeormPersistence in a Nest application', () => {
  let database: TestDatabase;
  let application: INestApplicationContext | undefined;

  beforeEach(async () => {
    const [engine] = engines();
    if (!engine) throw new Error('There is no engine.');
    database = await engine.open();
  });

  afterEach(async () => {
    await application?.close();
    await database.close();
  });

  it('needs nothing but autoLoadEntities and the migrations', async () => {
    application = await start(undefined, TypeormPersistence);
    const persistence = application.get(TypeormPersistence);
    await persistence.check();
    expect(await persistence.clients.find('client')).toBeUndefined();
  });

  it('takes a data source by its name', async () => {
    const persistence = TypeormPersistence.for('tokens');
    application = await start('tokens', persistence);
    expect(application.get(persistence)).toBeInstanceOf(TypeormPersistence);
    await application.get(persistence).check();
  });

  async function start(name: string | undefined, persistence: typeof TypeormPersistence) {
    const named = name === undefined ? {} : { name };
    const options = { ...database.options, ...named, autoLoadEntities: true, migrations: oauthMigrations };
    const root = TypeOrmModule.forRoot({ ...options, migrationsRun: true });
    const module = await Test.createTestingModule({ imports: [root, host(persistence)] }).compile();
    return module.init();
  }
});

/** As OauthModule does it: the persistence in a module of its own, with what it imports. */
function host(persistence: typeof TypeormPersistence): DynamicModule {
  return {
    module: HostModule,
    imports: persistence.imports,
    providers: [persistence],
    exports: [persistence],
  };
}

@Module({})
class HostModule {}
