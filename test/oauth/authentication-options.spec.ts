import { ConfigurationError, ImportedHashes, JwksFetcher, type FetchedJwks } from 'nestjs-oauth-kit';
import { describe, expect, it } from 'vitest';
import { formRequest, openKit } from '../support/echo.js';
import { Bench, newKeyPair } from './assertions.js';

const KEY_SECRET = 'k'.repeat(32);
const PUBLIC = { issuer: 'https://auth.example.com', keyEncryptionSecret: KEY_SECRET };

async function failureOf(options: Record<string, unknown>): Promise<ConfigurationError> {
  const failure: unknown = await openKit(options).then(
    (kit) => kit.close(),
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(ConfigurationError);
  return failure as ConfigurationError;
}

/** The start stops with a message that names the option, what it got and what it wants. */
async function refuses(options: Record<string, unknown>, option: string, got: RegExp, wants: RegExp) {
  const failure = await failureOf(options);
  expect(failure.option).toBe(option);
  expect(failure.message).toContain(`option ${option} is `);
  expect(failure.message).toMatch(got);
  expect(failure.message).toMatch(wants);
}

const accepts = async (options: Record<string, unknown>) => (await openKit(options)).close();

/** Whatever the option is called, its bad values are these. */
const NO_NUMBERS = [NaN, Infinity, -1, '60', true, {}, [], 'x'];

describe('ROB-032 numbers', () => {
  it.each([
    ['clientAssertions', 'lifetime', 10, 3600],
    ['failureLimits', 'perClient', 1, 10_000],
    ['failureLimits', 'perAddress', 1, 100_000],
    ['failureLimits', 'window', 1, 86_400],
  ])('%s.%s is a whole number from %i to %i', async (group, name, least, most) => {
    for (const value of [least - 1, most + 1, least + 0.5, ...NO_NUMBERS]) {
      const wants = new RegExp(`whole number of \\w+ from ${least} to ${most}`);
      await refuses({ [group]: { [name]: value } }, `${group}.${name}`, / is \S/, wants);
    }
    for (const value of [least, most, undefined]) await accepts({ [group]: { [name]: value } });
  });
});

describe('ROB-032 clientAssertions', () => {
  it.each<[unknown, RegExp]>([
    [[], /is \[\]/],
    ['ES256', /is "ES256"/],
    [null, /is null/],
    [['none'], /none/],
    [['ES256', 'None'], /None/],
    [['es256'], /es256/],
    [['ES256K'], /ES256K/],
    [['HS256', 'HS1'], /HS1/],
    [[undefined], /is \[/],
    [[['ES256']], /ES256/],
    [{ ES256: true }, /is \{/],
  ])('algorithms: %j', async (algorithms, got) => {
    await refuses(
      { clientAssertions: { algorithms } },
      'clientAssertions.algorithms',
      got,
      /a list out of ES256/,
    );
  });

  it.each<[unknown, RegExp]>([
    ['10.1.0.0/16', /10\.1/],
    [[10], /is \[10\]/],
    [null, /is null/],
    [['10.1.0.0/33'], /10\.1\.0\.0\/33/],
    [['10.1.0.0/16', 'internal'], /internal/],
    [['10.1.0.0/-1'], /10\.1/],
    [['10.1/16'], /10\.1/],
    [[''], / is /],
  ])('jwksUriNetworks: %j', async (jwksUriNetworks, got) => {
    const option = 'clientAssertions.jwksUriNetworks';
    await refuses(
      { clientAssertions: { jwksUriNetworks } },
      option,
      got,
      /networks such as "10\.1\.0\.0\/16"/,
    );
  });

  it('jwksUriNetworks of both families are accepted', async () => {
    await accepts({ clientAssertions: { jwksUriNetworks: ['10.1.0.0/16', 'fd00::/8'] } });
  });

  it.each([null, 'true', 1, 0, {}])('jwksUriAllowLoopback: %j', async (jwksUriAllowLoopback) => {
    const option = 'clientAssertions.jwksUriAllowLoopback';
    await refuses({ clientAssertions: { jwksUriAllowLoopback } }, option, / is \S/, /must be false/);
  });

  it('jwksUriAllowLoopback is for an issuer on loopback alone', async () => {
    const allowed = { clientAssertions: { jwksUriAllowLoopback: true } };
    const option = 'clientAssertions.jwksUriAllowLoopback';
    for (const issuer of [PUBLIC.issuer, 'https://127.0.0.1.example.com', 'https://10.0.0.1']) {
      await refuses({ ...PUBLIC, issuer, ...allowed }, option, /is true/, /issuer itself is on loopback/);
    }
    await accepts({ ...PUBLIC, clientAssertions: { jwksUriAllowLoopback: false } });
    for (const issuer of ['http://127.0.0.1:3000', 'http://localhost:3000', 'http://[::1]:3000']) {
      await accepts({ issuer, ...allowed });
    }
  });

  it.each<[string, unknown]>([
    ['a function', () => undefined],
    ['a class, not an instance', class extends JwksFetcherOfNothing() {}],
    ['something like one', { fetch: () => undefined }],
    ['null', null],
    ['a URL', 'https://proxy.example'],
  ])('jwksFetcher: %s', async (_, jwksFetcher) => {
    const option = 'clientAssertions.jwksFetcher';
    await refuses(
      { clientAssertions: { jwksFetcher } },
      option,
      / is \S/,
      /a class that extends JwksFetcher/,
    );
  });

  it.each<unknown>([null, 'ES256', 300, true])('as a whole: %j', async (clientAssertions) => {
    expect((await failureOf({ clientAssertions })).option).toMatch(/^clientAssertions/);
  });

  it('undefined members are not set', async () => {
    const names = ['algorithms', 'lifetime', 'jwksUriNetworks', 'jwksUriAllowLoopback', 'jwksFetcher'];
    await accepts({ clientAssertions: Object.fromEntries(names.map((name) => [name, undefined])) });
    const options = ['clientAssertions', 'failureLimits', 'importedHashes', 'clientAuthenticationMethods'];
    await accepts(Object.fromEntries(options.map((name) => [name, undefined])));
  });

  it('AUTH-025 AUTH-061 algorithms narrow what is registered, published and accepted', async () => {
    const bench = await Bench.open({ clientAssertions: { algorithms: ['ES256', 'RS256', 'HS512'] } });
    const request = { ...formRequest(''), method: 'GET', url: '/.well-known/oauth-authorization-server' };
    const document = await bench.kit.oauth.metadata(
      { request },
      { metadataSuccess: (_, found) => found.document, metadataError: (_, error) => Promise.reject(error) },
    );
    const published = document.token_endpoint_auth_signing_alg_values_supported;
    expect([...(published ?? [])].sort()).toEqual(['ES256', 'HS512', 'RS256']);
    await bench.accepts(bench.assertion(await bench.client('RS256')));
    await bench.accepts(bench.assertion(await bench.client('HS512')));
    const { id } = await bench.client('ES256');
    const { key, jwk } = await newKeyPair('PS256');
    await bench.kit.admin.clients.update(id, { jwks: { keys: [jwk] } });
    await bench.refusedFor('assertion_algorithm', bench.assertion({ id, key, alg: 'PS256' }));
    const { jwk: unfit } = await newKeyPair('ES384');
    await expect(bench.kit.admin.clients.update(id, { jwks: { keys: [unfit] } })).rejects.toMatchObject({
      code: 'invalid_client_metadata',
      description: 'jwks must have a key for ES256, RS256',
    });
    await expect(bench.client('ES256', { token_endpoint_auth_signing_alg: 'ES384' })).rejects.toMatchObject({
      code: 'invalid_client_metadata',
    });
    await bench.close();
  });

  it('AUTH-013 lifetime is how far ahead exp may lie', async () => {
    const bench = await Bench.open({ clientAssertions: { lifetime: 30 }, clockTolerance: 0 });
    const party = await bench.client();
    await bench.accepts(bench.assertion(party, { exp: bench.now + 30 }));
    await bench.refusedFor('assertion_lifetime', bench.assertion(party, { exp: bench.now + 31 }));
    await bench.close();
  });
});

describe('ROB-032 failureLimits', () => {
  it.each<[unknown, RegExp]>([
    [null, /is null/],
    [true, /is true/],
    ['off', /is "off"/],
    [0, /is 0/],
  ])('as a whole: %j', async (failureLimits, got) => {
    await refuses({ failureLimits }, 'failureLimits', got, /an object, or false/);
  });

  it.each<[unknown]>([
    [null],
    ['redis'],
    ['Memory'],
    [7],
    [true],
    [{}],
    [{ redis: null }],
    [{ redis: 'x' }],
    [[]],
  ])('store: %j', async (store) => {
    await refuses(
      { failureLimits: { store } },
      'failureLimits.store',
      / is \S/,
      /memory, database, or \{ redis/,
    );
  });

  it('store: an object that is no client of Redis', async () => {
    for (const redis of [{}, new Map(), { url: 'redis://127.0.0.1' }]) {
      const failure = await failureOf({ failureLimits: { store: { redis } } });
      expect(failure.option).toBe('failureLimits.store');
    }
  });
});

describe('ROB-032 importedHashes', () => {
  class Hashes extends ImportedHashes {
    readonly refusal = async () => undefined;
    readonly verify = async () => false;
  }

  it.each<[string, unknown]>([
    ['null', null],
    ['false', false],
    ['a class, not an instance', Hashes],
    ['something like one', { refusal: () => undefined, verify: () => true }],
    ['a name', 'bcrypt'],
  ])('%s', async (_, importedHashes) => {
    await refuses({ importedHashes }, 'importedHashes', / is \S/, /a class that extends ImportedHashes/);
  });

  it('an instance is accepted', () => accepts({ importedHashes: new Hashes() }));
});

describe('no message repeats a secret', () => {
  const circular: Record<string, unknown> = { password: 'hunter2' };
  circular['self'] = circular;

  it.each<[string, Record<string, unknown>]>([
    ['importedHashes', { importedHashes: { pepper: 'hunter2' } }],
    ['importedHashes', { importedHashes: circular }],
    ['clientAssertions.jwksFetcher', { clientAssertions: { jwksFetcher: { proxy: 'https://a:hunter2@b' } } }],
    ['clientAssertions.jwksFetcher', { clientAssertions: { jwksFetcher: circular } }],
    ['failureLimits.store', { failureLimits: { store: { redis: 'redis://:hunter2@127.0.0.1' } } }],
    ['failureLimits.store', { failureLimits: { store: { url: 'redis://:hunter2@127.0.0.1' } } }],
    ['failureLimits.store', { failureLimits: { store: 'redis://:hunter2@127.0.0.1' } }],
    ['clientAuthenticationMethods', { clientAuthenticationMethods: [circular] }],
  ])('%s', async (option, options) => {
    const failure = await failureOf(options);
    expect(failure.option).toBe(option);
    expect(`${failure.message} ${String(failure.cause)}`).not.toContain('hunter2');
  });
});

/** A class of the host's that could be an instance. */
function JwksFetcherOfNothing() {
  return class extends JwksFetcher {
    fetch(): Promise<FetchedJwks> {
      return Promise.reject(new Error('not used'));
    }
  };
}
