import type { OauthAdmin } from 'nestjs-oauth-kit';
import { expect } from 'vitest';
import type { AdministrativeAction } from '../../src/oauth/events/oauth-event.js';
import type { Kit } from '../support/echo.js';
import { granted, GRANT, register, type Registered } from './support.js';

/** A server with a client `c1` of the tenant `blue`. */
export interface Bench {
  readonly kit: Kit;
  readonly client: Registered;
}

export function newClient(kit: Kit): Promise<Registered> {
  return register(kit, { client_id: 'c1', labels: { tenant: 'blue' }, owner: 'team-x' });
}

export interface Change {
  readonly subject: string;
  readonly tenant?: string;
  readonly detail?: object;
  /** What is told before it. */
  readonly before?: readonly ({ readonly type: AdministrativeAction } & Change)[];
}
/** Prepares in the name of the host, changes in the name of `ann`, and says what has to be told. */
type Action = (ann: OauthAdmin, bench: Bench) => Promise<Change>;

const C1 = { subject: 'c1', tenant: 'blue' };

/** Each action of an operator: one that is new has no test until it stands here. */
export const ACTIONS: Record<AdministrativeAction, Action> = {
  'client.created': async (ann) => {
    await ann.clients.create({ client_id: 'c2', labels: { tenant: 'green', team: 'a' } });
    return { subject: 'c2', tenant: 'green', detail: {} };
  },
  'client.updated': async (ann) => {
    await ann.clients.update('c1', { scope: 'read', client_name: 'Name' });
    return { ...C1, detail: { changed: ['client_name', 'scope'] } };
  },
  'client.disabled': async (ann) => {
    await ann.clients.disable('c1');
    return { ...C1, detail: {} };
  },
  'client.enabled': async (ann, { kit }) => {
    await kit.admin.clients.disable('c1');
    await ann.clients.enable('c1');
    return { ...C1, detail: {} };
  },
  'client.tokens_revoked': async (ann) => {
    await ann.tokens.revokeAll('c1');
    return { ...C1, detail: {} };
  },
  'client.token_revoked': async (ann, { kit, client }) => {
    granted(await kit.token({ ...GRANT, scope: 'report' }, client.basic));
    const [token] = (await ann.tokens.list('c1')).tokens;
    await ann.tokens.revoke('c1', token?.id ?? '');
    return { ...C1, detail: { token_id: token?.id } };
  },
  'client.deleted': async (ann) => {
    await ann.clients.delete('c1');
    return { ...C1, detail: {} };
  },
  'client_secret.rotated': async (ann) => {
    const { issued } = await ann.secrets.rotate('c1', 60);
    expect(issued.secret).toMatch(/./);
    return { ...C1, detail: { secret_id: issued.stored.id, overlap: 60 } };
  },
  'client_secret.revoked': async (ann, { client }) => {
    const [secret] = client.client.secrets;
    await ann.secrets.revoke('c1', secret?.id ?? '');
    return { ...C1, detail: { secret_id: secret?.id } };
  },
  'client_secrets.reencrypted': async (ann) => {
    await ann.secrets.reencrypt();
    return { subject: '*', detail: { secrets: 0 } };
  },
  'clients.imported': async (ann) => {
    const plan = await ann.transfer.plan([
      JSON.stringify({ client_id: 'c3', client_secret: 's'.repeat(40) }),
    ]);
    expect(plan.refused).toEqual([]);
    await ann.transfer.apply(plan);
    const before = [{ type: 'client.created', subject: 'c3', detail: { import: true } }] as const;
    return { subject: '*', detail: { created: 1, updated: 0 }, before };
  },
  'clients.exported': async (ann) => {
    for await (const each of ann.transfer.export({ secrets: true })) expect(each).toBeDefined();
    return { subject: '*', detail: { secrets: true } };
  },
  'signing_key.rotated': async (ann) => {
    const { kid } = await ann.keys.rotate({ immediately: true });
    return { subject: kid, detail: { immediately: true } };
  },
  'signing_key.revoked': async (ann, { kit }) => {
    const [first] = await kit.admin.keys.list();
    await kit.admin.keys.rotate({ immediately: true });
    kit.clock.time += 1;
    await ann.keys.revoke(first?.kid ?? '');
    return { subject: first?.kid ?? '', detail: {} };
  },
  'resource_server.created': async (ann) => {
    const { identifier } = await ann.resourceServers.create('https://a.example/x', { scopes: ['x'] });
    return { subject: identifier, detail: { scopes: ['x'] } };
  },
  'resource_server.updated': async (ann, { kit }) => {
    await kit.admin.resourceServers.create('https://a.example/x', { scopes: ['x'] });
    await ann.resourceServers.update('https://a.example/x', { scopes: ['x', 'y'], name: 'X' });
    return { subject: 'https://a.example/x', detail: { changed: ['scopes', 'name'] } };
  },
  'resource_server.deleted': async (ann, { kit }) => {
    await kit.admin.resourceServers.create('https://a.example/x', { scopes: ['x'] });
    await ann.resourceServers.delete('https://a.example/x');
    return { subject: 'https://a.example/x', detail: {} };
  },
  'registration_token.created': async (ann) => {
    const { token } = await ann.registrationTokens.create({ mostUses: 3 });
    return { subject: token.id };
  },
  'registration_token.deleted': async (ann, { kit }) => {
    const { token } = await kit.admin.registrationTokens.create();
    await ann.registrationTokens.delete(token.id);
    return { subject: token.id };
  },
};
