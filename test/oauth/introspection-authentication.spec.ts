import {
  ClientAuthenticationMethod,
  OauthEvents,
  type OauthContext,
  type OauthRequest,
} from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { basic, formRequest, ISSUER } from '../support/echo.js';
import { Bench, INVALID_CLIENT, JWT_BEARER, METHODS, type Form, type Party } from './assertions.js';
import {
  AS_JWT, BOTH, caller, denied, ENDPOINTS, FORMATS, INACTIVE, NO_STORE, revoked, told, tokenOf, type Endpoint,
} from './introspection-support.js'; // prettier-ignore
import { refused, register, rendered, type Registered } from './support.js';

const URLS = { introspect: `${ISSUER}/oauth/introspect`, revoke: `${ISSUER}/oauth/revoke` } as const;
const IP = '192.0.2.7';
const ORDERS = [
  ['introspect', 'revoke'],
  ['revoke', 'introspect'],
  ['introspect', 'introspect'],
  ['revoke', 'revoke'],
] as const;

let bench: Bench;

beforeEach(async () => {
  bench = await Bench.open({ failureLimits: { perClient: 3, perAddress: 5 } });
});

afterEach(() => bench.close());

const lookup = (assertion: string, more: Form = {}): Form => ({
  token: 'unknown',
  client_assertion_type: JWT_BEARER,
  client_assertion: assertion,
  ...more,
});

async function accepts(endpoint: Endpoint, assertion: string, more: Form = {}): Promise<void> {
  expect(await bench.kit[endpoint](lookup(assertion, more))).toHaveProperty('success');
}

/** Refused like every failure, for this reason. */
async function refusedFor(reason: string, endpoint: Endpoint, form: Form, headers: Form = {}): Promise<void> {
  const from = bench.events.length;
  expect(rendered(denied(await bench.kit[endpoint](form, headers)))).toBe(INVALID_CLIENT);
  expect(bench.events.slice(from)).toMatchObject([{ type: 'client.authentication_failed', reason }]);
  expect(bench.events).toHaveLength(from + 1);
}

describe.each(METHODS)('%s', (_method, alg) => {
  let client: Party;

  beforeEach(async () => {
    client = await bench.client(alg);
  });

  it.each(ORDERS)(
    'AUTH-019 threat 2 the same assertion at %s, then at %s: refused',
    async (first, second) => {
      const assertion = await bench.assertion(client);
      await accepts(first, assertion);
      await refusedFor('replayed', second, lookup(assertion));
      await refusedFor('replayed', second, lookup(assertion, { token_type_hint: 'access_token' }));
      expect(rendered(refused(await bench.send(assertion)))).toBe(INVALID_CLIENT);
    },
  );

  it.each(ENDPOINTS)(
    'AUTH-019 one that the token endpoint has taken is none for %s, and the reverse',
    async (endpoint) => {
      const assertion = await bench.assertion(client);
      await bench.accepts(assertion);
      await refusedFor('replayed', endpoint, lookup(assertion));
      const other = await bench.assertion(client, { jti: 'same' });
      await accepts(endpoint, other);
      await bench.refusedFor('replayed', bench.assertion(client, { jti: 'same', iat: undefined }));
    },
  );

  it.each(ENDPOINTS)('AUTH-019 one jti at once, fifty times: one is answered by %s', async (endpoint) => {
    const form = lookup(await bench.assertion(client));
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => bench.kit[endpoint](form)));
    const errors = outcomes.flatMap((each) => ('error' in each ? [rendered(each.error)] : []));
    expect(errors).toEqual(errors.map(() => INVALID_CLIENT));
    expect(errors).toHaveLength(49);
  });

  it.each(ENDPOINTS)('a request to %s that is refused for its form uses nothing up', async (endpoint) => {
    const assertion = await bench.assertion(client);
    const without = { client_assertion_type: JWT_BEARER, client_assertion: assertion };
    expect(denied(await bench.kit[endpoint](without)).code).toBe('invalid_request');
    expect(denied(await bench.kit[endpoint]({ ...without, token: '' })).code).toBe('invalid_request');
    await accepts(endpoint, assertion);
  });

  it.each(ENDPOINTS)(
    'AUTH-011 %s: the issuer is the audience, and no URL of an endpoint is',
    async (endpoint) => {
      await accepts(endpoint, await bench.assertion(client, { aud: ISSUER }));
      await accepts(endpoint, await bench.assertion(client, { aud: [ISSUER] }));
      for (const aud of [
        URLS.introspect,
        URLS.revoke,
        `${ISSUER}/oauth/token`,
        `${ISSUER}/`,
        [ISSUER, URLS[endpoint]],
        [URLS[endpoint]],
        undefined,
        '',
      ]) {
        await refusedFor('assertion_audience', endpoint, lookup(await bench.assertion(client, { aud })));
        bench.kit.clock.time += 61;
      }
    },
  );

  it.each(ENDPOINTS)(
    'AUTH-011 %s: with legacy_assertion_audience the URL of an endpoint too, alone',
    async (endpoint) => {
      const legacy = await bench.client(alg, { legacy_assertion_audience: true });
      for (const aud of [ISSUER, ...Object.values(URLS), `${ISSUER}/oauth/token`]) {
        await accepts(endpoint, await bench.assertion(legacy, { aud }));
      }
      for (const aud of [
        `${URLS[endpoint]}/`,
        `${URLS[endpoint]}?x`,
        [ISSUER, URLS[endpoint]],
        `${ISSUER}/oauth/jwks`,
      ]) {
        await refusedFor('assertion_audience', endpoint, lookup(await bench.assertion(legacy, { aud })));
        bench.kit.clock.time += 61;
      }
    },
  );

  it('AUTH-011 the endpoints are those of the configuration, not of the request', async () => {
    const endpoints = { introspection: '/o2/see', revocation: 'http://127.0.0.1:3999/o2/end' };
    const other = await Bench.open({ endpoints });
    const legacy = await other.client(alg, { legacy_assertion_audience: true });
    const from = other.events.length;
    for (const aud of [`${ISSUER}/o2/see`, `${ISSUER}/o2/end`]) {
      const outcome = await other.kit.introspect(lookup(await other.assertion(legacy, { aud })));
      expect(outcome).toHaveProperty('success');
    }
    const outcome = await other.kit.introspect(
      lookup(await other.assertion(legacy, { aud: URLS.introspect })),
    );
    expect(rendered(denied(outcome))).toBe(INVALID_CLIENT);
    expect(other.types(from).filter((type) => type === 'client.authenticated')).toHaveLength(2);
    await other.close();
  });

  it.each(FORMATS)('REV-012 INT-004 its own $format token is told and revoked', async ({ scope }) => {
    const token = await bench.accepts(bench.assertion(client), { scope });
    const introspect = async () => bench.kit.introspect(lookup(await bench.assertion(client), { token }));
    expect(await introspect()).toMatchObject({
      success: { document: { active: true, client_id: client.id } },
    });
    await accepts('revoke', await bench.assertion(client), { token });
    expect(await introspect()).toMatchObject({ success: { document: INACTIVE } });
  });

  it('AUTH-019 a replayed request to revoke revokes nothing', async () => {
    const token = await bench.accepts(bench.assertion(client));
    const assertion = await bench.assertion(client);
    await accepts('introspect', assertion);
    await refusedFor('replayed', 'revoke', lookup(assertion, { token }));
    const outcome = await bench.kit.introspect(lookup(await bench.assertion(client), { token }));
    expect(outcome).toMatchObject({ success: { document: { active: true } } });
  });
});

