import { OauthEvents, type ClientRegistration, type OauthEvent } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AdministrativeAction } from '../../src/oauth/events/oauth-event.js';
import { basic, bearer, openKit, type Kit, type Registration } from '../support/echo.js';
import { ACTIONS, newClient } from './audit-actions.js';
import { granted, GRANT, type Registered } from './support.js';

let kit: Kit;
let events: OauthEvent[];
let client: Registered;

beforeEach(async () => {
  kit = await openKit({ audit: { log: 'database', tokens: true }, keyEncryptionSecret: 'k'.repeat(32) });
  events = [];
  kit.get<OauthEvents>(OauthEvents).on('*', (event) => void events.push(event));
  client = await newClient(kit);
});

afterEach(() => kit.close());

const QUIET: readonly AdministrativeAction[] = [
  'client.updated', 'client_secrets.reencrypted', 'clients.imported', 'signing_key.rotated', 'resource_server.updated',
  'registration_token.created', 'registration_token.deleted',
]; // prettier-ignore

/** A client registers, changes its registration, and is refused with what it had before: every secret of that. */
async function selfRegistered(token: string): Promise<string[]> {
  const document = registered(await kit.register({ client_name: 'Robot' }, bearer(token)));
  const { client_id: id, registration_access_token: first = '', client_secret: secret = '' } = document;
  const changed = registered(
    await kit.updateClient(id, { client_id: id, client_name: 'Other' }, bearer(first)),
  );
  const stale = await kit.readClient(id, bearer(first));
  expect('error' in stale).toBe(true);
  await kit.register({}, bearer('an-initial-access-token-of-nobody'));
  return [first, secret, changed.registration_access_token ?? '', 'an-initial-access-token-of-nobody'];
}

function registered(outcome: Registration): ClientRegistration['document'] {
  if ('error' in outcome) throw outcome.error;
  return outcome.success.document;
}

it('a client that registers and manages itself leaves entries, with the token and then itself as the actor', async () => {
  const { token, value } = await kit.admin.registrationTokens.create({ labels: { tenant: 'dcr' } });
  const from = events.length;
  await selfRegistered(value);
  await vi.waitFor(async () =>
    expect((await kit.admin.audit.list({ type: 'registration.refused' })).entries).toHaveLength(2),
  );
  const { entries } = await kit.admin.audit.list({ limit: 4 });
  const id = entries.find(({ type }) => type === 'client.created')?.subject;
  expect(entries.map(({ type, actor, subject, tenant }) => [type, actor, subject, tenant])).toEqual(
    expect.arrayContaining([
      ['client.created', `registration-token:${token.id}`, id, 'dcr'],
      ['client.updated', `client:${id}`, id, 'dcr'],
      ['registration.refused', undefined, id, undefined],
      ['registration.refused', undefined, undefined, undefined],
    ]),
  );
  expect(events.slice(from).map(({ type }) => type)).toEqual([
    'client.created', 'client.updated', 'registration.refused', 'registration.refused',
  ]); // prettier-ignore
});

it('no event and no entry holds a secret, a token, a digest or a key', async () => {
  const secrets: string[] = [client.secret];
  const { issued } = await kit.admin.secrets.rotate('c1', 60);
  const created = await kit.admin.registrationTokens.create();
  secrets.push(issued.secret, created.value, basic('c1', issued.secret).authorization.slice(6));
  for (const scope of ['read', 'report']) {
    const { accessToken } = granted(await kit.token({ ...GRANT, scope }, basic('c1', issued.secret)));
    secrets.push(accessToken, accessToken.split('.').at(-1) ?? '');
    await kit.revoke({ token: accessToken }, client.basic);
  }
  // What people paste into the wrong field.
  await kit.token(GRANT, basic(issued.secret, 'c1'));
  await kit.token({ ...GRANT, client_id: created.value, client_secret: 'wrong-secret' });
  await kit.token(GRANT, basic('c1', 'wrong-secret'));
  secrets.push('wrong-secret', 's'.repeat(40));
  for (const type of QUIET) await ACTIONS[type](kit.admin, { kit, client });
  const registered = await selfRegistered(created.value);
  secrets.push(...registered);
  const { secrets: stored } = await kit.admin.clients.get('c1');
  secrets.push(...stored.map(({ digest }) => digest));
  const keys = await kit.persistence.signingKeys.all();
  expect(keys.length).toBeGreaterThan(0);
  secrets.push(...keys.flatMap(strings).filter((each) => each.length > 60));
  await vi.waitFor(async () =>
    expect((await kit.admin.audit.list({ type: 'client.authentication_failed' })).entries).toHaveLength(3),
  );
  const { entries, next } = await kit.admin.audit.list({ limit: 500 });
  expect(next).toBeUndefined();
  expect(entries.length).toBeGreaterThan(15);
  const [told, written] = [JSON.stringify(events.filter(isKept)), JSON.stringify(entries)];
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(10);
    expect(written).not.toContain(secret);
    expect(told).not.toContain(secret);
  }
}); // prettier-ignore

/** A failed authentication tells listeners whom it claimed to come from: what that is, nobody knows. */
function isKept(event: OauthEvent): boolean {
  return !(event.type === 'client.authentication_failed' && event.reason === 'unknown_client');
}

/** Every text in a value, at any depth. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}
