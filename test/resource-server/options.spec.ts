import { Controller, Get, Injectable, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  AccessTokenVerifier,
  ConfigurationError,
  OauthGuard,
  RequireScopes,
  ResourceServerModule,
  type IntrospectionOptions,
  type RemoteResourceOptions,
  type ResourceServerOptionsFactory,
} from 'nestjs-oauth-kit/resource-server';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../support/echo.js';
import { API, closeApis, openModules, OrdersController } from './api.js';
import { FakeIssuer, newKey } from './fake-issuer.js';

afterEach(closeApis);

const SECRET = 'a-secret-of-this-test';
const good: RemoteResourceOptions = { issuer: 'https://auth.example', resource: API };
const introspection: IntrospectionOptions = {
  clientId: 'api',
  authentication: { method: 'client_secret_basic', secret: SECRET },
};

/** What stops the start with these options, or undefined. Given as somebody without types may. */
async function fault(options: object): Promise<ConfigurationError | undefined> {
  const module = ResourceServerModule.forRoot({ ...good, ...options });
  try {
    const context = await NestFactory.createApplicationContext(module, {
      logger: false,
      abortOnError: false,
    });
    await context.close();
    return undefined;
  } catch (failure) {
    if (failure instanceof ConfigurationError) return failure;
    throw failure;
  }
}

const authentication = (members: object) => ({
  introspection: { ...introspection, authentication: members },
});

describe('an option that is wrong stops the start, by its name', () => {
  it.each([
    ['issuer', { issuer: undefined }],
    ['issuer', { issuer: 'http://auth.example' }],
    ['issuer', { issuer: 'https://auth.example?x' }],
    ['resource', { resource: undefined }],
    ['resource', { resource: '/orders' }],
    ['resource', { resource: `${API}#x` }],
    ['scopes', { scopes: 'read' }],
    ['scopes', { scopes: [] }],
    ['scopes', { scopes: ['a b'] }],
    ['scopes', { scopes: ['read', 'read'] }],
    ['name', { name: '' }],
    ['documentation', { documentation: 'docs' }],
    ['metadata', { metadata: 'yes' }],
    ['realm', { realm: 'a"b' }],
    ['realm', { realm: 7 }],
    ['algorithms', { algorithms: [] }],
    ['algorithms', { algorithms: 'ES256' }],
    ['algorithms', { algorithms: ['none'] }],
    ['algorithms', { algorithms: ['ES256', 'HS256'] }],
    ['clockTolerance', { clockTolerance: 61 }],
    ['maxStale', { maxStale: -1 }],
    ['maxStale', { maxStale: 604_801 }],
    ['timeout', { timeout: 0 }],
    ['timeout', { timeout: 31 }],
    ['timeout', { timeout: '5' }],
    ['clock', { clock: {} }],
    ['clock', { clock: { now: () => 1.5 } }],
    ['introspection', { introspection: true }],
    ['introspection', { introspection: null }],
    ['introspection.clientId', { introspection: { ...introspection, clientId: '' } }],
    ['introspection.cache', { introspection: { ...introspection, cache: 301 } }],
    ['introspection.signedResponses', { introspection: { ...introspection, signedResponses: 1 } }],
    ['introspection.authentication', { introspection: { clientId: 'api' } }],
    ['introspection.authentication', { introspection: { clientId: 'api', authentication: SECRET } }],
    ['introspection.authentication.method', authentication({ secret: SECRET })],
    ['introspection.authentication.method', authentication({ method: 'none', secret: SECRET })],
    ['introspection.authentication.secret', authentication({ method: 'client_secret_post' })],
    ['introspection.authentication.secret', authentication({ method: 'client_secret_basic', secret: '' })],
    ['introspection.authentication.secret', authentication({ method: 'client_secret_jwt', secret: SECRET })],
    ['introspection.authentication.key', authentication({ method: 'private_key_jwt', secret: SECRET })],
    ['introspection.authentication.key', authentication({ method: 'private_key_jwt', key: SECRET })],
    ['introspection.authentication.key', authentication({ method: 'private_key_jwt', key: '{"keys":[]}' })],
  ])('%s: %j', async (option, options) => {
    const failure = await fault(options);
    expect(failure?.option).toBe(option);
    expect(`${failure?.stack} ${String(failure?.cause)}`).not.toContain(SECRET);
  });

  it.each([
    ['option documentation is docs, it must be', { documentation: 'docs' }],
    ['option name is , it must be', { name: '' }],
    ['introspection.authentication.key is missing,', authentication({ method: 'private_key_jwt' })],
    ['introspection.authentication.secret is missing,', authentication({ method: 'client_secret_post' })],
    ['introspection.authentication is missing,', { introspection: { clientId: 'api' } }],
    [
      'introspection.authentication.secret is 5 bytes, it must be 32 bytes or longer',
      authentication({ method: 'client_secret_jwt', secret: 'qü7z' }),
    ],
    [
      'introspection.authentication.secret is a value of type object,',
      authentication({ method: 'client_secret_basic', secret: ['qü7z'] }),
    ],
    [
      'introspection.authentication.key is a value of type object,',
      authentication({ method: 'private_key_jwt', key: { d: 'qü7z' } }),
    ],
  ])('%s', async (words, options) => {
    const { message, stack, cause } = (await fault(options)) ?? {};
    expect(message?.replaceAll('"', '')).toContain(words);
    expect(`${message} ${stack} ${String(cause)}`).not.toContain('qü7z');
  });

  it('the least that is needed is enough, and every range ends where it says', async () => {
    expect(await fault({})).toBeUndefined();
    expect(
      await fault({ clockTolerance: 60, maxStale: 604_800, timeout: 30, algorithms: ['Ed25519'] }),
    ).toBeUndefined();
    expect(await fault({ clockTolerance: 0, maxStale: 0, timeout: 1, metadata: false })).toBeUndefined();
    expect(
      await fault({ introspection: { ...introspection, cache: 300, signedResponses: true } }),
    ).toBeUndefined();
  });

  it('a key that is public, or for another algorithm, or one of two; and it stays out of the message', async () => {
    const [one, two] = await Promise.all([newKey('one'), newKey('two')]);
    const jwk = one.privateKey.export({ format: 'jwk' });
    const byKey = (key: unknown, algorithm?: string) =>
      fault(authentication({ method: 'private_key_jwt', key: JSON.stringify(key), algorithm }));
    expect((await byKey(one.jwk))?.option).toBe('introspection.authentication.key');
    const both = { keys: [jwk, two.privateKey.export({ format: 'jwk' })] };
    expect((await byKey(both))?.option).toBe('introspection.authentication.key');
    expect((await byKey(jwk, 'ES512'))?.option).toBe('introspection.authentication.algorithm');
    const unfit = await byKey(jwk, 'RS256');
    expect(unfit?.option).toBe('introspection.authentication.algorithm');
    expect(`${unfit?.stack} ${String(unfit?.cause)}`).not.toContain(String(jwk.d));
    expect(await byKey(jwk)).toBeUndefined();
  });

  it('a handler that asks for a scope that does not exist', async () => {
    const module = ResourceServerModule.forRoot({ ...good, scopes: ['read'] });
    const started = openModules([{ module, controllers: [OrdersController] }]);
    await expect(started).rejects.toThrow('OrdersController.write');
  });

  it('an API that does not say which scopes exist may ask for any', async () => {
    const module = ResourceServerModule.forRoot(good);
    const api = await openModules([{ module, controllers: [OrdersController] }]);
    expect((await api.get('/orders')).status).toBe(401);
  });

  it('forRootAsync without a source', () => {
    expect(() => ResourceServerModule.forRootAsync({})).toThrow(ConfigurationError);
  });
});