describe.each(ENDPOINTS)('REV-012 INT-004 %s takes the methods of the token endpoint', (endpoint) => {
  it.each(['client_secret_basic', 'client_secret_post'])(
    '%s, for who is registered for it',
    async (method) => {
      const client = await register(bench.kit, { token_endpoint_auth_method: method });
      const post = { token: 'x', client_id: client.id, client_secret: client.secret };
      const ways = {
        client_secret_basic: [{ token: 'x' }, client.basic],
        client_secret_post: [post, {}],
      } as const;
      for (const [way, [form, headers]] of Object.entries(ways)) {
        if (way === method) expect(await bench.kit[endpoint](form, headers)).toHaveProperty('success');
        else await refusedFor('wrong_method', endpoint, form, headers);
      }
      const both = denied(await bench.kit[endpoint](post, client.basic));
      expect([both.status, both.code]).toEqual([400, 'invalid_request']);
    },
  );

  it('a method of the host', async () => {
    class Header extends ClientAuthenticationMethod {
      override readonly names = ['x_header'];
      read({ headers }: OauthRequest) {
        const clientId = headers['x-client'];
        if (typeof clientId !== 'string') return undefined;
        return { method: 'x_header', clientId, verify: () => Promise.resolve({ verified: true as const }) };
      }
    }
    const host = await Bench.open({ clientAuthenticationMethods: [new Header()] });
    const { client } = await host.kit.admin.clients.create({
      token_endpoint_auth_method: 'x_header', scope: 'read',
    }); // prettier-ignore
    const headers = { 'x-client': client.id };
    expect(await host.kit[endpoint]({ token: 'x' }, headers)).toHaveProperty('success');
    expect(denied(await host.kit[endpoint]({ token: 'x' })).status).toBe(401);
    await host.close();
  });

  it('INT-019 threat 38 wrong secrets are counted together with those of the token endpoint: 429', async () => {
    const client = await register(bench.kit);
    const wrong = basic(client.id, 'wrong');
    const send = (headers: Form) => withAddress(endpoint, 'x', headers);
    const statuses: number[] = [];
    for (let n = 0; n < 5; n++) statuses.push(denied(await send(wrong)).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    const error = denied(await send(client.basic));
    expect(error).toMatchObject({ status: 429, code: 'temporarily_unavailable' });
    expect(error.headers).toEqual({ ...NO_STORE, 'Retry-After': '60' });
    bench.kit.clock.time += 60;
    expect(await send(client.basic)).toHaveProperty('success');
  });
});

function withAddress(endpoint: Endpoint, token: string, headers: Form) {
  const request = { ...formRequest({ token }, headers, `/oauth/${endpoint}`), ip: IP };
  const context: OauthContext = { request };
  return endpoint === 'introspect'
    ? bench.kit.oauth.introspect(context, {
        introspectSuccess: (_, success) => ({ success }),
        introspectError: (_, error) => ({ error }),
      })
    : bench.kit.oauth.revoke(context, {
        revokeSuccess: (_, success) => ({ success }),
        revokeError: (_, error) => ({ error }),
      });
}

describe('INT-019 events', () => {
  let client: Registered;

  beforeEach(async () => {
    client = await caller(bench.kit);
  });

  const about = (more: object) => ({ at: bench.now, address: IP, clientId: client.id, ...more });
  const authenticated = () => about({ type: 'client.authenticated', method: 'client_secret_basic' });

  it.each(FORMATS)('introspection of a $format token: who, whether, which', async ({ scope }) => {
    const token = await tokenOf(bench.kit, client, scope);
    const { jti: tokenId } = (await told(bench.kit, client, token)) as { jti: string };
    const from = bench.events.length;
    await withAddress('introspect', token, client.basic);
    expect(bench.events.slice(from)).toEqual([
      authenticated(),
      about({ type: 'token.introspected', active: true, tokenId }),
    ]);
  });

  it.each(BOTH)(
    'scanning for a $format token shows, as does asking about what is others’ ($form)',
    async ({ scope, form }) => {
      const owner = await caller(bench.kit);
      const token = await tokenOf(bench.kit, owner, scope);
      const from = bench.events.length;
      const headers = { ...client.basic, ...(form === 'jwt' && AS_JWT) };
      for (const tried of ['a.b.c', 'nok_guess', token]) await withAddress('introspect', tried, headers);
      const inactive = about({ type: 'token.introspected', active: false });
      const round = [authenticated(), inactive];
      expect(bench.events.slice(from)).toEqual([...round, ...round, ...round]);
    },
  );

  it.each(FORMATS)(
    'revocation of a $format token tells which; of nothing, nothing',
    async ({ format, scope }) => {
      const token = await tokenOf(bench.kit, client, scope);
      const { jti: tokenId } = (await told(bench.kit, client, token)) as { jti: string };
      const from = bench.events.length;
      await withAddress('revoke', token, client.basic);
      expect(bench.events.slice(from)).toEqual([
        authenticated(),
        about({ type: 'token.revoked', tokenId, format }),
      ]);
      const again = bench.events.length;
      await withAddress('revoke', token, client.basic);
      await withAddress('revoke', 'unknown', client.basic);
      expect(bench.types(again)).toEqual(['client.authenticated', 'client.authenticated']);
    },
  );

  it('hold no token, no secret and no assertion', async () => {
    const party = await bench.client('ES256');
    const secrets = [client.secret, client.basic.authorization.slice(6)];
    for (const { scope } of FORMATS) {
      const token = await tokenOf(bench.kit, client, scope);
      await told(bench.kit, client, token, 'jwt');
      await revoked(bench.kit, client, token);
      secrets.push(token, ...token.split('.'));
    }
    for (const endpoint of ENDPOINTS) {
      const assertion = await bench.assertion(party);
      for (let time = 0; time < 2; time++) await bench.kit[endpoint](lookup(assertion));
      secrets.push(assertion);
    }
    const events = JSON.stringify(bench.events);
    expect(bench.events.length).toBeGreaterThan(10);
    for (const secret of secrets) expect(events).not.toContain(secret);
  });

  it('a listener that fails changes nothing', async () => {
    bench.kit.get<OauthEvents>(OauthEvents).on('token.introspected', () => {
      throw new Error('broken');
    });
    const token = await tokenOf(bench.kit, client);
    expect(await told(bench.kit, client, token)).toMatchObject({ active: true });
  });
});

it('INT-017 a key that is not trusted any more takes its tokens with it', async () => {
  const { kit } = bench;
  const client = await caller(kit);
  const token = await tokenOf(kit, client);
  const [{ kid } = { kid: '' }] = await kit.admin.keys.list();
  await kit.admin.keys.rotate({ immediately: true });
  expect(await told(kit, client, token)).toMatchObject({ active: true });
  await kit.admin.keys.revoke(kid);
  kit.clock.time += 10;
  expect(await told(kit, client, token)).toStrictEqual(INACTIVE);
  expect(await told(kit, client, await tokenOf(kit, client))).toMatchObject({ active: true });
});
