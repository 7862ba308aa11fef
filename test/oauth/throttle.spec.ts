import { MemoryPersistence, OauthEvents, type OauthModuleOptions } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureLog } from '../../src/nest/failure.log.js';
import { basic, echo, formRequest, openKit, type Kit, type Outcome } from '../support/echo.js';
import { Bench, formOf, INVALID_CLIENT } from './assertions.js';
import { Faults, granted, GRANT, refused, register, rendered, sharing, type Registered } from './support.js';

const HERE = '192.0.2.1';
const ELSEWHERE = '198.51.100.9';
const LIMITS = { perClient: 3, perAddress: 7, window: 60 };

let kits: Kit[];
let store: MemoryPersistence;
let faults: Faults;

beforeEach(() => {
  kits = [];
  store = new MemoryPersistence();
  faults = new Faults();
});

afterEach(async () => {
  for (const kit of kits) await kit.close();
});

/** An instance on the one store and the one clock. */
async function open(
  failureLimits: OauthModuleOptions['failureLimits'],
  options: Partial<OauthModuleOptions> = {},
): Promise<Kit> {
  const clock = kits[0]?.clock;
  const shared = { persistence: sharing(store, faults), ...(clock && { clock }) };
  const opened = await openKit({
    ...shared,
    ...(failureLimits !== undefined && { failureLimits }),
    ...options,
  });
  const kit = clock ? { ...opened, clock } : opened;
  kits.push(kit);
  return kit;
}

/** A token request from this address. */
function send(
  kit: Kit,
  ip: string | undefined,
  headers: Record<string, string>,
  form = {},
): Promise<Outcome> {
  return kit.oauth.token({ request: { ...formRequest({ ...GRANT, ...form }, headers), ip } }, echo);
}

/** The statuses of so many requests with a wrong secret, one after the other. */
async function guess(kit: Kit, id: string, times: number, ip: string | undefined = HERE): Promise<number[]> {
  const statuses: number[] = [];
  for (let time = 0; time < times; time++) {
    statuses.push(refused(await send(kit, ip, basic(id, `guess ${time}`))).status);
  }
  return statuses;
}

const times = (count: number, status: number): number[] => Array<number>(count).fill(status);
const status = (outcome: Outcome): number => ('error' in outcome ? outcome.error.status : 200);

async function statusOf(kit: Kit, client: Registered, ip: string | undefined = HERE): Promise<number> {
  return status(await send(kit, ip, client.basic));
}

