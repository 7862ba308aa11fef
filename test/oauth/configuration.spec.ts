import { generateKeyPairSync } from 'node:crypto';
import {
  ConfigurationError,
  MemoryPersistence,
  OauthModule,
  type OauthModuleOptions,
} from 'nestjs-oauth-kit';
import { describe, expect, it } from 'vitest';
import { openKit } from '../support/echo.js';
import { granted, GRANT, register } from './support.js';

async function failureOf(options: Record<string, unknown>): Promise<Error> {
  try {
    await (await openKit(options)).close();
  } catch (failure) {
    return failure as Error;
  }
  throw new Error(`The start was not stopped by ${Object.keys(options).join()}`);
}

/** The start stops with a message that names the option, what it got and what it wants. */
async function refuses(
  options: Record<string, unknown>,
  option: string,
  got: string | RegExp,
  wants: RegExp,
) {
  const failure = await failureOf(options);
  expect(failure).toBeInstanceOf(ConfigurationError);
  expect((failure as ConfigurationError).option).toBe(option);
  expect(failure.message).toContain(option);
  expect(failure.message).toMatch(got);
  expect(failure.message).toMatch(wants);
  return failure;
}

const API = { identifier: '/api', scopes: ['read'] };
const resource = (change: Record<string, unknown>) => ({ resources: [{ ...API, ...change }] });
const KEY_SECRET = 'k'.repeat(32);

