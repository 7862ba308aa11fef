import { Controller, Get, Injectable, Module, Scope, UseGuards, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  ConfigurationError,
  MemoryPersistence,
  OauthGuard,
  OauthModule,
  Public,
  ProtectedResource,
  RequireScopes,
} from 'nestjs-oauth-kit';
import { ResourceServerModule } from 'nestjs-oauth-kit/resource-server';
import { afterEach, describe, expect, it } from 'vitest';
import { ISSUER } from '../support/echo.js';
import { ADAPTERS, openHost, type Adapter, type Host } from './host.js';

const A = 'https://a.example/api';
const B = 'https://b.example/api';

const opened: Host[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((host) => host.close()));
});

/** An API of another issuer, with one scope; nothing is fetched before there is a request with a token. */
const remote = (resource: string, scope: string, isGlobal = false) =>
  ResourceServerModule.forRoot({ issuer: 'https://issuer.example', resource, scopes: [scope], isGlobal });

/** The modules of an application that has two places for handlers, `a` and `b` their scopes. */
const PAIRS = {
  'two resource servers': () => [remote(A, 'a'), remote(B, 'b')] as const,
  'an authorization server and a resource server': () => {
    const resources = [{ identifier: A, scopes: ['a'] }];
    return [
      OauthModule.forRoot({ issuer: ISSUER, resources, persistence: MemoryPersistence }),
      remote(B, 'b'),
    ] as const;
  },
};
const CASES = ADAPTERS.flatMap((adapter) =>
  (Object.keys(PAIRS) as (keyof typeof PAIRS)[]).map((pair) => [pair, adapter] as const),
);
/** Which of the two a feature imports. */
type Side = 0 | 1;

/** A controller with one guarded handler that requires this scope. */
function guarded(scope: string, decorators: ClassDecorator[] = [UseGuards(OauthGuard)]): Type {
  @Controller(`${scope}-handler`)
  class PlacedController {
    @Get()
    @RequireScopes(scope)
    handler() {
      return {};
    }
  }
  for (const decorate of decorators) decorate(PlacedController);
  return PlacedController;
}

interface Feature {
  readonly side: Side;
  readonly controllers: Type[];
  readonly providers?: Type[];
}

/** Starts an application whose features import either of the two modules. */
async function start(
  pair: keyof typeof PAIRS,
  adapter: Adapter,
  features: readonly Feature[],
  more: { metadata?: object } = {},
): Promise<Host> {
  const modules = PAIRS[pair]();
  const imports = features.map(({ side, controllers, providers = [] }) => {
    class FeatureModule {}
    Module({ imports: [modules[side]], controllers, providers })(FeatureModule);
    return FeatureModule;
  });
  // The module of the endpoints has a server of its own, at which no handler is.
  const own = OauthModule.forRoot({
    issuer: 'http://127.0.0.1:4999',
    resources: [{ identifier: '/own', scopes: ['own'] }],
    persistence: MemoryPersistence,
  });
  const host = await openHost({
    adapter,
    module: own,
    metadata: { ...more.metadata, imports: [...modules, ...imports] },
  });
  opened.push(host);
  return host;
}

const stopped = {
  name: 'ConfigurationError',
  message: expect.stringContaining('PlacedController.handler') as string,
};

