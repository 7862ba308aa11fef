import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AccessTokenVerifier, OauthEvents, type OauthEvent } from 'nestjs-oauth-kit';
import { openKit, type Introspection, type Kit, type Revocation } from '../support/echo.js';
import { Bench, JWT_BEARER } from './assertions.js';
import {
  AS_JWT, caller, denied, ENDPOINTS, INACTIVE, NO_STORE, revoked, told, tokenOf,
} from './introspection-support.js'; // prettier-ignore
import { faulty, rendered, turn, type Faults, type Registered } from './support.js';

const CAUSE = new Error(
  'connect ECONNREFUSED 10.0.0.7:5432 user=oauth password=hunter2 SELECT * FROM oauth_revoked_token',
);

let kit: Kit;
let faults: Faults;
let client: Registered;

beforeEach(async () => {
  const made = faulty();
  faults = made.faults;
  kit = await openKit({ persistence: made.persistence, clientCacheLifetime: 0 });
  client = await caller(kit);
});

afterEach(() => kit.close());

function isUnavailable(outcome: Introspection | Revocation, cause: unknown = CAUSE): void {
  const error = denied(outcome);
  expect(error).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
  expect(error.headers).toEqual({ ...NO_STORE, 'Retry-After': '5' });
  expect(rendered(error)).not.toMatch(/hunter2|10\.0\.0\.7|ECONN|SELECT|oauth_revoked/);
  expect(error.message).not.toMatch(/hunter2/);
  expect(error.cause).toBe(cause);
}

const FAILURES: [string, (faults: Faults, call: string) => void][] = [
  ['rejects', (faults, call) => faults.reject(call, CAUSE)],
  ['throws', (faults, call) => faults.replace(call, () => { throw CAUSE; })],
]; // prettier-ignore

describe.each(FAILURES)('threat 37 threat 39 ROB-016 ROB-018 a store that %s', (_, fail) => {
  it.each([
    ['clients.find', 'read'],
    ['clients.find', 'report'],
    ['revokedTokens.has', 'read'],
    ['accessTokens.find', 'report'],
  ])('introspection: %s for the scope %s: 503 in both forms, then it works again', async (call, scope) => {
    const token = await tokenOf(kit, client, scope);
    fail(faults, call);
    for (const headers of [client.basic, { ...client.basic, ...AS_JWT }]) {
      isUnavailable(await kit.introspect({ token }, headers));
    }
    faults.clear();
    expect(await told(kit, client, token)).toMatchObject({ active: true });
  });

  it.each([
    ['clients.find', 'read'],
    ['clients.find', 'report'],
    ['revokedTokens.has', 'read'],
    ['accessTokens.find', 'report'],
    ['revokedTokens.insert', 'read'],
    ['accessTokens.delete', 'report'],
  ])(
    'REV-011 revocation: %s for the scope %s: 503, and the token lives until it is said to be dead',
    async (call, scope) => {
      const token = await tokenOf(kit, client, scope);
      fail(faults, call);
      isUnavailable(await kit.revoke({ token }, client.basic));
      faults.clear();
      expect(await told(kit, client, token)).toMatchObject({ active: true });
      await revoked(kit, client, token);
      expect(await told(kit, client, token)).toStrictEqual(INACTIVE);
    },
  );

  it('the client of the token cannot be read, though the caller can: 503', async () => {
    const cached = faulty();
    const other = await openKit({ persistence: cached.persistence, clientCacheLifetime: 60 });
    const owner = await caller(other);
    for (const scope of ['read', 'report']) {
      const token = await tokenOf(other, owner, scope);
      for (const endpoint of ENDPOINTS) {
        cached.faults.clear();
        // The caller is read anew, however long clients are kept; then comes the client of the token.
        cached.faults.replace('clients.find', () => {
          fail(cached.faults, 'clients.find');
          return cached.store.clients.find(owner.id);
        });
        isUnavailable(await other[endpoint]({ token }, owner.basic));
        expect([endpoint, cached.faults.count('clients.find')]).toEqual([endpoint, 2]);
      }
      cached.faults.clear();
      expect(await told(other, owner, token)).toMatchObject({ active: true });
    }
    await other.close();
  });

  it('the guard: never access', async () => {
    const token = await tokenOf(kit, client);
    fail(faults, 'revokedTokens.has');
    const verifying = kit.get<AccessTokenVerifier>(AccessTokenVerifier).verify(token);
    await expect(verifying).rejects.toMatchObject({ code: 'temporarily_unavailable', cause: CAUSE });
  });

  it.each(ENDPOINTS)(
    'AUTH-022 %s: an assertion that cannot be used up is refused with 503',
    async (endpoint) => {
      const made = faulty();
      const bench = await Bench.open({ persistence: made.persistence });
      const party = await bench.client('ES256');
      const assertion = await bench.assertion(party);
      const form = { token: 'x', client_assertion_type: JWT_BEARER, client_assertion: assertion };
      fail(made.faults, 'usedIdentifiers.insert');
      isUnavailable(await bench.kit[endpoint](form));
      made.faults.clear();
      expect(await bench.kit[endpoint](form)).toHaveProperty('success');
      await bench.close();
    },
  );
});

