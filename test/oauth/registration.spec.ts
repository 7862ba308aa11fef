import { afterEach, describe, expect, it } from 'vitest';
import type { ClientRegistration, OauthError, OauthModuleOptions } from 'nestjs-oauth-kit';
import { basic, bearer, ISSUER, openKit, type Kit, type Registration } from '../support/echo.js';
import { GRANT, granted } from './support.js';

const TOKEN = 'initial-access-token-of-the-host-0123456789';

let kit: Kit;

async function open(options: Partial<OauthModuleOptions> = {}): Promise<Kit> {
  kit = await openKit({ registration: { initialAccessTokens: [TOKEN] }, ...options });
  return kit;
}

afterEach(() => kit.close());

function registered(outcome: Registration): ClientRegistration {
  if ('error' in outcome) throw new Error(`Refused: ${outcome.error.code} ${outcome.error.message}`);
  return outcome.success;
}

function refused(outcome: Registration): OauthError {
  if ('success' in outcome) throw new Error('A client was registered.');
  return outcome.error;
}

const register = async (document: unknown = {}, token = TOKEN) =>
  registered(await kit.register(document, bearer(token)));

describe('registration', () => {
  it('DCR-001, 002, 006, 007, 013: a client registers, and gets tokens with what it is given', async () => {
    await open();
    const { status, headers, document } = await register({ client_name: 'Robot', unknown: 1 });
    expect(status).toBe(201);
    expect(headers).toEqual({ 'Cache-Control': 'no-store', Pragma: 'no-cache' });
    expect(document).toEqual({
      client_id: expect.any(String) as string,
      client_id_issued_at: kit.clock.time,
      client_secret: expect.stringMatching(/^[\w-]{43}$/) as string,
      client_secret_expires_at: 0,
      client_name: 'Robot',
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      response_types: [],
      scope: 'read',
      registration_access_token: expect.stringMatching(/^nokm_[\w-]{43}$/) as string,
      registration_client_uri: `${ISSUER}/oauth/register/${document.client_id}`,
    });
    const token = granted(await kit.token(GRANT, basic(document.client_id, document.client_secret ?? '')));
    expect(token.scope).toBe('read');
  });

  it('DCR-003: without an initial access token, or with a wrong one, nobody registers', async () => {
    await open();
    const missing = refused(await kit.register({}));
    expect([missing.status, missing.headers['WWW-Authenticate']]).toEqual([401, 'Bearer realm="oauth"']);
    const wrong = refused(await kit.register({}, bearer('x'.repeat(40))));
    expect(wrong.headers['WWW-Authenticate']).toContain('error="invalid_token"');
    expect([wrong.status, wrong.code]).toEqual([401, 'invalid_token']);
    expect((await kit.admin.clients.list()).clients).toEqual([]);
  });

  it.each([
    ['client_name', { client_name: 'x'.repeat(1_000_000) }],
    ['client_uri', { client_uri: `https://a.example/${'x'.repeat(1_000_000)}` }],
    ['grant_types', { grant_types: 'client_credentials' }],
    ['__proto__', '{"a":[{"__proto__":{"x":1}}]}'],
    ['token_endpoint_auth_method', { token_endpoint_auth_method: 'none' }],
    ['scope', { scope: 'read write' }],
    ['dpop_bound_access_tokens', { dpop_bound_access_tokens: true }],
    ['JSON', '{"a":1,"a":2}'],
    ['JSON', '[]'],
    ['JSON', '"'.repeat(1_000_001)],
    ['JSON', '['.repeat(1_000_001)],
  ])('DCR-004: bad metadata is refused, and %s is named', async (name, document) => {
    await open();
    const { code, description, status } = refused(await kit.register(document, bearer(TOKEN)));
    expect([status, code]).toEqual([400, 'invalid_client_metadata']);
    expect(description).toContain(name);
    expect((await kit.admin.clients.list()).clients).toEqual([]);
  });

  it('what an operator alone may say is ignored, and so is a secret: DCR-005, 010', async () => {
    await open();
    const { document } = await register({
      client_id: 'mine',
      client_secret: 'mine',
      client_secret_expires_at: 1,
      owner: 'me',
      labels: { tenant: 'theirs' },
      resource: '/api',
      default_scope: 'write',
      access_token_ttl: 86_400,
      redirect_uris: ['https://a.example/callback'],
    });
    expect(document.client_id).not.toBe('mine');
    expect(document.client_secret).not.toBe('mine');
    const client = await kit.admin.clients.get(document.client_id);
    expect([
      client.owner,
      client.labels,
      client.resource,
      client.defaultScope,
      client.accessTokenTtl,
    ]).toEqual(Array.from({ length: 5 }, () => undefined));
    expect(document).not.toHaveProperty('redirect_uris');
  });

  it('a token of an operator registers as many clients as it has uses, and stamps them', async () => {
    await open({ registration: {} });
    const { value, token } = await kit.admin.registrationTokens.create({
      mostUses: 3,
      scopes: ['read', 'write'],
      owner: 'Team A',
      labels: { tenant: 'a' },
    });
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => kit.register({ scope: 'write' }, bearer(value))),
    );
    expect(outcomes.filter((each) => 'success' in each)).toHaveLength(3);
    const [client] = (await kit.admin.clients.list()).clients;
    expect([client?.owner, client?.labels, client?.registration?.openedBy]).toEqual([
      'Team A',
      { tenant: 'a' },
      token.id,
    ]);
  });
});

