import { createSecretKey, type KeyObject } from 'node:crypto';
import {
  MemoryPersistence,
  type OauthContext,
  type OauthModuleOptions,
  type ServerMetadataDocument,
} from 'nestjs-oauth-kit';
import { describe, expect, it } from 'vitest';
import { basic } from '../support/echo.js';
import { ALGS, Bench, newKeyPair, PRIVATE_ALGS, SECRET_ALGS, type Party } from './assertions.js';
import { granted, GRANT, register, sharing } from './support.js';

const METHODS = 'token_endpoint_auth_methods_supported';
const ALGORITHMS = 'token_endpoint_auth_signing_alg_values_supported';
const BUILT_IN = ['private_key_jwt', 'client_secret_jwt', 'client_secret_basic', 'client_secret_post'];

async function document(bench: Bench): Promise<ServerMetadataDocument> {
  const url = '/.well-known/oauth-authorization-server';
  const request = { method: 'GET', url, headers: {} };
  const answer = await bench.kit.oauth.metadata<OauthContext, ServerMetadataDocument, never>(
    { request },
    {
      metadataSuccess: (_, metadata) => metadata.document,
      metadataError: (_, error) => {
        throw error;
      },
    },
  );
  return answer;
}

async function opened(
  options: Partial<OauthModuleOptions>,
  use: (bench: Bench, published: ServerMetadataDocument) => Promise<void>,
): Promise<void> {
  const bench = await Bench.open(options);
  try {
    await use(bench, await document(bench));
  } finally {
    await bench.close();
  }
}

/** The methods by which a client that is registered for them gets a token. */
async function methodsThatWork(bench: Bench): Promise<string[]> {
  const tries: Record<string, () => Promise<unknown>> = {
    private_key_jwt: () => firstThatWorks(bench, PRIVATE_ALGS),
    client_secret_jwt: () => firstThatWorks(bench, SECRET_ALGS),
    client_secret_basic: async () => {
      const client = await register(bench.kit, { token_endpoint_auth_method: 'client_secret_basic' });
      granted(await bench.kit.token(GRANT, client.basic));
    },
    client_secret_post: async () => {
      const client = await register(bench.kit, { token_endpoint_auth_method: 'client_secret_post' });
      granted(await bench.kit.token({ ...GRANT, client_id: client.id, client_secret: client.secret }));
    },
  };
  const working: string[] = [];
  for (const [name, attempt] of Object.entries(tries)) {
    if (await attempt().then(yes, no)) working.push(name);
  }
  return working;
}

const yes = () => true;
const no = () => false;

async function firstThatWorks(bench: Bench, algs: readonly string[]): Promise<void> {
  await Promise.any(algs.map((alg) => tokenBy(bench, alg)));
}

/** One for all servers: those of RSA take long to make. */
const KEYS = new Map<string, KeyObject>(
  await Promise.all(PRIVATE_ALGS.map(async (alg) => [alg, (await newKeyPair(alg)).key] as const)),
);

async function tokenBy(bench: Bench, alg: string): Promise<void> {
  granted(await bench.send(await bench.assertion(await bench.client(alg, {}, KEYS.get(alg)))));
}

async function algorithmsThatWork(bench: Bench): Promise<string[]> {
  const working: string[] = [];
  for (const alg of ALGS) if (await tokenBy(bench, alg).then(yes, no)) working.push(alg);
  return working;
}

const SERVERS: [string, Partial<OauthModuleOptions>, readonly string[], readonly string[]][] = [
  ['everything', {}, BUILT_IN, ALGS],
  [
    'no keyEncryptionSecret',
    { keyEncryptionSecret: undefined },
    BUILT_IN.filter((each) => each !== 'client_secret_jwt'),
    PRIVATE_ALGS,
  ],
  [
    'private_key_jwt alone',
    { clientAuthenticationMethods: ['private_key_jwt'] },
    ['private_key_jwt'],
    PRIVATE_ALGS,
  ],
  [
    'client_secret_jwt alone',
    { clientAuthenticationMethods: ['client_secret_jwt'] },
    ['client_secret_jwt'],
    SECRET_ALGS,
  ],
  ['secrets alone', { clientAuthenticationMethods: ['client_secret_basic'] }, ['client_secret_basic'], []],
  [
    'a choice of algorithms',
    { clientAssertions: { algorithms: ['PS256', 'ES256', 'HS512'] } },
    BUILT_IN,
    ['PS256', 'ES256', 'HS512'],
  ],
  [
    'no symmetric algorithm, so no client_secret_jwt',
    { clientAssertions: { algorithms: ['ES256'] } },
    BUILT_IN.filter((each) => each !== 'client_secret_jwt'),
    ['ES256'],
  ],
  [
    'no asymmetric algorithm, so no private_key_jwt',
    { clientAssertions: { algorithms: ['HS256'] } },
    BUILT_IN.filter((each) => each !== 'private_key_jwt'),
    ['HS256'],
  ],
];

