import type { OauthModuleOptions } from 'nestjs-oauth-kit';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { basic, bearer, ISSUER } from '../support/echo.js';
import { formOf, newKeyPair } from './assertions.js';
import { GRANT, refused } from './support.js';
import {
  badMetadata,
  Desk,
  INITIAL,
  succeeded,
  UNAUTHORIZED,
  type Document,
  type Members,
} from './registration-support.js';

const { jwk, key } = await newKeyPair('ES256');
const SIGNS = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } };
const SHARED = { token_endpoint_auth_method: 'client_secret_jwt' };
const POST = { token_endpoint_auth_method: 'client_secret_post' };
const LIFETIME = 7200;

let desk: Desk;

const open = async (options: Partial<OauthModuleOptions> = {}) =>
  (desk = await Desk.open({ keyEncryptionSecret: 'x'.repeat(32), ...options }));
const limited = (options: Partial<OauthModuleOptions> = {}) =>
  open({ registration: { initialAccessTokens: [INITIAL], clientSecretLifetime: LIFETIME }, ...options });

afterEach(() => desk.close());

let assertions = 0;

/** Whether a token can be had with an assertion under this key. */
async function signsIn({ client_id: id }: Document, alg: string, signer: Parameters<SignJWT['sign']>[0]) {
  const now = desk.kit.clock.time;
  const claims = { iss: id, sub: id, aud: ISSUER, jti: `a${++assertions}`, iat: now, exp: now + 60 };
  const assertion = await new SignJWT(claims).setProtectedHeader({ alg }).sign(signer);
  return 'success' in (await desk.kit.token(formOf(assertion)));
}

const hmac = (secret: string) => Buffer.from(secret, 'utf8');

async function basicWorks({ client_id: id }: Document, secret: string | undefined): Promise<boolean> {
  return 'success' in (await desk.kit.token(GRANT, basic(id, secret ?? '')));
}

async function postWorks({ client_id: id }: Document, secret: string | undefined): Promise<boolean> {
  const form = { ...GRANT, client_id: id, client_secret: secret ?? '' };
  return 'success' in (await desk.kit.token(form));
}

async function secretsOf({ client_id: id }: Document) {
  return (await desk.kit.admin.clients.get(id)).secrets;
}

/** The same document with the secret of the one before, where none was shown. */
const keeping = (after: Document, { client_secret: secret }: Document): Document =>
  after.client_secret === undefined && secret !== undefined ? { ...after, client_secret: secret } : after;

