import assert from 'node:assert/strict';
import type { ContractTest } from './contract-runner.js';
import { NOW, assertOneWinner, assertStored, digest, sampleClient, sampleSecret } from './samples.js';

const IMPORTED = `$argon2id$v=19$m=65536,t=3,p=4$${'aB'.repeat(80)}`;

/** How a secret is kept changes, once from each digest. */
export function secretReplacementContract(test: ContractTest): void {
  test('replace changes how one secret is kept and nothing else', async (persistence) => {
    const imported = sampleSecret('aB', { digest: IMPORTED, expiresAt: NOW + 1, lastUsedAt: NOW + 2 });
    const others = [sampleSecret('Ab', { digest: IMPORTED }), sampleSecret('other', { encrypted: 'sealed' })];
    const client = sampleClient('client', { secrets: [imported, ...others] });
    await persistence.clients.create(client);
    const kept = { digest: digest('secret'), encrypted: 'e'.repeat(2000) };
    assert.equal(await persistence.clientSecrets.replace('aB', IMPORTED, kept), true);
    await assertStored(persistence, { ...client, secrets: [{ ...imported, ...kept }, ...others] });
  });

  test('replace removes an encrypted secret that is missing now', async (persistence) => {
    const secret = sampleSecret('secret', { encrypted: 'sealed' });
    await persistence.clients.create(sampleClient('client', { secrets: [secret] }));
    const kept = { digest: digest('new') };
    assert.equal(await persistence.clientSecrets.replace('secret', secret.digest, kept), true);
    const { id, createdAt } = secret;
    await assertStored(persistence, sampleClient('client', { secrets: [{ id, createdAt, ...kept }] }));
  });

  test('replace changes the encrypted secret alone, under the same digest', async (persistence) => {
    const secret = sampleSecret('secret', { encrypted: 'sealed' });
    await persistence.clients.create(sampleClient('client', { secrets: [secret] }));
    const again = { ...secret, encrypted: 'sealed again' };
    assert.equal(await persistence.clientSecrets.replace('secret', secret.digest, again), true);
    await assertStored(persistence, sampleClient('client', { secrets: [again] }));
  });

  test('replace takes only the digest and the encrypted secret of what it is given', async (persistence) => {
    const secret = sampleSecret('secret', { expiresAt: NOW + 1 });
    await persistence.clients.create(sampleClient('client', { secrets: [secret] }));
    const other = sampleSecret('other', { createdAt: NOW + 5, expiresAt: NOW + 6, lastUsedAt: NOW + 7 });
    assert.equal(await persistence.clientSecrets.replace('secret', secret.digest, other), true);
    const replaced = { ...secret, digest: other.digest };
    await assertStored(persistence, sampleClient('client', { secrets: [replaced] }));
  });

  test('replace refuses a digest that is not exactly the stored one', async (persistence) => {
    const client = sampleClient('client', { secrets: [sampleSecret('secret', { digest: IMPORTED })] });
    await persistence.clients.create(client);
    const others = [IMPORTED.toLowerCase(), IMPORTED.toUpperCase(), `${IMPORTED} `, IMPORTED.slice(0, -1)];
    for (const other of [...others, digest('other'), '', '%']) {
      const replaced = persistence.clientSecrets.replace('secret', other, { digest: digest('new') });
      assert.equal(await replaced, false, `replacing ${JSON.stringify(other)}`);
    }
    await assertStored(persistence, client);
  });

  test('replace refuses a secret that is not there', async (persistence) => {
    const secret = sampleSecret('secret');
    await persistence.clients.create(sampleClient('client', { secrets: [secret] }));
    for (const id of ['Secret', 'secret ', 'none']) {
      const kept = { digest: digest('new') };
      assert.equal(await persistence.clientSecrets.replace(id, secret.digest, kept), false);
    }
    await assertStored(persistence, sampleClient('client', { secrets: [secret] }));
  });

  test('of concurrent replacements from one digest exactly one wins', async (persistence) => {
    const secret = sampleSecret('secret', { digest: IMPORTED });
    await persistence.clients.create(sampleClient('client', { secrets: [secret] }));
    const attempts = Array.from({ length: 20 }, (_, n) => ({ digest: digest(`${n}`), encrypted: `${n}` }));
    const answers = await Promise.all(
      attempts.map((kept) => persistence.clientSecrets.replace('secret', IMPORTED, kept)),
    );
    assertOneWinner(answers);
    const winner = attempts[answers.indexOf(true)];
    await assertStored(persistence, sampleClient('client', { secrets: [{ ...secret, ...winner }] }));
  });
}
