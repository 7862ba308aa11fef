import { createSecretKey, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic } from '../support/echo.js';
import { Bench, formOf, JWT_BEARER, METHODS, newKeyPair, type Party } from './assertions.js';
import { claimsOf, GRANT, register, type Registered } from './support.js';

let bench: Bench;
let parties: Record<string, Party>;

beforeAll(async () => {
  bench = await Bench.open();
  parties = {
    private_key_jwt: await bench.client('ES256'),
    client_secret_jwt: await bench.client('HS256'),
  };
});

afterAll(() => bench.close());

function party(method: string): Party {
  const found = parties[method];
  if (!found) throw new Error(method);
  return found;
}

describe.each(METHODS)('%s', (method) => {
  it('AUTH-001 both parameters are good for a token of the client', async () => {
    const client = party(method);
    const token = await bench.accepts(bench.assertion(client));
    expect(claimsOf(token)).toMatchObject({ sub: client.id, client_id: client.id });
    const authenticated = bench.events.findLast(({ type }) => type === 'client.authenticated');
    expect(authenticated).toMatchObject({ clientId: client.id, method });
  });

  it.each([
    'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
    'urn:ietf:params:oauth:client-assertion-type:jwt-bearer ',
    'urn:ietf:params:oauth:client-assertion-type:JWT-bearer',
    'URN:ietf:params:oauth:client-assertion-type:jwt-bearer',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'jwt-bearer',
    `${JWT_BEARER}\u0000`,
    'x',
  ])('AUTH-001 AUTH-002 the type %j is refused', async (type) => {
    const assertion = await bench.assertion(party(method));
    await bench.refusedFor('malformed_credentials', assertion, { client_assertion_type: type });
    await bench.accepts(assertion);
  });

  it('AUTH-002 half of the two parameters, or one of them empty, is no request', async () => {
    const assertion = await bench.assertion(party(method));
    const missing = /client_assertion and client_assertion_type go together/;
    await bench.badRequest({ ...GRANT, client_assertion: assertion }, missing);
    await bench.badRequest({ ...GRANT, client_assertion_type: JWT_BEARER }, missing);
    await bench.badRequest(formOf(assertion, { client_assertion_type: '' }), missing);
    await bench.badRequest(formOf(''), missing);
    await bench.accepts(assertion);
  });

  it('threat 24 AUTH-001 neither parameter may repeat, and an assertion in the query is none', async () => {
    const assertion = await bench.assertion(party(method));
    const form = new URLSearchParams(formOf(assertion)).toString();
    const repeated = /is repeated/;
    await bench.badRequest(`${form}&client_assertion=${assertion}`, repeated);
    await bench.badRequest(`${form}&client_assertion=`, repeated);
    await bench.badRequest(`${form}&client_assertion_type=${encodeURIComponent(JWT_BEARER)}`, repeated);
    await bench.accepts(assertion);
  });

  it('AUTH-005 threat 22 client_id may be missing or the same', async () => {
    const client = party(method);
    await bench.accepts(bench.assertion(client));
    await bench.accepts(bench.assertion(client), { client_id: client.id });
    await bench.accepts(bench.assertion(client), { client_id: '' });
  });

  it('AUTH-005 threat 22 any other client_id is refused, and burns nothing', async () => {
    const client = party(method);
    const other = await bench.client(client.alg);
    const assertion = await bench.assertion(client);
    const names = /client_id names another client/;
    for (const id of [other.id, `${client.id} `, client.id.toUpperCase(), 'nobody']) {
      await bench.badRequest(formOf(assertion, { client_id: id }), names);
    }
    await bench.accepts(assertion);
  });

  it('threat 22 AUTH-004 an assertion of another client does not speak for this one', async () => {
    const client = party(method);
    const other = await bench.client(client.alg);
    const stolen = bench.assertion(other, { iss: client.id, sub: client.id });
    await bench.refusedFor('assertion_signature', stolen, { client_id: client.id });
  });

  it('threat 23 TOK-041 beside Basic or a secret it is two methods, whoever is right', async () => {
    const assertion = await bench.assertion(party(method));
    const holder = await register(bench.kit);
    const poster = await register(bench.kit, { token_endpoint_auth_method: 'client_secret_post' });
    const two = /more than one client authentication method/;
    await bench.badRequest(formOf(assertion), two, holder.basic);
    await bench.badRequest(formOf(assertion), two, basic(party(method).id, 'wrong'));
    await bench.badRequest(formOf(assertion, { client_secret: poster.secret }), two);
    await bench.badRequest(formOf('not.an.assertion', { client_secret: 'wrong' }), two);
    await bench.accepts(assertion);
  });
});

