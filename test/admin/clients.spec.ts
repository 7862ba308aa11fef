import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic } from '../support/echo.js';
import { ADAPTERS, newClient } from '../nest/host.js';
import { listOf, openAdmin, refusal, type AdminHost } from './support.js';

const ODD_IDS = ['a b', 'a/b', '100%', '%2f', 'a%2Fb/../c', '?x=1#y', '"quoted"', "it's", '~!@$&*()[]{}|;:,<>', '\\', '%', '+', '...']; // prettier-ignore

describe.each(ADAPTERS)('clients over the admin API on %s', (adapter) => {
  let host: AdminHost;
  beforeAll(async () => {
    host = await openAdmin({ adapter });
  });
  afterAll(() => host.close());

  it('is made, with a secret that works and is shown this once', async () => {
    const body = {
      client_name: 'Exporter',
      scope: 'read write',
      owner: 'team-a',
      description: 'Invoices',
      labels: { tenant: 'acme' },
    };
    const made = await host.call('POST', '/clients', { body });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ ...body, enabled: true, revision: 1 });
    const id = String(made.body['client_id']);
    const secret = String(made.body['client_secret']);
    expect(made.headers.get('location')).toBe(`/admin/clients/${id}`);
    expect(made.headers.get('etag')).toBe('"1"');
    expect(made.headers.get('cache-control')).toBe('no-store');
    expect((await host.token({ grant_type: 'client_credentials' }, basic(id, secret))).status).toBe(200);

    const read = await host.call('GET', `/clients/${id}`);
    expect(read.status).toBe(200);
    expect(read.headers.get('etag')).toBe('"1"');
    const { client_secret: shown, client_secret_expires_at: ends, ...rest } = made.body;
    expect([shown, ends]).toEqual([secret, 0]);
    // It was used in between.
    expect({ ...read.body, secrets: [] }).toEqual({ ...rest, secrets: [] });
    expect(listOf(read.body['secrets'])).toEqual([
      { id: expect.any(String) as string, kept_as: 'digest', created_at: 1_800_000_000, expires_at: 0, last_used_at: 1_800_000_000 },
    ]); // prettier-ignore
  });

  it('is refused where it is there already, and where its metadata is wrong', async () => {
    const twice = await host.call('POST', '/clients', { body: { client_id: 'operator' } });
    expect(refusal(twice)).toEqual([409, 'client_exists']);
    const wrong = await host.call('POST', '/clients', { body: { scope: 'nothing' } });
    expect(refusal(wrong)).toEqual([400, 'invalid_client_metadata']);
    expect(wrong.body['error_description']).toContain('scope');
  });

  it('is changed by the members that are named, and null takes one away', async () => {
    await newClient(host, { client_id: 'changed', scope: 'read', owner: 'a', client_name: 'Before' });
    const body = { client_name: 'After', owner: null };
    const changed = await host.call('PATCH', '/clients/changed', { body });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ client_name: 'After', scope: 'read', revision: 2 });
    expect(changed.body).not.toHaveProperty('owner');
    expect(changed.headers.get('etag')).toBe('"2"');
    const wrong: [unknown, string][] = [
      [{ scope: 'nothing' }, 'scope'],
      [{ client_id: 'other' }, 'client_id'],
      [{ client_secret: 'x' }, 'client_secret'],
      [{ enabled: false }, 'enabled'],
    ];
    for (const [change, member] of wrong) {
      const answer = await host.call('PATCH', '/clients/changed', { body: change });
      expect(refusal(answer)).toEqual([400, 'invalid_client_metadata']);
      expect(answer.body['error_description']).toContain(member);
    }
    const read = await host.call('GET', '/clients/changed');
    expect(read.body).toEqual(changed.body);
    // What was read can be sent back.
    const back = await host.call('PATCH', '/clients/changed', {
      body: { ...read.body, client_name: 'Back' },
    });
    expect([back.status, back.body['client_name']]).toEqual([200, 'Back']);
  });

  it('is disabled, enabled and deleted, and its tokens are revoked', async () => {
    const client = await newClient(host, { client_id: 'ended', scope: 'report' });
    const active = async (token: string): Promise<unknown> => {
      const body = new URLSearchParams({ token }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded', ...client.basic };
      return (await host.request('/oauth/introspect', { method: 'POST', headers, body })).body['active'];
    };
    const first = await client.token('report');
    expect(await active(first)).toBe(true);
    const revoked = await host.call('POST', '/clients/ended/revoke-tokens');
    expect([revoked.status, revoked.body['revision']]).toEqual([200, 2]);
    expect(await active(first)).toBe(false);
    const second = await client.token('report');
    const disabled = await host.call('POST', '/clients/ended/disable', { body: {} });
    expect([disabled.status, disabled.body['enabled']]).toEqual([200, false]);
    await expect(client.token('report')).rejects.toThrow('401');
    const enabled = await host.call('POST', '/clients/ended/enable');
    expect([enabled.status, enabled.body['enabled']]).toEqual([200, true]);
    expect(await active(second)).toBe(false);
    const gone = await host.call('DELETE', '/clients/ended');
    expect([gone.status, gone.text, gone.headers.get('cache-control')]).toEqual([204, '', 'no-store']);
    await expect(client.token('report')).rejects.toThrow('401');
    for (const [method, action] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/disable'],
      ['POST', '/enable'],
      ['POST', '/revoke-tokens'],
      ['GET', '/secrets'],
      ['POST', '/secrets'],
      ['DELETE', '/secrets/x'],
      ['GET', '/tokens'],
      ['DELETE', '/tokens/x'],
    ] as const) {
      const body = method === 'PATCH' ? { owner: 'x' } : undefined;
      const answer = await host.call(method, `/clients/ended${action}`, { body });
      expect([action, ...refusal(answer)]).toEqual([action, 404, 'client_not_found']);
    }
  });

  it('has secrets, which are rotated with an overlap and ended', async () => {
    const client = await newClient(host, { client_id: 'rotated' });
    const rotated = await host.call('POST', '/clients/rotated/secrets', { body: { overlap: 60 } });
    expect(rotated.status).toBe(201);
    const { client_secret: secret, id } = rotated.body;
    expect(rotated.body).toEqual({
      client_id: 'rotated',
      id: expect.any(String) as string,
      client_secret: expect.stringMatching(/^[\w-]{43}$/) as string,
      client_secret_expires_at: 0,
      created_at: 1_800_000_000,
    });
    const form = { grant_type: 'client_credentials' };
    expect((await host.token(form, client.basic)).status).toBe(200);
    expect((await host.token(form, basic('rotated', String(secret)))).status).toBe(200);
    const { body } = await host.call('GET', '/clients/rotated/secrets');
    const secrets = listOf(body['secrets']);
    expect(secrets.map((each) => each['expires_at']).sort()).toEqual([0, 1_800_000_060]);
    expect((await host.call('DELETE', `/clients/rotated/secrets/${String(id)}`)).status).toBe(204);
    expect((await host.token(form, basic('rotated', String(secret)))).status).toBe(401);
    const again = await host.call('DELETE', `/clients/rotated/secrets/${String(id)}`);
    expect(refusal(again)).toEqual([404, 'secret_not_found']);
    const standard = await host.call('POST', '/clients/rotated/secrets');
    expect(standard.status).toBe(201);
    for (const overlap of [-1, 1.5, '60', null, 31_536_001, []]) {
      const answer = await host.call('POST', '/clients/rotated/secrets', { body: { overlap } });
      expect(refusal(answer)).toEqual([400, 'invalid_request']);
    }
    await host.admin.clients.create({
      client_id: 'assertions',
      token_endpoint_auth_method: 'none',
      grant_types: [],
    });
    const none = await host.call('POST', '/clients/assertions/secrets');
    expect(refusal(none)).toEqual([409, 'unsupported']);
  });

  it.each(ODD_IDS)('has the odd id %j', async (id) => {
    const made = await host.call('POST', '/clients', { body: { client_id: id } });
    expect(made.status).toBe(201);
    const path = `/clients/${encodeURIComponent(id)}`;
    expect(made.headers.get('location')).toBe(`/admin${path}`);
    const read = await host.call('GET', path);
    expect(read.body['client_id']).toBe(id);
    expect((await host.call('PATCH', path, { body: { owner: 'x' } })).body['owner']).toBe('x');
    expect((await host.call('POST', `${path}/disable`)).body['client_id']).toBe(id);
    expect(listOf((await host.call('GET', `${path}/secrets`)).body['secrets'])).toHaveLength(1);
    expect((await host.call('DELETE', path)).status).toBe(204);
  });

  it.each(['.', '..'])('does not get the id %j, which no URL can have', async (id) => {
    const answer = await host.call('POST', '/clients', { body: { client_id: id } });
    expect(refusal(answer)).toEqual([400, 'invalid_client_metadata']);
    expect(answer.body['error_description']).toContain('client_id');
  });

  it('may be 16 levels deep, in what is ignored', async () => {
    const deep = `${'['.repeat(15)}${']'.repeat(15)}`;
    const made = await host.call('POST', '/clients', { body: `{"foo":${deep}}` });
    expect(made.status).toBe(201);
  });

  it('never puts an id into a header as it is', async () => {
    const answer = await host.call('POST', '/clients', { body: { client_id: 'a\r\nSet-Cookie: b=c' } });
    expect(refusal(answer)).toEqual([400, 'invalid_client_metadata']);
    expect(answer.headers.get('set-cookie')).toBeNull();
    const read = await host.call('GET', '/clients/a%0d%0aSet-Cookie:%20b=c%00%C3%A9');
    expect(refusal(read)).toEqual([404, 'client_not_found']);
    expect(read.text).not.toMatch(/[^\x20-\x7e]/);
    expect(read.headers.get('set-cookie')).toBeNull();
    const broken = await host.call('GET', '/clients/%E0%A4%A');
    expect([400, 404]).toContain(broken.status);
  });
});
