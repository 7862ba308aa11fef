import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { closeApis, openApi, type Api } from './api.js';
import { FakeIssuer, INTROSPECT, json, METADATA } from './fake-issuer.js';

let issuer: FakeIssuer;

beforeEach(async () => {
  issuer = await FakeIssuer.open();
});

afterEach(async () => {
  await closeApis();
  await issuer.close();
});

function open(timeout = 5): Promise<Api> {
  const authentication = { method: 'client_secret_basic', secret: 'word' } as const;
  const introspection = { clientId: 'api', authentication };
  return openApi({ issuer: issuer.url, clock: issuer.clock, introspection, timeout });
}

/** What the log says of introspections at this issuer: earlier ones may still have something to say. */
const linesOf = (api: Api): string[] =>
  api.log.lines.filter((line) => line.includes(`could not be introspected at ${issuer.url}`));

const tokens = (count: number, name: string): string[] =>
  Array.from({ length: count }, (_, n) => `a-token-${name}-${n}`);

/** Holds every introspection, and counts how many there are at a time. */
function hold() {
  const held = new Set<ServerResponse>();
  const state = { most: 0, all: 0 };
  issuer.replies.set(INTROSPECT, (response) => {
    held.add(response);
    state.all++;
    state.most = Math.max(state.most, held.size);
  });
  const cut = () => {
    for (const response of held) {
      held.delete(response);
      response.socket?.destroy();
    }
  };
  return { held, state, cut };
}

describe('INT-022 an issuer that hangs', () => {
  it('sees 256 requests at a time, as many wait, the rest is refused at once; all is well when it is back', async () => {
    const api = await open(30);
    expect(await api.status('warm')).toBe(200);
    const { held, state, cut } = hold();
    const statuses: number[] = [];
    const requests = tokens(600, 'x').map(async (token) => statuses.push(await api.status(token)));
    await vi.waitFor(
      () => {
        expect(held.size).toBe(256);
        expect(statuses).toHaveLength(600 - 256 - 256);
      },
      { timeout: 20_000 },
    );
    expect(state).toEqual({ most: 256, all: 256 });
    cut();
    await vi.waitFor(() => expect(held.size).toBe(256), { timeout: 20_000 });
    cut();
    await Promise.all(requests);
    expect(statuses).toHaveLength(600);
    expect(new Set(statuses)).toEqual(new Set([503]));
    expect(state).toEqual({ most: 256, all: 512 });
    expect(linesOf(api)).toEqual([expect.stringContaining('too many requests to the issuer are waiting')]);
    issuer.replies.set(INTROSPECT, json(issuer.active()));
    const later = await Promise.all(tokens(300, 'y').map((token) => api.status(token)));
    expect(later).toEqual(Array.from({ length: 300 }, () => 200));
  });

  it('a request whose time is over makes room', async () => {
    const api = await open(2);
    expect(await api.status('warm')).toBe(200);
    issuer.replies.set(INTROSPECT, () => undefined);
    const hung = await Promise.all(tokens(300, 'x').map((token) => api.status(token)));
    expect(new Set(hung)).toEqual(new Set([503]));
    issuer.replies.set(INTROSPECT, json(issuer.active()));
    expect(await api.status('later')).toBe(200);
  });
});

describe('INT-022 what the log says of an outage', () => {
  it('is one line every ten seconds, however many requests fail, and never a token', async () => {
    issuer.replies.set(INTROSPECT, json({}, {}, 500));
    const api = await open();
    const ask = async (name: string) => {
      const statuses = await Promise.all(tokens(50, name).map((token) => api.status(token)));
      expect(new Set(statuses)).toEqual(new Set([503]));
    };
    await ask('x');
    expect(linesOf(api)).toEqual([expect.stringContaining('answered with status 500')]);
    issuer.clock.time += 9;
    await ask('y');
    expect(linesOf(api)).toHaveLength(1);
    issuer.clock.time += 1;
    await ask('z');
    expect(linesOf(api)).toHaveLength(2);
    expect(issuer.count(INTROSPECT)).toBe(150);
    expect(api.log.text).not.toMatch(/a-token/);
  });

  it('goes on when the clock is put back', async () => {
    issuer.replies.set(INTROSPECT, json({}, {}, 500));
    const api = await open();
    await api.status('one');
    issuer.clock.time -= 5_000;
    await api.status('two');
    expect(linesOf(api)).toHaveLength(2);
  });

  it('is told once, by the metadata, where that cannot be read', async () => {
    issuer.replies.set(METADATA, json({}, {}, 500));
    const api = await open();
    expect([await api.status('one'), await api.status('two')]).toEqual([503, 503]);
    expect(linesOf(api)).toEqual([]);
    expect(api.log.lines.filter((line) => line.includes(`metadata of ${issuer.url}`))).toHaveLength(1);
  });
});
