import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeApis, openApi, type Api } from './api.js';
import { FakeIssuer, INTROSPECT, json, type Reply } from './fake-issuer.js';

let issuer: FakeIssuer;

beforeEach(async () => {
  issuer = await FakeIssuer.open();
});

afterEach(async () => {
  await closeApis();
  await issuer.close();
});

function open(cache?: number): Promise<Api> {
  const authentication = { method: 'client_secret_basic', secret: 'word' } as const;
  const introspection = { clientId: 'api', authentication, cache };
  return openApi({ issuer: issuer.url, clock: issuer.clock, introspection });
}

const inactive = json({ active: false });
const later =
  (reply: Reply): Reply =>
  (response, seen) =>
    void setImmediate(() => reply(response, seen));

describe('INT-024 what was said of a token', () => {
  it('is not kept unless the host wants it, nor shared by requests at the same time', async () => {
    const api = await open();
    expect([await api.status('one'), await api.status('one')]).toEqual([200, 200]);
    await Promise.all([api.status('one'), api.status('one'), api.status('one')]);
    expect(issuer.count(INTROSPECT)).toBe(5);
    issuer.replies.set(INTROSPECT, inactive);
    expect(await api.status('one')).toBe(401);
  });

  it('is kept for so many seconds, for this token alone', async () => {
    const api = await open(60);
    expect(await api.status('one')).toBe(200);
    issuer.replies.set(INTROSPECT, inactive);
    issuer.clock.time += 59;
    expect([await api.status('one'), await api.status('two')]).toEqual([200, 401]);
    issuer.clock.time += 1;
    expect(await api.status('one')).toBe(401);
  });

  it('is never kept beyond the end of the token', async () => {
    issuer.replies.set(INTROSPECT, json(issuer.active({ exp: issuer.clock.time + 30 })));
    const api = await open(300);
    expect(await api.status('one')).toBe(200);
    issuer.clock.time += 29;
    expect(await api.status('one')).toBe(200);
    expect(issuer.count(INTROSPECT)).toBe(1);
    issuer.replies.set(INTROSPECT, inactive);
    issuer.clock.time += 1;
    expect(await api.status('one')).toBe(401);
  });

  it('is not kept when it was no, or when there was no answer', async () => {
    const api = await open(300);
    issuer.replies.set(INTROSPECT, json(issuer.active({ active: false })));
    expect(await api.status('one')).toBe(401);
    issuer.replies.set(INTROSPECT, json({}, {}, 500));
    expect(await api.status('one')).toBe(503);
    issuer.replies.set(INTROSPECT, json(issuer.active()));
    expect(await api.status('one')).toBe(200);
  });

  it('is forgotten when the clock is put back', async () => {
    const api = await open(300);
    expect(await api.status('one')).toBe(200);
    issuer.replies.set(INTROSPECT, inactive);
    issuer.clock.time -= 1;
    expect(await api.status('one')).toBe(401);
  });

  it('is asked once for many requests at the same time', async () => {
    issuer.replies.set(INTROSPECT, later(json(issuer.active())));
    const api = await open(60);
    await api.status('warm');
    const statuses = await Promise.all(Array.from({ length: 50 }, () => api.status('one')));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(issuer.count(INTROSPECT)).toBe(2);
  });

  it('cannot be changed by a handler', async () => {
    issuer.replies.set(INTROSPECT, json(issuer.active({ tenant: { name: 'blue' } })));
    const api = await open(60);
    for (let request = 0; request < 2; request++) {
      expect((await api.get('/orders/changing', 'one')).body).toEqual({ tenant: { name: 'blue' } });
    }
  });
});
