import type { OauthModuleOptions, ServerMetadataDocument } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bearer, ISSUER, registrationEcho, registrationRequest } from '../support/echo.js';
import { rendered } from './support.js';
import {
  badMetadata,
  Desk,
  errorOf,
  INITIAL,
  MISSING,
  NO_STORE,
  refusedAs,
  succeeded,
  UNAUTHORIZED,
  type Refusal,
} from './registration-support.js';

const CLOSED: Partial<OauthModuleOptions> = { registration: {} };
const NO_TOKEN: Refusal = { code: 'invalid_token', status: 401, headers: MISSING };

let desk: Desk;

const open = async (options?: Partial<OauthModuleOptions>) => (desk = await Desk.open(options));

afterEach(() => desk.close());

/** The statuses of so many registrations at once. */
async function atOnce(times: number, token: string, document: unknown = {}): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: times }, () => desk.register(document, token)));
  return answers.map((answer) => ('error' in answer ? answer.error.status : answer.success.status)).sort();
}

/** What the metadata says of registration. */
function advertised(): Promise<string | undefined> {
  const request = {
    method: 'GET',
    url: '/.well-known/oauth-authorization-server',
    headers: {},
    rawHeaders: [],
  };
  const application = {
    metadataSuccess: (_: unknown, { document }: { document: ServerMetadataDocument }) =>
      document.registration_endpoint,
    metadataError: () => undefined,
  };
  return desk.kit.oauth.metadata({ request }, application);
}

