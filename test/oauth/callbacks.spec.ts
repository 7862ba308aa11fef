import type { OauthContext, TokenApplication } from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formRequest, openKit, type Kit } from '../support/echo.js';
import { GRANT, register, type Registered } from './support.js';

let kit: Kit;
let client: Registered;

beforeAll(async () => {
  kit = await openKit();
  client = await register(kit);
});

afterAll(() => kit.close());

const good = (): OauthContext => ({ request: formRequest(GRANT, client.basic) });
const bad = (): OauthContext => ({ request: formRequest({}, client.basic) });

/** Counts its calls, and does what it is told to. */
class Application implements TokenApplication<OauthContext> {
  readonly calls: string[] = [];

  constructor(
    private readonly onSuccess: () => unknown = () => 'success',
    private readonly onError: () => unknown = () => 'error',
  ) {}

  tokenSuccess(): unknown {
    this.calls.push('tokenSuccess');
    return this.onSuccess();
  }

  tokenError(): unknown {
    this.calls.push('tokenError');
    return this.onError();
  }
}

const thrower = () => {
  throw new Error('the view is broken');
};

describe('exactly one callback, exactly once', () => {
  it('with the context as it was given, extra members included, and `this` intact', async () => {
    const context = { ...good(), mine: Symbol('mine') };
    class Controller implements TokenApplication<typeof context, unknown, unknown> {
      readonly name = 'controller';
      tokenSuccess(given: typeof context) {
        return [this.name, given];
      }
      tokenError(given: typeof context) {
        return [this.name, given];
      }
    }
    const [name, given] = (await kit.oauth.token(context, new Controller())) as [string, unknown];
    expect(name).toBe('controller');
    expect(given).toBe(context);
  });

  it.each([
    ['a text', 'x'],
    ['undefined', undefined],
    ['null', null],
    ['an error that is returned', new Error('returned')],
    ['a function', thrower],
  ])('resolves with what the callback returned: %s', async (_, value) => {
    const application = new Application(
      () => value,
      () => value,
    );
    expect(await kit.oauth.token(good(), application)).toBe(value);
    expect(await kit.oauth.token(bad(), application)).toBe(value);
    expect(application.calls).toEqual(['tokenSuccess', 'tokenError']);
  });

  it('waits for callbacks that are asynchronous', async () => {
    const late = (value: string) => async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return value;
    };
    const application = new Application(late('a'), late('b'));
    expect(await kit.oauth.token(good(), application)).toBe('a');
    expect(await kit.oauth.token(bad(), application)).toBe('b');
  });

  it.each([
    ['throws', thrower],
    ['rejects', () => Promise.reject(new Error('the view is broken'))],
  ])('a tokenSuccess that %s rejects the whole; tokenError is not called', async (_, view) => {
    const application = new Application(view);
    await expect(kit.oauth.token(good(), application)).rejects.toThrow('the view is broken');
    expect(application.calls).toEqual(['tokenSuccess']);
  });

  it.each([
    ['throws', thrower],
    ['rejects', () => Promise.reject(new Error('the view is broken'))],
  ])('a tokenError that %s rejects the whole and is not called again', async (_, view) => {
    const application = new Application(undefined, view);
    await expect(kit.oauth.token(bad(), application)).rejects.toThrow('the view is broken');
    expect(application.calls).toEqual(['tokenError']);
  });

  it('a request that cannot even be read is answered by tokenError', async () => {
    const application = new Application();
    const request = {
      ...formRequest(GRANT),
      get headers(): never {
        throw new Error('broken request');
      },
    };
    expect(await kit.oauth.token({ request }, application)).toBe('error');
    expect(application.calls).toEqual(['tokenError']);
  });

  it('jwks and metadata keep to the same rule', async () => {
    const calls: string[] = [];
    const record = (name: string, result: () => unknown) => () => {
      calls.push(name);
      return result();
    };
    const application = {
      jwkList: record('jwkList', thrower),
      jwksError: record('jwksError', () => 'refused'),
      metadataSuccess: record('metadataSuccess', thrower),
      metadataError: record('metadataError', () => 'refused'),
    };
    const read = {
      request: { ...formRequest(''), method: 'GET', url: '/.well-known/oauth-authorization-server' },
    };
    await expect(kit.oauth.jwks(read, application)).rejects.toThrow('the view is broken');
    await expect(kit.oauth.metadata(read, application)).rejects.toThrow('the view is broken');
    const write = { request: { ...read.request, method: 'POST' } };
    expect(await kit.oauth.jwks(write, application)).toBe('refused');
    expect(await kit.oauth.metadata(write, application)).toBe('refused');
    expect(calls).toEqual(['jwkList', 'metadataSuccess', 'jwksError', 'metadataError']);
  });

  /** Each other facade method, with a request that succeeds and one that is refused. */
  const others = () => {
    const read = { ...formRequest('', {}, '/.well-known/oauth-protected-resource/api'), method: 'GET' };
    return {
      introspect: [formRequest({ token: 'x' }, client.basic), formRequest({}, client.basic)],
      revoke: [formRequest({ token: 'x' }, client.basic), formRequest({ token: 'x' })],
      resourceMetadata: [read, { ...read, url: '/.well-known/oauth-protected-resource/none' }],
    } as const;
  };

  describe.each(['introspect', 'revoke', 'resourceMetadata'] as const)('%s', (method) => {
    const call = async (index: 0 | 1, view: () => unknown) => {
      const calls: string[] = [];
      const record = (name: string) => (context: OauthContext) => {
        calls.push(`${name} ${String(context === given)}`);
        return view();
      };
      const given: OauthContext = { request: others()[method][index] };
      const application = Object.fromEntries(
        ['introspect', 'revoke', 'resourceMetadata'].flatMap((each) =>
          ['Success', 'Error'].map((end) => [each + end, record(each + end)]),
        ),
      );
      const result = await settled(() => kit.oauth[method](given, application as never));
      return { calls, result };
    };
    const settled = async (run: () => Promise<unknown>): Promise<unknown> => {
      try {
        return await run();
      } catch (failure) {
        return failure;
      }
    };

    it.each([
      ['success', 0, `${method}Success true`],
      ['refusal', 1, `${method}Error true`],
    ] as const)('%s: one callback, once, and what it returned', async (_, index, callback) => {
      for (const value of ['x', undefined, null, new Error('returned')]) {
        expect(await call(index, () => value)).toEqual({ calls: [callback], result: value });
        expect(await call(index, () => Promise.resolve(value))).toEqual({ calls: [callback], result: value });
      }
      const broken = new Error('the view is broken');
      expect(await call(index, thrower)).toEqual({ calls: [callback], result: broken });
      expect(await call(index, () => Promise.reject(broken))).toEqual({ calls: [callback], result: broken });
    });

    it('a request that cannot even be read is answered by the error callback', async () => {
      const calls: string[] = [];
      const application = {
        [`${method}Success`]: () => calls.push('success'),
        [`${method}Error`]: (_: unknown, error: { code: string }) => calls.push(error.code),
      };
      const request = {
        ...formRequest(''),
        get method(): never {
          throw new Error('broken request');
        },
      };
      expect(await kit.oauth[method]({ request }, application as never)).toBe(1);
      expect(calls).toEqual(['server_error']);
    });
  });
});
