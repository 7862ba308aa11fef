import { AuditLog, OauthEvents, type AuditEntry, type OauthModuleOptions } from 'nestjs-oauth-kit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FailureLog } from '../../src/nest/failure.log.js';
import type { RegistrationRefusalReason } from '../../src/oauth/events/oauth-event.js';
import { basic, echo, formRequest, openKit, type Kit } from '../support/echo.js';
import { API, REPORTS } from './introspection-support.js';
import { claimsOf, granted, GRANT, refused, register, turn } from './support.js';

const IP = '192.0.2.7';
const MOST_WAITING = 10_000;
const MOST_AT_ONCE = 500;

/** A log of the host's, that a test can stop and break. */
class HostLog extends AuditLog {
  readonly appends: (readonly AuditEntry[])[] = [];
  readonly entries: AuditEntry[] = [];
  failure: Error | undefined;
  private gate: Promise<void> = Promise.resolve();
  private open = () => {};

  async append(entries: readonly AuditEntry[]): Promise<void> {
    this.appends.push(entries);
    await this.gate;
    if (this.failure) throw this.failure;
    this.entries.push(...entries);
  }

  hang(): void {
    this.gate = new Promise((resolve) => (this.open = resolve));
  }

  release(): void {
    this.open();
  }
}

let log: HostLog;
let kit: Kit;
let told: string[];
/** Until a test closes it. */
const opened: Kit[] = [];

async function open(
  audit: { tokens?: boolean } = {},
  options: Partial<OauthModuleOptions> = {},
): Promise<void> {
  log = new HostLog();
  kit = await openKit({ audit: { log, ...audit }, failureLimits: false, ...options });
  opened.push(kit);
  told = [];
  vi.spyOn(kit.get<FailureLog>(FailureLog), 'report').mockImplementation((what) => void told.push(what));
}

const closed = async (): Promise<readonly AuditEntry[]> => {
  await opened.splice(0)[0]?.close();
  return log.entries;
};

afterEach(closed);

/** A token request from {@link IP}. */
const send = (form: Record<string, string>, headers: Record<string, string> = {}) =>
  kit.oauth.token({ request: { ...formRequest(form, headers), ip: IP } }, echo);

describe('a failed authentication', () => {
  it('leaves an entry: whom it claimed to be, when, from where, how and why', async () => {
    await open();
    await register(kit, { client_id: 'c1', labels: { tenant: 'blue' } });
    refused(await send(GRANT, basic('c1', 'wrong')));
    refused(await send(GRANT));
    const [, ...entries] = await closed();
    const about = { id: expect.any(String) as string, at: kit.clock.time, address: IP };
    const type = 'client.authentication_failed';
    expect(entries).toEqual([
      { ...about, type, subject: 'c1', detail: { method: 'client_secret_basic', reason: 'wrong_secret' } },
    ]);
  });

  it('of a client that there is not does not repeat its id: it may be a secret in the wrong field', async () => {
    await open();
    refused(await send(GRANT, basic('hunter2-hunter2-hunter2', 'c1')));
    const entries = await closed();
    expect(entries).toMatchObject([{ detail: { reason: 'unknown_client' } }]);
    expect(JSON.stringify(entries)).not.toMatch(/hunter2|subject|actor/);
  });

  it('what succeeds leaves none', async () => {
    await open();
    const client = await register(kit);
    granted(await send(GRANT, client.basic));
    await send({ ...GRANT, scope: 'nope' }, client.basic);
    expect((await closed()).map(({ type }) => type)).toEqual(['client.created']);
  });
});

describe('a registration that is refused', () => {
  const emit = (reason: RegistrationRefusalReason, clientId?: string) =>
    kit.get<OauthEvents>(OauthEvents).emit({ type: 'registration.refused', clientId, reason, address: IP });

  it('leaves an entry with the reason; with the id of a client that there is, any other may be the token', async () => {
    await open();
    emit('unknown_token');
    emit('unknown_token', 'c1');
    emit('client_disabled', 'c1');
    emit('wrong_client', 'hunter2');
    emit('throttled', 'hunter2');
    emit('no_token', 'hunter2');
    emit('malformed_token', 'hunter2');
    const entries = await closed();
    expect(entries.map(({ type, subject, detail }) => [type, subject, detail])).toEqual([
      ['registration.refused', undefined, { reason: 'unknown_token' }],
      ['registration.refused', 'c1', { reason: 'unknown_token' }],
      ['registration.refused', 'c1', { reason: 'client_disabled' }],
      ['registration.refused', undefined, { reason: 'wrong_client' }],
      ['registration.refused', undefined, { reason: 'malformed_token' }],
    ]);
    for (const entry of entries) expect(entry).toMatchObject({ at: kit.clock.time, address: IP });
  });
});

