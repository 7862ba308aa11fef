import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type CryptoKey, type JWK } from 'jose';
import type { SampleApp } from '../../support/sample-app.js';
import { FORM, GRANT, type Headers, type Server } from './server.js';

export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const ASYMMETRIC = [
  'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512',
] as const; // prettier-ignore
export const SYMMETRIC = ['HS256', 'HS384', 'HS512'] as const;
export const KEY_ENCRYPTION_SECRET = 'correct-horse-battery-staple-0123456789';

/** A key pair of a client. */
export interface ClientKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly privateJwk: JWK;
  readonly publicJwk: JWK;
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'key_ops', 'ext'];
let rsa: Promise<JWK> | undefined;

/** A new key; with RSA always the same one, as it takes long to make. */
export async function clientKey(alg = 'ES256', kid: string = randomUUID()): Promise<ClientKey> {
  const members = await (/^[RP]S/.test(alg) ? (rsa ??= newJwk('RS256')) : newJwk(alg));
  const privateJwk = { ...members, kid, alg };
  const publicJwk = Object.fromEntries(
    Object.entries(privateJwk).filter(([name]) => !PRIVATE_MEMBERS.includes(name)),
  );
  const privateKey = (await importJWK(privateJwk, alg)) as CryptoKey;
  return { alg, kid, privateKey, privateJwk, publicJwk };
}

async function newJwk(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return exportJWK(privateKey);
}

export interface AssertionOptions {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Seconds by which the signer's clock is ahead of this machine's. */
  readonly ahead?: number;
  /** Another key than the client's own. */
  readonly key?: ClientKey;
}

/** A client that signs: by a private key, or with its secret. */
export interface SigningClient {
  readonly id: string;
  readonly secret: string;
  readonly key: ClientKey | undefined;
  /** A good assertion, but for the options. Each has a `jti` of its own. */
  sign(options?: AssertionOptions): Promise<string>;
  /** The form of a token request with such an assertion. */
  form(options?: AssertionOptions, more?: string): Promise<string>;
}

/** Registers a client for `private_key_jwt`, with the key in its `jwks` unless the metadata names a `jwks_uri`. */
export async function registerSigner(
  server: Pick<Server, 'register' | 'issuer'>,
  metadata: Readonly<Record<string, unknown>> = {},
  given?: ClientKey,
): Promise<SigningClient> {
  const key = given ?? (await clientKey());
  const jwks = metadata['jwks_uri'] === undefined && { jwks: { keys: [key.publicJwk] } };
  const { id } = await server.register({
    token_endpoint_auth_method: 'private_key_jwt',
    default_scope: 'catalog:read',
    ...jwks,
    ...metadata,
  });
  return signer(server.issuer, { id, key });
}

/** Registers a client for `client_secret_jwt`. */
export async function registerHmacSigner(
  server: Pick<Server, 'register' | 'issuer'>,
  alg = 'HS256',
): Promise<SigningClient> {
  const { id, secret } = await server.register({
    token_endpoint_auth_method: 'client_secret_jwt',
    token_endpoint_auth_signing_alg: alg,
    default_scope: 'catalog:read',
  });
  return signer(server.issuer, { id, secret, alg });
}

export function signer(
  issuer: string,
  client: { readonly id: string; readonly key?: ClientKey; readonly secret?: string; readonly alg?: string },
): SigningClient {
  const { id, key, secret = '', alg = 'HS256' } = client;
  const sign = async ({ claims = {}, header = {}, ahead = 0, key: other }: AssertionOptions = {}) => {
    const now = Math.floor(Date.now() / 1000) + ahead;
    const payload = { iss: id, sub: id, aud: issuer, jti: randomUUID(), iat: now, exp: now + 60 };
    const by = other ?? key;
    const own = by ? { alg: by.alg, kid: by.kid } : { alg };
    return new SignJWT({ ...payload, ...claims })
      .setProtectedHeader({ ...own, ...header })
      .sign(by?.privateKey ?? new TextEncoder().encode(secret));
  };
  return { id, secret, key, sign, form: async (options, more) => assertionForm(await sign(options), more) };
}

/** The form of a token request with this assertion. */
export function assertionForm(assertion: string, more = ''): string {
  const parameters = { client_assertion_type: JWT_BEARER, client_assertion: assertion };
  return `${GRANT}&${new URLSearchParams(parameters).toString()}${more}`;
}

/** An answer, as far as it was asked for. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A token request that comes from this address, all of 127.0.0.0/8 being this machine's. */
export function tokenFrom(
  localAddress: string,
  port: number,
  form: string,
  headers: Headers = {},
): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const length = Buffer.byteLength(form);
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        localAddress,
        method: 'POST',
        path: '/oauth/token',
        agent: false,
        headers: { 'content-type': FORM, 'content-length': length, ...headers },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const { statusCode: status = 0, headers } = incoming;
          resolve({ status, headers, text: Buffer.concat(chunks).toString('utf8') });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(form);
  });
}

/** Runs the task so many times, a few at once, and gives what each gave. */
export async function times<T>(
  count: number,
  task: (index: number) => Promise<T>,
  atOnce = 25,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const index = next++;
      results[index] = await task(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work));
  return results;
}

/** How many answers have which status. */
export function tally(answers: readonly { readonly status: number }[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** By a signal at which Nest does not end. */
const CLOCK = `
  const now = Date.now;
  let ahead = 0;
  Date.now = () => now() + ahead;
  process.on('SIGWINCH', () => {
    ahead += 61_000;
    process.stdout.write('The clock is ' + ahead / 1000 + ' s ahead.\\n');
  });
`;

/** An environment for a process whose clock {@link advance} can set. */
export const ADVANCING_CLOCK = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(CLOCK)}` };

/** Puts the clock of the process 61 seconds on; tells by how many it is ahead now. */
export async function advance(app: SampleApp): Promise<number> {
  const steps = () => [...app.output().matchAll(/The clock is (\d+) s ahead\./g)];
  const before = steps().length;
  app.process.kill('SIGWINCH');
  while (steps().length === before) {
    if (app.process.exitCode !== null) throw new Error(`The sample app has ended:\n${app.output()}`);
    await wait(5);
  }
  return Number(steps().at(-1)?.[1]);
}
