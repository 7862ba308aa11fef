import { spawn } from 'node:child_process';
import { createRemoteJWKSet, jwtVerify, type JWTPayload, type ProtectedHeaderParameters } from 'jose';
import { DataSource } from 'typeorm';
import { expect } from 'vitest';
import { expectToken, FORM, GRANT, type Headers, type Server, type TestClient } from './server.js';
import { send, type Answer } from './wire.js';

export const INTROSPECT = '/oauth/introspect';
export const REVOKE = '/oauth/revoke';
/** The endpoints that are asked about a token. */
export const LOOKUPS = [INTROSPECT, REVOKE] as const;

export const INTROSPECTION_JWT = 'application/token-introspection+jwt';
export const AS_JWT = { accept: INTROSPECTION_JWT };

/** Both formats of tokens: a scope that gets one, and the API that it is for. */
export const FORMATS = [
  { format: 'jwt', scope: 'catalog:read', api: '/api/catalog' },
  { format: 'opaque', scope: 'statistics:read', api: '/api/statistics' },
] as const;
export type Format = (typeof FORMATS)[number];

/** A form, posted as one. */
export function post(port: number, path: string, body: string, headers: Headers = {}): Promise<Answer> {
  return send(port, { method: 'POST', path, headers: { 'content-type': FORM, ...headers }, body });
}

export const tokenForm = (token: string): string => `token=${encodeURIComponent(token)}`;

/** What this client is told about the token. */
export function introspect(
  port: number,
  token: string,
  { basic }: Pick<TestClient, 'basic'>,
  headers: Headers = {},
): Promise<Answer> {
  return post(port, INTROSPECT, tokenForm(token), { ...basic, ...headers });
}

export function revoke(port: number, token: string, { basic }: Pick<TestClient, 'basic'>): Promise<Answer> {
  return post(port, REVOKE, tokenForm(token), basic);
}

/** A call of the API with this token. */
export function use(port: number, path: string, token: string): Promise<Answer> {
  return send(port, { path, headers: { authorization: `Bearer ${token}` } });
}

export async function tokenOf(
  server: Server,
  scope: string,
  client: Pick<TestClient, 'basic'> = server.client,
): Promise<string> {
  const answer = await server.token(`${GRANT}&scope=${encodeURIComponent(scope)}`, client.basic);
  return expectToken(answer).access_token;
}

/** Registers the client of the API at this path: a resource server that gets no tokens itself. */
export function registerResourceServer(
  server: Server,
  api: string,
  metadata: Readonly<Record<string, unknown>> = {},
): Promise<TestClient> {
  const resource = server.issuer + api;
  return server.register({ scope: undefined, grant_types: [], resource, ...metadata });
}

function expectNoStore({ headers }: Answer): void {
  expect(headers['cache-control']).toBe('no-store');
  expect(headers['pragma']).toBe('no-cache');
}

/** A plain introspection response, whatever it says. */
export function expectDocument(answer: Answer): Readonly<Record<string, unknown>> {
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers['content-type']).toMatch(/^application\/json(?:;\s*charset=utf-8)?$/i);
  expectNoStore(answer);
  return answer.json ?? {};
}

export function expectActive(answer: Answer): Readonly<Record<string, unknown>> {
  const document = expectDocument(answer);
  expect(document['active'], answer.text).toBe(true);
  return document;
}

/** Exactly what is said of a token that never was, to the byte. */
export function expectInactive(answer: Answer): void {
  expectDocument(answer);
  expect(answer.text).toBe('{"active":false}');
}

export interface OpenedIntrospection {
  readonly header: ProtectedHeaderParameters;
  readonly claims: JWTPayload;
  readonly document: Readonly<Record<string, unknown>>;
}

/** How an introspection response is to be verified. */
export interface Verification {
  readonly algorithm?: string | undefined;
  /** What was decrypted, where the answer is not the JWT itself. */
  readonly jwt?: string;
  /** The process whose published keys are taken: the issuer's, unless it is another one. */
  readonly port?: number;
}

/** A signed introspection response for this client, verified with the published keys. */
export async function expectJwt(
  { issuer }: Pick<Server, 'issuer'>,
  answer: Answer,
  { id: audience }: Pick<TestClient, 'id'>,
  { algorithm = 'RS256', jwt = answer.text, port }: Verification = {},
): Promise<OpenedIntrospection> {
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers['content-type']).toBe(INTROSPECTION_JWT);
  expectNoStore(answer);
  const publisher = port === undefined ? issuer : `http://127.0.0.1:${port}`;
  const keys = createRemoteJWKSet(new URL(`${publisher}/oauth/jwks`));
  const { protectedHeader: header, payload: claims } = await jwtVerify(jwt, keys, {
    issuer,
    audience,
    typ: 'token-introspection+jwt',
    algorithms: [algorithm],
    maxTokenAge: 30,
  });
  expect(Object.keys(claims).sort()).toEqual(['aud', 'iat', 'iss', 'token_introspection']);
  expect(Number.isInteger(claims.iat)).toBe(true);
  return { header, claims, document: claims['token_introspection'] as Record<string, unknown> };
}

/** The same of a token that the client may know nothing about: still signed, and nothing beside it. */
export async function expectInactiveJwt(
  server: Pick<Server, 'issuer'>,
  answer: Answer,
  client: Pick<TestClient, 'id'>,
  verification?: Verification,
): Promise<void> {
  const { document } = await expectJwt(server, answer, client, verification);
  expect(document).toEqual({ active: false });
  const payload = Buffer.from(answer.text.split('.')[1] ?? '', 'base64url').toString();
  expect(payload).toContain('"token_introspection":{"active":false}');
}

/** The token is not taken any more, or never was: RFC 6750 §3.1. */
export function expectRefused(answer: Answer): void {
  expect(answer.status, answer.text).toBe(401);
  expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="[^"]+", error="invalid_token", /);
  expectNoStore(answer);
}

/** RFC 7009 §2.2. */
export function expectRevoked(answer: Answer): void {
  expect(answer, answer.text).toMatchObject({ status: 200, text: '' });
  expect(answer.headers['content-length']).toBe('0');
  expectNoStore(answer);
}

/** How many tokens stand in the deny-list. */
export async function deniedTokens(server: Pick<Server, 'context'>): Promise<number> {
  const query = 'SELECT count(*) AS n FROM oauth_revoked_token';
  const rows: unknown = await server.context.get(DataSource).query(query);
  return Number((rows as { n: unknown }[])[0]?.n);
}

/** The operator's command on the sample app, as a process of its own. */
export async function operate(env: Readonly<Record<string, string>>, ...words: string[]): Promise<void> {
  const app = 'sample-app/dist/app.module.js';
  const child = spawn(process.execPath, ['dist/cli/main.js', '--app', app, ...words], {
    env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.end();
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  expect(code, output).toBe(0);
}
