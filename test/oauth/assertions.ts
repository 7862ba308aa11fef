import { constants, createHmac, createSecretKey, generateKeyPair, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import {
  JwksFetcher,
  OauthEvents,
  type ClientAuthenticationFailed,
  type FetchedJwks,
  type OauthEvent,
  type OauthModuleOptions,
} from 'nestjs-oauth-kit';
import { expect } from 'vitest';
import { ISSUER, openKit, type Kit } from '../support/echo.js';
import { granted, GRANT, refused, rendered } from './support.js';

export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const TOKEN_ENDPOINT = `${ISSUER}/oauth/token`;
export const PRIVATE_ALGS = [
  'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512',
] as const; // prettier-ignore
export const SECRET_ALGS = ['HS256', 'HS384', 'HS512'] as const;
export const ALGS = [...PRIVATE_ALGS, ...SECRET_ALGS];
/** One algorithm of each method. */
export const METHODS = [
  ['private_key_jwt', 'ES256'],
  ['client_secret_jwt', 'HS256'],
] as const;

/** What every refused authentication looks like, to the byte. */
export const INVALID_CLIENT = JSON.stringify({
  status: 401,
  headers: {
    'Cache-Control': 'no-store',
    Pragma: 'no-cache',
    'WWW-Authenticate': 'Basic realm="oauth"',
  },
  code: 'invalid_client',
  description: 'Client authentication failed.',
});

type Members = Record<string, unknown>;
export type Form = Record<string, string>;

/** A client and what it signs with. */
export interface Party {
  readonly id: string;
  readonly alg: string;
  readonly key: KeyObject;
}

/** Fetches nothing, and knows who asked. */
export class RecordingFetcher extends JwksFetcher {
  readonly asked: string[] = [];
  keys: readonly Members[] | undefined;

  async fetch(uri: URL): Promise<FetchedJwks> {
    this.asked.push(uri.href);
    if (!this.keys) throw new Error('unreachable');
    return { body: Buffer.from(JSON.stringify({ keys: this.keys })), cacheControl: undefined };
  }
}

export interface KeyPair {
  readonly key: KeyObject;
  /** The public key. */
  readonly jwk: Members;
  readonly privateJwk: Members;
}

/** Not generateKeyPairSync: on Node 20 its job, once collected during an export as JWK, locks the process up. */
const generate = promisify(generateKeyPair);
const TYPES: Record<string, () => Promise<{ readonly privateKey: KeyObject }>> = {
  ES256: () => generate('ec', { namedCurve: 'P-256' }),
  ES384: () => generate('ec', { namedCurve: 'P-384' }),
  ES512: () => generate('ec', { namedCurve: 'P-521' }),
  ES256K: () => generate('ec', { namedCurve: 'secp256k1' }),
  EdDSA: () => generate('ed25519'),
  Ed25519: () => generate('ed25519'),
};
const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e'];
const publicJwks = new WeakMap<KeyObject, Members>();

/** A new key for this algorithm, exported once. */
export async function newKeyPair(alg: string, modulusLength = 2048): Promise<KeyPair> {
  const { privateKey: key } = await (TYPES[alg]?.() ?? generate('rsa', { modulusLength }));
  const privateJwk: Members = { ...key.export({ format: 'jwk' }) };
  const jwk = Object.fromEntries(
    Object.entries(privateJwk).filter(([name]) => PUBLIC_MEMBERS.includes(name)),
  );
  publicJwks.set(key, jwk);
  return { key, jwk, privateJwk };
}

/** The public part of a key of {@link newKeyPair}. */
export function publicJwk(key: KeyObject): Members {
  const jwk = publicJwks.get(key);
  if (!jwk) throw new Error('The key is not one of newKeyPair.');
  return { ...jwk };
}

/** A signature as JOSE has it, by hand: `input` may be anything. */
export function signature(alg: string, key: KeyObject, input: string): Buffer {
  const hash = `sha${alg.slice(2)}`;
  const bytes = Buffer.from(input, 'utf8');
  if (alg.startsWith('HS')) return createHmac(hash, key).update(bytes).digest();
  if (alg.startsWith('ES')) return sign(hash, bytes, { key, dsaEncoding: 'ieee-p1363' });
  if (alg.startsWith('PS')) {
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
    return sign(hash, bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
  }
  return sign(alg.startsWith('Ed') ? null : hash, bytes, key);
}

export const base64url = (text: string | Buffer): string => Buffer.from(text).toString('base64url');
export const json = (value: unknown): string => base64url(JSON.stringify(value));

export function segmentsOf(token: string): [string, string, string] {
  const [header = '', payload = '', signed = ''] = token.split('.');
  return [header, payload, signed];
}

let ids = 0;

/** An authorization server that keeps its events, and clients of it that sign. */
export class Bench {
  readonly events: OauthEvent[] = [];

  private constructor(readonly kit: Kit) {
    kit.get<OauthEvents>(OauthEvents).on('*', (event) => void this.events.push(event));
  }

  static async open(options: Partial<OauthModuleOptions> = {}): Promise<Bench> {
    return new Bench(await openKit({ keyEncryptionSecret: 'x'.repeat(32), ...options }));
  }

  get now(): number {
    return this.kit.clock.now();
  }

  close(): Promise<void> {
    return this.kit.close();
  }

  /** A client that is registered for the method of this algorithm. */
  async client(alg = 'ES256', metadata: Members = {}, key?: KeyObject): Promise<Party> {
    if (alg.startsWith('HS')) return this.withSecret(alg, metadata);
    return this.withKey(alg, metadata, key ?? (await newKeyPair(alg)).key);
  }

  private async withKey(alg: string, metadata: Members, key: KeyObject): Promise<Party> {
    const { client } = await this.kit.admin.clients.create({
      token_endpoint_auth_method: 'private_key_jwt',
      scope: 'read write report',
      ...('jwks_uri' in metadata ? {} : { jwks: { keys: [publicJwk(key)] } }),
      ...metadata,
    });
    return { id: client.id, alg, key };
  }

  private async withSecret(alg: string, metadata: Members): Promise<Party> {
    const { client, issued } = await this.kit.admin.clients.create({
      token_endpoint_auth_method: 'client_secret_jwt',
      scope: 'read write report',
      ...metadata,
    });
    if (!issued) throw new Error('The client has no secret.');
    return { id: client.id, alg, key: createSecretKey(issued.secret, 'utf8') };
  }

  /** What a good assertion says, with these changes; `undefined` takes a claim away. */
  claims({ id }: Party, changes: Members = {}): Members {
    const good = { iss: id, sub: id, aud: ISSUER, jti: `jti-${++ids}`, iat: this.now, exp: this.now + 60 };
    const entries = Object.entries({ ...good, ...changes }).filter(([, value]) => value !== undefined);
    return Object.fromEntries(entries);
  }

  /** A good assertion by jose, with these changes. */
  assertion(party: Party, changes: Members = {}, header: Members = {}): Promise<string> {
    const { alg, key } = party;
    return new SignJWT(this.claims(party, changes)).setProtectedHeader({ alg, ...header }).sign(key);
  }

  /** An assertion by hand: header and payload are JSON texts or values, whatever they say. */
  raw(party: Party, header: Members | string = { alg: party.alg }, payload?: Members | string): string {
    const text = (value: Members | string) => (typeof value === 'string' ? value : JSON.stringify(value));
    const input = `${base64url(text(header))}.${base64url(text(payload ?? this.claims(party)))}`;
    return `${input}.${base64url(signature(party.alg, party.key, input))}`;
  }

  send(assertion: string, form: Form = {}, headers: Form = {}) {
    return this.kit.token(formOf(assertion, form), headers);
  }

  /** It must be good for a token. */
  async accepts(assertion: string | Promise<string>, form: Form = {}): Promise<string> {
    const from = this.events.length;
    const { accessToken } = granted(await this.send(await assertion, form));
    expect(this.types(from)).toEqual(['client.authenticated', 'token.issued']);
    return accessToken;
  }

  /** It must be answered like every failure, for this reason, and leave no token. */
  async refusedFor(reason: string, assertion: string | Promise<string>, form: Form = {}): Promise<void> {
    await this.formRefusedFor(reason, formOf(await assertion, form));
  }

  async formRefusedFor(
    reason: string,
    form: Form | string,
    headers: Form = {},
  ): Promise<ClientAuthenticationFailed> {
    const from = this.events.length;
    expect(rendered(refused(await this.kit.token(form, headers)))).toBe(INVALID_CLIENT);
    const [event, ...others] = this.events.slice(from);
    expect(event).toMatchObject({ type: 'client.authentication_failed', reason });
    expect(others).toEqual([]);
    return event as ClientAuthenticationFailed;
  }

  /** It must be refused as no proper request at all, and leave no token. */
  async badRequest(form: Form | string, description: RegExp, headers: Form = {}): Promise<void> {
    const from = this.events.length;
    const error = refused(await this.kit.token(form, headers));
    expect(error).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(error.description).toMatch(description);
    expect(this.types(from)).toEqual([]);
  }

  types(from = 0): string[] {
    return this.events.slice(from).map(({ type }) => type);
  }
}

export function formOf(assertion: string, form: Form = {}): Form {
  return { ...GRANT, client_assertion_type: JWT_BEARER, client_assertion: assertion, ...form };
}