describe('management', () => {
  it('DCR-014…018: a client reads, replaces and deletes its registration', async () => {
    await open({ registration: { initialAccessTokens: [TOKEN], policy: { scopes: ['read', 'write'] } } });
    const { document: first } = await register({ client_name: 'Robot', scope: 'read write' });
    const id = first.client_id;
    const token = bearer(first.registration_access_token);
    const hidden = ['client_secret', 'client_secret_expires_at'];
    const shown = Object.fromEntries(Object.entries(first).filter(([name]) => !hidden.includes(name)));
    const read = registered(await kit.readClient(id, token));
    expect([read.status, read.document]).toEqual([200, shown]);
    const second = registered(
      await kit.updateClient(id, { client_id: id, contacts: ['x@a.example'] }, token),
    );
    expect(second.document).toMatchObject({ contacts: ['x@a.example'], scope: 'read' });
    expect(second.document).not.toHaveProperty('client_name');
    expect(second.document).not.toHaveProperty('client_secret');
    expect(refused(await kit.readClient(id, token)).status).toBe(401);
    const renewed = bearer(second.document.registration_access_token);
    const other = await register();
    const wrong = refused(await kit.readClient(other.document.client_id, renewed));
    expect(wrong.headers['WWW-Authenticate']).toContain('error="invalid_token"');
    const deleted = await kit.deleteClient(id, renewed);
    expect('success' in deleted && deleted.success.status).toBe(204);
    expect(refused(await kit.readClient(id, renewed)).status).toBe(401);
  });

  it('DCR-015, 016: what a client must not send is refused', async () => {
    await open();
    const { document } = await register();
    const { client_id: id, client_secret: secret } = document;
    const token = bearer(document.registration_access_token);
    for (const body of [
      {},
      { client_id: 'another' },
      { client_id: id, client_secret: 'chosen' },
      { client_id: id, registration_access_token: document.registration_access_token },
      { client_id: id, registration_client_uri: document.registration_client_uri },
      { client_id: id, client_id_issued_at: 1 },
      { client_id: id, client_secret_expires_at: 0 },
    ]) {
      const { code, status } = refused(await kit.updateClient(id, body, token));
      expect([status, code]).toEqual([400, 'invalid_client_metadata']);
    }
    registered(await kit.updateClient(id, { client_id: id, client_secret: secret }, token));
    granted(await kit.token(GRANT, basic(id, secret ?? '')));
  });

  it('a secret that is half through its life is followed by another', async () => {
    await open({ registration: { initialAccessTokens: [TOKEN], clientSecretLifetime: 7200 } });
    const { document } = await register();
    const { client_id: id } = document;
    expect(document.client_secret_expires_at).toBe(kit.clock.time + 7200);
    kit.clock.time += 3599;
    const early = registered(
      await kit.updateClient(id, { client_id: id }, bearer(document.registration_access_token)),
    );
    expect(early.document).not.toHaveProperty('client_secret');
    kit.clock.time += 1;
    const late = registered(
      await kit.updateClient(id, { client_id: id }, bearer(early.document.registration_access_token)),
    );
    expect(late.document.client_secret_expires_at).toBe(kit.clock.time + 7200);
    granted(await kit.token(GRANT, basic(id, document.client_secret ?? '')));
    granted(await kit.token(GRANT, basic(id, late.document.client_secret ?? '')));
    kit.clock.time += 3600;
    expect('error' in (await kit.token(GRANT, basic(id, document.client_secret ?? '')))).toBe(true);
  });
});
