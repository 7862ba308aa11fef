import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Controller, Get, Inject, Injectable, Module, Post, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  AccessToken,
  AccessTokenVerifier,
  MemoryPersistence,
  Oauth,
  OauthAdmin,
  OauthGuard,
  OauthModule,
  OauthService,
  Persistence,
  RequireScopes,
  type HttpContext,
  type OauthContext,
  type OauthError,
  type OauthOptions,
  type OauthOptionsFactory,
  type TokenApplication,
  type TokenResponse,
  type VerifiedAccessToken,
} from 'nestjs-oauth-kit';
import { describe, expect, it } from 'vitest';
import { faulty, granted, GRANT, sharing } from '../oauth/support.js';
import { basic, echo, formRequest, ISSUER } from '../support/echo.js';
import { ADAPTERS, newClient, openHost } from './host.js';

const options: OauthOptions = {
  issuer: ISSUER,
  resources: [{ identifier: '/api', scopes: ['read', 'write'], defaultScopes: ['read'] }],
};

@Controller('api')
@UseGuards(OauthGuard)
class ApiController {
  @Get()
  @RequireScopes('read')
  read(@AccessToken() token: VerifiedAccessToken) {
    return { client: token.clientId };
  }
}

/** Answers a token request through this facade. */
async function tokenOf(oauth: OauthService, id: string, secret: string): Promise<string> {
  const context: OauthContext = { request: formRequest(GRANT, basic(id, secret)) };
  return granted(await oauth.token(context, echo)).accessToken;
}

describe('where the module stands', () => {
  it.each(ADAPTERS)(
    'in a feature module, which alone has the guard and the services: %s',
    async (adapter) => {
      @Module({
        imports: [OauthModule.forRoot({ ...options, persistence: MemoryPersistence })],
        controllers: [ApiController],
      })
      class FeatureModule {}
      @Module({})
      class Empty {}
      const module = { module: Empty, imports: [FeatureModule] };
      const app = await Test.createTestingModule({ imports: [module] }).compile();
      expect(app.get(OauthAdmin, { strict: false }).issuer).toBe(ISSUER);
      await app.close();
      const oauth = OauthModule.forRoot({ ...options, persistence: MemoryPersistence });
      const feature = {
        module: class Feature {},
        imports: [oauth],
        exports: [oauth],
        controllers: [ApiController],
      };
      const host = await openHost({ adapter, module: feature });
      const client = await newClient(host, { scope: 'read' });
      expect((await host.get('/api', await client.token())).body).toEqual({ client: client.id });
      await host.close();
    },
  );

  it('isGlobal: other modules get guard and services without an import; without it they do not', async () => {
    @Injectable()
    class Reporter {
      constructor(
        readonly oauth: OauthService,
        readonly admin: OauthAdmin,
        readonly guard: OauthGuard,
        readonly verifier: AccessTokenVerifier,
      ) {}
    }
    @Module({ providers: [Reporter], controllers: [ApiController] })
    class OtherModule {}
    const build = (isGlobal: boolean) => {
      const oauth = OauthModule.forRoot({ ...options, persistence: MemoryPersistence, isGlobal });
      return Test.createTestingModule({ imports: [oauth, OtherModule] }).compile();
    };
    const app = await build(true);
    expect(app.get(Reporter).admin.issuer).toBe(ISSUER);
    await app.close();
    await expect(build(false)).rejects.toThrow(/OauthGuard|OauthService/);
  });

  it('one dynamic module imported twice is one server', async () => {
    const made = faulty();
    const oauth = OauthModule.forRoot({ ...options, persistence: made.persistence });
    @Module({ imports: [oauth], controllers: [ApiController] })
    class One {}
    @Module({ imports: [oauth] })
    class Two {}
    const app = await NestFactory.createApplicationContext(
      { module: class Root {}, imports: [One, Two] },
      { logger: false },
    );
    expect(app.get(OauthAdmin, { strict: false, each: true })).toHaveLength(1);
    expect(app.select(One).get(OauthService, { strict: false })).toBe(
      app.select(Two).get(OauthService, { strict: false }),
    );
    expect(made.faults.count('signingKeys.insert')).toBe(1);
    await app.close();
  });
});

