import { AuditLog, OauthEvents, type AuditEntry, type OauthEvent } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureLog } from '../../src/nest/failure.log.js';
import { ADMINISTRATIVE_ACTIONS } from '../../src/oauth/events/oauth-event.js';
import { basic, echo, formRequest, openKit, type Kit } from '../support/echo.js';
import { ACTIONS, newClient } from './audit-actions.js';
import { faulty, granted, GRANT, register, type Faults, type Registered } from './support.js';

const ANN = { name: 'ann@example.com', address: '192.0.2.9' };
const LONG_AGO = 1_700_000_000;

let kit: Kit;
let faults: Faults;
let events: OauthEvent[];
let client: Registered;

beforeEach(async () => {
  const made = faulty();
  faults = made.faults;
  const audit = { log: 'database', tokens: true } as const;
  kit = await openKit({ persistence: made.persistence, audit, keyEncryptionSecret: 'k'.repeat(32) });
  events = [];
  kit.get<OauthEvents>(OauthEvents).on('*', (event) => void events.push(event));
  client = await newClient(kit);
});

afterEach(() => kit.close());

const text = expect.any(String) as string;
const entriesOf = async (actor: string) => (await kit.admin.audit.list({ actor, limit: 500 })).entries;

describe('what an operator does', () => {
  it.each(ADMINISTRATIVE_ACTIONS)('%s: one event and one entry, with who, what, when and from where', async (type) => {
    const { before = [], ...change } = await ACTIONS[type](kit.admin.by(ANN), { kit, client });
    const told = [...before, { type, ...change }].map((each) => ({
      at: kit.clock.time, actor: ANN.name, address: ANN.address, detail: expect.anything() as object, ...each,
    }));
    const heard = events.filter((event) => 'actor' in event && event.actor === ANN.name);
    expect(heard).toEqual(told);
    const entries = await entriesOf(ANN.name);
    expect(entries).toEqual(told.map((each) => ({ id: text, ...each })).reverse());
    expect(entries[0]?.id).toMatch(/^[0-9a-f]{32}$/);
    expect(Number.parseInt(entries[0]?.id.slice(0, 10) ?? '', 16)).toBe(kit.clock.time);
  }); // prettier-ignore

  it('is the host’s doing where nobody is named', async () => {
    await kit.admin.clients.disable('c1');
    expect((await entriesOf('host')).map(({ type }) => type)).toEqual(['client.disabled', 'client.created']);
    expect((await entriesOf('host'))[0]).not.toHaveProperty('address');
  });

  it('leaves nothing where it is refused, or fails before anything is changed', async () => {
    const ann = kit.admin.by(ANN);
    const refusals = [
      () => ann.clients.create({ client_id: 'c1' }),
      () => ann.clients.update('c1', { scope: 7 }),
      () => ann.clients.update('c1', { client_name: 'x' }, { revision: 99 }),
      () => ann.clients.disable('nobody'),
      () => ann.secrets.revoke('c1', 'none'),
      () => ann.tokens.revoke('c1', 'none'),
      () => ann.keys.revoke('none'),
    ];
    for (const refusal of refusals) await expect(refusal()).rejects.toThrow();
    faults.reject('clients.find', new Error('down'));
    await expect(ann.clients.disable('c1')).rejects.toMatchObject({ status: 503 });
    faults.clear();
    expect(await entriesOf(ANN.name)).toEqual([]);
    expect(events.filter((event) => 'actor' in event && event.actor === ANN.name)).toEqual([]);
  });

  it('by several, each under its own name, and the admin itself is not changed by `by`', async () => {
    const [ann, bob] = [kit.admin.by(ANN), kit.admin.by({ name: 'bob' })];
    await bob.clients.disable('c1');
    await ann.by({ name: 'carl' }).clients.enable('c1');
    await ann.clients.disable('c1');
    await kit.admin.clients.enable('c1');
    const { entries } = await kit.admin.audit.list({ limit: 4 });
    expect(entries.map(({ actor, type }) => `${actor} ${type}`)).toEqual([
      'host client.enabled', 'ann@example.com client.disabled', 'carl client.enabled', 'bob client.disabled',
    ]); // prettier-ignore
  });

  it('a name and an address of any kind are kept as printable ASCII of a bounded length', async () => {
    await kit.admin
      .by({ name: `a\nb\u001b[2J é${'x'.repeat(300)}`, address: '1'.repeat(70) })
      .clients.disable('c1');
    await kit.admin.by({ name: '' }).clients.enable('c1');
    const [unnamed, named] = (await kit.admin.audit.list()).entries;
    expect(named?.actor).toBe(`a?b?[2J ?${'x'.repeat(246)}`);
    expect(named?.address).toBe('1'.repeat(64));
    expect(unnamed).not.toHaveProperty('actor');
  });

  it.each([
    [42, '42'],
    [Promise.resolve('ann'), '[object Promise]'],
    [['ann', 'bob'], 'ann,bob'],
    [Object.create(null), '?'],
    [undefined, undefined],
  ])('by an actor that is no text is told all the same: %s', async (name, actor) => {
    await kit.admin.by({ name: name as string, address: 7 as unknown as string }).clients.disable('c1');
    const [entry] = (await kit.admin.audit.list()).entries;
    expect(entry).toMatchObject({ type: 'client.disabled', address: '7' });
    expect(entry?.actor).toBe(actor);
    expect(events.at(-1)).toMatchObject({ type: 'client.disabled', actor: actor ?? '' });
  });

  it('with very long lists is kept with their beginnings', async () => {
    const scopes = Array.from({ length: 60 }, (_, index) => `scope-${index}`);
    await kit.admin.resourceServers.create('https://a.example/x', {
      scopes: [...scopes, 'y'.repeat(255)].reverse(),
    });
    const [entry] = (await kit.admin.audit.list()).entries;
    const told = entry?.detail['scopes'] as readonly string[];
    expect([told.length, told.at(-1), told[0]?.length]).toEqual([51, '...', 255]);
  });

  it('is in the order in which it happened, within a second and when the clock goes back', async () => {
    for (let time = 0; time < 5; time++) {
      await kit.admin.by({ name: String(time) }).clients.update('c1', { client_name: String(time) });
    }
    const { entries } = await kit.admin.audit.list({ type: 'client.updated' });
    expect(entries.map(({ actor }) => actor)).toEqual(['4', '3', '2', '1', '0']);
    kit.clock.time = LONG_AGO;
    await kit.admin.clients.disable('c1');
    expect((await kit.admin.audit.list()).entries.at(-1)).toMatchObject({
      type: 'client.disabled',
      at: LONG_AGO,
    });
  });
});

