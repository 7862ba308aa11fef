import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADAPTERS, newClient } from '../nest/host.js';
import { openAdmin, refusal, type AdminHost } from './support.js';

describe.each(ADAPTERS)('two operators at once on %s', (adapter) => {
  let host: AdminHost;
  beforeAll(async () => {
    host = await openAdmin({ adapter });
    await newClient(host, { client_id: 'shared', scope: 'read' });
  });
  afterAll(() => host.close());

  const patch = (body: unknown, etag?: string) =>
    host.call('PATCH', '/clients/shared', { body, ...(etag && { headers: { 'if-match': etag } }) });

  it('the second one, who has read the client before the first one changed it, gets 412', async () => {
    const { headers } = await host.call('GET', '/clients/shared');
    const etag = headers.get('etag') ?? '';
    const first = await patch({ owner: 'first' }, etag);
    expect(first.status).toBe(200);
    expect(refusal(await patch({ owner: 'second' }, etag))).toEqual([412, 'precondition_failed']);
    for (const action of ['disable', 'enable', 'revoke-tokens']) {
      const answer = await host.call('POST', `/clients/shared/${action}`, { headers: { 'if-match': etag } });
      expect(refusal(answer)).toEqual([412, 'precondition_failed']);
    }
    const gone = await host.call('DELETE', '/clients/shared', { headers: { 'if-match': etag } });
    expect(refusal(gone)).toEqual([412, 'precondition_failed']);
    expect((await host.call('GET', '/clients/shared')).body).toEqual(first.body);
    const { headers: now } = first;
    expect((await patch({ owner: 'second' }, now.get('etag') ?? '')).status).toBe(200);
  });

  it.each([undefined, '"%"'])('of many at the same moment, none is lost (If-Match %s)', async (tag) => {
    const { body, headers } = await host.call('GET', '/clients/shared');
    const etag = tag && (headers.get('etag') ?? '');
    const names = ['owner', 'description', 'client_name', 'software_id', 'software_version'];
    const answers = await Promise.all(names.map((name) => patch({ [name]: `new ${tag}` }, etag)));
    const done = answers.filter(({ status }) => status === 200);
    expect(done.length).toBeGreaterThan(0);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(refusal(answer)).toEqual(tag ? [412, 'precondition_failed'] : [409, 'conflict']);
    }
    const after = (await host.call('GET', '/clients/shared')).body;
    expect(after['revision']).toBe(Number(body['revision']) + done.length);
    names.forEach((name, index) => {
      const changed = answers[index]?.status === 200;
      expect(after[name]).toBe(changed ? `new ${tag}` : body[name]);
    });
    if (tag) expect(done).toHaveLength(1);
  });

  it('If-Match takes lists and *, compares strongly, and refuses what is no ETag', async () => {
    const { headers } = await host.call('GET', '/clients/shared');
    const etag = headers.get('etag') ?? '';
    expect((await patch({ owner: 'list' }, `"999", ${etag}`)).status).toBe(200);
    expect((await patch({ owner: 'any' }, '*')).status).toBe(200);
    const { headers: now } = await host.call('GET', '/clients/shared');
    const weak = await patch({ owner: 'weak' }, `W/${now.get('etag')}`);
    expect(refusal(weak)).toEqual([412, 'precondition_failed']);
    for (const wrong of ['1', 'x', '"', '"1" "2"', ',']) {
      expect(refusal(await patch({ owner: 'wrong' }, wrong))).toEqual([400, 'invalid_request']);
    }
    const missing = await host.call('PATCH', '/clients/nobody', { body: {}, headers: { 'if-match': '*' } });
    expect(refusal(missing)).toEqual([404, 'client_not_found']);
  });
});
