import { MemoryPersistence } from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKit, type Kit } from '../support/echo.js';
import { INVALID_CLIENT } from './assertions.js';
import {
  API, AS_JWT, BOTH, caller, denied, ENDPOINTS, FORMATS, INACTIVE, revoked, told, tokenOf,
} from './introspection-support.js'; // prettier-ignore
import { Faults, granted, GRANT, rendered, sharing, type Registered } from './support.js';

/** Seconds for which the token endpoint may keep a client. */
const CACHED = { clientCacheLifetime: 60 } as const;

let faults: Faults;
let here: Kit;
let elsewhere: Kit;

beforeEach(async () => {
  const store = new MemoryPersistence();
  faults = new Faults();
  here = await openKit({ ...CACHED, persistence: sharing(store, faults) });
  elsewhere = await openKit({ ...CACHED, persistence: sharing(store) });
});

afterEach(async () => {
  await Promise.all([here.close(), elsewhere.close()]);
});

/** Every endpoint of this instance has seen the client. */
async function warmUp(client: Registered): Promise<void> {
  for (let time = 0; time < 2; time++) {
    granted(await here.token(GRANT, client.basic));
    expect(await told(here, client, 'unknown')).toStrictEqual(INACTIVE);
    await revoked(here, client, 'unknown');
  }
}

const CHANGES: [string, (client: Registered) => Promise<unknown>][] = [
  ['disabled', ({ id }) => elsewhere.admin.clients.disable(id)],
  ['deleted', ({ id }) => elsewhere.admin.clients.delete(id)],
  [
    'without its secret',
    async ({ id, client }) => {
      const [secret] = client.secrets;
      await elsewhere.admin.secrets.rotate(id, 3600);
      await elsewhere.admin.secrets.revoke(id, secret?.id ?? '');
    },
  ],
];

describe.each(CHANGES)('a caller that is %s at another instance', (_, change) => {
  it.each(BOTH)(
    'INT-004 INT-020 learns nothing at once about a $format token, as $form',
    async ({ scope, audience, form }) => {
      const owner = await caller(here);
      const server = await caller(here, { resource: audience });
      const token = await tokenOf(here, owner, scope);
      await warmUp(server);
      expect(await told(here, server, token, form)).toMatchObject({ active: true });
      await change(server);
      const headers = { ...server.basic, ...(form === 'jwt' && AS_JWT) };
      for (let time = 0; time < 2; time++) {
        expect(rendered(denied(await here.introspect({ token }, headers)))).toBe(INVALID_CLIENT);
      }
      expect(await told(here, owner, token, form)).toMatchObject({ active: true });
    },
  );

  it.each(ENDPOINTS)('REV-012 is refused at once by %s, whatever else it has asked', async (endpoint) => {
    const client = await caller(here);
    await warmUp(client);
    await change(client);
    for (const token of ['unknown', 'a.b.c']) {
      expect(rendered(denied(await here[endpoint]({ token }, client.basic)))).toBe(INVALID_CLIENT);
    }
  });
});

describe('a caller whose resource is taken away at another instance', () => {
  it.each(BOTH)(
    'INT-009 hears at once that a $format token is inactive, as $form',
    async ({ scope, audience, form }) => {
      const token = await tokenOf(here, await caller(here), scope);
      const server = await caller(here, { resource: audience });
      await warmUp(server);
      expect(await told(here, server, token, form)).toMatchObject({ active: true });
      await elsewhere.admin.clients.update(server.id, { resource: null });
      expect(await told(here, server, token, form)).toStrictEqual(INACTIVE);
      await elsewhere.admin.clients.update(server.id, { resource: audience });
      expect(await told(here, server, token, form)).toMatchObject({ active: true });
    },
  );
});

it('a caller that is enabled again, or has a new secret, is heard at once', async () => {
  const server = await caller(here, { resource: API });
  const token = await tokenOf(here, await caller(here));
  await warmUp(server);
  await elsewhere.admin.clients.disable(server.id);
  denied(await here.introspect({ token }, server.basic));
  await elsewhere.admin.clients.enable(server.id);
  expect(await told(here, server, token)).toMatchObject({ active: true });
});

it('the token endpoint keeps clients all the same', async () => {
  const client = await caller(here);
  await warmUp(client);
  await elsewhere.admin.clients.disable(client.id);
  faults.clear();
  granted(await here.token(GRANT, client.basic));
  expect(faults.count('clients.find')).toBe(0);
  denied(await here.introspect({ token: 'unknown' }, client.basic));
  expect(faults.count('clients.find')).toBeGreaterThan(0);
});

it.each(FORMATS)('a $format token that a caller may not revoke any more lives on', async ({ scope }) => {
  const client = await caller(here);
  const server = await caller(here, { resource: scope === 'read' ? API : `${API.slice(0, -3)}reports` });
  const token = await tokenOf(here, client, scope);
  await warmUp(client);
  const secret = client.client.secrets[0]?.id ?? '';
  await elsewhere.admin.secrets.rotate(client.id, 3600);
  await elsewhere.admin.secrets.revoke(client.id, secret);
  expect(denied(await here.revoke({ token }, client.basic)).code).toBe('invalid_client');
  expect(await told(here, server, token)).toMatchObject({ active: true });
});