describe('the registration access token', () => {
  beforeEach(() => open());

  it('DCR-014 DCR-015 rotates on update: the old one is dead at once, the new one works', async () => {
    let client = await desk.registered();
    const seen = new Set([client.registration_access_token]);
    for (let round = 0; round < 5; round++) {
      const next = await desk.updated(client, { client_name: `round ${round}` });
      expect(seen.has(next.registration_access_token)).toBe(false);
      seen.add(next.registration_access_token);
      for (const method of ['get', 'put', 'delete'] as const) {
        await desk.refuses(() => desk[method](client), UNAUTHORIZED);
      }
      expect(succeeded(await desk.get(next)).document['client_name']).toBe(`round ${round}`);
      client = next;
    }
  });

  it('DCR-014 a read and a refused update do not rotate it', async () => {
    const client = await desk.registered();
    for (let round = 0; round < 3; round++) {
      succeeded(await desk.get(client));
      await desk.refuses(() => desk.put(client, { scope: 'none' }), badMetadata('scope'));
    }
    await desk.updated(client);
  });

  it.each([2, 20])('DCR-015 of %d updates at the same time one wins, the others find their token rotated', async (times) => {
    const client = await desk.registered({ client_name: 'before' });
    const answers = await Promise.all(
      Array.from({ length: times }, (_, index) => desk.put(client, { client_name: `n${index}`, software_id: `n${index}` })),
    );
    const won = answers.flatMap((answer) => ('success' in answer ? [answer.success.document] : []));
    const codes = answers.flatMap((answer) => ('error' in answer ? [answer.error.status] : []));
    expect([won.length, codes]).toEqual([1, Array<number>(times - 1).fill(401)]);
    const [winner] = won;
    if (!winner) throw new Error('unreachable');
    const { document } = succeeded(await desk.get(winner));
    expect(document['client_name']).toBe(document['software_id']);
    expect(document).toEqual(winner);
    expect(await secretsOf(winner)).toHaveLength(1);
    expect(await basicWorks(client, client.client_secret)).toBe(true);
  }); // prettier-ignore

  it('DCR-015 an update beside an operator’s: neither is lost, nothing is half done', async () => {
    const client = await desk.registered({ client_name: 'before' });
    const id = client.client_id;
    const [self, operator] = await Promise.allSettled([
      desk.put(client, { client_name: 'by itself' }),
      desk.kit.admin.clients.update(id, { owner: 'Ops', labels: { tenant: 't' } }),
    ]);
    if (self.status !== 'fulfilled') throw new Error('unreachable');
    const now = succeeded(self.value).document;
    expect(now['client_name']).toBe('by itself');
    const stored = await desk.kit.admin.clients.get(id);
    expect(stored.information).toEqual({ client_name: 'by itself' });
    if (operator.status === 'fulfilled')
      expect(stored).toMatchObject({ owner: 'Ops', labels: { tenant: 't' } });
    else expect(operator.reason).toMatchObject({ code: 'conflict' });
    succeeded(await desk.get(now));
  });

  it('DCR-015 what an operator does while a client updates itself is seen by the update', async () => {
    const client = await desk.registered();
    const id = client.client_id;
    const operator: [() => Promise<unknown>, number][] = [
      [() => desk.kit.admin.clients.update(id, { owner: 'Ops' }), 200],
      [() => desk.kit.admin.clients.disable(id), 403],
      [() => desk.kit.admin.clients.delete(id), 401],
    ];
    let current = client;
    for (const [change, status] of operator) {
      let done = false;
      desk.faults.replace('clients.update', async () => {
        if (!done) {
          done = true;
          desk.faults.clear();
          await change();
        }
        return false;
      });
      const answer = await desk.put(current, { client_name: 'mine' });
      expect('success' in answer ? answer.success.status : answer.error.status).toBe(status);
      desk.faults.clear();
      if ('success' in answer) current = answer.success.document;
      if (status === 200) expect((await desk.kit.admin.clients.get(id)).owner).toBe('Ops');
      if (status === 403) await desk.kit.admin.clients.enable(id);
    }
    expect(await desk.clients()).toBe(0);
  });

  it('DCR-017 of two deletions at the same time one is answered with 204, and both leave nothing', async () => {
    const client = await desk.registered();
    const answers = await Promise.all([desk.delete(client), desk.delete(client)]);
    const statuses = answers.map((answer) =>
      'success' in answer ? answer.success.status : answer.error.status,
    );
    expect(statuses.sort()).toEqual([204, 401]);
    expect(await desk.clients()).toBe(0);
  });

  it('DCR-017 an update and a deletion at the same time: a deleted client does not come back', async () => {
    const client = await desk.registered();
    const [put, deleted] = await Promise.all([desk.put(client, { client_name: 'x' }), desk.delete(client)]);
    const statuses = [put, deleted].map((each) =>
      'success' in each ? each.success.status : each.error.status,
    );
    expect(statuses.every((status) => [200, 204, 401].includes(status))).toBe(true);
    expect(await desk.clients()).toBe(statuses[1] === 204 ? 0 : 1);
  });
});

describe('a client_secret in an update', () => {
  beforeEach(() => open());

  it('DCR-016 may be the one that it has, and never another', async () => {
    const client = await desk.registered();
    const other = await desk.registered();
    const secret = client.client_secret ?? '';
    for (const bad of [`${secret}x`, secret.slice(1), secret.toUpperCase(), other.client_secret, (await secretsOf(client))[0]?.digest]) {
      await desk.refuses(() => desk.put(client, { client_secret: bad }), badMetadata('client_secret'));
    }
    const next = await desk.updated(client, { client_secret: secret });
    expect(next).not.toHaveProperty('client_secret');
    expect(await basicWorks(client, secret)).toBe(true);
    await desk.updated(next, { client_secret: null });
  }); // prettier-ignore

  it('DCR-016 a client without a secret cannot bring one', async () => {
    const client = await desk.registered(SIGNS);
    for (const secret of ['x'.repeat(64), '', 7]) {
      await desk.refuses(
        () => desk.put(client, { ...SIGNS, client_secret: secret }),
        badMetadata('client_secret'),
      );
      await desk.refuses(() => desk.put(client, { client_secret: secret }), badMetadata('client_secret'));
    }
    expect(await secretsOf(client)).toEqual([]);
  });

  it('DCR-016 an expired one is none that it has', async () => {
    await desk.close();
    await limited();
    const client = await desk.registered();
    desk.kit.clock.time += LIFETIME;
    await desk.refuses(
      () => desk.put(client, { client_secret: client.client_secret }),
      badMetadata('client_secret'),
    );
  });
});

