import assert from 'node:assert/strict';
import { ACCESS_TOKEN_FORMATS } from '../oauth/token/access-token.js';
import type { ContractTest } from './contract-runner.js';
import { HARD_TEXT, NOW, assertOneWinner, sampleResourceServer } from './samples.js';

const PREFIX = 'https://api.example.com/';
const IDENTIFIERS = ['a', 'A', 'a ', 'aa', '', 'a%', 'a_', '~', 'r'.repeat(1976), 'R'.repeat(1976)].map(
  (path) => PREFIX + path,
);

/** Resource servers come, change one revision after the other, and go. */
export function resourceServerContract(test: ContractTest): void {
  test('all gives every member of a resource server back as it was', async ({ resourceServers }) => {
    const servers = ACCESS_TOKEN_FORMATS.map((accessTokenFormat, n) =>
      sampleResourceServer(`${PREFIX}${n}`, {
        revision: 7,
        updatedAt: NOW + 1,
        scopes: ['catalog:read', 'catalog:write'],
        defaultScopes: ['catalog:read'],
        accessTokenFormat,
        accessTokenLifetime: 86_400,
        name: HARD_TEXT,
        documentation: `https://example.com/${'d'.repeat(2000)}`,
        publishesMetadata: false,
      }),
    );
    servers.push(sampleResourceServer(`${PREFIX}bare`, { scopes: [] }));
    for (const server of servers) assert.equal(await resourceServers.create(server), true);
    assert.deepStrictEqual(await resourceServers.all(), servers);
  });

  test('all are in the order of the code points of their identifiers', async ({ resourceServers }) => {
    assert.deepStrictEqual(await resourceServers.all(), []);
    for (const identifier of IDENTIFIERS) {
      assert.equal(await resourceServers.create(sampleResourceServer(identifier)), true, identifier);
    }
    const expected = [...IDENTIFIERS].sort().map((identifier) => sampleResourceServer(identifier));
    assert.deepStrictEqual(await resourceServers.all(), expected);
  });

  test('create refuses a taken identifier and leaves it as it is', async ({ resourceServers }) => {
    const first = sampleResourceServer(`${PREFIX}a`, { name: 'first' });
    assert.equal(await resourceServers.create(first), true);
    assert.equal(await resourceServers.create(sampleResourceServer(`${PREFIX}a`)), false);
    assert.deepStrictEqual(await resourceServers.all(), [first]);
    const answers = Array.from({ length: 20 }, () => resourceServers.create(sampleResourceServer(PREFIX)));
    assertOneWinner(await Promise.all(answers));
  });

  test('update replaces every member and counts the revision up', async ({ resourceServers }) => {
    const before = sampleResourceServer(`${PREFIX}a`, {
      accessTokenFormat: 'opaque',
      accessTokenLifetime: 60,
      name: 'before',
      documentation: 'https://example.com',
    });
    const other = sampleResourceServer(`${PREFIX}A`);
    for (const server of [before, other]) await resourceServers.create(server);
    const after = sampleResourceServer(`${PREFIX}a`, { scopes: ['write'], publishesMetadata: false });
    for (const revision of [0, 2]) assert.equal(await resourceServers.update(after, revision), false);
    assert.equal(await resourceServers.update(sampleResourceServer(`${PREFIX}none`), 1), false);
    assert.equal(await resourceServers.update(after, 1), true);
    assert.deepStrictEqual(await resourceServers.all(), [other, { ...after, revision: 2 }]);
  });

  test('of concurrent updates from one revision exactly one wins', async ({ resourceServers }) => {
    await resourceServers.create(sampleResourceServer(PREFIX));
    const changes = Array.from({ length: 20 }, (_, n) => sampleResourceServer(PREFIX, { name: `${n}` }));
    const answers = await Promise.all(changes.map((change) => resourceServers.update(change, 1)));
    assertOneWinner(answers);
    const winner = changes[answers.indexOf(true)];
    assert.deepStrictEqual(await resourceServers.all(), [{ ...winner, revision: 2 }]);
  });

  test('delete removes exactly the one of this identifier', async ({ resourceServers }) => {
    for (const identifier of IDENTIFIERS) await resourceServers.create(sampleResourceServer(identifier));
    const [first, ...others] = IDENTIFIERS;
    assert.ok(first);
    for (const other of [`${first}  `, `${PREFIX}%`, ''])
      assert.equal(await resourceServers.delete(other), false);
    assertOneWinner(await Promise.all(Array.from({ length: 20 }, () => resourceServers.delete(first))));
    const left = (await resourceServers.all()).map(({ identifier }) => identifier);
    assert.deepStrictEqual(left, others.sort());
  });

  test('delete with a revision removes the one at that revision alone', async ({ resourceServers }) => {
    const server = sampleResourceServer(`${PREFIX}a`, { revision: 7 });
    await resourceServers.create(server);
    for (const revision of [0, 6, 8])
      assert.equal(await resourceServers.delete(server.identifier, revision), false);
    assert.equal(await resourceServers.delete(`${PREFIX}A`, 7), false);
    assert.deepStrictEqual(await resourceServers.all(), [server]);
    assert.equal(await resourceServers.delete(server.identifier, 7), true);
    assert.deepStrictEqual(await resourceServers.all(), []);
  });

  test('of concurrent updates and deletions from one revision exactly one wins', async ({
    resourceServers,
  }) => {
    for (let n = 0; n < 10; n++) {
      const before = sampleResourceServer(PREFIX);
      await resourceServers.create(before);
      const after = sampleResourceServer(PREFIX, { name: `${n}` });
      const update = () => resourceServers.update(after, 1);
      const remove = () => resourceServers.delete(PREFIX, 1);
      const calls = n % 2 === 0 ? [remove, update, remove, update] : [update, remove, update, remove];
      const answers = await Promise.all(calls.map((call) => call()));
      assertOneWinner(answers);
      const isUpdated = calls[answers.indexOf(true)] === update;
      assert.deepStrictEqual(await resourceServers.all(), isUpdated ? [{ ...after, revision: 2 }] : []);
      await resourceServers.delete(PREFIX);
    }
  });
}