describe('tokens', () => {
  it.each([
    ['jwt', 'read', API],
    ['opaque', 'report', REPORTS],
  ])(
    '%s: with `audit.tokens`, its issue and its revocation leave entries',
    async (format, scope, audience) => {
      await open({ tokens: true });
      const client = await register(kit, { client_id: 'c1', labels: { tenant: 'blue' } });
      const { accessToken } = granted(await send({ ...GRANT, scope }, client.basic));
      await kit.revoke({ token: accessToken }, client.basic);
      const entries = (await closed()).filter(({ type }) => type.startsWith('token.'));
      const tokenId = entries[0]?.subject;
      if (format === 'jwt') expect(claimsOf(accessToken)['jti']).toBe(tokenId);
      const about = {
        id: expect.any(String) as string,
        at: kit.clock.time,
        actor: 'client:c1',
        subject: tokenId,
        tenant: 'blue',
      };
      const expires_at = kit.clock.time + 3600;
      expect(entries).toEqual([
        {
          ...about,
          type: 'token.issued',
          address: IP,
          detail: { audience, scope: [scope], format, grant_type: 'client_credentials', expires_at },
        },
        { ...about, type: 'token.revoked', detail: { format } },
      ]);
      expect(JSON.stringify(entries)).not.toContain(accessToken);
    },
  );
});

describe('many at once', () => {
  const fail = (count: number) => {
    const events = kit.get<OauthEvents>(OauthEvents);
    for (let failed = 0; failed < count; failed++) {
      const about = { method: 'client_secret_basic', reason: 'wrong_secret', address: IP };
      events.emit({ type: 'client.authentication_failed', clientId: 'c1', ...about });
    }
  };
  const dropped = () => told.map((line) => Number(/\((\d+)\)/.exec(line)?.[1]));
  const total = () => dropped().reduce((sum, each) => sum + each, 0);

  it('go in few appends, all of them, in their order', async () => {
    await open();
    fail(1);
    log.hang();
    await turn();
    fail(2000);
    expect(log.appends).toHaveLength(1);
    log.release();
    const entries = await closed();
    expect(log.appends.map(({ length }) => length)).toEqual([1, 500, 500, 500, 500]);
    const ids = entries.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(2001);
    expect(told).toEqual([]);
  });

  it('threat 37 50,000 with a log that hangs: a bounded number waits, the rest is told, tokens are issued', async () => {
    await open();
    const client = await register(kit, { client_id: 'c1' });
    log.hang();
    fail(50_000);
    granted(await send(GRANT, client.basic));
    refused(await send(GRANT, basic('c1', 'wrong')));
    expect(dropped()).toEqual([1]);
    kit.clock.time += 59;
    fail(1);
    expect(dropped()).toHaveLength(1);
    kit.clock.time += 1;
    fail(1);
    expect(dropped()).toHaveLength(2);
    log.release();
    const entries = await closed();
    expect(entries.length).toBeLessThanOrEqual(1 + MOST_WAITING + MOST_AT_ONCE);
    expect(entries.length).toBeGreaterThanOrEqual(1 + MOST_WAITING);
    expect(entries.length + total()).toBe(1 + 50_000 + 1 + 2);
    expect(told.length).toBeLessThanOrEqual(3);
    for (const line of told) expect(line).toMatch(/^Entries of the audit log are lost \(\d+\)$/);
  });

  it('with a log that fails: what is lost is told once a minute, and what comes after it is written', async () => {
    await open();
    log.failure = new Error('disk is full');
    for (let time = 0; time < 5; time++) {
      fail(3);
      await turn();
      await turn();
    }
    expect(dropped()).toEqual([3]);
    log.failure = undefined;
    kit.clock.time += 60;
    fail(2);
    await turn();
    await turn();
    expect(dropped()).toEqual([3, 12]);
    expect(await closed()).toHaveLength(2);
    expect(total()).toBe(15);
  });

  it('with a log that never answers: few appends are begun, and when it answers the rest is written', async () => {
    await open();
    log.hang();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      fail(MOST_WAITING);
      for (let round = 0; round < 15; round++) {
        await turn();
        await turn();
        await vi.advanceTimersByTimeAsync(5000);
      }
    } finally {
      vi.useRealTimers();
    }
    expect(log.appends).toHaveLength(10);
    log.release();
    expect(await closed()).toHaveLength(MOST_WAITING);
    expect(total()).toBe(10 * MOST_AT_ONCE);
  });

  it('with a log that throws: told likewise', async () => {
    await open();
    vi.spyOn(log, 'append').mockImplementation(() => {
      throw new Error('thrown');
    });
    fail(2);
    await closed();
    expect(total()).toBe(2);
  });

  it('a log that never answers does not hold up the end for ever, and what is lost is told', async () => {
    await open();
    log.hang();
    fail(700);
    await turn();
    await turn();
    expect(await closed()).toEqual([]);
    expect(total()).toBe(700);
  });
});
