import { Controller, Get, UseGuards } from '@nestjs/common';
import { OauthGuard, RequireScopes } from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADAPTERS, newClient, openHost, type Host } from './host.js';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** Identifiers that have no metadata of RFC 9728, and paths at which it might be looked for. */
const WITHOUT: [string, ...string[]][] = [
  ['urn:example:orders', '/urn:example:orders', '/orders', ''],
  ['http://api.example/plain', '/plain'],
  ['http://10.1.2.3:8080/lan', '/lan'],
  ['http://127.0.0.1.example/near', '/near'],
  ['https:api.example/slashless', '/slashless', '/api.example/slashless', ''],
  ['https:/api.example/one', '/one', '/api.example/one'],
  ['https://user@api.example/user', '/user'],
  ['https://user:password@api.example/both', '/both'],
  ['http://user@127.0.0.1/local', '/local'],
  ['ftp://api.example/ftp', '/ftp'],
];

/** Identifiers that have it, and where it stands. */
const WITH: [string, string][] = [
  ['http://127.0.0.1:8080/loopback', `http://127.0.0.1:8080${WELL_KNOWN}/loopback`],
  ['http://127.9.8.7/other', `http://127.9.8.7${WELL_KNOWN}/other`],
  ['http://localhost:1/name', `http://localhost:1${WELL_KNOWN}/name`],
  ['http://[::1]:8080/six', `http://[::1]:8080${WELL_KNOWN}/six`],
  ['https://api.example/path@sign', `https://api.example${WELL_KNOWN}/path@sign`],
  ['https://api.example?at=a@b', `https://api.example${WELL_KNOWN}?at=a@b`],
];

const ALL = [...WITHOUT.map(([identifier]) => identifier), ...WITH.map(([identifier]) => identifier)];
const resources = ALL.map((identifier, index) => ({ identifier, scopes: [`s${index}`] }));
const scope = resources.flatMap(({ scopes }) => scopes).join(' ');

/** A controller for each, at the name of its scope. */
const controllers = resources.map(({ scopes: [own = ''] }) => {
  @Controller(own)
  @UseGuards(OauthGuard)
  class OneController {
    @Get()
    @RequireScopes(own)
    get() {
      return { reached: own };
    }
  }
  return OneController;
});

describe.each(ADAPTERS)('META-030 which identifiers have metadata, on %s', (adapter) => {
  let host: Host;

  beforeAll(async () => {
    host = await openHost({ adapter, controllers, options: { resources } });
  });

  afterAll(() => host.close());

  const listed = async () =>
    (await host.request('/.well-known/oauth-authorization-server')).body['protected_resources'];

  /** The challenges of a handler of this resource: without a token, with an unknown one, with one for another. */
  async function challenges(identifier: string): Promise<string[]> {
    const path = `/s${ALL.indexOf(identifier)}`;
    const other = await (await newClient(host, { scope })).token(path === '/s0' ? 's1' : 's0');
    const answers = [await host.request(path), await host.get(path, 'unknown'), await host.get(path, other)];
    return answers.map(({ status, challenge }) => {
      expect(status).toBe(401);
      expect(challenge).toMatch(/^Bearer realm="oauth"/);
      return challenge ?? '';
    });
  }

  it.each(WITHOUT)('META-036 %s has none: not in challenges', async (identifier) => {
    for (const challenge of await challenges(identifier)) {
      expect(challenge).not.toContain('resource_metadata');
      expect(challenge).not.toMatch(/user|password/);
    }
  });

  it.each(WITHOUT)('META-029 %s has none: no document', async (identifier, ...paths) => {
    for (const path of paths) {
      const { status, body } = await host.request(WELL_KNOWN + path);
      expect([path, status]).toEqual([path, 404]);
      expect(body).not.toHaveProperty('resource');
    }
    expect(paths.length).toBeGreaterThan(0);
    expect(await listed()).not.toContain(identifier);
  });

  it.each(WITH)('META-029 META-036 %s has it at %s', async (identifier, url) => {
    for (const challenge of await challenges(identifier)) {
      expect(challenge).toContain(`resource_metadata="${url}"`);
    }
    const { status, body } = await host.request(url.slice(url.indexOf('/.well-known')));
    expect([status, body['resource']]).toEqual([200, identifier]);
  });

  it('META-037 META-023 protected_resources names those that have it and no others', async () => {
    expect(await listed()).toEqual(WITH.map(([identifier]) => identifier));
  });

  it('tokens for all of them are good all the same', async () => {
    const client = await newClient(host, { scope });
    for (const [index] of ALL.entries()) {
      const { status, body } = await host.get(`/s${index}`, await client.token(`s${index}`));
      expect([status, body]).toEqual([200, { reached: `s${index}` }]);
    }
  });
});