describe('closed', () => {
  it.each<[string, Partial<OauthModuleOptions>]>([
    ['by default', { registration: undefined }],
    ['without tokens', CLOSED],
    ['with an empty list', { registration: { initialAccessTokens: [] } }],
    ['with a policy alone', { registration: { policy: { scopes: ['read'] } } }],
  ])('DCR-003 %s: the answers are those to a wrong token, and nothing is stored', async (_, options) => {
    await open(options);
    const closed = [
      rendered(await desk.refuses(() => desk.register({}), UNAUTHORIZED)),
      rendered(await desk.refuses(() => desk.kit.register({}), NO_TOKEN)),
    ];
    await desk.close();
    await open();
    expect(closed).toEqual([
      rendered(await desk.refuses(() => desk.register({}, `${INITIAL}x`), UNAUTHORIZED)),
      rendered(await desk.refuses(() => desk.kit.register({}), NO_TOKEN)),
    ]);
  });

  it('META-015 the metadata names the endpoint within 10 seconds of a token, and no longer than it lasts', async () => {
    await open(CLOSED);
    expect(await advertised()).toBeUndefined();
    const wait = async (seconds: number) => {
      desk.kit.clock.time += seconds;
      return advertised();
    };
    const used = await desk.issue();
    expect(await wait(10)).toBe(`${ISSUER}/oauth/register`);
    await desk.registered({}, used.value);
    expect(await wait(10)).toBeUndefined();
    await desk.issue({ lifetime: 60 });
    expect(await wait(10)).toBe(`${ISSUER}/oauth/register`);
    expect(await wait(60)).toBeUndefined();
    const { id } = await desk.issue({ mostUses: 0, lifetime: 0 });
    expect(await wait(10)).toBe(`${ISSUER}/oauth/register`);
    await desk.kit.admin.registrationTokens.delete(id);
    expect(await wait(10)).toBeUndefined();
  });

  it('META-015 a token of the host is advertised at once, and a store that is down changes nothing', async () => {
    await open();
    expect(await advertised()).toBe(`${ISSUER}/oauth/register`);
    await desk.close();
    await open(CLOSED);
    await desk.issue();
    expect(await advertised()).toBe(`${ISSUER}/oauth/register`);
    desk.faults.reject('registrationTokens.hasLive', new Error('down'));
    desk.kit.clock.time += 60;
    expect(await advertised()).toBe(`${ISSUER}/oauth/register`);
  });

  it('META-015 a host that does not serve it registers nobody, whatever the token', async () => {
    await open({ registration: { initialAccessTokens: [INITIAL] }, endpoints: { registration: false } });
    expect(await advertised()).toBeUndefined();
    await desk.refuses(() => desk.register(), { code: 'invalid_request', status: 404, headers: NO_STORE });
    await expect(desk.kit.admin.registrationTokens.create()).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('the token on the wire', () => {
  beforeEach(() => open());

  it.each<[string, string]>([
    ['Basic', `Basic ${Buffer.from(`x:${INITIAL}`).toString('base64')}`],
    ['DPoP', `DPoP ${INITIAL}`],
    ['the token alone', INITIAL],
    ['a scheme that begins so', `Bearers ${INITIAL}`],
    ['an empty header', ''],
  ])('DCR-003 %s is no token', async (_, authorization) => {
    await desk.refuses(() => desk.kit.register({}, { authorization }), NO_TOKEN);
    expect(desk.reasons()).toEqual(['no_token']);
  });

  it.each<[string, string]>([
    ['nothing', 'Bearer'],
    ['a space', 'Bearer  '],
    ['two tokens', `Bearer ${INITIAL} ${INITIAL}`],
    ['a list', `Bearer ${INITIAL}, Bearer ${INITIAL}`],
    ['quotes', `Bearer "${INITIAL}"`],
    ['a parameter', `Bearer token="${INITIAL}"`],
    ['padding in the middle', 'Bearer a=b'],
    ['another character', 'Bearer a!b'],
    ['an umlaut', 'Bearer ä'],
    ['a tab', `Bearer\t${INITIAL}`],
  ])('DCR-003 threat 37 Bearer with %s is refused', async (_, authorization) => {
    const { status, headers } = errorOf(await desk.kit.register({}, { authorization }));
    expect([400, 401]).toContain(status);
    expect(headers).toMatchObject(NO_STORE);
    expect(headers['WWW-Authenticate']).toMatch(/^Bearer realm="oauth"(?:$|, error="invalid_request", )/);
    expect(await desk.clients()).toBe(0);
    expect(desk.reasons()).toHaveLength(1);
  });

  it.each([
    ['wrong', 'x'.repeat(43)],
    ['short', 'x'],
    ['long', 'x'.repeat(100_000)],
    ['the right one and a character', `${INITIAL}0`],
    ['the right one without a character', INITIAL.slice(0, -1)],
    ['the right one in capitals', INITIAL.toUpperCase()],
    ['the right one with padding', `${INITIAL}=`],
    ['of a prototype', '__proto__'],
    ['like an issued one', `nokr_${'x'.repeat(43)}`],
  ])('DCR-003 a %s token gets the challenge for invalid_token', async (_, token) => {
    await desk.refuses(() => desk.register({}, token), UNAUTHORIZED);
    expect(desk.reasons()).toEqual(['unknown_token']);
  });

  it.each(['bearer', 'BEARER', 'BeArEr'])('DCR-001 the scheme may be written %s', async (scheme) => {
    const answer = await desk.kit.register({}, { authorization: `${scheme}  ${INITIAL}` });
    expect('success' in answer).toBe(true);
  });

  it('DCR-003 two headers are refused, and so is a token elsewhere', async () => {
    const request = registrationRequest('POST', '', {}, bearer(INITIAL));
    for (const more of [INITIAL, 'x'.repeat(40)]) {
      const rawHeaders = [...(request.rawHeaders ?? []), 'Authorization', `Bearer ${more}`];
      const twice = () =>
        desk.kit.oauth.registerClient({ request: { ...request, rawHeaders } }, registrationEcho);
      const { status, code } = errorOf(await twice());
      expect([status === 400 || status === 401, code]).toEqual([true, 'invalid_request']);
    }
    await desk.refuses(() => desk.kit.register({ access_token: INITIAL }), NO_TOKEN);
    const url = `/oauth/register?access_token=${INITIAL}`;
    const inUrl = { ...registrationRequest('POST', '', {}), url };
    await desk.refuses(() => desk.kit.oauth.registerClient({ request: inUrl }, registrationEcho), NO_TOKEN);
  });
});

describe('tokens of the operator', () => {
  beforeEach(() => open(CLOSED));

  it('DCR-003 of 50 registrations at once with 5 uses 5 are made', async () => {
    const { value, id } = await desk.issue({ mostUses: 5 });
    const statuses = await atOnce(50, value);
    expect(statuses).toEqual([...Array<number>(5).fill(201), ...Array<number>(45).fill(401)]);
    expect([await desk.clients(), await desk.usesOf(id)]).toEqual([5, 5]);
    await desk.refuses(() => desk.register({}, value), UNAUTHORIZED);
    expect(desk.reasons()).toEqual(Array<string>(46).fill('token_used_up'));
  });

  it('DCR-003 it has one use by default, and any number with 0', async () => {
    const once = await desk.issue();
    expect(await atOnce(3, once.value)).toEqual([201, 401, 401]);
    const many = await desk.issue({ mostUses: 0 });
    expect(await atOnce(20, many.value)).toEqual(Array<number>(20).fill(201));
    expect(await desk.usesOf(many.id)).toBe(20);
  });

  it('DCR-004 bad metadata does not use it up', async () => {
    const { value, id } = await desk.issue();
    const bad = [
      { client_name: 7 }, { scope: 'write' }, { redirect_uris: ['x'] }, { jwks_uri: 'http://x/' }, { software_statement: 'a.b.c' },
      '', '{"__proto__":1}', { token_endpoint_auth_method: 'private_key_jwt' }, { client_name: 'x'.repeat(1_000_000) },
    ]; // prettier-ignore
    for (const document of bad) expect(errorOf(await desk.register(document, value)).status).toBe(400);
    expect(await desk.usesOf(id)).toBe(0);
    await desk.registered({}, value);
  });

  it('DCR-004 bad metadata at the same time as good takes no use from it', async () => {
    const { value } = await desk.issue();
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, () => desk.register({ scope: 'write' }, value)),
      desk.register({}, value),
      ...Array.from({ length: 10 }, () => desk.register({ client_name: 7 }, value)),
    ]);
    expect(answers.filter((answer) => 'success' in answer)).toHaveLength(1);
  });

  it.each<[string, number, number]>([
    ['a minute', 60, 60],
    ['a week by default', 604_800, NaN],
  ])('DCR-003 it ends after %s, to the second', async (_, seconds, lifetime) => {
    const { value } = await desk.issue({ mostUses: 0, ...(lifetime > 0 && { lifetime }) });
    desk.kit.clock.time += seconds - 1;
    await desk.registered({}, value);
    desk.kit.clock.time += 1;
    await desk.refuses(() => desk.register({}, value), UNAUTHORIZED);
    expect(desk.reasons()).toEqual(['token_expired']);
  });

  it('DCR-003 a token may be for ever', async () => {
    const { value } = await desk.issue({ lifetime: 0 });
    desk.kit.clock.time += 1_000_000_000;
    await desk.registered({}, value);
  });

  it('DCR-003 a deleted one is dead at once, and the clients that it has registered live on', async () => {
    const { value, id } = await desk.issue({ mostUses: 0 });
    const client = await desk.registered({}, value);
    await desk.kit.admin.registrationTokens.delete(id);
    await desk.refuses(() => desk.register({}, value), UNAUTHORIZED);
    expect(await desk.scopeOf(client)).toBe('read');
    expect((await desk.updated(client))['scope']).toBe('read');
  });

  it('DCR-003 its id, its digest and another kind of token are none', async () => {
    const { value, id } = await desk.issue({ mostUses: 0 });
    const digest = (await desk.store.registrationTokens.list({ limit: 1 }))[0]?.digest ?? '';
    const client = await desk.registered({}, value);
    for (const token of [id, digest, client.registration_access_token, client.client_secret ?? '']) {
      await desk.refuses(() => desk.register({}, token), UNAUTHORIZED);
    }
    const reused = await desk.kit.readClient(client.client_id, bearer(value));
    refusedAs(reused, UNAUTHORIZED);
  });

  it('AUTH-051 DCR-013 what is kept are digests, and no event and no log holds a secret', async () => {
    const { value } = await desk.issue({ mostUses: 0 });
    const client = await desk.registered({}, value);
    const next = await desk.updated(client, { client_name: 'after the update' });
    const wrong = 'a-token-that-is-wrong-and-yet-somebodys';
    errorOf(await desk.register({}, wrong));
    errorOf(await desk.kit.readClient(client.client_id, bearer(wrong)));
    desk.faults.reject('clients.create', new Error('down'));
    errorOf(await desk.register({}, value));
    expect(desk.log.length).toBeGreaterThan(0);
    const tokens = [client.registration_access_token, next.registration_access_token];
    desk.keepsSecret(value, client.client_secret, ...tokens, wrong);
    expect(desk.stored()).toContain('after the update');
  });

  it('DCR-004 the use counts only what was made: the rest is refused with the member, not with the token', async () => {
    const { value, id } = await desk.issue({ mostUses: 2, scopes: ['write'] });
    await desk.refuses(() => desk.register({}, value), badMetadata('scope'));
    await desk.registered({ scope: 'write' }, value);
    expect(await desk.usesOf(id)).toBe(1);
  });
});

describe('events', () => {
  it('tell who was refused, from where and why', async () => {
    await open();
    const request = { ...registrationRequest('POST', '', {}, bearer('x'.repeat(40))), ip: '192.0.2.1' };
    await desk.kit.oauth.registerClient({ request }, registrationEcho);
    expect(desk.events).toEqual([
      {
        type: 'registration.refused',
        at: desk.kit.clock.time,
        reason: 'unknown_token',
        address: '192.0.2.1',
      },
    ]);
  });

  it('name the token that has opened a registration, and its tenant', async () => {
    await open();
    const { value, id } = await desk.issue({ labels: { tenant: 't1' } });
    const { client_id: subject } = await desk.registered({}, value);
    expect(desk.events.at(-1)).toMatchObject({
      type: 'client.created',
      subject,
      actor: `registration-token:${id}`,
      tenant: 't1',
      detail: { opened_by: id },
    });
  });

  it('the audit log tells of them, too, and holds no secret', async () => {
    await open({ audit: { log: 'database', tokens: true }, registration: {} });
    const { value, id } = await desk.issue({ owner: 'Team A' });
    const client = await desk.registered({ client_name: 'Robot' }, value);
    const next = await desk.updated(client, { client_name: 'Renamed' });
    const wrong = 'a-token-that-is-wrong-and-yet-somebodys';
    errorOf(await desk.register({}, wrong));
    succeeded(await desk.delete(next));
    await vi.waitFor(() => expect(desk.stored()).toContain('client.deleted'));
    expect(desk.stored()).toContain(`registration-token:${id}`);
    expect(desk.stored()).toContain(`client:${client.client_id}`);
    const tokens = [client.registration_access_token, next.registration_access_token, wrong];
    desk.keepsSecret(value, client.client_secret, ...tokens);
  });
});
