import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADAPTERS, newClient } from '../nest/host.js';
import { listOf, openAdmin, refusal, type AdminHost } from './support.js';

describe.each(ADAPTERS)('what else there is over the admin API on %s', (adapter) => {
  let host: AdminHost;
  beforeAll(async () => {
    host = await openAdmin({ adapter });
  });
  afterAll(() => host.close());

  it('opaque tokens are listed a page at a time, and tokens of both formats ended by their jti', async () => {
    const client = await newClient(host, { client_id: 'busy' });
    const introspect = async (token: string) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', ...client.basic };
      const body = new URLSearchParams({ token }).toString();
      return (await host.request('/oauth/introspect', { method: 'POST', headers, body })).body;
    };
    const tokens = [await client.token('report'), await client.token('report'), await client.token('report')];
    const first = await host.call('GET', '/clients/busy/tokens?limit=2');
    expect([first.status, listOf(first.body['tokens']).length]).toEqual([200, 2]);
    const next = String(first.body['next']);
    const second = await host.call('GET', `/clients/busy/tokens?after=${encodeURIComponent(next)}`);
    expect(second.body).not.toHaveProperty('next');
    const listed = [...listOf(first.body['tokens']), ...listOf(second.body['tokens'])];
    expect(listed).toHaveLength(3);
    expect(listed[0]).toEqual({
      id: expect.any(String) as string,
      audience: 'http://127.0.0.1:3999/reports',
      scope: 'report',
      issued_at: 1_800_000_000,
      expires_at: 1_800_003_600,
    });
    for (const token of [String(tokens[0]), await client.token('read')]) {
      const { active, jti } = await introspect(token);
      expect(active).toBe(true);
      expect((await host.call('DELETE', `/clients/busy/tokens/${String(jti)}`)).status).toBe(204);
      expect((await introspect(token))['active']).toBe(false);
    }
    expect((await introspect(String(tokens[1])))['active']).toBe(true);
    const unknown = await host.call('DELETE', '/clients/busy/tokens/nothing');
    expect(refusal(unknown)).toEqual([404, 'token_not_found']);
  });

  it('resource servers are listed, added, read, changed and deleted', async () => {
    const identifier = 'https://billing.example/api?tenant=a/b';
    const path = `/resource-servers/${encodeURIComponent(identifier)}`;
    const body = { identifier, scopes: ['invoices:read'], name: 'Billing', access_token_format: 'opaque' };
    const made = await host.call('POST', '/resource-servers', { body });
    expect([made.status, made.headers.get('location')]).toEqual([201, `/admin${path}`]);
    expect(made.body).toMatchObject({
      ...body,
      source: 'stored',
      revision: 1,
      metadata: false,
      default: false,
    });
    const again = await host.call('POST', '/resource-servers', { body });
    expect(refusal(again)).toEqual([409, 'resource_server_exists']);
    const read = await host.call('GET', path);
    expect([read.body, read.headers.get('etag')]).toEqual([made.body, '"1"']);
    const client = await newClient(host, { scope: 'invoices:read' });
    expect((await client.token('invoices:read')).length).toBeGreaterThan(20);

    const change = { scopes: ['invoices:read', 'invoices:write'], name: null };
    const changed = await host.call('PATCH', path, { body: change, headers: { 'if-match': '"1"' } });
    expect([changed.status, changed.body['scopes'], changed.body['name']]).toEqual([
      200,
      change.scopes,
      undefined,
    ]);
    const late = await host.call('PATCH', path, { body: { name: 'x' }, headers: { 'if-match': '"1"' } });
    expect(refusal(late)).toEqual([412, 'precondition_failed']);
    const { body: all } = await host.call('GET', '/resource-servers');
    expect(listOf(all['resource_servers']).map((each) => [each['identifier'], each['source']])).toEqual([
      ['http://127.0.0.1:3999/api', 'configured'],
      ['http://127.0.0.1:3999/reports', 'configured'],
      ['http://127.0.0.1:3999/admin', 'configured'],
      [identifier, 'stored'],
    ]);
    expect((await host.call('DELETE', path)).status).toBe(204);
    expect(refusal(await host.call('DELETE', path))).toEqual([404, 'resource_server_not_found']);
    expect(refusal(await host.call('GET', path))).toEqual([404, 'resource_server_not_found']);
  });

  it('configured resource servers can be read, and are changed by the host alone', async () => {
    const path = `/resource-servers/${encodeURIComponent('/api')}`;
    const read = await host.call('GET', path);
    expect([read.status, read.body['source'], read.headers.get('etag')]).toEqual([200, 'configured', null]);
    const changed = await host.call('PATCH', path, { body: { scopes: ['read'] } });
    expect(refusal(changed)).toEqual([409, 'unsupported']);
    expect(refusal(await host.call('DELETE', path))).toEqual([409, 'unsupported']);
    const wrong = { identifier: 'not a url', scopes: ['a'] };
    const refused = await host.call('POST', '/resource-servers', { body: wrong });
    expect(refusal(refused)).toEqual([400, 'invalid_request']);
  });

  it('signing keys are listed, made and ended', async () => {
    const { body } = await host.call('GET', '/keys');
    const [first] = listOf(body['keys']);
    expect(Object.keys(first ?? {}).sort()).toEqual(
      ['activates_at', 'algorithm', 'created_at', 'kid', 'purpose', 'state'],
    ); // prettier-ignore
    expect(refusal(await host.call('DELETE', `/keys/${String(first?.['kid'])}`))).toEqual([409, 'conflict']);
    const made = await host.call('POST', '/keys');
    expect([made.status, made.body['state']]).toEqual([201, 'next']);
    const kid = encodeURIComponent(String(made.body['kid']));
    expect((await host.call('DELETE', `/keys/${kid}`)).status).toBe(204);
    expect(refusal(await host.call('DELETE', `/keys/${kid}`))).toEqual([404, 'key_not_found']);
    const now = await host.call('POST', '/keys', { body: { immediately: true } });
    expect([now.status, now.body['state']]).toEqual([201, 'current']);
    // What it has signed from then on is accepted, and what the retired one has signed still is.
    expect((await host.call('GET', '/keys')).status).toBe(200);
  });

  it('registration tokens are made, with a value that is shown this once, listed and deleted', async () => {
    const body = {
      description: 'Robots',
      most_uses: 3,
      lifetime: 60,
      owner: 'ops',
      labels: { tenant: 'acme' },
      scopes: ['read'],
      grant_types: ['client_credentials'],
    };
    const made = await host.call('POST', '/registration-tokens', { body });
    expect(made.status).toBe(201);
    const { registration_token: value, ...rest } = made.body;
    expect(String(value).length).toBeGreaterThan(30);
    expect(rest).toEqual({
      id: expect.any(String) as string,
      created_at: 1_800_000_000,
      expires_at: 1_800_000_060,
      most_uses: 3,
      uses: 0,
      scopes: ['read'],
      grant_types: ['client_credentials'],
      description: 'Robots',
      owner: 'ops',
      labels: { tenant: 'acme' },
    });
    const list = await host.call('GET', '/registration-tokens?limit=1');
    expect(listOf(list.body['registration_tokens'])).toEqual([rest]);
    const path = `/registration-tokens/${String(rest['id'])}`;
    expect((await host.call('DELETE', path)).status).toBe(204);
    expect(refusal(await host.call('DELETE', path))).toEqual([404, 'registration_token_not_found']);
    const forever = await host.call('POST', '/registration-tokens', { body: { lifetime: 0, most_uses: 0 } });
    expect([forever.body['expires_at'], forever.body['most_uses']]).toEqual([0, 0]);
  });

  it('the audit log is read with filters, and tells who, what, and from where', async () => {
    const body = { client_id: 'audited', labels: { tenant: 'acme' } };
    await host.call('POST', '/clients', { body });
    host.clock.time += 10;
    await host.call('PATCH', '/clients/audited', { body: { owner: 'x' } });
    const { body: log } = await host.call('GET', '/audit?subject=audited');
    expect(listOf(log['entries'])).toEqual([
      expect.objectContaining({
        type: 'client.updated',
        at: 1_800_000_010,
        actor: 'client:operator',
        address: '127.0.0.1',
        tenant: 'acme',
        detail: { changed: ['owner'] },
      }),
      expect.objectContaining({ type: 'client.created', at: 1_800_000_000, actor: 'client:operator' }),
    ]);
    const types = async (query: string) =>
      listOf((await host.call('GET', `/audit?${query}`)).body['entries']).map((each) => each['type']);
    expect(await types('subject=audited&type=client.created')).toEqual(['client.created']);
    expect(await types('subject=audited&since=1800000001')).toEqual(['client.updated']);
    expect(await types('subject=audited&until=1800000009&actor=client:operator')).toEqual(['client.created']);
    const first = await host.call('GET', '/audit?subject=audited&limit=1');
    expect(await types(`subject=audited&after=${String(first.body['next'])}`)).toEqual(['client.created']);
  });
});

describe('operations that a host does not have', () => {
  it('keys that it gives itself are not rotated', async () => {
    const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']); // prettier-ignore
    const jwk = await crypto.subtle.exportKey('jwk', privateKey);
    const keys = { keys: [{ ...jwk, alg: 'ES256', kid: 'given' }] };
    const host = await openAdmin({ options: { signingKeys: JSON.stringify(keys) } });
    expect(refusal(await host.call('POST', '/keys'))).toEqual([409, 'unsupported']);
    const { text, body } = await host.call('GET', '/keys');
    const [{ kid } = {}] = listOf(body['keys']);
    expect(refusal(await host.call('DELETE', `/keys/${String(kid)}`))).toEqual([409, 'unsupported']);
    expect(text).not.toContain(String(jwk.d));
    await host.close();
  });
});