describe.each(CASES)('ROB-032 the check of handlers at boot: %s on %s', (pair, adapter) => {
  const starts = (features: readonly Feature[]) => start(pair, adapter, features);

  it('a handler before whose module the guard of the other stands stops the start, and is named', async () => {
    for (const [side, scope] of [[0, 'b'], [1, 'a']] as const) {
      const failure: unknown = await starts([{ side, controllers: [guarded(scope)] }]).catch(
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(ConfigurationError);
      expect(failure).toMatchObject(stopped);
    }
  }); // prettier-ignore

  it('one of them among those that stand right', async () => {
    const right: Feature[] = [
      { side: 0, controllers: [guarded('a')] },
      { side: 1, controllers: [guarded('b')] },
    ];
    const host = await starts(right);
    for (const path of ['/a-handler', '/b-handler']) {
      const { status, challenge } = await host.request(path);
      expect([status, challenge]).toEqual([401, expect.stringContaining(`scope="${path[1]}"`)]);
    }
    const wrong = guarded('a', [UseGuards(OauthGuard), Controller('elsewhere')]);
    await expect(starts([...right, { side: 1, controllers: [wrong] }])).rejects.toMatchObject(stopped);
  });

  it('a resource that only the other has', async () => {
    const named = (identifier: string) => {
      const controller = guarded('a');
      ProtectedResource(identifier)(controller);
      return controller;
    };
    await starts([{ side: 0, controllers: [named(A)] }]);
    await expect(starts([{ side: 0, controllers: [named(B)] }])).rejects.toMatchObject(stopped);
  });

  it('a scope that exists nowhere stops it whichever the module', async () => {
    for (const side of [0, 1] as const) {
      await expect(starts([{ side, controllers: [guarded('nowhere')] }])).rejects.toMatchObject(stopped);
    }
  });

  it('a guard on the handler alone counts, and what is public does not', async () => {
    @Controller('mixed')
    class PlacedController {
      @Get()
      @UseGuards(OauthGuard)
      @RequireScopes('b')
      handler() {
        return {};
      }
    }
    await starts([{ side: 1, controllers: [PlacedController] }]);
    await expect(starts([{ side: 0, controllers: [PlacedController] }])).rejects.toMatchObject(stopped);
    @Controller('let-in')
    @UseGuards(OauthGuard)
    class OpenController {
      @Get()
      @Public()
      @RequireScopes('b')
      handler() {
        return {};
      }
    }
    await starts([{ side: 0, controllers: [OpenController] }]);
  });

  it('a guard of the host that extends it is one too', async () => {
    @Injectable()
    class OwnGuard extends OauthGuard {}
    const own = [UseGuards(OwnGuard)];
    const host = await starts([{ side: 0, controllers: [guarded('a', own)] }]);
    expect((await host.request('/a-handler')).status).toBe(401);
    await expect(starts([{ side: 0, controllers: [guarded('b', own)] }])).rejects.toMatchObject(stopped);
  });

  it('controllers and guards that are made for each request do not break it', async () => {
    @Controller({ path: 'each', scope: Scope.REQUEST })
    @UseGuards(OauthGuard)
    class PlacedController {
      @Get()
      @RequireScopes('a')
      handler() {
        return {};
      }
    }
    const host = await starts([{ side: 0, controllers: [PlacedController] }]);
    expect((await host.request('/each')).status).toBe(401);
    await expect(starts([{ side: 1, controllers: [PlacedController] }])).rejects.toMatchObject(stopped);

    @Injectable({ scope: Scope.REQUEST })
    class EachGuard extends OauthGuard {}
    const each = [UseGuards(EachGuard)];
    const other = await starts([{ side: 0, controllers: [guarded('a', each)] }]);
    expect((await other.request('/a-handler')).status).toBe(401);
    // It stands before nothing yet: any module will do, and none is found where there is no such scope.
    await starts([{ side: 1, controllers: [guarded('a', each)] }]);
    await expect(starts([{ side: 0, controllers: [guarded('nowhere', each)] }])).rejects.toMatchObject(
      stopped,
    );
  });

  it('with a guard for the whole application any module will do', async () => {
    const metadata = { providers: [{ provide: APP_GUARD, useExisting: OauthGuard }] };
    for (const [side, scope] of [[0, 'a'], [0, 'b'], [1, 'a'], [1, 'b']] as const) {
      await start(pair, adapter, [{ side, controllers: [guarded(scope, [])] }], { metadata });
    }
    const nowhere = [{ side: 0 as const, controllers: [guarded('nowhere', [])] }];
    await expect(start(pair, adapter, nowhere, { metadata })).rejects.toMatchObject(stopped);
  }); // prettier-ignore
});

it.each(ADAPTERS)(
  'guards of two modules before one handler on %s: it starts where one is met',
  async (adapter) => {
    // A module that imports both gets one guard, that of the import that Nest finds first.
    const imports = [remote(A, 'a'), remote(B, 'b')];
    @Module({ imports, controllers: [guarded('a')] })
    class BothModule {}
    @Module({ imports: [...imports].reverse(), controllers: [guarded('a')] })
    class ReversedModule {}
    const outcomes = await Promise.all(
      [BothModule, ReversedModule].map(async (module) =>
        openHost({ adapter, metadata: { imports: [module] } }).then(
          (host) => (opened.push(host), 'started'),
          (error: unknown) => (error as Error).name,
        ),
      ),
    );
    expect(outcomes.toSorted()).toEqual(['ConfigurationError', 'started']);
  },
);
