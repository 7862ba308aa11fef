import { MemoryPersistence, type OauthModuleOptions } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench, INVALID_CLIENT, METHODS, type Form, type Party } from './assertions.js';
import { faulty, GRANT, refused, rendered, sharing, type Faults } from './support.js';

const TOLERANCE = 10;
const DOWN = new Error('connect ECONNREFUSED password=hunter2');
/** Its tokens leave a row. */
const OPAQUE = { scope: 'report' };

let bench: Bench;
let faults: Faults;
let store: MemoryPersistence;

async function open(options: Partial<OauthModuleOptions> = {}): Promise<Bench> {
  return Bench.open({ persistence: sharing(store, faults), ...options });
}

beforeEach(async () => {
  ({ faults } = faulty());
  store = new MemoryPersistence();
  bench = await open();
});

afterEach(() => bench.close());

/** How many of these were good for a token; the others were refused as replays. */
async function race(
  benches: readonly Bench[],
  assertion: string,
  copies: number,
  form: Form,
): Promise<number> {
  const from = benches.map(({ events }) => events.length);
  const sent = Array.from({ length: Math.ceil(copies / benches.length) }, () =>
    benches.map((each) => each.send(assertion, form)),
  );
  const outcomes = await Promise.all(sent.flat());
  const errors = outcomes.flatMap((each) => ('error' in each ? [rendered(each.error)] : []));
  expect(errors).toEqual(errors.map(() => INVALID_CLIENT));
  const events = benches.flatMap((each, index) => each.events.slice(from[index]));
  const replays = events.filter((each) => 'reason' in each && each.reason === 'replayed');
  expect(replays).toHaveLength(errors.length);
  const issued = events.filter(({ type }) => type === 'token.issued');
  expect(issued).toHaveLength(copies - errors.length);
  return issued.length;
}

