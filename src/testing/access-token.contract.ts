import assert from 'node:assert/strict';
import type { StoredAccessToken } from '../oauth/token/access-token.store.js';
import type { ContractTest } from './contract-runner.js';
import { CLOSE_IDS, NOW, assertOneWinner, digest, sampleToken } from './samples.js';

/** Opaque access tokens are found by their whole digest, all of them, until they are deleted or swept. */
export function accessTokenContract(test: ContractTest): void {
  test('find gives every member of a token back as it was', async ({ accessTokens }) => {
    const token = sampleToken('full', {
      clientId: `${'c'.repeat(254)} `,
      subject: 'Client ',
      audience: `https://api.example.com/${'a'.repeat(2000)}`,
      scope: ['catalog:read', 'catalog:write'],
      claims: { tenant: 'Größe 👩‍🚀', roles: ['a', ''], nested: { none: null } },
    });
    await accessTokens.insert(token);
    assert.deepStrictEqual(await accessTokens.find(token.digest), token);
  });

  test('find gives a token with nothing optional back as it was', async ({ accessTokens }) => {
    const token = sampleToken('bare');
    await accessTokens.insert(token);
    assert.deepStrictEqual(await accessTokens.find(token.digest), token);
  });

  test('find knows no other digest', async ({ accessTokens }) => {
    const token = sampleToken('token');
    await accessTokens.insert(token);
    const others = [digest('other'), token.digest.slice(0, 63), token.digest.slice(0, 8), `${token.digest} `];
    for (const other of [...others, `${token.digest}0`, '', '%', '__proto__']) {
      assert.equal(await accessTokens.find(other), undefined, `finding ${JSON.stringify(other)}`);
    }
  });

  test('an insertion has happened when it says so', async ({ accessTokens }) => {
    const tokens = Array.from({ length: 20 }, (_, n) => sampleToken(`token-${n}`));
    const found = await Promise.all(
      tokens.map(async (token) => {
        await accessTokens.insert(token);
        return accessTokens.find(token.digest);
      }),
    );
    assert.deepStrictEqual(found, tokens);
  });

  test('concurrent insertions are all found', async ({ accessTokens }) => {
    const tokens = Array.from({ length: 200 }, (_, n) =>
      sampleToken(`token-${n}`, { scope: [`scope-${n}`], claims: { n }, expiresAt: NOW + n }),
    );
    await Promise.all(tokens.map((token) => accessTokens.insert(token)));
    const found = await Promise.all(tokens.map((token) => accessTokens.find(token.digest)));
    assert.deepStrictEqual(found, tokens);
  });

  test('a digest that is taken fails the insertion, and no other one', async ({ accessTokens }) => {
    const first = sampleToken('taken');
    await accessTokens.insert(first);
    const others = Array.from({ length: 10 }, (_, n) => sampleToken(`token-${n}`));
    const tokens = [...others, { ...first, clientId: 'other' }];
    const answers = await Promise.allSettled(tokens.map((token) => accessTokens.insert(token)));
    assert.deepStrictEqual(
      answers.map(({ status }) => status),
      [...others.map(() => 'fulfilled'), 'rejected'],
    );
    assert.deepStrictEqual(await accessTokens.find(first.digest), first);
    assert.deepStrictEqual(await Promise.all(others.map(({ digest }) => accessTokens.find(digest))), others);
  });

  test('delete removes exactly the token of this digest', async ({ accessTokens }) => {
    const [token, kept] = [sampleToken('token'), sampleToken('kept')];
    for (const each of [token, kept]) await accessTokens.insert(each);
    for (const other of [digest('other'), token.digest.slice(0, 63), `${token.digest} `, '', '%']) {
      assert.equal(await accessTokens.delete(other), false, `deleting ${JSON.stringify(other)}`);
    }
    assert.equal(await accessTokens.delete(token.digest), true);
    assert.equal(await accessTokens.delete(token.digest), false);
    assert.equal(await accessTokens.find(token.digest), undefined);
    assert.deepStrictEqual(await accessTokens.find(kept.digest), kept);
  });

  test('of concurrent deletions of one token exactly one wins', async ({ accessTokens }) => {
    const token = sampleToken('token');
    await accessTokens.insert(token);
    assertOneWinner(await Promise.all(Array.from({ length: 20 }, () => accessTokens.delete(token.digest))));
    assert.equal(await accessTokens.find(token.digest), undefined);
  });

  test('deleteExpired removes what expired before the moment, and counts', async ({ accessTokens }) => {
    const [before, then, after] = [-1, 0, 1].map((n) => sampleToken(`token${n}`, { expiresAt: NOW + n }));
    assert.ok(before && then && after);
    for (const token of [after, before, then]) await accessTokens.insert(token);
    assert.equal(await accessTokens.deleteExpired(NOW), 1);
    assert.equal(await accessTokens.find(before.digest), undefined);
    assert.deepStrictEqual(await accessTokens.find(then.digest), then);
    assert.equal(await accessTokens.deleteExpired(NOW), 0);
    assert.equal(await accessTokens.deleteExpired(NOW + 2), 2);
    assert.equal(await accessTokens.find(after.digest), undefined);
  });

  test('listOf goes through the tokens of exactly this client', async ({ accessTokens }) => {
    const ids = ['b', 'a', 'A', 'a ', 'aa', 'a-b', 'a_b', 'B', '~', '0', 'a%'];
    const tokens = ids.map((id) => sampleToken(`token ${id}`, { id, clientId: 'Client' }));
    const others = CLOSE_IDS.filter((id) => id !== 'Client').map((clientId) =>
      sampleToken(`of ${clientId}`, { id: 'a', clientId }),
    );
    for (const token of [...others, ...tokens]) await accessTokens.insert(token);
    const listed: StoredAccessToken[] = [];
    for (let page: StoredAccessToken[] = []; ;) {
      const after = listed.at(-1)?.id;
      page = await accessTokens.listOf('Client', after === undefined ? { limit: 3 } : { after, limit: 3 });
      listed.push(...page);
      if (page.length < 3) break;
      assert.ok(listed.length <= ids.length, 'the pages overlap');
    }
    assert.deepStrictEqual(
      listed.map(({ id }) => id),
      [...ids].sort(),
    );
    assert.deepStrictEqual(
      listed[0],
      tokens.find(({ id }) => id === '0'),
    );
    assert.deepStrictEqual(await accessTokens.listOf('none', { limit: 3 }), []);
  });

  test('deleteOf removes exactly this token of this client', async ({ accessTokens }) => {
    const [token, other, twin] = [
      sampleToken('token', { id: 'Id' }),
      sampleToken('other', { id: 'iD' }),
      sampleToken('twin', { id: 'Id', clientId: 'Client' }),
    ];
    for (const each of [token, other, twin]) await accessTokens.insert(each);
    for (const [clientId, id] of [
      ['client', 'id'],
      ['client', 'Id '],
      ['client ', 'Id'],
      ['CLIENT', 'Id'],
      ['client', '%'],
    ] as const) {
      assert.equal(await accessTokens.deleteOf(clientId, id), false, `deleting ${id} of ${clientId}`);
    }
    assertOneWinner(
      await Promise.all(Array.from({ length: 20 }, () => accessTokens.deleteOf('client', 'Id'))),
    );
    assert.equal(await accessTokens.find(token.digest), undefined);
    for (const kept of [other, twin]) assert.deepStrictEqual(await accessTokens.find(kept.digest), kept);
  });
}
