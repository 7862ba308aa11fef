import { ImportedHashes, MemoryPersistence, OauthEvents, type OauthModuleOptions } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { basic, echo, formRequest, openKit, type Kit, type Outcome } from '../support/echo.js';
import { Bench, formOf, INVALID_CLIENT, publicJwk, RecordingFetcher } from './assertions.js';
import { granted, GRANT, refused, register, rendered, sharing, turn, type Registered } from './support.js';

const HERE = '192.0.2.1';
const ELSEWHERE = '198.51.100.9';

let kits: Kit[];
let store: MemoryPersistence;

beforeEach(() => {
  kits = [];
  store = new MemoryPersistence();
});

afterEach(async () => {
  for (const kit of kits) await kit.close();
});

async function open(
  failureLimits: OauthModuleOptions['failureLimits'],
  options: Partial<OauthModuleOptions> = {},
): Promise<Kit> {
  const kit = await openKit({ persistence: sharing(store), failureLimits, ...options });
  kits.push(kit);
  return kit;
}

/** A token request from this address. */
function send(kit: Kit, ip: string, headers: Record<string, string>, form = {}): Promise<Outcome> {
  return kit.oauth.token({ request: { ...formRequest({ ...GRANT, ...form }, headers), ip } }, echo);
}

const times = (count: number, status: number): number[] => Array<number>(count).fill(status);
const statusOf = (outcome: Outcome): number => ('error' in outcome ? outcome.error.status : 200);

describe('threat 38 guesses that are sent at the same time', () => {
  const MANY = 3000;
  const BOUNDS = { perClient: 100, perAddress: 100_000, window: 60 };

  /** The store, each call of which takes a turn of the event loop. */
  function slow(): MemoryPersistence {
    const slowly = <T extends object>(part: T): T =>
      new Proxy(part, {
        get: (target, key) => {
          const member: unknown = Reflect.get(target, key, target);
          if (typeof member !== 'function') return member;
          return async (...args: unknown[]): Promise<unknown> => {
            await turn();
            return member.apply(target, args) as unknown;
          };
        },
      });
    const parts = { clients: slowly(store.clients), failureCounts: slowly(store.failureCounts) };
    return Object.assign(Object.create(store) as MemoryPersistence, parts);
  }

  /** Many wrong secrets with the right one at this place among them; none waits for another. */
  async function flood(kit: Kit, client: Registered, place: number, from: (at: number) => string) {
    const sent = Array.from({ length: MANY }, (_, at) =>
      send(kit, from(at), at === place ? client.basic : basic(client.id, `guess ${at}`)),
    );
    return (await Promise.all(sent)).map(statusOf);
  }

  it.each([
    ['memory', 100],
    ['memory', 1500],
    ['memory', MANY - 1],
    ['database', 100],
    ['database', 1500],
    ['database', MANY - 1],
  ] as const)('%s: past the limit the right one is not let in, at place %i', async (where, place) => {
    const kit = await open(
      { ...BOUNDS, store: where },
      { persistence: sharing(slow()), clientCacheLifetime: 0 },
    );
    const client = await register(kit);
    const told: string[] = [];
    kit.get<OauthEvents>(OauthEvents).on('*', ({ type }) => void told.push(type));
    const statuses = await flood(kit, client, place, () => HERE);
    expect(statuses.filter((each) => each === 401)).toHaveLength(100);
    expect(statuses.filter((each) => each === 429)).toHaveLength(MANY - 100);
    expect(told.filter((type) => type === 'client.authentication_failed')).toHaveLength(100);
    expect(told.filter((type) => type === 'client.authentication_throttled')).toHaveLength(MANY - 100);
    granted(await send(kit, ELSEWHERE, client.basic));
  });

  it('memory: of an address, whichever clients they name', async () => {
    const kit = await open({ ...BOUNDS, perClient: 10_000, perAddress: 100 });
    const client = await register(kit);
    const sent = Array.from({ length: MANY }, (_, at) =>
      send(kit, HERE, at === 1500 ? client.basic : basic(`nobody-${at}`, 'x')),
    );
    const statuses = (await Promise.all(sent)).map(statusOf);
    expect(statuses.filter((each) => each !== 429)).toEqual(times(100, 401));
    granted(await send(kit, ELSEWHERE, client.basic));
  });

  it('a right one from another address among them is let in', async () => {
    const kit = await open(BOUNDS);
    const client = await register(kit);
    const statuses = await flood(kit, client, 1500, (at) => (at === 1500 ? ELSEWHERE : HERE));
    expect(statuses.filter((each) => each !== 429)).toEqual([...times(100, 401), 200]);
  });

  it('a right one whose verification has begun before the limit was reached, and ends after it, waits', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    class HeldHashes extends ImportedHashes {
      refusal(): Promise<string | undefined> {
        return Promise.resolve(undefined);
      }

      async verify(_: string, secret: string): Promise<boolean> {
        if (secret === 'right') await held;
        return secret === 'right';
      }
    }
    const kit = await open({ perClient: 3, perAddress: 7 }, { importedHashes: new HeldHashes() });
    const { client } = await kit.admin.clients.create({ client_secret_hash: '$any' });
    const right = send(kit, HERE, basic(client.id, 'right'));
    const elsewhere = send(kit, ELSEWHERE, basic(client.id, 'right'));
    const guesses: number[] = [];
    for (let at = 0; at < 4; at++)
      guesses.push(statusOf(await send(kit, HERE, basic(client.id, `guess ${at}`))));
    expect(guesses).toEqual([...times(3, 401), 429]);
    release();
    expect(statusOf(await right)).toBe(429);
    expect(statusOf(await elsewhere)).toBe(200);
  });
});

describe('keys of a client that cannot be fetched', () => {
  it('AUTH-031 count for nothing: always 401, and the client works once they can be', async () => {
    const jwksFetcher = new RecordingFetcher();
    const bench = await Bench.open({
      clientAssertions: { jwksFetcher },
      failureLimits: { perClient: 100, perAddress: 100, window: 86_400 },
    });
    kits.push(bench.kit);
    const party = await bench.client('ES256', { jwks_uri: 'https://keys.example/jwks' });
    const attempt = async () => {
      return send(bench.kit, HERE, {}, formOf(await bench.assertion(party)));
    };
    for (let count = 0; count < 130; count++) {
      expect(rendered(refused(await attempt()))).toBe(INVALID_CLIENT);
      if (count % 10 === 0) bench.kit.clock.time += 60;
    }
    const failed = bench.events.flatMap((event) => ('reason' in event ? [event.reason] : []));
    expect(failed).toEqual(Array<string>(130).fill('keys_unavailable'));
    jwksFetcher.keys = [publicJwk(party.key)];
    bench.kit.clock.time += 60;
    expect(statusOf(await attempt())).toBe(200);
    const forger = await bench.client();
    for (let count = 0; count < 100; count++) {
      const forged = await bench.assertion({ ...party, key: forger.key });
      expect(statusOf(await send(bench.kit, HERE, {}, formOf(forged)))).toBe(401);
    }
    expect(statusOf(await attempt())).toBe(429);
  });
});
