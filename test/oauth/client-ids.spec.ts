import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKit, type Kit } from '../support/echo.js';
import { imported, line, said } from './client-transfer-support.js';

/** No URL can have them as a segment of its path, so no client has them as its id that is made from now on. */
describe.each(['.', '..'])('the client id %j', (id) => {
  let kit: Kit;
  beforeEach(async () => {
    kit = await openKit();
  });
  afterEach(() => kit.close());

  const refusal = {
    code: 'invalid_client_metadata',
    description: expect.stringContaining('client_id must') as string,
  };

  it('is refused when a client is made, and when one is imported', async () => {
    await expect(kit.admin.clients.create({ client_id: id })).rejects.toMatchObject(refusal);
    const plan = await kit.admin.transfer.plan([line({ client_id: id }), line({ client_id: `${id}a` })]);
    expect(said(plan)).toMatchObject({
      created: [`${id}a`],
      refused: [{ line: 1, clientId: id, ...refusal }],
    });
  });

  it('stays where it is there already: found, changed, imported again, and deleted', async () => {
    const { client } = await kit.admin.clients.create({ client_id: 'other', scope: 'read' });
    await kit.persistence.clients.create({ ...client, id });
    expect((await kit.admin.clients.get(id)).id).toBe(id);
    expect(await kit.admin.clients.update(id, { owner: 'ann' })).toMatchObject({ id, owner: 'ann' });
    expect((await kit.admin.clients.disable(id)).enabled).toBe(false);
    const plan = await imported(kit, [line({ client_id: id, scope: 'read', owner: 'bob' })]);
    expect(said(plan)).toMatchObject({ updated: [{ clientId: id }], refused: [] });
    await kit.admin.clients.delete(id);
    await expect(kit.admin.clients.get(id)).rejects.toMatchObject({ code: 'client_not_found' });
  });

  it.each(['...', ' .', '. ', '.a', '%2e', './.'])('is not %j, which is fine', async (other) => {
    const { client } = await kit.admin.clients.create({ client_id: other });
    expect(client.id).toBe(other);
  });
});
