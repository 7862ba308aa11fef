import type { ClientDeletion, ClientRegistration, OauthRequest } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { basic, bearer, ISSUER, registrationEcho, registrationRequest } from '../support/echo.js';
import { newKeyPair } from './assertions.js';
import { granted, GRANT, register, rendered } from './support.js';
import {
  badMetadata,
  Desk,
  errorOf,
  INITIAL,
  MISSING,
  NO_STORE,
  refusedAs,
  succeeded,
  without,
  UNAUTHORIZED,
  type Answer,
  type Document,
  type Members,
} from './registration-support.js';

const { jwk: KEY, privateJwk: PRIVATE } = await newKeyPair('ES256');
const OPERATIONS = ['GET', 'PUT', 'DELETE'] as const;
const FORBIDDEN = { code: 'access_denied', status: 403, headers: NO_STORE };
const NO_TOKEN = { code: 'invalid_token', status: 401, headers: MISSING };

let desk: Desk;
let client: Document;

beforeEach(async () => {
  desk = await Desk.open();
  client = await desk.registered({ client_name: 'Robot', scope: 'read write' });
});

afterEach(() => desk.close());

/** One operation with this token. */
function call(method: string, id: string, token: string, document: Members = {}): Promise<Answer> {
  const headers = bearer(token);
  if (method === 'GET') return desk.kit.readClient(id, headers);
  if (method === 'PUT') return desk.kit.updateClient(id, { client_id: id, ...document }, headers);
  return desk.kit.deleteClient(id, headers);
}

describe('reading', () => {
  it('DCR-013 DCR-014 tells what is registered, the token and where, and no secret', async () => {
    const shown = without(client, 'client_secret', 'client_secret_expires_at');
    const { status, headers, document } = succeeded(await desk.get(client));
    expect([status, headers, document]).toEqual([200, NO_STORE, shown]);
    expect(succeeded(await desk.get(client)).document).toEqual(shown);
  });

  it('DCR-014 has the members of every kind', async () => {
    const full = {
      client_name: 'R', client_uri: 'https://a.example/', logo_uri: 'https://a.example/l', tos_uri: 'https://a.example/t',
      policy_uri: 'https://a.example/p', contacts: ['x@a.example'], software_id: 's', software_version: '1',
      token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256', jwks: { keys: [KEY] },
      grant_types: ['client_credentials'], response_types: [], scope: 'write',
    }; // prettier-ignore
    const made = await desk.registered(full);
    expect(made).toMatchObject(full);
    expect(succeeded(await desk.get(made)).document).toEqual(made);
    expect(await desk.updated(made, full)).toEqual({
      ...made,
      registration_access_token: expect.any(String) as string,
    });
  });

  it('DCR-014 tells what an operator has changed, and not what is theirs to know', async () => {
    const changes = {
      client_name: 'Renamed',
      scope: 'read',
      owner: 'Ops',
      labels: { a: 'b' },
      access_token_ttl: 60,
    };
    await desk.kit.admin.clients.update(client.client_id, changes);
    const { document } = succeeded(await desk.get(client));
    expect(document).toMatchObject({ client_name: 'Renamed', scope: 'read' });
    for (const name of ['owner', 'labels', 'access_token_ttl']) expect(document).not.toHaveProperty(name);
  });

  it.each(['a b', 'a/b', 'a?b#c', '%', '%2F', '~+:@!', '...'])(
    'DCR-013 the address of a client is made for the id %j, and read back',
    async (id) => {
      const { registration } = await desk.kit.admin.clients.get(client.client_id);
      if (!registration) throw new Error('unreachable');
      await desk.kit.admin.clients.create({ client_id: id }, registration);
      const token = client.registration_access_token;
      const { document } = succeeded(await desk.kit.readClient(id, bearer(token)));
      expect(document.client_id).toBe(id);
      expect(document.registration_client_uri).toBe(`${ISSUER}/oauth/register/${encodeURIComponent(id)}`);
      const url = document.registration_client_uri.slice(ISSUER.length);
      const request = { ...registrationRequest('GET', id, undefined, bearer(token)), url };
      const again = succeeded(await desk.kit.oauth.readClient({ request }, registrationEcho));
      expect(again.document).toEqual(document);
    },
  );
});

