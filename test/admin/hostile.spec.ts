import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADAPTERS } from '../nest/host.js';
import { openAdmin, refusal, type AdminHost } from './support.js';

const SERVER = 'https%3A%2F%2Fa.example';

/** Every route that takes a body, and whether it may be left out. */
const WRITES: readonly [string, string, boolean][] = [
  ['POST', '/clients', false],
  ['PATCH', '/clients/operator', false],
  ['POST', '/clients/operator/secrets', true],
  ['POST', '/resource-servers', false],
  ['PATCH', `/resource-servers/${SERVER}`, true],
  ['POST', '/keys', true],
  ['POST', '/registration-tokens', true],
];

const BODIES: readonly [string, string][] = [
  ['an array', '[]'],
  ['an array of objects', '[{"client_id":"x"}]'],
  ['a string', '"x"'],
  ['a number', '1'],
  ['true', 'true'],
  ['null', 'null'],
  ['__proto__', '{"__proto__":{"scope":"read"}}'],
  ['__proto__ beside', '{"client_name":"x","__proto__":{"isAdmin":true}}'],
  ['no JSON', '{"client_name":'],
  ['two documents', '{}{}'],
  ['a single quote', "{'a':1}"],
];

for (const bodies of ['oauth', 'default'] as const) {
  describe.each(ADAPTERS)(`bodies that are wrong, read by the parsers '${bodies}' on %s`, (adapter) => {
    let host: AdminHost;
    let before: string;
    beforeAll(async () => {
      host = await openAdmin({ adapter, bodies });
      await host.admin.resourceServers.create('https://a.example', { scopes: ['a'] });
      before = await state(host);
    });
    afterAll(async () => {
      expect(await state(host)).toBe(before);
      expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
      await host.close();
    });

    it.each(BODIES)('%s', async (_, body) => {
      for (const [method, path] of WRITES) {
        const { status, text } = await host.call(method, path, { body });
        expect([path, status]).toEqual([path, 400]);
        expect(text).not.toContain('    at ');
      }
    });

    it.each([17, 60, 9000])('JSON of %i levels, wherever it stands', async (levels) => {
      // The body itself is the first one.
      const below = levels - 1;
      const values = [
        nest('[', ']', below),
        nest('{"a":', '}', below),
        nest('[{"a":', '}]', Math.ceil(below / 2)),
      ];
      for (const [method, path] of WRITES) {
        for (const name of ['jwks', 'labels', 'unknown']) {
          for (const value of values) {
            const answer = await host.call(method, path, { body: `{"${name}":${value}}` });
            expect([path, name, ...refusal(answer)]).toEqual([path, name, 400, 'invalid_request']);
          }
        }
      }
    });

    it('a megabyte of text', async () => {
      for (const [method, path] of WRITES) {
        const body = { client_name: 'x'.repeat(1024 * 1024 - 100) };
        const { status } = await host.call(method, path, { body });
        // Express reads less than Fastify does: there it is the text that is too long.
        expect([path, [400, 413].includes(status)]).toEqual([path, true]);
        const larger = await host.call(method, path, { body: { client_name: 'x'.repeat(3 * 1024 * 1024) } });
        expect([path, larger.status]).toEqual([path, 413]);
      }
    });

    it.each(['application/x-www-form-urlencoded', 'text/plain', 'application/xml', 'application/json; charset=latin1', ''])(
      'the content type %j',
      async (type) => {
        for (const [method, path] of WRITES) {
          const body = type.includes('form') ? 'client_name=x' : '{"client_name":"x"}';
          const answer = await host.call(method, path, { body, headers: { 'content-type': type } });
          expect([path, answer.status]).toEqual([path, 415]);
        }
      },
    ); // prettier-ignore

    it('none at all, where one is needed', async () => {
      for (const [method, path, optional] of WRITES.filter(([, , each]) => !each)) {
        expect([path, optional, ...refusal(await host.call(method, path))]).toEqual([
          path,
          false,
          400,
          path.startsWith('/clients') ? 'invalid_client_metadata' : 'invalid_request',
        ]);
      }
    });

    it('members that are not known, or of the wrong type', async () => {
      const wrong: [string, string, unknown][] = [
        ['POST', '/clients', { client_name: 1 }],
        ['POST', '/clients', { scope: ['read'] }],
        ['POST', '/clients', { labels: [] }],
        ['POST', '/clients', { labels: { a: { b: 1 } } }],
        ['POST', '/clients', { client_id: 'operator\u0000' }],
        ['PATCH', '/clients/operator', { grant_types: 'client_credentials' }],
        ['POST', '/clients/operator/secrets', { overlapp: 5 }],
        ['POST', '/resource-servers', { identifier: 'https://b.example' }],
        ['POST', '/resource-servers', { identifier: 1, scopes: ['b'] }],
        ['POST', '/resource-servers', { identifier: 'https://b.example', scopes: 'b' }],
        ['POST', '/resource-servers', { identifier: 'https://b.example', scopes: [['b']] }],
        ['POST', '/resource-servers', { identifier: 'https://b.example', scopes: ['b'], metadata: 'yes' }],
        ['POST', '/resource-servers', { identifier: 'https://b.example', scopes: ['b'], revision: 1 }],
        ['PATCH', `/resource-servers/${SERVER}`, { access_token_format: 'paper' }],
        ['PATCH', `/resource-servers/${SERVER}`, { access_token_ttl: '60' }],
        ['PATCH', `/resource-servers/${SERVER}`, { identifier: 'https://c.example' }],
        ['POST', '/keys', { immediately: 'true' }],
        ['POST', '/keys', { immediately: 1 }],
        ['POST', '/registration-tokens', { most_uses: '5' }],
        ['POST', '/registration-tokens', { most_uses: -1 }],
        ['POST', '/registration-tokens', { scopes: 'read' }],
        ['POST', '/registration-tokens', { labels: 'a=b' }],
        ['POST', '/registration-tokens', { digest: 'x' }],
      ];
      for (const [method, path, body] of wrong) {
        const answer = await host.call(method, path, { body });
        expect([path, body, answer.status]).toEqual([path, body, 400]);
        refusal(answer);
      }
    });
  });
}

/** What must not have changed. */
async function state({ admin }: AdminHost): Promise<string> {
  const { clients } = await admin.clients.list();
  const { tokens } = await admin.registrationTokens.list();
  const seen = clients.map(({ secrets, ...client }) => ({ ...client, secrets: secrets.length }));
  return JSON.stringify([seen, tokens, await admin.keys.list(), await admin.resourceServers.list()]);
}

function nest(open: string, close: string, times: number): string {
  return `${open.repeat(times)}1${close.repeat(times)}`;
}