describe('two issuers in one process', () => {
  const OTHER = 'http://127.0.0.1:4999';
  const build = async (first: new () => Persistence, second: new () => Persistence) => {
    const one = OauthModule.forRoot({ ...options, persistence: first });
    const two = OauthModule.forRoot({
      ...options,
      issuer: OTHER,
      accessTokenLifetime: 60,
      persistence: second,
    });
    const app = await NestFactory.createApplicationContext(
      { module: class Root {}, imports: [one, two] },
      { logger: false },
    );
    const all = <T>(type: abstract new (...args: never[]) => T): T[] =>
      app.get<T>(type, { strict: false, each: true });
    const admins = all(OauthAdmin);
    const at = admins.findIndex(({ issuer }) => issuer === ISSUER);
    const order = at === 0 ? [0, 1] : [1, 0];
    const pick = <T>(list: T[]): [T, T] => order.map((index) => list[index]) as [T, T];
    return {
      app,
      admins: pick(admins),
      services: pick(all(OauthService)),
      verifiers: pick(all(AccessTokenVerifier)),
    };
  };

  it('of the same persistence class share nothing: clients, keys, tokens, options', async () => {
    const { app, admins, services, verifiers } = await build(MemoryPersistence, MemoryPersistence);
    expect(admins.map(({ issuer }) => issuer)).toEqual([ISSUER, OTHER]);
    const { client, issued } = await admins[0].clients.create({ client_id: 'c', client_secret: 's' });
    await expect(admins[1].clients.get(client.id)).rejects.toMatchObject({ code: 'client_not_found' });
    const token = await tokenOf(services[0], client.id, issued?.secret ?? '');
    expect(await verifiers[0].verify(token)).toMatchObject({ issuer: ISSUER });
    expect(await verifiers[1].verify(token)).toBeUndefined();
    const [mine, theirs] = await Promise.all(admins.map((admin) => admin.keys.list()));
    expect(mine?.[0]?.kid).not.toBe(theirs?.[0]?.kid);
    await app.close();
  });

  it('threat 36 JWT-025 on the same store: a token of one is nothing at the other, in both formats', async () => {
    const shared = sharing(new MemoryPersistence());
    const { app, admins, services, verifiers } = await build(shared, shared);
    for (const access_token_format of ['jwt', 'opaque']) {
      const { client, issued } = await admins[0].clients.create({ access_token_format });
      const secret = issued?.secret ?? '';
      const tokens = [
        await tokenOf(services[0], client.id, secret),
        await tokenOf(services[1], client.id, secret),
      ];
      for (const [index, token] of tokens.entries()) {
        const [own, other] = index === 0 ? verifiers : [verifiers[1], verifiers[0]];
        expect(await own.verify(token)).toMatchObject({ clientId: client.id, format: access_token_format });
        expect(await other.verify(token)).toBeUndefined();
      }
    }
    await app.close();
  });
});

describe('forRootAsync', () => {
  @Injectable()
  class Settings implements OauthOptionsFactory {
    async createOauthOptions(): Promise<OauthOptions> {
      return Promise.resolve(options);
    }
  }
  @Module({ providers: [Settings], exports: [Settings] })
  class SettingsModule {}

  const start = async (...args: Parameters<typeof OauthModule.forRootAsync>) => {
    const app = await Test.createTestingModule({ imports: [OauthModule.forRootAsync(...args)] }).compile();
    const { client, issued } = await app.get(OauthAdmin, { strict: false }).clients.create({});
    const token = await tokenOf(app.get(OauthService, { strict: false }), client.id, issued?.secret ?? '');
    await app.close();
    return token;
  };

  it('useFactory, with and without inject, also asynchronous', async () => {
    const persistence = MemoryPersistence;
    expect(await start({ persistence, useFactory: () => options })).toMatch(/^eyJ/);
    expect(await start({ persistence, useFactory: async () => Promise.resolve(options) })).toMatch(/^eyJ/);
    const useFactory = (settings: Settings) => settings.createOauthOptions();
    expect(await start({ persistence, imports: [SettingsModule], inject: [Settings], useFactory })).toMatch(
      /^eyJ/,
    );
  });

  it('useClass and useExisting', async () => {
    const persistence = MemoryPersistence;
    expect(await start({ persistence, useClass: Settings })).toMatch(/^eyJ/);
    expect(await start({ persistence, imports: [SettingsModule], useExisting: Settings })).toMatch(/^eyJ/);
  });

  it('wrong values and a source that fails stop the start', async () => {
    const persistence = MemoryPersistence;
    const wrong = { ...options, issuer: 'nonsense' };
    await expect(start({ persistence, useFactory: () => wrong })).rejects.toMatchObject({ option: 'issuer' });
    await expect(start({ persistence, useFactory: () => undefined as never })).rejects.toThrow();
    await expect(
      start({ persistence, useFactory: () => Promise.reject(new Error('no secret store')) }),
    ).rejects.toThrow('no secret store');
  });
});

