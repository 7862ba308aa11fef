import assert from 'node:assert/strict';
import type { Client } from '../oauth/client/client.js';
import {
  CONTENT_ENCRYPTION_ALGORITHMS,
  KEY_ENCRYPTION_ALGORITHMS,
} from '../oauth/client/keys/encryption-key.js';
import { ASYMMETRIC_ALGORITHMS, SYMMETRIC_ALGORITHMS } from '../oauth/client/keys/verification-key.js';
import { SIGNING_ALGORITHMS } from '../oauth/keys/signing-key.js';
import type { ContractTest } from './contract-runner.js';
import {
  CLOSE_IDS,
  assertOneWinner,
  assertStored,
  fullClient,
  sampleClient,
  sampleSecret,
} from './samples.js';

/** Clients come, are found, are listed and go. */
export function clientContract(test: ContractTest): void {
  test('find gives every member of a client back as it was', async (persistence) => {
    const client = fullClient('client');
    assert.equal(await persistence.clients.create(client), true);
    await assertStored(persistence, client);
  });

  test('find leaves out every member that was missing', async (persistence) => {
    const client = sampleClient('client', { secrets: [sampleSecret('only')] });
    assert.equal(await persistence.clients.create(client), true);
    await assertStored(persistence, client);
  });

  test('find gives the place of the keys back as it was', async (persistence) => {
    const jwksUri = `https://client.example.com/${'k'.repeat(2000)}`;
    const client = sampleClient('client', { tokenEndpointAuthMethod: 'private_key_jwt', jwksUri });
    assert.equal(await persistence.clients.create(client), true);
    await assertStored(persistence, client);
  });

  test('find gives every algorithm of assertions back', async (persistence) => {
    for (const algorithm of [...ASYMMETRIC_ALGORITHMS, ...SYMMETRIC_ALGORITHMS]) {
      const client = sampleClient(algorithm, { tokenEndpointAuthSigningAlg: algorithm });
      assert.equal(await persistence.clients.create(client), true);
      await assertStored(persistence, client);
    }
  });

  test('find gives every algorithm of introspection responses back', async (persistence) => {
    const responses: readonly Partial<Client>[] = [
      ...SIGNING_ALGORITHMS.map((alg) => ({ introspectionSignedResponseAlg: alg })),
      ...KEY_ENCRYPTION_ALGORITHMS.map((alg) => ({ introspectionEncryptedResponseAlg: alg })),
      ...CONTENT_ENCRYPTION_ALGORITHMS.map((enc) => ({ introspectionEncryptedResponseEnc: enc })),
    ];
    for (const [n, response] of responses.entries()) {
      const client = sampleClient(`client-${n}`, response);
      assert.equal(await persistence.clients.create(client), true);
      await assertStored(persistence, client);
    }
  });

  test('find tells an empty list from a missing one', async (persistence) => {
    const client = sampleClient('client', { grantTypes: [], scope: [], defaultScope: [] });
    assert.equal(await persistence.clients.create(client), true);
    await assertStored(persistence, client);
  });

  test('find knows no client that was not created', async (persistence) => {
    assert.equal(await persistence.clients.find('client'), undefined);
    assert.equal(await persistence.clients.find('__proto__'), undefined);
  });

  test('ids that look alike are different clients', async (persistence) => {
    for (const id of CLOSE_IDS) {
      const client = sampleClient(id, { information: { id } });
      assert.equal(await persistence.clients.create(client), true, `creating ${JSON.stringify(id)}`);
    }
    for (const id of CLOSE_IDS) await assertStored(persistence, sampleClient(id, { information: { id } }));
    for (const id of [
      'clienT',
      'client   ',
      'cl_ent',
      'c%',
      '%',
      '000',
      'x'.repeat(253),
      `X${'x'.repeat(254)}`,
    ]) {
      assert.equal(await persistence.clients.find(id), undefined, `finding ${JSON.stringify(id)}`);
    }
  });

  test('delete removes exactly the client of this id', async (persistence) => {
    for (const id of CLOSE_IDS) await persistence.clients.create(sampleClient(id));
    assert.equal(await persistence.clients.delete('client'), true);
    assert.equal(await persistence.clients.delete('client'), false);
    assert.equal(await persistence.clients.find('client'), undefined);
    for (const id of CLOSE_IDS.slice(1)) await assertStored(persistence, sampleClient(id));
  });

  test('create refuses a taken id and leaves its client and secrets as they are', async (persistence) => {
    const first = fullClient('client');
    assert.equal(await persistence.clients.create(first), true);
    assert.equal(await persistence.clients.create(first), false);
    const second = sampleClient('client', { secrets: [sampleSecret('other'), sampleSecret('first')] });
    assert.equal(await persistence.clients.create(second), false);
    await assertStored(persistence, first);
  });

  test('of concurrent creations of one id exactly one wins, with its secrets alone', async (persistence) => {
    const clients = Array.from({ length: 20 }, (_, n) =>
      sampleClient('client', { information: { n }, secrets: [sampleSecret(`a${n}`), sampleSecret(`b${n}`)] }),
    );
    const answers = await Promise.all(clients.map((client) => persistence.clients.create(client)));
    assertOneWinner(answers);
    const winner = clients[answers.indexOf(true)];
    assert.ok(winner);
    await assertStored(persistence, winner);
  });

  test('a client made anew under an old id inherits nothing', async (persistence) => {
    await persistence.clients.create(fullClient('client'));
    assert.equal(await persistence.clients.delete('client'), true);
    const anew = sampleClient('client', { secrets: [sampleSecret('new')] });
    assert.equal(await persistence.clients.create(anew), true);
    await assertStored(persistence, anew);
  });

  test('of concurrent deletions of one client exactly one wins', async (persistence) => {
    await persistence.clients.create(fullClient('client'));
    assertOneWinner(
      await Promise.all(Array.from({ length: 20 }, () => persistence.clients.delete('client'))),
    );
    assert.equal(await persistence.clients.find('client'), undefined);
  });
}