describe('a change of method', () => {
  beforeEach(() => open());

  it('DCR-002 DCR-015 from a secret to a key: the secrets are gone; and back: a new one works', async () => {
    const first = await desk.registered();
    const second = await desk.updated(first, SIGNS);
    expect([second['client_secret'], second['client_secret_expires_at']]).toEqual([undefined, undefined]);
    expect(await secretsOf(first)).toEqual([]);
    expect(await signsIn(second, 'ES256', key)).toBe(true);
    expect(await basicWorks(first, first.client_secret)).toBe(false);
    const third = await desk.updated(second);
    expect(third).toMatchObject({
      client_secret_expires_at: 0,
      token_endpoint_auth_method: 'client_secret_basic',
    });
    expect(third).not.toHaveProperty('jwks');
    expect(await basicWorks(third, third.client_secret)).toBe(true);
    expect(await basicWorks(third, first.client_secret)).toBe(false);
    expect(await signsIn(third, 'ES256', key)).toBe(false);
  });

  it('DCR-015 between basic and post the secret stays', async () => {
    const first = await desk.registered();
    const second = await desk.updated(first, POST);
    expect(second).not.toHaveProperty('client_secret');
    expect([await postWorks(first, first.client_secret), await basicWorks(first, first.client_secret)]).toEqual([true, false]);
    await desk.updated(second);
    expect([await postWorks(first, first.client_secret), await basicWorks(first, first.client_secret)]).toEqual([false, true]);
  }); // prettier-ignore

  it('DCR-002 DCR-015 to client_secret_jwt: a new secret, kept encrypted; and away from it: only a digest', async () => {
    const first = await desk.registered();
    const second = await desk.updated(first, SHARED);
    const secret = second.client_secret ?? '';
    expect(secret.length).toBeGreaterThanOrEqual(64);
    expect(secret).not.toBe(first.client_secret);
    expect(await signsIn(second, 'HS256', hmac(secret))).toBe(true);
    expect(await signsIn(second, 'HS256', hmac(first.client_secret ?? ''))).toBe(false);
    expect(await secretsOf(first)).toEqual([
      expect.objectContaining({ encrypted: expect.any(String) as string }),
    ]);
    desk.keepsSecret(secret, first.client_secret);
    const third = keeping(await desk.updated(second), second);
    expect(await basicWorks(third, third.client_secret)).toBe(true);
    expect(await secretsOf(first)).toEqual([
      expect.not.objectContaining({ encrypted: expect.anything() as string }),
    ]);
    expect(await signsIn(third, 'HS256', hmac(secret))).toBe(false);
  });

  const METHODS: [string, Members][] = [
    ['basic', {}], ['post', POST], ['private_key_jwt', SIGNS], ['client_secret_jwt', SHARED],
    ['client_secret_jwt HS512', { ...SHARED, token_endpoint_auth_signing_alg: 'HS512' }],
  ]; // prettier-ignore
  const works = (client: Document, { token_endpoint_auth_method: method = 'basic', ...rest }: Members) => {
    const secret = client.client_secret ?? '';
    if (method === 'private_key_jwt') return signsIn(client, 'ES256', key);
    const { token_endpoint_auth_signing_alg: algorithm = 'HS256' } = rest;
    if (method === 'client_secret_jwt') return signsIn(client, String(algorithm), hmac(secret));
    return method === 'basic' ? basicWorks(client, secret) : postWorks(client, secret);
  };

  it.each(METHODS.flatMap(([from, a]) => METHODS.map(([to, b]) => [from, to, a, b] as const)))(
    'DCR-015 from %s to %s: the client can always sign in with what it was told',
    async (_, __, before, after) => {
      const first = await desk.registered(before);
      expect(await works(first, before)).toBe(true);
      const second = keeping(await desk.updated(first, after), first);
      expect(await works(second, after)).toBe(true);
      expect(await secretsOf(second)).toHaveLength(after === SIGNS ? 0 : 1);
      const third = keeping(await desk.updated(second, before), second);
      expect(await works(third, before)).toBe(true);
    },
  );

  it('DCR-004 client_secret_jwt needs a server that can keep secrets', async () => {
    const client = await desk.registered();
    await desk.close();
    await open({ keyEncryptionSecret: undefined });
    await desk.refuses(() => desk.register(SHARED), badMetadata('token_endpoint_auth_method'));
    const here = await desk.registered();
    await desk.refuses(() => desk.put(here, SHARED), badMetadata('token_endpoint_auth_method'));
    expect(client.client_secret).not.toBe(here.client_secret);
  });
});

