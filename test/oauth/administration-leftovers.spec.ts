import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { basic } from '../support/echo.js';
import { newKeyPair } from './assertions.js';
import {
  Desk,
  INITIAL,
  succeeded,
  UNAVAILABLE,
  type Document,
  type Members,
} from './registration-support.js';
import { granted, GRANT, refused } from './support.js';

const { jwk } = await newKeyPair('ES256');
const SIGNS = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } };
const BASIC = { token_endpoint_auth_method: 'client_secret_basic' };
const SHARED = { token_endpoint_auth_method: 'client_secret_jwt' };

const DOWN = { error: { code: UNAVAILABLE.code, status: UNAVAILABLE.status } };

let desk: Desk;

beforeEach(async () => {
  desk = await Desk.open({
    keyEncryptionSecret: 'x'.repeat(32),
    audit: { log: 'database' },
    registration: { initialAccessTokens: [INITIAL], clientSecretLifetime: 7200 },
  });
});

afterEach(() => desk.close());

const stored = ({ client_id: id }: Document) => desk.kit.admin.clients.get(id);
const secretsOf = async (client: Document) => (await stored(client)).secrets.map(({ id }) => id);
const details = async ({ client_id: subject }: Document) => {
  const { entries } = await desk.kit.admin.audit.list({ subject, type: 'client.updated' });
  return entries.map(({ detail }) => detail);
};
const revocations = async ({ client_id: subject }: Document) => {
  const { entries } = await desk.kit.admin.audit.list({ subject, type: 'client_secret.revoked' });
  return entries.map(({ detail }) => detail);
};
const signIn = ({ client_id: id }: Document, secret = '') => desk.kit.token(GRANT, basic(id, secret));

/** What a PUT leaves that could not remove the secrets. */
async function putWithout(call: string, client: Document, document: Members): Promise<Document> {
  desk.faults.reject(call, new Error('down'));
  const changed = await desk.updated(client, document);
  desk.faults.clear();
  return changed;
}

describe('secrets that could not be removed with their method', () => {
  it('are told, and do not come back when an operator changes the method', async () => {
    const client = await desk.registered();
    const changed = await putWithout('clientSecrets.remove', client, SIGNS);
    expect(await secretsOf(client)).toHaveLength(1);
    expect(await details(client)).toMatchObject([{ secrets_left: 1 }]);
    const operator = () => desk.kit.admin.clients.update(client.client_id, { ...BASIC, jwks: null });
    desk.faults.reject('clientSecrets.remove', new Error('down'));
    await expect(operator()).rejects.toMatchObject({ status: 503 });
    desk.faults.clear();
    expect((await stored(client)).tokenEndpointAuthMethod).toBe('private_key_jwt');
    expect((await operator()).secrets).toEqual([]);
    expect((await revocations(client)).map((detail) => detail['outcome'] ?? 'done')).toEqual([
      'done',
      'unknown',
    ]);
    expect(refused(await signIn(client, client.client_secret)).code).toBe('invalid_client');
    succeeded(await desk.get(changed));
  });

  it('are told to be gone, also when the change for which they went is refused', async () => {
    const client = await desk.registered();
    await putWithout('clientSecrets.remove', client, SIGNS);
    desk.faults.replace('clients.update', () => false);
    const operator = desk.kit.admin.clients.update(client.client_id, { owner: 'x' });
    await expect(operator).rejects.toMatchObject({ code: 'conflict' });
    desk.faults.clear();
    expect(await secretsOf(client)).toEqual([]);
    expect(await revocations(client)).toMatchObject([{ secret_ids: [expect.any(String)] }]);
  });

  it('are not revived by an import either', async () => {
    const client = await desk.registered();
    await putWithout('clientSecrets.remove', client, SIGNS);
    const { client_id } = client;
    const back = { client_id, ...BASIC, client_secret: 'n'.repeat(40) };
    const plan = await desk.kit.admin.transfer.plan([JSON.stringify(back)]);
    expect(plan.refused).toMatchObject([{ clientId: client_id, code: 'invalid_client_metadata' }]);
    expect(plan.refused[0]?.description).toMatch(/^token_endpoint_auth_method/);
  });

  it('go with the next change of an operator’s, whatever it is', async () => {
    const client = await desk.registered();
    await putWithout('clientSecrets.remove', client, SHARED);
    expect(await secretsOf(client)).toHaveLength(2);
    const updated = await desk.kit.admin.clients.update(client.client_id, { owner: 'x' });
    expect(updated.secrets).toHaveLength(1);
    expect(updated.secrets[0]?.encrypted).toBeDefined();
    expect(await secretsOf(client)).toEqual(updated.secrets.map(({ id }) => id));
  });

  it('do not come back when the client changes its method: it gets a new one', async () => {
    const client = await desk.registered();
    const signing = await putWithout('clientSecrets.remove', client, SIGNS);
    const [old] = await secretsOf(client);
    const back = await desk.updated(signing, BASIC);
    expect(await secretsOf(client)).not.toContain(old);
    granted(await signIn(back, back.client_secret));
    refused(await signIn(client, client.client_secret));
  });

  it('kept themselves, encrypted: only their digests stay after the next change', async () => {
    const client = await desk.updated(await desk.registered(), SHARED);
    await putWithout('clientSecrets.replace', client, BASIC);
    expect((await details(client))[0]).toMatchObject({ secrets_left: 1 });
    expect((await stored(client)).secrets[0]?.encrypted).toBeDefined();
    await desk.kit.admin.clients.update(client.client_id, { owner: 'x' });
    expect((await stored(client)).secrets[0]?.encrypted).toBeUndefined();
    granted(await signIn(client, client.client_secret));
  });
});

describe('an update of a client’s own whose answer is lost', () => {
  it.each([
    ['keeps its secret', {}],
    ['needs a new one', SHARED],
  ])('is looked up, and answered: the client %s', async (_, document) => {
    const client = await desk.registered();
    desk.faults.loseAnswer('clients.update');
    const changed = await desk.updated(client, { client_name: 'x', ...document });
    desk.faults.clear();
    expect(succeeded(await desk.get(changed)).document['client_name']).toBe('x');
    expect(await secretsOf(client)).toHaveLength(1);
    expect(changed.client_secret === undefined).toBe(!('token_endpoint_auth_method' in document));
    expect(await details(client)).toHaveLength(1);
    expect((await details(client))[0]).not.toHaveProperty('outcome');
  });

  it('and that was not made: its token is the old one, and no secret stays that nobody has seen', async () => {
    const client = await desk.registered();
    const before = await secretsOf(client);
    for (const [call, document] of [
      ['clients.update', {}],
      ['clients.update', SHARED],
      ['clientSecrets.add', SHARED],
    ] as const) {
      desk.faults.reject(call, new Error('down'));
      expect(await desk.put(client, document)).toMatchObject(DOWN);
      desk.faults.clear();
      expect(await secretsOf(client)).toEqual(before);
    }
    expect((await details(client)).map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown', 'unknown']);
    granted(await signIn(client, client.client_secret));
    succeeded(await desk.get(client));
  });

  it('and that cannot be looked up: 503, and the new secret stays, since the client may need it', async () => {
    const client = await desk.registered();
    desk.faults.replace('clients.update', async (ask) => {
      await ask();
      desk.faults.reject('clients.find', new Error('down'));
      throw new Error('lost');
    });
    expect(await desk.put(client, SHARED)).toMatchObject(DOWN);
    desk.faults.clear();
    expect(await secretsOf(client)).toHaveLength(2);
    expect(await details(client)).toMatchObject([{ outcome: 'unknown' }]);
  });
});