describe('the tenant', () => {
  it('is the label of the client, whatever a request says', async () => {
    const form = { ...GRANT, tenant: 'red', labels: '{"tenant":"red"}' };
    const request = formRequest(
      form,
      { ...client.basic, tenant: 'red', 'x-tenant': 'red' },
      '/oauth/token?tenant=red',
    );
    granted(await kit.oauth.token({ request }, echo));
    await kit.token({ ...form, scope: 'nope' }, client.basic);
    const about = events.filter((event) => 'clientId' in event && event.clientId === 'c1');
    expect(about.map(({ type }) => type)).toEqual([
      'client.authenticated', 'token.issued', 'client.authenticated', 'token.refused',
    ]); // prettier-ignore
    for (const event of about) expect(event).toMatchObject({ tenant: 'blue' });
    expect(JSON.stringify(events)).not.toContain('red"');
  });

  it('is the one that the client has at the time, and none without the label', async () => {
    await kit.admin.clients.update('c1', { labels: { team: 'a' } });
    await kit.admin.clients.update('c1', { labels: { tenant: 'green' } });
    await kit.admin.clients.update('c1', { labels: null });
    const { entries } = await kit.admin.audit.list({ type: 'client.updated' });
    expect(entries.map(({ tenant }) => tenant)).toEqual([undefined, 'green', undefined]);
    granted(await kit.token(GRANT, client.basic));
    expect(events.at(-1)).toMatchObject({ type: 'token.issued', tenant: undefined });
  });
});

describe('an audit log that fails', () => {
  it.each<[string, () => unknown]>([
    ['rejects', () => Promise.reject(new Error('disk is full'))],
    ['throws', () => { throw new Error('disk is full'); }],
  ])('and %s: the change stands, the caller is not failed, the log is told', async (_, fail) => {
    const report = vi.spyOn(kit.get<FailureLog>(FailureLog), 'report');
    faults.replace('auditLog.append', fail);
    expect((await kit.admin.clients.disable('c1')).enabled).toBe(false);
    expect((await kit.admin.clients.get('c1')).enabled).toBe(false);
    expect(report).toHaveBeenCalledTimes(1);
    expect(report.mock.calls[0]?.[0]).toContain('client.disabled');
    expect(events.at(-1)).toMatchObject({ type: 'client.disabled' });
    faults.clear();
    await kit.admin.clients.enable('c1');
    expect((await kit.admin.audit.list()).entries.map(({ type }) => type)).toEqual(['client.enabled', 'client.created']);
  }); // prettier-ignore
});

describe('where it is kept', () => {
  it('nowhere without the option; events are told all the same', async () => {
    const none = await openKit();
    const heard: string[] = [];
    none.get<OauthEvents>(OauthEvents).on('*', ({ type }) => void heard.push(type));
    await register(none);
    await none.token(GRANT, basic('nobody', 'x'));
    expect(await none.persistence.auditLog.list({ limit: 1 })).toEqual([]);
    expect(heard).toEqual(['client.created', 'client.authentication_failed']);
    await none.close();
  });

  it('in a log of the host’s, entry by entry', async () => {
    class HostLog extends AuditLog {
      readonly entries: AuditEntry[] = [];
      async append(entries: readonly AuditEntry[]): Promise<void> {
        this.entries.push(...entries);
      }
    }
    const log = new HostLog();
    const other = await openKit({ audit: { log } });
    await register(other, { client_id: 'c5' });
    await other.token(GRANT, basic('c5', 'x'));
    await other.close();
    expect(log.entries.map(({ type, subject }) => [type, subject])).toEqual([
      ['client.created', 'c5'], ['client.authentication_failed', 'c5'],
    ]); // prettier-ignore
  });
});