describe('AUTH-047 a client of another method', () => {
  it.each(['client_secret_basic', 'client_secret_post'])('%s: its secret signs nothing', async (method) => {
    const { id, secret, client } = await register(bench.kit, { token_endpoint_auth_method: method });
    expect(client.tokenEndpointAuthMethod).toBe(method);
    const signer = { id, alg: 'HS256', key: keyOf(secret) };
    await bench.refusedFor('wrong_method', bench.assertion(signer));
  });

  it('a key on file does not make it private_key_jwt', async () => {
    const { key, jwk } = await newKeyPair('ES256');
    const jwks = { keys: [jwk] };
    const holder = await register(bench.kit, { jwks });
    expect(holder.client.jwks).toBeDefined();
    await bench.refusedFor('wrong_method', bench.assertion({ id: holder.id, alg: 'ES256', key }));
    const { client: open } = await bench.kit.admin.clients.create({
      token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'],
      jwks,
    });
    await bench.refusedFor('wrong_method', bench.assertion({ id: open.id, alg: 'ES256', key }));
  });

  it('and the other way round: a client that signs has no other way in', async () => {
    const { id, key } = party('client_secret_jwt');
    const secret = key.export().toString('utf8');
    await bench.formRefusedFor('wrong_method', GRANT, basic(id, secret));
    await bench.formRefusedFor('wrong_method', { ...GRANT, client_id: id, client_secret: secret });
    await bench.formRefusedFor('no_credentials', { ...GRANT, client_id: party('private_key_jwt').id });
  });
});

describe('AUTH-003 AUTH-062 threat 21 one answer for every reason', () => {
  let holder: Registered;

  beforeAll(async () => {
    holder = await register(bench.kit);
  });

  it.each(METHODS)('%s: the same bytes, and the reason in the event alone', async (method, alg) => {
    const client = party(method);
    const stranger = { ...(await bench.client(alg)), id: client.id };
    const disabled = await bench.client(alg);
    await bench.kit.admin.clients.disable(disabled.id);
    const deleted = await bench.client(alg);
    await bench.kit.admin.clients.delete(deleted.id);
    const used = await bench.assertion(client);
    await bench.accepts(used);
    const cases: [string, string | Promise<string>][] = [
      ['unknown_client', bench.assertion({ ...client, id: 'nobody' })],
      ['unknown_client', bench.assertion(deleted)],
      ['unknown_client', bench.assertion({ ...client, id: client.id.toUpperCase() })],
      ['client_disabled', bench.assertion(disabled)],
      ['client_disabled', bench.assertion({ ...stranger, id: disabled.id })],
      ['wrong_method', bench.assertion({ ...client, id: holder.id })],
      ['assertion_signature', bench.assertion(stranger)],
      ['assertion_expired', bench.assertion(client, { exp: bench.now - 60 })],
      ['assertion_expired', bench.assertion(stranger, { exp: bench.now - 60 })],
      ['assertion_audience', bench.assertion(client, { aud: 'https://other.example' })],
      ['assertion_issuer', bench.assertion(client, { iss: 'other' })],
      ['assertion_id', bench.assertion(client, { jti: undefined })],
      ['malformed_credentials', bench.assertion(client, { sub: undefined })],
      ['malformed_credentials', bench.assertion(client, {}, { typ: 'at+jwt' })],
      ['malformed_credentials', 'x'],
      ['malformed_credentials', 'x.y.z'],
      ['replayed', used],
    ];
    for (const [reason, assertion] of cases) await bench.refusedFor(reason, assertion);
  });

  it('threat 40 an empty, foreign or absent sub is no client', async () => {
    const client = party('private_key_jwt');
    const ids = ['', ' ', '\u0000', 'é', 'x'.repeat(256), 'undefined', 'null', '*', '%', '[object Object]'];
    for (const id of ids) {
      const readable = /^[\x20-\x7e]{1,255}$/.test(id);
      const reason = readable ? 'unknown_client' : 'malformed_credentials';
      await bench.refusedFor(reason, bench.assertion({ ...client, id }));
    }
    for (const sub of [null, 1, true, [client.id], { $ne: null }]) {
      await bench.refusedFor('malformed_credentials', bench.assertion(client, { sub, iss: sub }));
    }
  });

  it('tells outsiders nothing by the events either: no key, no assertion', async () => {
    const assertion = await bench.assertion(party('client_secret_jwt'), { exp: 1 });
    const event = await bench.formRefusedFor('assertion_expired', formOf(assertion));
    expect(Object.keys(event).sort()).toEqual(['address', 'at', 'clientId', 'method', 'reason', 'type']);
    expect(JSON.stringify(event)).not.toContain(assertion.slice(0, 40));
  });
});

function keyOf(secret: string): KeyObject {
  return createSecretKey(secret, 'utf8');
}
