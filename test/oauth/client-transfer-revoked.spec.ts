import type { DataSource } from 'typeorm';
import { MemoryPersistence, type Persistence } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TypeormPersistence } from '../../src/typeorm/index.js';
import { connectMigrated, engines, type TestDatabase } from '../support/databases.js';
import { openKit, type Kit } from '../support/echo.js';
import { imported, line } from './client-transfer-support.js';
import { granted, GRANT, register, sharing } from './support.js';

interface Opened {
  readonly store: Persistence;
  close(): Promise<void>;
}

const STORES: readonly { readonly name: string; readonly open: () => Promise<Opened> }[] = [
  { name: 'memory', open: async () => ({ store: new MemoryPersistence(), close: async () => {} }) },
  ...engines().map((engine) => ({ name: engine.name, open: async () => migrated(await engine.open()) })),
];

describe.each(STORES)('between the plan of an import and its application ($name)', ({ open }) => {
  let opened: Opened;
  let kit: Kit;

  beforeEach(async () => {
    opened = await open();
    kit = await openKit({ persistence: sharing(opened.store) });
  });

  afterEach(async () => {
    await kit.close();
    await opened.close();
  });

  it('a secret that is revoked stays dead, and the line is imported', async () => {
    const { basic } = await register(kit, { client_id: 'a' });
    const own = secret('1');
    await imported(kit, [line({ client_secrets: [own] })]);
    const issued = (await ids()).find((id) => id !== own.id) ?? '';
    const plan = await kit.admin.transfer.plan([
      line({ client_name: 'renamed', client_secrets: [own, secret('2')] }),
    ]);
    expect(granted(await kit.token(GRANT, basic)).scope).toBe('read');
    for (const id of [issued, own.id]) await kit.admin.secrets.revoke('a', id);
    await kit.admin.transfer.apply(plan);
    expect(await kit.token(GRANT, basic)).toMatchObject({ error: { code: 'invalid_client' } });
    expect(await ids()).toEqual([secret('2').id]);
    expect((await opened.store.clients.find('a'))?.information).toEqual({ client_name: 'renamed' });
  });

  it('a secret that is added stays', async () => {
    await register(kit, { client_id: 'a' });
    const plan = await kit.admin.transfer.plan([line({ client_name: 'renamed' })]);
    await opened.store.clientSecrets.add('a', { id: 'added', digest: 'd', createdAt: 1 });
    await kit.admin.transfer.apply(plan);
    expect(await ids()).toHaveLength(2);
  });

  it('of a client with a secret it is not said that it would have none', async () => {
    await register(kit, { client_id: 'a' });
    const plan = await kit.admin.transfer.plan([
      line({ client_name: 'renamed' }),
      line({ client_id: 'bare', client_name: 'bare' }),
    ]);
    expect(plan.withoutSecret).toEqual(['bare']);
  });

  async function ids(): Promise<string[]> {
    return ((await opened.store.clients.find('a'))?.secrets ?? []).map(({ id }) => id);
  }
});

async function migrated(database: TestDatabase): Promise<Opened> {
  const dataSource: DataSource = await connectMigrated(database);
  return {
    store: new TypeormPersistence(dataSource),
    close: async () => {
      await dataSource.destroy();
      await database.close();
    },
  };
}

function secret(digit: string) {
  return { id: digit.repeat(16), digest: digit.repeat(64), created_at: 1 };
}