describe.each(METHODS)('%s', (_method, alg) => {
  let client: Party;

  beforeEach(async () => {
    client = await bench.client(alg);
  });

  it('AUTH-019 threat 2 the same assertion twice: the second is refused, whatever else is asked', async () => {
    const assertion = await bench.assertion(client);
    await bench.accepts(assertion);
    await bench.refusedFor('replayed', assertion);
    await bench.refusedFor('replayed', assertion, { scope: 'write' });
    await bench.refusedFor('replayed', assertion, OPAQUE);
    await bench.refusedFor('replayed', assertion, { client_id: client.id });
  });

  it('AUTH-019 it is the jti that counts, not the bytes', async () => {
    const jti = 'once';
    await bench.accepts(bench.assertion(client, { jti }));
    await bench.refusedFor('replayed', bench.assertion(client, { jti }));
    await bench.refusedFor('replayed', bench.assertion(client, { jti, exp: bench.now + 200 }));
    await bench.refusedFor('replayed', bench.assertion(client, { jti, iat: undefined, extra: 1 }));
    await bench.accepts(bench.assertion(client, { jti: 'Once' }));
    await bench.accepts(bench.assertion(client, { jti: 'once ' }));
  });

  it('AUTH-020 threat 4 the same jti of another client is fine', async () => {
    const other = await bench.client(alg);
    const third = await bench.client(alg === 'ES256' ? 'HS256' : 'ES256');
    for (const party of [client, other, third]) {
      await bench.accepts(bench.assertion(party, { jti: 'same' }));
    }
    for (const party of [client, other, third]) {
      await bench.refusedFor('replayed', bench.assertion(party, { jti: 'same' }));
    }
  });

  it('AUTH-020 threat 4 ids that run into each other do not collide', async () => {
    const pairs: [string, string][] = [
      ['a', 'bc'],
      ['ab', 'c'],
      ['abc', '"'],
      ['a"', ',"bc'],
      ['a","b', 'c'],
      ['a:b', 'c'],
      ['a', 'b:c'],
      ['a ', 'bc'],
      ['a', ' bc'],
    ];
    const parties = new Map<string, Party>();
    for (const [id] of pairs) {
      if (!parties.has(id)) parties.set(id, await bench.client(alg, { client_id: id }));
    }
    const all = pairs.map(([id, jti]) => [parties.get(id) ?? client, { jti }] as const);
    for (const [party, claims] of all) await bench.accepts(bench.assertion(party, claims));
    for (const [party, claims] of all) await bench.refusedFor('replayed', bench.assertion(party, claims));
  });

  it('threat 5 AUTH-019 whatever client_id and jti look like', async () => {
    const clientIds = [
      "o'Neil; --",
      '%00%27',
      'a\\b"c',
      '0',
      '~!@#$^&*()',
      '\u0020 \u0020x',
      'x'.repeat(255),
    ];
    const jtis = [
      ...['0', '00', '0.0', '1e0', 'null', '__proto__', 'constructor', 'toString', ' ', '\t', '\n', '\u0000'],
      ...['é', 'e\u0301', 'É', '😀', '\ufeff', '\ufeffx', '\ud800', '\ud801', '\udc00', '\ufffd', '%', "'"],
      ...['550e8400-e29b-41d4-a716-446655440000', '550E8400-E29B-41D4-A716-446655440000', '𝐚', 'a', 'A'],
      ...['a'.repeat(255), 'a'.repeat(256), '😀'.repeat(128), 'a\u0000', 'a\u0000b', '{"a":1}', '["x"]'],
    ];
    for (const id of clientIds) {
      const odd = await bench.client(alg, { client_id: id });
      for (const jti of jtis) await bench.accepts(bench.assertion(odd, { jti }));
      for (const jti of jtis) await bench.refusedFor('replayed', bench.assertion(odd, { jti }));
    }
  });

  it('AUTH-021 it is remembered until exp and the tolerance, past every clean-up', async () => {
    const { clock } = bench.kit;
    for (const fraction of [0, 0.5]) {
      const exp = bench.now + 60 + fraction;
      const assertion = await bench.assertion(client, { exp });
      await bench.accepts(assertion);
      const last = Math.ceil(exp + TOLERANCE) - 1;
      for (const time of [Math.floor(exp), Math.ceil(exp), last]) {
        clock.time = time;
        await store.usedIdentifiers.deleteExpired(time);
        await bench.refusedFor('replayed', assertion);
      }
      clock.time = last + 1;
      await store.usedIdentifiers.deleteExpired(clock.time);
      await bench.refusedFor('assertion_expired', assertion);
    }
    // The clean-ups of the second round took the first one away.
    expect(await store.usedIdentifiers.deleteExpired(bench.now + 2)).toBe(1);
  });

  it('AUTH-021 it survives a restart, and the other instance knows it', async () => {
    const assertion = await bench.assertion(client);
    const other = await open();
    await bench.accepts(assertion);
    await other.refusedFor('replayed', assertion);
    await other.close();
    await bench.close();
    bench = await open();
    await bench.refusedFor('replayed', assertion);
  });

  it('AUTH-021 threat 2 of 50 parallel copies exactly one is good', async () => {
    for (let round = 0; round < 5; round++) {
      expect(await race([bench], await bench.assertion(client), 50, { scope: 'read' })).toBe(1);
    }
    faults.clear();
    expect(await race([bench], await bench.assertion(client), 50, OPAQUE)).toBe(1);
    expect(faults.count('accessTokens.insert')).toBe(1);
  });

  it('AUTH-021 threat 3 also between two instances on one store', async () => {
    const other = await open({ clientCacheLifetime: 0 });
    faults.clear();
    expect(await race([bench, other], await bench.assertion(client), 50, OPAQUE)).toBe(1);
    expect(faults.count('accessTokens.insert')).toBe(1);
    await other.close();
  });

  it('AUTH-021 threat 3 copies of two assertions: one token each', async () => {
    const assertions = [await bench.assertion(client), await bench.assertion(client)];
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, index) => bench.send(assertions[index % 2] ?? '')),
    );
    expect(outcomes.filter((each) => 'success' in each)).toHaveLength(2);
  });

  describe('AUTH-022 the jti is burnt only after everything else', () => {
    it('by no forgery, and by no assertion that fails', async () => {
      const jti = 'future';
      const forger = { ...(await bench.client(alg)), id: client.id };
      const header = { alg };
      const payload = bench.claims(client, { jti });
      const [head = '', body = ''] = (await bench.assertion(client, { jti })).split('.');
      await bench.refusedFor('assertion_signature', bench.assertion(forger, { jti }));
      await bench.refusedFor('assertion_signature', bench.raw(forger, header, payload));
      await bench.refusedFor('assertion_signature', `${head}.${body}.AAAA`);
      await bench.refusedFor('malformed_credentials', `${head}.${body}.`);
      const reason = alg === 'ES256' ? 'assertion_algorithm' : 'wrong_method';
      await bench.refusedFor(reason, bench.raw(client, { alg: 'none' }, payload));
      await bench.refusedFor('assertion_audience', bench.assertion(client, { jti, aud: 'x' }));
      await bench.refusedFor('assertion_expired', bench.assertion(client, { jti, exp: 1 }));
      await bench.refusedFor('malformed_credentials', bench.assertion(client, { jti }, { typ: 'at+jwt' }));
      expect(faults.count('usedIdentifiers.insert')).toBe(0);
      await bench.accepts(bench.assertion(client, { jti }));
    });

    it.each([
      ['a scope that it may not have', { scope: 'admin' }, 'invalid_scope'],
      ['a scope of another resource', { scope: 'report', resource: 'x:y' }, 'invalid_target'],
      ['a grant that there is not', { grant_type: 'password' }, 'unsupported_grant_type'],
      ['no grant', { grant_type: '' }, 'invalid_request'],
    ])('by no request with %s', async (_, form, code) => {
      const assertion = await bench.assertion(client);
      const from = bench.events.length;
      expect(refused(await bench.send(assertion, form))).toMatchObject({ status: 400, code });
      expect(bench.types(from)).toEqual(['token.refused']);
      expect(faults.count('usedIdentifiers.insert')).toBe(0);
      await bench.accepts(assertion);
      await bench.refusedFor('replayed', assertion);
    });

    it('by no client that may not have the grant', async () => {
      const urn = 'urn:ietf:params:oauth:grant-type:token-exchange';
      const other = await bench.client(alg, { grant_types: [urn] });
      const assertion = await bench.assertion(other);
      expect(refused(await bench.send(assertion))).toMatchObject({
        status: 400,
        code: 'unauthorized_client',
      });
      await bench.kit.admin.clients.update(other.id, { grant_types: ['client_credentials'] });
      await bench.accepts(assertion);
    });

    it('by no hook of the host that throws', async () => {
      let works = false;
      const hook = () => {
        if (!works) throw new Error('hook');
        return {};
      };
      const other = await open({ accessTokenClaims: hook });
      const assertion = await other.assertion(client);
      expect(refused(await other.send(assertion)).status).toBeGreaterThanOrEqual(500);
      works = true;
      await other.accepts(assertion);
      await other.close();
    });
  });

  it('AUTH-023 threat 39 a replay store that fails: 503, and no token', async () => {
    const assertion = await bench.assertion(client);
    const thrower = (): never => {
      throw DOWN;
    };
    for (const failing of [() => Promise.reject(DOWN), thrower]) {
      faults.replace('usedIdentifiers.insert', failing);
      const from = bench.events.length;
      const error = refused(await bench.send(assertion, OPAQUE));
      expect(error).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
      expect(rendered(error)).not.toMatch(/hunter2|ECONN/);
      expect(bench.types(from)).not.toContain('token.issued');
      expect(bench.types(from)).not.toContain('client.authenticated');
    }
    expect(faults.count('accessTokens.insert')).toBe(0);
    faults.clear();
    await bench.accepts(assertion, OPAQUE);
  });

  it('AUTH-023 a replay store that answers nonsense: no token', async () => {
    for (const answer of [undefined, null, 0]) {
      faults.replace('usedIdentifiers.insert', () => Promise.resolve(answer));
      await bench.refusedFor('replayed', bench.assertion(client));
    }
  });

  it('threat 3 AUTH-022 a token that could not be stored: no token, and the jti stays burnt', async () => {
    const assertion = await bench.assertion(client);
    faults.reject('accessTokens.insert', DOWN);
    expect(refused(await bench.send(assertion, OPAQUE))).toMatchObject({ status: 503 });
    expect(faults.count('usedIdentifiers.insert')).toBe(1);
    faults.clear();
    await bench.refusedFor('replayed', assertion, OPAQUE);
    expect(faults.count('accessTokens.insert')).toBe(0);
  });

  it('AUTH-021 a change of its key or secret frees no jti', async () => {
    const assertion = await bench.assertion(client);
    await bench.accepts(assertion);
    await bench.kit.admin.clients.update(client.id, { client_name: 'another name' });
    await bench.refusedFor('replayed', assertion);
    await bench.kit.admin.clients.disable(client.id);
    await bench.refusedFor('client_disabled', assertion);
    await bench.kit.admin.clients.enable(client.id);
    await bench.refusedFor('replayed', assertion, GRANT);
  });
});