describe('clientSecretLifetime', () => {
  beforeEach(() => limited());

  it('DCR-002 the end of a secret is told, and held', async () => {
    const client = await desk.registered();
    expect(client.client_secret_expires_at).toBe(desk.kit.clock.time + LIFETIME);
    desk.kit.clock.time += LIFETIME - 1;
    expect(await basicWorks(client, client.client_secret)).toBe(true);
    desk.kit.clock.time += 1;
    expect(await basicWorks(client, client.client_secret)).toBe(false);
  });

  it.each([
    [LIFETIME / 2 - 1, false],
    [LIFETIME / 2, true],
    [LIFETIME - 1, true],
    [LIFETIME, true],
    [LIFETIME * 1000, true],
  ])('DCR-015 an update after %d seconds brings a new secret: %s', async (seconds, renewed) => {
    const client = await desk.registered();
    desk.kit.clock.time += seconds;
    const next = await desk.updated(client);
    expect('client_secret' in next).toBe(renewed);
    expect(next.client_secret_expires_at).toBe(renewed ? desk.kit.clock.time + LIFETIME : undefined);
    expect(await basicWorks(client, client.client_secret)).toBe(seconds < LIFETIME);
    expect(await basicWorks(next, next.client_secret)).toBe(renewed);
  });

  it('DCR-013 the registration token outlives the secret, which it renews', async () => {
    let client = await desk.registered();
    for (let year = 0; year < 20; year++) {
      desk.kit.clock.time += LIFETIME + 1;
      succeeded(await desk.get(client));
      const next = await desk.updated(client);
      expect(await basicWorks(next, next.client_secret)).toBe(true);
      expect(await basicWorks(next, client.client_secret)).toBe(false);
      client = next;
    }
    await desk.store.clientSecrets.deleteExpired(desk.kit.clock.time);
    expect(await secretsOf(client)).toHaveLength(1);
  });

  it('DCR-015 the old and the new one overlap until the old one’s end', async () => {
    const client = await desk.registered();
    desk.kit.clock.time += LIFETIME / 2;
    const next = await desk.updated(client);
    expect(await basicWorks(client, client.client_secret)).toBe(true);
    expect(await basicWorks(next, next.client_secret)).toBe(true);
    const third = await desk.updated(next, { client_secret: client.client_secret });
    expect(third).not.toHaveProperty('client_secret');
    desk.kit.clock.time += LIFETIME / 2;
    expect(await basicWorks(client, client.client_secret)).toBe(false);
    expect(await basicWorks(next, next.client_secret)).toBe(true);
  });

  it('DCR-015 of updates at once that bring a secret one wins, and the store has no other', async () => {
    const client = await desk.registered();
    desk.kit.clock.time += LIFETIME - 1;
    const answers = await Promise.all(Array.from({ length: 8 }, () => desk.put(client)));
    const [winner, ...others] = answers.flatMap((each) => ('success' in each ? [each.success.document] : []));
    expect(others).toEqual([]);
    expect(await basicWorks(client, winner?.client_secret)).toBe(true);
    expect(await secretsOf(client)).toHaveLength(2);
  });

  it('DCR-002 a secret for client_secret_jwt has an end, too, and a key has none', async () => {
    const shared = await desk.registered(SHARED);
    expect(shared.client_secret_expires_at).toBe(desk.kit.clock.time + LIFETIME);
    desk.kit.clock.time += LIFETIME;
    const next = await desk.updated(shared, SHARED);
    expect(await signsIn(next, 'HS256', hmac(next.client_secret ?? ''))).toBe(true);
    const signs = await desk.registered(SIGNS);
    expect(signs).not.toHaveProperty('client_secret_expires_at');
  });

  it('DCR-016 a client that has only a key has no secret to leak', async () => {
    const signs = await desk.registered(SIGNS);
    for (const secret of ['', 'undefined', 'null', signs.registration_access_token]) {
      const outcome = await desk.kit.token(GRANT, basic(signs.client_id, secret));
      expect(refused(outcome).code).toBe('invalid_client');
    }
    const answer = await desk.kit.readClient(signs.client_id, bearer(signs.registration_access_token));
    expect(succeeded(answer).document).toEqual(signs);
  });
});