describe('what a persistence class may need', () => {
  it('is injected, and comes from the modules that the class names', async () => {
    @Injectable()
    class Store extends MemoryPersistence {}
    @Module({ providers: [Store], exports: [Store] })
    class StoreModule {}
    @Injectable()
    class Injected extends Persistence {
      static readonly imports = [StoreModule];
      readonly clients;
      readonly clientSecrets;
      readonly accessTokens;
      readonly revokedTokens;
      readonly signingKeys;
      readonly usedIdentifiers;
      readonly failureCounts;
      readonly registrationTokens;
      readonly resourceServers;
      readonly auditLog;

      constructor(@Inject(Store) store: Store) {
        super();
        this.clients = store.clients;
        this.clientSecrets = store.clientSecrets;
        this.accessTokens = store.accessTokens;
        this.revokedTokens = store.revokedTokens;
        this.signingKeys = store.signingKeys;
        this.usedIdentifiers = store.usedIdentifiers;
        this.failureCounts = store.failureCounts;
        this.registrationTokens = store.registrationTokens;
        this.resourceServers = store.resourceServers;
        this.auditLog = store.auditLog;
      }

      async check(): Promise<void> {}
    }
    const app = await Test.createTestingModule({
      imports: [OauthModule.forRoot({ ...options, persistence: Injected })],
    }).compile();
    expect(await app.get(Store, { strict: false }).signingKeys.all()).toHaveLength(1);
    await app.close();
  });
});

it.each(ADAPTERS)(
  'the application may be a class of its own, injected into the controller: %s',
  async (adapter) => {
    @Injectable()
    class TokenAnswers implements TokenApplication<HttpContext> {
      tokenSuccess(context: HttpContext, response: TokenResponse) {
        context.send(response, { token: response.accessToken });
      }
      tokenError(context: HttpContext, error: OauthError) {
        context.send(error, { problem: error.code });
      }
    }
    @Controller('special')
    class SpecialController {
      constructor(
        private readonly oauth: OauthService,
        private readonly answers: TokenAnswers,
      ) {}
      @Post('token')
      token(@Oauth() context: HttpContext) {
        return this.oauth.token(context, this.answers);
      }
    }
    const metadata = { providers: [TokenAnswers] };
    const endpoints = { token: '/special/token' };
    const host = await openHost({
      adapter,
      controllers: [SpecialController],
      metadata,
      options: { endpoints },
    });
    const client = await newClientBy(host.admin);
    const send = (headers: Record<string, string>) =>
      host.request('/special/token', { method: 'POST', headers, body: new URLSearchParams(GRANT) });
    expect((await send(basic(client.id, client.secret))).body).toEqual({
      token: expect.stringMatching(/^eyJ/) as string,
    });
    const failure = await send({});
    expect([failure.status, failure.body, failure.challenge]).toEqual([
      401,
      { problem: 'invalid_client' },
      'Basic realm="oauth"',
    ]);
    await host.close();
  },
);

async function newClientBy(admin: OauthAdmin): Promise<{ id: string; secret: string }> {
  const { client, issued } = await admin.clients.create({});
  return { id: client.id, secret: issued?.secret ?? '' };
}

describe('the package as it is built', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const run = (args: string[]): unknown =>
    JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })) as unknown;
  const body = `
    const app = await NestFactory.createApplicationContext(
      kit.OauthModule.forRoot({ issuer: 'http://127.0.0.1:1', persistence: kit.MemoryPersistence, resources: [{ identifier: '/api', scopes: ['read'] }] }),
      { logger: false });
    const { client } = await app.get(kit.OauthAdmin).clients.create({ scope: 'read' });
    console.log(JSON.stringify({ id: typeof client.id, names: Object.keys(kit).sort() }));
    await app.close();`;

  it('works by require() in CommonJS, and has the same names as by import', () => {
    const common = `require('reflect-metadata'); const kit = require('nestjs-oauth-kit');
      const { NestFactory } = require('@nestjs/core'); (async () => {${body}})();`;
    const esm = `import 'reflect-metadata'; import * as kit from 'nestjs-oauth-kit';
      import { NestFactory } from '@nestjs/core'; ${body}`;
    const required = run(['--no-warnings', '--input-type=commonjs', '--eval', common]) as {
      id: string;
      names: string[];
    };
    const imported = run(['--input-type=module', '--eval', esm]) as { names: string[] };
    expect(required.id).toBe('string');
    expect(required.names).toEqual(
      expect.arrayContaining(['OauthGuard', 'OauthModule', 'OauthService', 'useOauthBodies']),
    );
    expect(required.names.filter((name) => name !== 'module.exports' && name !== '__esModule')).toEqual(
      imported.names,
    );
  });

  it('the sub-paths load by require() too', () => {
    const script = `const names = ['nestjs-oauth-kit/typeorm', 'nestjs-oauth-kit/testing'].map((name) => Object.keys(require(name)).length > 0);
      console.log(JSON.stringify(names));`;
    expect(run(['--no-warnings', '--input-type=commonjs', '--eval', script])).toEqual([true, true]);
  });
});
