import assert from 'node:assert/strict';
import type { StoredRegistrationToken } from '../oauth/registration/registration-token.store.js';
import type { ContractTest } from './contract-runner.js';
import { HARD_TEXT, NOW, assertOneWinner, digest, sampleRegistrationToken } from './samples.js';

const IDS = ['token', 'Token', 'TOKEN', 'token ', 'token-1', 'token_1', 'tok%', '~', '0', 'x'.repeat(64)];

/** Registration tokens are used as often as they may be, and no more. */
export function registrationTokenContract(test: ContractTest): void {
  test('find gives every member of a token back as it was', async ({ registrationTokens }) => {
    const token = sampleRegistrationToken('full', {
      expiresAt: NOW + 1,
      mostUses: 2_000_000_000,
      uses: 3,
      policy: {
        scopes: ['catalog:read'],
        resources: ['https://api.example.com'],
        authenticationMethods: [],
        grantTypes: ['client_credentials'],
      },
      description: HARD_TEXT,
      owner: HARD_TEXT,
      labels: { tenant: HARD_TEXT, 'a.b/c': '"x":"y"' },
    });
    const bare = sampleRegistrationToken('bare');
    for (const each of [token, bare]) await registrationTokens.insert(each);
    for (const each of [token, bare]) {
      assert.deepStrictEqual(await registrationTokens.find(each.digest), each);
    }
  });

  test('find knows no other digest', async ({ registrationTokens }) => {
    const token = sampleRegistrationToken('token');
    await registrationTokens.insert(token);
    const others = [
      digest('other'),
      token.digest.slice(0, 63),
      `${token.digest} `,
      token.digest.toUpperCase(),
    ];
    for (const other of [...others, '', '%', '__proto__']) {
      assert.equal(await registrationTokens.find(other), undefined, `finding ${JSON.stringify(other)}`);
    }
  });

  test('insert refuses an id or a digest that is taken', async ({ registrationTokens }) => {
    const token = sampleRegistrationToken('token', { uses: 1 });
    await registrationTokens.insert(token);
    const others = [{ id: 'other' }, { digest: digest('other') }, {}];
    for (const other of others)
      await assert.rejects(registrationTokens.insert({ ...token, uses: 0, ...other }));
    assert.deepStrictEqual(await registrationTokens.list({ limit: 9 }), [token]);
  });

  test('list goes through all tokens in the order of the code points of their ids', async (persistence) => {
    const { registrationTokens } = persistence;
    for (const id of IDS) await registrationTokens.insert(sampleRegistrationToken(id));
    const listed: StoredRegistrationToken[] = [];
    for (;;) {
      const after = listed.at(-1)?.id;
      const page = await registrationTokens.list(after === undefined ? { limit: 3 } : { after, limit: 3 });
      listed.push(...page);
      if (page.length < 3) break;
      assert.ok(listed.length <= IDS.length, 'the pages overlap');
    }
    assert.deepStrictEqual(
      listed,
      [...IDS].sort().map((id) => sampleRegistrationToken(id)),
    );
  });

  test('use counts up to the most', async ({ registrationTokens }) => {
    for (const id of IDS) await registrationTokens.insert(sampleRegistrationToken(id, { mostUses: 2 }));
    assert.equal(await registrationTokens.use('none', NOW), false);
    const answers = [];
    for (let n = 0; n < 4; n++) answers.push(await registrationTokens.use('token', NOW));
    assert.deepStrictEqual(answers, [true, true, false, false]);
    const uses = (await registrationTokens.list({ limit: 99 })).map(
      (token) => [token.id, token.uses] as const,
    );
    assert.deepStrictEqual(
      uses,
      [...IDS].sort().map((id) => [id, id === 'token' ? 2 : 0] as const),
    );
  });

  test('use counts without end where there is no most', async ({ registrationTokens }) => {
    await registrationTokens.insert(sampleRegistrationToken('token'));
    for (let n = 0; n < 4; n++) assert.equal(await registrationTokens.use('token', NOW), true);
    assert.equal((await registrationTokens.find(digest('token')))?.uses, 4);
  });

  test('a token expires at its moment', async ({ registrationTokens }) => {
    await registrationTokens.insert(sampleRegistrationToken('token', { expiresAt: NOW }));
    assert.equal(await registrationTokens.hasLive(NOW - 1), true);
    assert.equal(await registrationTokens.hasLive(NOW), false);
    assert.equal(await registrationTokens.use('token', NOW), false);
    assert.equal(await registrationTokens.use('token', NOW + 1), false);
    assert.equal(await registrationTokens.use('token', NOW - 1), true);
    assert.equal((await registrationTokens.find(digest('token')))?.uses, 1);
  });

  test('hasLive wants one token that can still be used', async ({ registrationTokens }) => {
    assert.equal(await registrationTokens.hasLive(NOW), false);
    await registrationTokens.insert(sampleRegistrationToken('expired', { expiresAt: NOW - 1 }));
    await registrationTokens.insert(sampleRegistrationToken('none', { mostUses: 0 }));
    await registrationTokens.insert(sampleRegistrationToken('used', { mostUses: 2, uses: 1 }));
    assert.equal(await registrationTokens.hasLive(NOW), true);
    await registrationTokens.use('used', NOW);
    assert.equal(await registrationTokens.hasLive(NOW), false);
    await registrationTokens.giveBack('used');
    assert.equal(await registrationTokens.hasLive(NOW), true);
    await registrationTokens.delete('used');
    await registrationTokens.insert(sampleRegistrationToken('endless', { uses: 5 }));
    assert.equal(await registrationTokens.hasLive(NOW), true);
  });

  test('of concurrent uses as many win as are left', async ({ registrationTokens }) => {
    await registrationTokens.insert(sampleRegistrationToken('token', { mostUses: 5 }));
    const answers = await Promise.all(Array.from({ length: 20 }, () => registrationTokens.use('token', NOW)));
    assert.equal(answers.filter((counted) => counted).length, 5);
    assert.equal((await registrationTokens.find(digest('token')))?.uses, 5);
  });

  test('giveBack takes one use back, never below none', async ({ registrationTokens }) => {
    await registrationTokens.insert(sampleRegistrationToken('token', { mostUses: 3, uses: 3 }));
    await registrationTokens.insert(sampleRegistrationToken('Token', { uses: 1 }));
    await registrationTokens.giveBack('none');
    await registrationTokens.giveBack('token');
    assert.equal((await registrationTokens.find(digest('token')))?.uses, 2);
    await Promise.all(Array.from({ length: 20 }, () => registrationTokens.giveBack('token')));
    assert.equal((await registrationTokens.find(digest('token')))?.uses, 0);
    assert.equal((await registrationTokens.find(digest('Token')))?.uses, 1);
  });

  test('delete removes exactly the token of this id', async ({ registrationTokens }) => {
    for (const id of IDS) await registrationTokens.insert(sampleRegistrationToken(id));
    for (const id of ['tokeN', 'token  ', '%', '']) assert.equal(await registrationTokens.delete(id), false);
    assertOneWinner(await Promise.all(Array.from({ length: 20 }, () => registrationTokens.delete('token'))));
    assert.equal(await registrationTokens.find(digest('token')), undefined);
    assert.equal((await registrationTokens.list({ limit: 99 })).length, IDS.length - 1);
  });

  test('deleteExpired removes what expired before the moment, and counts', async ({ registrationTokens }) => {
    const [before, then] = [-1, 0].map((n) => sampleRegistrationToken(`token${n}`, { expiresAt: NOW + n }));
    const endless = sampleRegistrationToken('endless');
    assert.ok(before && then);
    for (const token of [then, before, endless]) await registrationTokens.insert(token);
    assert.equal(await registrationTokens.deleteExpired(NOW), 1);
    assert.equal(await registrationTokens.find(before.digest), undefined);
    assert.deepStrictEqual(await registrationTokens.find(then.digest), then);
    assert.equal(await registrationTokens.deleteExpired(NOW + 1), 1);
    assert.deepStrictEqual(await registrationTokens.list({ limit: 9 }), [endless]);
  });
}