describe('threat 38 TOK-051 failed authentications', () => {
  it('reach the limit of the client at the address; then even the right secret has to wait', async () => {
    const kit = await open(LIMITS);
    const client = await register(kit);
    expect(await guess(kit, client.id, 5)).toEqual([...times(3, 401), 429, 429]);
    const error = refused(await send(kit, HERE, client.basic));
    expect(error).toMatchObject({ status: 429, code: 'temporarily_unavailable' });
    expect(error.headers).toEqual({ 'Cache-Control': 'no-store', Pragma: 'no-cache', 'Retry-After': '60' });
    expect(error.description).toBe('Too many failures. Try again in 60 seconds.');
  });

  it('never lock out the client at another address, nor another client at this one', async () => {
    const kit = await open(LIMITS);
    const [client, neighbour] = [await register(kit), await register(kit)];
    await guess(kit, client.id, 100);
    expect(await statusOf(kit, client)).toBe(429);
    expect(await statusOf(kit, client, ELSEWHERE)).toBe(200);
    expect(await statusOf(kit, neighbour)).toBe(200);
    for (let address = 2; address < 60; address++) await guess(kit, client.id, 1, `192.0.2.${address}`);
    expect(await statusOf(kit, client, ELSEWHERE)).toBe(200);
  });

  it('reach the limit of the address, whichever clients they name or none', async () => {
    const kit = await open(LIMITS);
    const client = await register(kit);
    for (let guessed = 0; guessed < 3; guessed++) await guess(kit, `nobody-${guessed}`, 1);
    for (let sent = 0; sent < 3; sent++) {
      expect(status(await send(kit, HERE, { authorization: 'Basic %%%' }))).toBe(401);
    }
    expect(await statusOf(kit, client)).toBe(200);
    await guess(kit, 'nobody', 1);
    expect(await statusOf(kit, client)).toBe(429);
    expect(await statusOf(kit, client, ELSEWHERE)).toBe(200);
  });

  it('are counted from the first for the window, whose end lets in; Retry-After counts down', async () => {
    const kit = await open(LIMITS);
    const client = await register(kit);
    await guess(kit, client.id, 1);
    kit.clock.time += 50;
    await guess(kit, client.id, 2);
    expect(refused(await send(kit, HERE, client.basic)).headers['Retry-After']).toBe('10');
    kit.clock.time += 9;
    expect(refused(await send(kit, HERE, client.basic)).headers['Retry-After']).toBe('1');
    kit.clock.time += 1;
    expect(await statusOf(kit, client)).toBe(200);
    expect(await guess(kit, client.id, 4)).toEqual([...times(3, 401), 429]);
  });

  it('a wait is not made longer by those who do not wait', async () => {
    const kit = await open(LIMITS);
    const client = await register(kit);
    await guess(kit, client.id, 3);
    for (let second = 0; second < 60; second++) {
      expect(await guess(kit, client.id, 2)).toEqual([429, 429]);
      kit.clock.time += 1;
    }
    expect(await statusOf(kit, client)).toBe(200);
  });

  it('a success between them does not clear the count', async () => {
    const kit = await open(LIMITS);
    const client = await register(kit);
    await guess(kit, client.id, 2);
    expect(await statusOf(kit, client)).toBe(200);
    expect(await guess(kit, client.id, 2)).toEqual([401, 429]);
  });

  it('are 100 of a client and 1000 of an address within a minute, unless the host says otherwise', async () => {
    const kit = await open(undefined);
    const client = await register(kit);
    expect(await guess(kit, client.id, 101)).toEqual([...times(100, 401), 429]);
    for (let other = 0; other < 9; other++)
      expect(await guess(kit, `n${other}`, 100)).toEqual(times(100, 401));
    expect(status(await send(kit, HERE, basic('another', 'x')))).toBe(429);
    kit.clock.time += 60;
    expect(await statusOf(kit, client)).toBe(200);
  });

  it('of all kinds count: assertions, replays, wrong methods; malformed requests and bad scopes do not', async () => {
    const bench = await Bench.open({ failureLimits: LIMITS });
    kits.push(bench.kit);
    const party = await bench.client();
    const form = formOf(await bench.assertion(party));
    expect(status(await send(bench.kit, HERE, {}, form))).toBe(200);
    for (let count = 0; count < 5; count++) {
      const again = await bench.assertion(party);
      expect(status(await send(bench.kit, HERE, {}, { ...formOf(again), scope: 'nope' }))).toBe(400);
      expect(status(await send(bench.kit, HERE, basic('x', 'x'), { client_secret: 'x' }))).toBe(400);
      expect(status(await send(bench.kit, HERE, {}))).toBe(401);
    }
    expect(status(await send(bench.kit, HERE, {}, form))).toBe(401);
    const late = formOf(await bench.assertion(party, { exp: bench.now - 60 }));
    expect(status(await send(bench.kit, HERE, {}, late))).toBe(401);
    expect(status(await send(bench.kit, HERE, basic(party.id, 'x')))).toBe(401);
    expect(status(await send(bench.kit, HERE, {}, formOf(await bench.assertion(party))))).toBe(429);
  });

  it('two hundred at once are counted all', async () => {
    const kit = await open({ perClient: 200, perAddress: 10_000 });
    const client = await register(kit);
    const all = Array.from({ length: 200 }, () => guess(kit, client.id, 1));
    expect((await Promise.all(all)).flat()).toEqual(times(200, 401));
    expect(await statusOf(kit, client)).toBe(429);
  });

  it('what was refused with 429 was looked at by nobody: the store is not asked', async () => {
    const kit = await open(LIMITS, { clientCacheLifetime: 0 });
    const client = await register(kit);
    await guess(kit, client.id, 3);
    faults.calls.length = 0;
    expect(await statusOf(kit, client)).toBe(429);
    expect(faults.calls).toEqual([]);
  });

  it('TOK-050 an unknown client has to wait as a known one has, and with the same answer', async () => {
    const kit = await open(LIMITS);
    const client = await register(kit);
    const answers = await Promise.all(
      [client.id, 'nobody'].map(async (id) => {
        await guess(kit, id, 3, id === 'nobody' ? ELSEWHERE : HERE);
        return rendered(refused(await send(kit, id === 'nobody' ? ELSEWHERE : HERE, basic(id, 'x'))));
      }),
    );
    expect(answers[0]).toBe(answers[1]);
  });
});