describe('who may', () => {
  it.each(OPERATIONS)('DCR-018 V-DCR-4 %s: the same bytes for every wrong token', async (method) => {
    const other = await desk.registered();
    const byOperator = await register(desk.kit);
    const gone = await desk.registered();
    await desk.kit.admin.clients.delete(gone.client_id);
    const { client_id: id, registration_access_token: token } = client;
    const digest = (await desk.kit.admin.clients.get(id)).registration?.tokenDigest ?? '';
    const answers: [string, string][] = [
      [id, 'wrong'],
      [id, other.registration_access_token],
      [id, INITIAL],
      [id, client.client_secret ?? ''],
      [id, digest],
      [id, `${token}x`],
      [id, token.slice(0, -1)],
      [other.client_id, token],
      [byOperator.id, token],
      [byOperator.id, '0'.repeat(64)],
      [gone.client_id, gone.registration_access_token],
      ['unknown', token],
      ['__proto__', token],
      ['constructor', token],
      ['', token],
      ['x'.repeat(10_000), token],
      ['a\u0000b', token],
      [`${id}/`, token],
      [id.toUpperCase() === id ? id.toLowerCase() : id.toUpperCase(), token],
      [` ${id}`, token],
    ];
    const bytes = new Set<string>();
    for (const [named, presented] of answers) {
      const error = await desk.refuses(() => call(method, named, presented), UNAUTHORIZED);
      bytes.add(rendered(error));
    }
    expect(bytes.size).toBe(1);
    expect(await desk.clients()).toBe(3);
    succeeded(await desk.get(client));
  });

  it.each(OPERATIONS)('DCR-018 %s without a token, and with a malformed one', async (method) => {
    const id = client.client_id;
    const token = client.registration_access_token;
    const send = (headers: Record<string, string>, more = {}) =>
      desk.manage(method, id, { client_id: id }, headers, more);
    await desk.refuses(() => send({}), NO_TOKEN);
    await desk.refuses(() => send(basic(id, client.client_secret ?? '')), NO_TOKEN);
    await desk.refuses(() => send({ authorization: `DPoP ${token}` }), NO_TOKEN);
    const { authorization } = bearer(token);
    const rawHeaders = ['Authorization', authorization, 'Authorization', authorization];
    const { headers } = errorOf(await send({ authorization }, { rawHeaders }));
    expect(headers['WWW-Authenticate']).toMatch(/^Bearer realm="oauth", error="invalid_request"/);
    expect(errorOf(await send({ authorization: `${authorization} x` })).code).toBe('invalid_request');
    const url = `/oauth/register/${id}?access_token=${token}`;
    await desk.refuses(() => send({}, { url }), NO_TOKEN);
    expect(await desk.clients()).toBe(1);
  });

  it.each(OPERATIONS)('AUTH-011 %s: an assertion and a client secret are no registration access token', async (method) => {
    const id = client.client_id;
    const accessToken = granted(await desk.kit.token(GRANT, basic(id, client.client_secret ?? ''))).accessToken;
    await desk.refuses(() => call(method, id, accessToken), UNAUTHORIZED);
  }); // prettier-ignore

  it.each(OPERATIONS)('DCR-018 %s of a disabled client is 403 with its own token, and 401 with another', async (method) => {
    await desk.kit.admin.clients.disable(client.client_id);
    const token = client.registration_access_token;
    await desk.refuses(() => call(method, client.client_id, token), FORBIDDEN);
    await desk.refuses(() => call(method, client.client_id, `${token}x`), UNAUTHORIZED);
    expect(desk.reasons()).toEqual(['client_disabled', 'unknown_token']);
    await desk.kit.admin.clients.enable(client.client_id);
    succeeded<unknown>(await call(method, client.client_id, token));
  }); // prettier-ignore

  it('DCR-018 events tell the reason, the client and the address, the response none of it', async () => {
    const request: OauthRequest = {
      ...registrationRequest('GET', client.client_id, undefined, bearer('wrong-token')),
      ip: '192.0.2.1',
    };
    await desk.kit.oauth.readClient({ request }, registrationEcho);
    expect(desk.events.at(-1)).toEqual({
      type: 'registration.refused',
      at: desk.kit.clock.time,
      clientId: client.client_id,
      reason: 'unknown_token',
      address: '192.0.2.1',
    });
    errorOf(await desk.kit.readClient('unknown', bearer('wrong-token')));
    expect(desk.reasons()).toEqual(['unknown_token', 'wrong_client']);
  });

  it('DCR-018 a wrong client_id on the wire that cannot be decoded is a wrong one', async () => {
    for (const url of ['/oauth/register/%', '/oauth/register/%ff', '/oauth/register/', '/oauth/register', '/', '']) {
      const request = { ...registrationRequest('GET', 'x', undefined, bearer(client.registration_access_token)), url };
      await desk.refuses(() => desk.kit.oauth.readClient({ request }, registrationEcho), UNAUTHORIZED);
    }
  }); // prettier-ignore
});