describe('AUTH-061 META-012 the metadata says what is accepted, and nothing else', () => {
  it.each(SERVERS)('AUTH-061 META-012 %s', async (_, options, methods, algorithms) => {
    await opened(options, async (bench, published) => {
      expect(new Set(published[METHODS])).toEqual(new Set(methods));
      expect(published[METHODS]).toHaveLength(methods.length);
      expect(new Set(published[ALGORITHMS])).toEqual(new Set(algorithms));
      expect(await methodsThatWork(bench)).toEqual(BUILT_IN.filter((each) => methods.includes(each)));
      expect(new Set(await algorithmsThatWork(bench))).toEqual(new Set(algorithms));
    });
  });

  it('META-012 an algorithm is listed iff a method with assertions is; none is never', async () => {
    for (const [, options] of SERVERS) {
      await opened(options, async (_, published) => {
        const signs = published[METHODS].some((name) => name.endsWith('_jwt'));
        expect(ALGORITHMS in published).toBe(signs);
        expect(published[ALGORITHMS] ?? ['x']).not.toEqual([]);
        expect((published[ALGORITHMS] ?? []).map((each) => each.toLowerCase())).not.toContain('none');
      });
    }
  });

  it('AUTH-061 a method that no algorithm is left for cannot be asked for', async () => {
    for (const [method, algorithm] of [
      ['client_secret_jwt', 'ES256'],
      ['private_key_jwt', 'HS256'],
    ] as const) {
      const clientAuthenticationMethods = ['client_secret_basic', method] as const;
      const clientAssertions = { algorithms: [algorithm] };
      await expect(Bench.open({ clientAuthenticationMethods, clientAssertions })).rejects.toThrow(method);
    }
  });

  it('META-012 none cannot be switched on', async () => {
    for (const algorithm of ['none', 'None', '', 'HS1', 'ES256K', 'constructor']) {
      const algorithms = ['ES256', algorithm] as never;
      await expect(Bench.open({ clientAssertions: { algorithms } })).rejects.toThrow(/algorithms/);
    }
    await expect(Bench.open({ clientAssertions: { algorithms: [] } })).rejects.toThrow(/algorithms/);
  });
});

describe('AUTH-063 a server for private_key_jwt alone', () => {
  const alone: Partial<OauthModuleOptions> = { clientAuthenticationMethods: ['private_key_jwt'] };

  it('AUTH-063 publishes nothing else, and registers nothing else', async () => {
    await opened(alone, async (bench, published) => {
      expect(published[METHODS]).toEqual(['private_key_jwt']);
      for (const alg of SECRET_ALGS) expect(published[ALGORITHMS]).not.toContain(alg);
      for (const method of BUILT_IN.filter((each) => each !== 'private_key_jwt')) {
        await expect(register(bench.kit, { token_endpoint_auth_method: method })).rejects.toMatchObject({
          code: 'invalid_client_metadata',
          description: 'token_endpoint_auth_method must be one of private_key_jwt',
        });
      }
      await bench.accepts(bench.assertion(await bench.client('ES256')));
      await expect(register(bench.kit)).rejects.toMatchObject({ code: 'invalid_client_metadata' });
    });
  });

  it('AUTH-063 refuses the secrets of clients that were registered before', async () => {
    const store = new MemoryPersistence();
    const persistence = sharing(store);
    const former = await Bench.open({ persistence });
    const holder = await register(former.kit);
    const poster = await register(former.kit, { token_endpoint_auth_method: 'client_secret_post' });
    const signer = await former.client('HS256');
    const keeper = await former.client('ES256');
    const byPost = { ...GRANT, client_id: poster.id, client_secret: poster.secret };
    granted(await former.kit.token(GRANT, holder.basic));
    granted(await former.kit.token(byPost));
    await former.accepts(former.assertion(signer));
    await opened({ ...alone, persistence }, async (bench) => {
      const secretBasic: Party = { id: holder.id, alg: 'HS256', key: createSecretKey(holder.secret, 'utf8') };
      await bench.formRefusedFor('no_credentials', GRANT, holder.basic);
      await bench.formRefusedFor('no_credentials', GRANT, basic(keeper.id, 'x'));
      await bench.formRefusedFor('no_credentials', byPost);
      await bench.refusedFor('wrong_method', bench.assertion(signer));
      await bench.refusedFor('wrong_method', bench.assertion(secretBasic));
      await bench.accepts(bench.assertion(keeper));
    });
    await former.close();
  });
});