@Injectable()
class Settings implements ResourceServerOptionsFactory {
  static issuer = good.issuer;

  async createResourceServerOptions(): Promise<RemoteResourceOptions> {
    return Promise.resolve({
      ...good,
      issuer: Settings.issuer,
      scopes: ['read', 'write'],
      clock: new ManualClock(),
    });
  }
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@Controller('elsewhere')
@UseGuards(OauthGuard)
class ElsewhereController {
  @Get()
  @RequireScopes('read')
  read() {
    return { read: true };
  }
}

@Module({ controllers: [ElsewhereController] })
class ElsewhereModule {}

describe('where the options come from', () => {
  it.each([
    [
      'useFactory',
      ResourceServerModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: (settings: Settings) => settings.createResourceServerOptions(),
      }),
    ],
    ['useClass', ResourceServerModule.forRootAsync({ useClass: Settings })],
    ['useExisting', ResourceServerModule.forRootAsync({ imports: [SettingsModule], useExisting: Settings })],
  ])('%s', async (_, module) => {
    const issuer = await FakeIssuer.open();
    Settings.issuer = issuer.url;
    const api = await openModules([{ module, controllers: [OrdersController] }]);
    expect(await api.status(issuer.token())).toBe(200);
    await issuer.close();
  });

  it('isGlobal: the guard is at hand in modules that do not import it', async () => {
    const issuer = await FakeIssuer.open();
    const module = ResourceServerModule.forRoot({
      ...good,
      issuer: issuer.url,
      clock: issuer.clock,
      isGlobal: true,
    });
    const api = await openModules([
      { module: { module: ElsewhereModule }, controllers: [] },
      { module, controllers: [] },
    ]);
    expect((await api.get('/elsewhere', issuer.token())).status).toBe(200);
    await issuer.close();
  });

  it('the verifier is there for what is no HTTP handler', async () => {
    const issuer = await FakeIssuer.open();
    const module = ResourceServerModule.forRoot({ ...good, issuer: issuer.url, clock: issuer.clock });
    const context = await NestFactory.createApplicationContext(module, { logger: false });
    const verifier = context.get(AccessTokenVerifier);
    expect(await verifier.verify(issuer.token())).toMatchObject({ clientId: 'machine', audience: [API] });
    expect(await verifier.verify('other')).toBeUndefined();
    await context.close();
    await issuer.close();
  });

  it('and asks the issuer about nothing that cannot be a token', async () => {
    const issuer = await FakeIssuer.open();
    const module = ResourceServerModule.forRoot({
      ...good,
      issuer: issuer.url,
      clock: issuer.clock,
      introspection,
    });
    const context = await NestFactory.createApplicationContext(module, { logger: false });
    const verifier = context.get(AccessTokenVerifier);
    for (const text of ['', 'a b', 'a&token=b', 'a\r\nb', 'x'.repeat(12_289)]) {
      expect(await verifier.verify(text)).toBeUndefined();
    }
    expect(issuer.seen).toEqual([]);
    expect(await verifier.verify('x'.repeat(12_288))).toMatchObject({
      clientId: 'machine',
      format: 'opaque',
    });
    await context.close();
    await issuer.close();
  });
});