describe('updating', () => {
  it('DCR-015 replaces everything: what is left out is cleared, or gets its default', async () => {
    const full = {
      client_name: 'R', contacts: ['x@a.example'], software_id: 's', client_uri: 'https://a.example/',
      token_endpoint_auth_method: 'client_secret_post', scope: 'write',
    }; // prettier-ignore
    const second = await desk.updated(client, full);
    expect(second).toMatchObject(full);
    const third = await desk.updated(second);
    expect(third).toEqual({
      client_id: client.client_id,
      client_id_issued_at: client.client_id_issued_at,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      response_types: [],
      scope: 'read',
      registration_access_token: expect.any(String) as string,
      registration_client_uri: client.registration_client_uri,
    });
    expect((await desk.kit.admin.clients.get(client.client_id)).information).toEqual({});
    expect(await desk.scopeOf({ ...third, client_secret: client.client_secret ?? '' })).toBe('read');
  });

  it('DCR-015 null clears like what is left out', async () => {
    const cleared = await desk.updated(client, {
      client_name: null,
      scope: null,
      contacts: null,
      jwks: null,
    });
    expect(cleared).not.toHaveProperty('client_name');
    expect(cleared['scope']).toBe('read');
  });

  it.each<[string, Members]>([
    ['client_id', { client_id: 'another' }],
    ['client_id', { client_id: undefined }],
    ['client_id', { client_id: null }],
    ['client_id', { client_id: 7 }],
    ['client_id', { client_id: ['x'] }],
    ['registration_access_token', { registration_access_token: 'x' }],
    ['registration_client_uri', { registration_client_uri: 'https://a.example/' }],
    ['client_secret_expires_at', { client_secret_expires_at: 0 }],
    ['client_id_issued_at', { client_id_issued_at: 1 }],
    ['client_secret', { client_secret: 'chosen-by-the-client' }],
    ['client_secret', { client_secret: '' }],
    ['client_secret', { client_secret: 7 }],
    ['client_secret', { client_secret: {} }],
    ['client_secret', { client_secret: ['x'] }],
    ['scope', { scope: 'read admin' }],
    ['token_endpoint_auth_method', { token_endpoint_auth_method: 'none' }],
    ['grant_types', { grant_types: 'client_credentials' }],
    ['client_name', { client_name: 'x'.repeat(1_000_000) }],
    ['client_name', { client_name: 'a\nb' }],
    ['jwks.keys[0]', { jwks: { keys: [PRIVATE] } }],
    ['jwks_uri', { jwks_uri: 'https://169.254.169.254/' }],
    ['jwks and jwks_uri', { jwks: { keys: [KEY] }, jwks_uri: 'https://keys.example/' }],
    ['jwks', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['dpop_bound_access_tokens', { dpop_bound_access_tokens: true }],
  ])('DCR-015 DCR-016 V-DCR-3 %s is refused in %j, and nothing is changed', async (name, members) => {
    await desk.refuses(() => desk.put(client, members), badMetadata(name));
    succeeded(await desk.get(client));
    expect(await desk.scopeOf(client, { scope: 'read write' })).toBe('read write');
  });

  it('DCR-015 the values that were handed out are refused, too', async () => {
    for (const name of ['registration_access_token', 'registration_client_uri', 'client_id_issued_at', 'client_secret_expires_at']) {
      await desk.refuses(() => desk.put(client, { [name]: client[name] }), badMetadata(name));
    }
  }); // prettier-ignore

  it.each(['', '[]', '{"client_id":', '\ufeff{}', '{"__proto__":1}', '{"a":1,"a":1}', 'x'.repeat(1000)])(
    'DCR-004 a PUT of %j is refused',
    async (text) => {
      const token = bearer(client.registration_access_token);
      await desk.refuses(() => desk.kit.updateClient(client.client_id, text, token), badMetadata('JSON'));
    },
  );

  it('DCR-021 a PUT needs JSON, and has a limit', async () => {
    const { client_id: id, registration_access_token: token } = client;
    const put = (document: unknown, more: Record<string, string>) =>
      desk.kit.updateClient(id, document, { ...bearer(token), ...more });
    await desk.refuses(
      () => put({ client_id: id }, { 'content-type': 'text/plain' }),
      badMetadata('application/json'),
    );
    const before = desk.stored();
    expect(errorOf(await put({ client_id: id, client_name: 'x'.repeat(3_000_000) }, {})).status).toBe(413);
    expect(desk.stored()).toBe(before);
  });

  it('DCR-004 redirect_uris of an update are checked as at registration', async () => {
    const bad = { redirect_uris: ['javascript:alert(1)'] };
    await desk.refuses(() => desk.put(client, bad), badMetadata('redirect_uris', 'invalid_redirect_uri'));
  });
});

describe('manageClient', () => {
  const manage = (method: string, document?: unknown) =>
    desk.manage(method, client.client_id, document, bearer(client.registration_access_token));
  const shown = (answer: Answer) => {
    const success = succeeded<ClientRegistration | ClientDeletion>(answer);
    if (!('document' in success)) throw new Error('Deleted.');
    return success;
  };

  it('DCR-018 GET, HEAD, PUT and DELETE do what the methods are for', async () => {
    const { document } = shown(await manage('GET'));
    expect(document.client_id).toBe(client.client_id);
    expect(shown(await manage('HEAD'))).toMatchObject({ status: 200, document });
    client = shown(await manage('PUT', { client_id: client.client_id, client_name: 'N' })).document;
    expect(client['client_name']).toBe('N');
    expect(await manage('DELETE')).toEqual({ success: { status: 204, headers: NO_STORE } });
    expect(await desk.clients()).toBe(0);
  });

  it.each(['POST', 'PATCH', 'TRACE', 'get', 'CONNECT', ''])(
    'DCR-018 %j is 405 with Allow',
    async (method) => {
      const allowed = { ...NO_STORE, Allow: 'GET, PUT, DELETE' };
      await desk.refuses(() => manage(method), { code: 'invalid_request', status: 405, headers: allowed });
    },
  );

  it('DCR-018 OPTIONS tells what is allowed', async () => {
    const allowed = { ...NO_STORE, Allow: 'GET, PUT, DELETE' };
    refusedAs(await manage('OPTIONS'), { code: 'invalid_request', status: 204, headers: allowed });
  });

  it('DCR-018 the single calls refuse each other’s methods', async () => {
    const { oauth } = desk.kit;
    const request = (method: string) =>
      ({ request: registrationRequest(method, client.client_id, undefined, bearer(client.registration_access_token)) }); // prettier-ignore
    const wrong: [string, () => Promise<Answer>][] = [
      ['PUT', () => oauth.readClient(request('PUT'), registrationEcho)],
      ['DELETE', () => oauth.readClient(request('DELETE'), registrationEcho)],
      ['GET', () => oauth.updateClient(request('GET'), registrationEcho)],
      ['GET', () => oauth.deleteClient(request('GET'), registrationEcho)],
      ['POST', () => oauth.deleteClient(request('POST'), registrationEcho)],
    ];
    for (const [, send] of wrong) {
      const before = desk.stored();
      const { status, headers } = errorOf(await send());
      expect([status, typeof headers['Allow']]).toEqual([405, 'string']);
      expect(desk.stored()).toBe(before);
    }
  });
});

describe('deleting', () => {
  it.each([['jwt', 'read'], ['opaque', 'report']])(
    'DCR-017 the client and its %s tokens are dead at once, and so is its registration token',
    async (_, scope) => {
      const caller = await register(desk.kit, { resource: scope === 'read' ? '/api' : '/reports' });
      const made = await desk.registered({ scope });
      const { accessToken: token } = granted(await desk.kit.token({ ...GRANT, scope }, basic(made.client_id, made.client_secret ?? '')));
      const active = async () => {
        const answer = await desk.kit.introspect({ token }, caller.basic);
        if ('error' in answer) throw answer.error;
        return answer.success.document.active;
      };
      expect(await active()).toBe(true);
      expect(await desk.delete(made)).toEqual({ success: { status: 204, headers: NO_STORE } });
      expect(await active()).toBe(false);
      expect(await desk.tokenError(made)).toBe('invalid_client');
      for (const method of OPERATIONS) {
        const { client_id: id, registration_access_token: gone } = made;
        await desk.refuses(() => call(method, id, gone), UNAUTHORIZED);
      }
      expect(await desk.store.clients.find(made.client_id)).toBeUndefined();
    },
  ); // prettier-ignore

  it('DCR-018 when an operator has deleted it, its token is dead, also for a client of the same id', async () => {
    const { client_id: id, registration_access_token: token } = client;
    await desk.kit.admin.clients.delete(id);
    await desk.kit.admin.clients.create({ client_id: id });
    for (const method of OPERATIONS) await desk.refuses(() => call(method, id, token), UNAUTHORIZED);
  });
});