it('REV-011 200 is not said before the store has it', async () => {
  for (const [call, scope] of [
    ['revokedTokens.insert', 'read'],
    ['accessTokens.delete', 'report'],
  ] as const) {
    const token = await tokenOf(kit, client, scope);
    faults.clear();
    let finish = () => {};
    faults.replace(call, () => new Promise<void>((resolve) => (finish = resolve)));
    let answered = false;
    const outcome = kit.revoke({ token }, client.basic).then((each) => ((answered = true), each));
    while (faults.count(call) === 0) await turn();
    await turn();
    expect(answered).toBe(false);
    finish();
    expect(await outcome).toHaveProperty('success');
  }
});

it('REV-011 an opaque token that vanished meanwhile is dead, and that is a success', async () => {
  const token = await tokenOf(kit, client, 'report');
  faults.replace('accessTokens.delete', () => Promise.resolve(false));
  await revoked(kit, client, token);
});

it('threat 39 answers of a store that are no answers let nothing through', async () => {
  const token = await tokenOf(kit, client, 'report');
  for (const answer of [undefined, null, {}, { digest: 'other', expiresAt: 9e9 }]) {
    faults.replace('accessTokens.find', () => Promise.resolve(answer));
    const outcome = await kit.introspect({ token }, client.basic);
    expect(JSON.stringify(outcome)).not.toContain('"active":true');
    if ('success' in outcome) expect(outcome.success.document).toStrictEqual(INACTIVE);
  }
  faults.clear();
  expect(await told(kit, client, token)).toMatchObject({ active: true });
});

it('signingKeys.all: keys that are at hand keep working', async () => {
  const token = await tokenOf(kit, client);
  expect(await told(kit, client, token, 'jwt')).toMatchObject({ active: true });
  faults.reject('signingKeys.all', CAUSE);
  kit.clock.time += 1000;
  expect(await told(kit, client, token, 'jwt')).toMatchObject({ active: true });
  await revoked(kit, client, token);
  expect(await told(kit, client, token, 'jwt')).toStrictEqual(INACTIVE);
});

it('INT-031 a signing key that cannot be made now: 503, never the plain form', async () => {
  const fresh = await caller(kit, { introspection_signed_response_alg: 'EdDSA' });
  const token = await tokenOf(kit, fresh);
  for (const call of ['signingKeys.insert', 'signingKeys.all']) faults.reject(call, CAUSE);
  for (const about of [token, 'unknown']) {
    const error = denied(await kit.introspect({ token: about }, { ...fresh.basic, ...AS_JWT }));
    expect([error.status, error.headers['Cache-Control']]).toEqual([503, 'no-store']);
    expect(rendered(error)).not.toMatch(/hunter2/);
  }
  faults.clear();
  expect(await told(kit, fresh, token, 'jwt')).toMatchObject({ active: true });
});

it('INT-019 an answer that could not be given is not told as given', async () => {
  const fresh = await caller(kit, { introspection_signed_response_alg: 'EdDSA' });
  const token = await tokenOf(kit, fresh);
  const told: OauthEvent[] = [];
  kit.get<OauthEvents>(OauthEvents).on('token.introspected', (event) => void told.push(event));
  for (const call of ['signingKeys.insert', 'signingKeys.all']) faults.reject(call, CAUSE);
  expect(denied(await kit.introspect({ token }, { ...fresh.basic, ...AS_JWT })).status).toBe(503);
  expect(told).toEqual([]);
  faults.clear();
  faults.reject('revokedTokens.insert', CAUSE);
  kit.get<OauthEvents>(OauthEvents).on('token.revoked', (event) => void told.push(event));
  isUnavailable(await kit.revoke({ token }, fresh.basic));
  expect(told).toEqual([]);
});