describe('the address', () => {
  it.each([
    ['of IPv6 is its /64', '2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', 429],
    ['of IPv6 in the next /64 is another', '2001:db8:1:2::1', '2001:db8:1:3::1', 200],
    ['of IPv4 in IPv6 is that of IPv4', '::ffff:192.0.2.1', '192.0.2.1', 429],
    ['of IPv4 is one, not its network', '192.0.2.1', '192.0.2.2', 200],
  ])('%s', async (_, from, to, expected) => {
    const kit = await open(LIMITS);
    const client = await register(kit);
    await guess(kit, client.id, 3, from);
    expect(await statusOf(kit, client, to)).toBe(expected);
  });

  it('that the platform does not tell is never throttled', async () => {
    const kit = await open({ perClient: 1, perAddress: 1 });
    const client = await register(kit);
    for (let time = 0; time < 20; time++) {
      expect(status(await kit.token(GRANT, basic(client.id, 'x')))).toBe(401);
    }
    granted(await kit.token(GRANT, client.basic));
  });

  it('is the peer’s, whatever headers claim', async () => {
    const kit = await open(LIMITS);
    const client = await register(kit);
    for (let time = 0; time < 3; time++) {
      await send(kit, HERE, { ...basic(client.id, 'x'), 'x-forwarded-for': `203.0.113.${time}` });
    }
    const headers = { ...client.basic, 'x-forwarded-for': ELSEWHERE, forwarded: `for=${ELSEWHERE}` };
    expect(status(await send(kit, HERE, headers))).toBe(429);
  });
});

describe('failureLimits', () => {
  it('false: as often as one likes', async () => {
    const kit = await open(false);
    const client = await register(kit);
    expect(await guess(kit, client.id, 1100)).toEqual(times(1100, 401));
    expect(await statusOf(kit, client)).toBe(200);
    expect(faults.count('failureCounts.increment')).toBe(0);
  });

  it('perClient: 1 stops the second guess', async () => {
    const kit = await open({ perClient: 1 });
    const client = await register(kit);
    expect(await guess(kit, client.id, 2)).toEqual([401, 429]);
  });

  it('in memory each instance counts for itself, and asks no store', async () => {
    const [one, other] = [await open(LIMITS), await open(LIMITS)];
    const client = await register(one);
    expect(await guess(one, client.id, 4)).toEqual([...times(3, 401), 429]);
    expect(await statusOf(other, client)).toBe(200);
    expect(faults.calls.filter((call) => call.startsWith('failureCounts'))).toEqual([]);
  });
});

describe('failureLimits.store: database', () => {
  const SHARED = { ...LIMITS, store: 'database' } as const;

  it('TOK-051 is one count for all instances', async () => {
    const [one, other] = [await open(SHARED), await open(SHARED)];
    const client = await register(one);
    expect(await guess(one, client.id, 2)).toEqual(times(2, 401));
    expect(await guess(other, client.id, 2)).toEqual([401, 429]);
    expect(await guess(one, client.id, 2)).toEqual([401, 429]);
    expect(await statusOf(one, client, ELSEWHERE)).toBe(200);
    one.clock.time += 60;
    for (const kit of [one, other]) expect(await statusOf(kit, client)).toBe(200);
  });

  it('keeps neither ids nor addresses, but digests', async () => {
    const kit = await open(SHARED);
    const increment = vi.spyOn(store.failureCounts, 'increment');
    await guess(kit, 'a-client', 1);
    expect(increment.mock.calls).toHaveLength(2);
    for (const [key, now, end] of increment.mock.calls) {
      expect(key).toMatch(/^[0-9a-f]{64}$/);
      expect([now, end]).toEqual([kit.clock.now(), kit.clock.now() + 60]);
    }
  });

  it('costs a success nothing: the counts are not asked', async () => {
    const kit = await open(SHARED);
    const client = await register(kit);
    await guess(kit, client.id, 1);
    faults.calls.length = 0;
    for (let time = 0; time < 5; time++) expect(await statusOf(kit, client)).toBe(200);
    expect(faults.calls.filter((call) => call.startsWith('failureCounts'))).toEqual([]);
  });

  it('threat 39 that is down leaves 401 as it is, counts in memory meanwhile, and is logged', async () => {
    const kit = await open(SHARED);
    const client = await register(kit);
    const report = vi.spyOn(kit.get<FailureLog>(FailureLog), 'report');
    faults.reject('failureCounts.increment', new Error('connect ECONNREFUSED 10.0.0.7 password=hunter2'));
    const error = refused(await send(kit, HERE, basic(client.id, 'x')));
    expect(rendered(error)).toBe(INVALID_CLIENT);
    expect(await statusOf(kit, client)).toBe(200);
    expect(await guess(kit, client.id, 3)).toEqual([401, 401, 429]);
    expect(report).toHaveBeenCalledTimes(1);
    expect(report.mock.calls[0]?.[0]).toMatch(/counted in this process alone/);
  });

  it('tells the event the same', async () => {
    const kit = await open(SHARED);
    const waits: number[] = [];
    const events = kit.get<OauthEvents>(OauthEvents);
    events.on('client.authentication_throttled', ({ retryAfter }) => void waits.push(retryAfter));
    await guess(kit, 'nobody', 3);
    kit.clock.time += 13;
    const error = refused(await send(kit, HERE, basic('nobody', 'x')));
    expect([...waits, error.headers['Retry-After']]).toEqual([47, '47']);
  });
});