describe('ROB-032 issuer', () => {
  it.each<[unknown, string | RegExp]>([
    [undefined, 'missing'],
    [null, 'null'],
    [5, '5'],
    ['', '""'],
    ['auth.example.com', 'auth.example.com'],
    ['/auth', '/auth'],
    ['ftp://auth.example.com', 'ftp:'],
    ['http://auth.example.com', 'http://auth.example.com'],
    ['http://10.0.0.1', 'http://10.0.0.1'],
    ['http://127.0.0.1.example.com', '127.0.0.1.example.com'],
    ['http://localhost.example.com', 'localhost.example.com'],
    ['https://auth.example.com?', /\?"/],
    ['https://auth.example.com?tenant=1', 'tenant'],
    ['https://auth.example.com#', /#"/],
    ['https://auth.example.com/#x', '#x'],
    ['https://auth.example.com/ x', ' x'],
    ['https://auth.example.com\\x', 'x'],
    [' https://auth.example.com', ' https'],
  ])('%j is refused', async (issuer, got) => {
    await refuses({ issuer, keyEncryptionSecret: KEY_SECRET }, 'issuer', got, /must be an https URL/);
  });

  it('with a password in it is refused, and the password is not repeated', async () => {
    const failure = await failureOf({ issuer: 'https://admin:hunter2@auth.example.com' });
    expect(failure).toMatchObject({ name: 'ConfigurationError', option: 'issuer' });
    expect(failure.message).not.toContain('hunter2');
  });

  it.each([
    'https://auth.example.com',
    'http://localhost:3000',
    'http://127.9.9.9',
    'http://[::1]:1',
    'https://a/b/',
  ])('%s is accepted', async (issuer) => {
    await (await openKit({ issuer, keyEncryptionSecret: KEY_SECRET })).close();
  });
});

describe('ROB-032 resources', () => {
  it.each<[Record<string, unknown>, string, string | RegExp, RegExp]>([
    [{ resources: undefined }, 'resources', 'missing', /at least one/],
    [{ resources: [] }, 'resources', '[]', /at least one/],
    [{ resources: 'https://api' }, 'resources', 'https://api', /a list/],
    [{ resources: [null] }, 'resources[0]', 'null', /must be/],
    [{ resources: ['https://api'] }, 'resources[0]', 'https://api', /must be/],
    [resource({ identifier: undefined }), 'resources[0].identifier', 'missing', /absolute URI/],
    [resource({ identifier: 'api' }), 'resources[0].identifier', '"api"', /absolute URI/],
    [resource({ identifier: 'https://api#x' }), 'resources[0].identifier', '#x', /without a fragment/],
    [resource({ identifier: '/api#' }), 'resources[0].identifier', '/api#', /without a fragment/],
    [resource({ identifier: 'https://api/ x' }), 'resources[0].identifier', ' x', /absolute URI/],
    [{ resources: [API, API] }, 'resources[1].identifier', '/api', /no other/],
    [
      { resources: [API, { ...API, identifier: 'http://127.0.0.1:3999/api' }] },
      'resources[1].identifier',
      '/api',
      /no other/,
    ],
    [resource({ scopes: undefined }), 'resources[0].scopes', 'missing', /a list/],
    [resource({ scopes: [] }), 'resources[0].scopes', '[]', /at least one/],
    [resource({ scopes: 'read' }), 'resources[0].scopes', '"read"', /a list/],
    [resource({ scopes: ['read write'] }), 'resources[0].scopes', 'read write', /without space/],
    [resource({ scopes: ['é'] }), 'resources[0].scopes', 'é', /printable ASCII/],
    [resource({ scopes: [''] }), 'resources[0].scopes', '""', /printable ASCII/],
    [resource({ scopes: [1] }), 'resources[0].scopes', '[1]', /a list of scopes/],
    [resource({ scopes: ['read', 'read'] }), 'resources[0].scopes', 'read', /each once/],
    [
      resource({ defaultScopes: ['write'] }),
      'resources[0].defaultScopes',
      'write',
      /out of resources\[0\]\.scopes/,
    ],
    [resource({ defaultScopes: 'read' }), 'resources[0].defaultScopes', '"read"', /a list/],
    [resource({ accessTokenFormat: 'JWT' }), 'resources[0].accessTokenFormat', '"JWT"', /jwt.*opaque/],
    [resource({ accessTokenLifetime: 0 }), 'resources[0].accessTokenLifetime', '0', /from 1 to/],
    [resource({ accessTokenLifetime: 86_401 }), 'resources[0].accessTokenLifetime', '86401', /to 86400/],
    [resource({ accessTokenLifetime: '60' }), 'resources[0].accessTokenLifetime', '"60"', /whole number/],
    [resource({ default: 'no' }), 'resources[0].default', '"no"', /true or false|boolean/],
    [
      {
        resources: [
          { ...API, default: true },
          { ...API, identifier: '/b', default: true },
        ],
      },
      'resources',
      '/b',
      /one resource at most/,
    ],
  ])('%j', async (options, option, got, wants) => {
    await refuses(options, option, got, wants);
  });
});

describe('ROB-032 numbers', () => {
  const ranges: [string, number, number][] = [
    ['accessTokenLifetime', 1, 86_400],
    ['maxAccessTokenLifetime', 1, 31_536_000],
    ['clientCacheLifetime', 0, 60],
    ['revocationFreshness', 1, 300],
    ['clockTolerance', 0, 60],
    ['bodyLimit', 1024, 1_048_576],
    ['bodyTimeout', 1, 300],
  ];
  it.each(ranges)('%s is a whole number from %i to %i', async (option, least, most) => {
    for (const value of [
      least - 1,
      most + 1,
      least + 0.5,
      NaN,
      Infinity,
      -1,
      String(least),
      true,
      {},
      [],
      'x',
    ]) {
      const failure = await refuses({ [option]: value }, option, /is /, /whole number/);
      expect(failure.message).toContain(String(least));
      expect(failure.message).toContain(String(most));
    }
    for (const value of [least, most]) await (await openKit({ [option]: value })).close();
  });

  it('accessTokenLifetime is within maxAccessTokenLifetime', async () => {
    const options = { accessTokenLifetime: 61, maxAccessTokenLifetime: 60 };
    await refuses(options, 'accessTokenLifetime', '61', /from 1 to 60/);
  });
});

describe('ROB-032 the other options', () => {
  it.each<[Record<string, unknown>, string, string | RegExp, RegExp]>([
    [{ signingAlgorithm: 'HS256' }, 'signingAlgorithm', 'HS256', /ES256, RS256, PS256, EdDSA/],
    [{ signingAlgorithm: 'none' }, 'signingAlgorithm', 'none', /one of/],
    [{ signingAlgorithm: 'es256' }, 'signingAlgorithm', 'es256', /one of/],
    [{ signingAlgorithm: 'constructor' }, 'signingAlgorithm', 'constructor', /one of/],
    [{ opaqueTokenPrefix: '' }, 'opaqueTokenPrefix', '""', /1 to 16/],
    [{ opaqueTokenPrefix: 'a.b' }, 'opaqueTokenPrefix', 'a.b', /A-Za-z0-9_/],
    [{ opaqueTokenPrefix: 'x'.repeat(17) }, 'opaqueTokenPrefix', 'xxx', /1 to 16/],
    [{ opaqueTokenPrefix: 'a\n' }, 'opaqueTokenPrefix', /a/, /A-Za-z0-9_/],
    [{ opaqueTokenGenerator: 'x' }, 'opaqueTokenGenerator', '"x"', /a function/],
    [{ accessTokenClaims: {} }, 'accessTokenClaims', '{}', /a function/],
    [{ scopePolicy: [] }, 'scopePolicy', '[]', /a function/],
    [{ realm: '' }, 'realm', '""', /printable ASCII/],
    [{ realm: 'a"b' }, 'realm', /a.*b/, /printable ASCII/],
    [{ realm: 'a\r\nX: y' }, 'realm', /a/, /printable ASCII/],
    [{ realm: 5 }, 'realm', '5', /printable ASCII/],
    [{ serviceDocumentation: '/docs' }, 'serviceDocumentation', '/docs', /absolute URL/],
    [{ endpoints: { token: '/token#x' } }, 'endpoints.token', '#x', /without a fragment/],
    [{ endpoints: { token: 'token' } }, 'endpoints.token', '"token"', /a path/],
    [
      { endpoints: { token: 'http://auth.example.com/token' } },
      'endpoints.token',
      'http://auth',
      /a path|https/,
    ],
    [{ endpoints: { token: 5 } }, 'endpoints.token', '5', /a path/],
    [{ endpoints: { token: false } }, 'endpoints.token', 'false', /a path/],
    [{ endpoints: { jwks: '/j#' } }, 'endpoints.jwks', '/j#', /without a fragment/],
    [{ endpoints: { jwks: true } }, 'endpoints.jwks', 'true', /a path/],
    [{ endpoints: { jwks: false } }, 'endpoints.jwks', 'false', /jwt/],
    [{ clock: {} }, 'clock', /\{\}|object/, /clock/i],
    [{ signingKeys: Buffer.from('x') }, 'signingKeys', /is /, /PEM/],
    [{ signingKeys: 5 }, 'signingKeys', /is /, /PEM/],
    [{ keyEncryptionSecret: 5 }, 'keyEncryptionSecret', /is /, /32 characters/],
    [{ keyEncryptionSecret: ['k'.repeat(40), ''] }, 'keyEncryptionSecret', /is /, /32 characters/],
  ])('%j', async (options, option, got, wants) => {
    await refuses(options, option, got, wants);
  });

  it('JWKS-012 keyEncryptionSecret is needed off loopback, unless the host gives the keys', async () => {
    const issuer = 'https://auth.example.com';
    await refuses({ issuer }, 'keyEncryptionSecret', 'missing', /signingKeys/);
    await refuses({ issuer, keyEncryptionSecret: [] }, 'keyEncryptionSecret', /missing|\[\]/, /signingKeys/);
    const { privateKey } = generateKeyPairSync('ed25519');
    const signingKeys = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    await (await openKit({ issuer, signingKeys })).close();
  });

  it('ROB-020 a clock that tells milliseconds, or fractions of seconds: `Date` itself passes the compiler', async () => {
    for (const clock of [
      Date,
      { now: () => Date.now() / 1000 + 0.5 },
      { now: () => NaN },
      { now: () => 'x' },
    ]) {
      await refuses({ clock }, 'clock', /is /, /seconds|clock/i);
    }
  });

  it('a secret that is too short is not repeated', async () => {
    const secrets = ['hunter2', ['hunter2'], ['k'.repeat(40), 'hunter2'], 'hunter2'.repeat(4)];
    for (const keyEncryptionSecret of secrets) {
      const failure = await refuses(
        { keyEncryptionSecret },
        'keyEncryptionSecret',
        /characters/,
        /32 characters/,
      );
      expect(failure.message).not.toContain('hunter2');
      expect(String(failure.cause)).not.toContain('hunter2');
    }
  });

  it('an option that is undefined is an option that is not set', async () => {
    const names = [
      'endpoints',
      'accessTokenLifetime',
      'realm',
      'signingKeys',
      'keyEncryptionSecret',
      'scopePolicy',
    ];
    const kit = await openKit(Object.fromEntries(names.map((name) => [name, undefined])));
    const client = await register(kit);
    expect(granted(await kit.token(GRANT, client.basic)).expiresIn).toBe(3600);
    await kit.close();
  });
});

describe('ROB-032 persistence', () => {
  const values: [string, unknown][] = [
    ['missing', undefined],
    ['an instance', new MemoryPersistence()],
    ['a text', 'memory'],
    ['null', null],
  ];
  it.each(values)('%s', (_, persistence) => {
    const options = {
      issuer: 'http://127.0.0.1',
      resources: [API],
      persistence,
    } as unknown as OauthModuleOptions;
    for (const make of [
      () => OauthModule.forRoot(options),
      () => OauthModule.forRootAsync({ ...options, useFactory: () => options }),
    ]) {
      expect(make).toThrow(expect.objectContaining({ name: 'ConfigurationError', option: 'persistence' }));
    }
  });

  it('a class that is no Persistence', async () => {
    await refuses({ persistence: class Database {} }, 'persistence', /Database|class/, /Persistence/);
  });

  it('forRootAsync without a source says so', () => {
    expect(() => OauthModule.forRootAsync({ persistence: MemoryPersistence })).toThrow(
      /forRootAsync.*useFactory/,
    );
  });
});
