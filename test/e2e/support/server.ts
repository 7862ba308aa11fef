import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import type { OauthAdmin } from 'nestjs-oauth-kit';
import type { INestApplicationContext } from '@nestjs/common';
import { expect } from 'vitest';
import { basic } from '../../support/echo.js';
import {
  openAdmin,
  startSampleApp,
  type SampleApp,
  type SampleAppOptions,
} from '../../support/sample-app.js';
import { send, type Answer, type Sending } from './wire.js';

export const FORM = 'application/x-www-form-urlencoded';
export const GRANT = 'grant_type=client_credentials';

/** A registered client and its credentials. */
export interface TestClient {
  readonly id: string;
  readonly secret: string;
  readonly basic: { authorization: string };
  /** As body parameters. */
  readonly post: string;
}

export type Headers = NonNullable<Sending['headers']>;

/** A sample app as a process of its own, its operator's side in this one, and a few clients. */
export interface Server {
  readonly app: SampleApp;
  readonly issuer: string;
  readonly port: number;
  readonly databaseUrl: string;
  readonly admin: OauthAdmin;
  readonly context: INestApplicationContext;
  /** `s6BhdRkqt3`: client_secret_basic, every scope, `catalog:read` by default. */
  readonly client: TestClient;
  /** The same with client_secret_post. */
  readonly postClient: TestClient;
  /** Registers one more client. */
  register(metadata?: Readonly<Record<string, unknown>>): Promise<TestClient>;
  /** POST /oauth/token with this form; by {@link client} unless there are headers. */
  token(form: string, headers?: Headers): Promise<Answer>;
  send(sending: Sending): Promise<Answer>;
  /** How many opaque tokens stand in the database. */
  storedTokens(): Promise<number>;
  /** The next good request gets a token. */
  serves(): Promise<void>;
  close(): Promise<void>;
}

export const ALL_SCOPES = 'catalog:read catalog:write statistics:read';

export interface ServerOptions extends SampleAppOptions {
  /** The path of the token endpoint's issuer. */
  readonly prefix?: string;
}

export async function openServer(options: ServerOptions = {}): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'oauth-e2e-'));
  const databaseUrl = options.databaseUrl ?? `sqlite:${join(folder, 'e2e.sqlite')}`;
  const app = await startSampleApp({ ...options, databaseUrl });
  const { issuer, port } = app;
  const operator = await openAdmin({ ...options.env, ISSUER: issuer, DATABASE_URL: databaseUrl });
  const { admin, context } = operator;
  const register = registrar(admin);
  const all = { scope: ALL_SCOPES, default_scope: 'catalog:read' };
  const client = await register({ client_id: 's6BhdRkqt3', client_secret: 'gX1fBat3bV', ...all });
  const postClient = await register({ token_endpoint_auth_method: 'client_secret_post', ...all });
  const path = `${options.prefix ?? ''}/oauth/token`;
  const token = (body: string, headers: Headers = client.basic) =>
    send(port, { method: 'POST', path, headers: { 'content-type': FORM, ...headers }, body });
  return {
    app,
    issuer,
    port,
    databaseUrl,
    admin,
    context,
    client,
    postClient,
    register,
    token,
    send: (sending) => send(port, sending),
    storedTokens: async () => {
      const rows: unknown = await context
        .get(DataSource)
        .query('SELECT count(*) AS n FROM oauth_access_token');
      return Number((rows as { n: unknown }[])[0]?.n);
    },
    serves: async () => {
      expectToken(await token(GRANT));
    },
    close: async () => {
      await app.stop();
      await operator.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function registrar(admin: OauthAdmin): Server['register'] {
  return async (metadata = {}) => {
    const { client, issued } = await admin.clients.create({ scope: ALL_SCOPES, ...metadata });
    const secret = issued?.secret ?? '';
    const post = new URLSearchParams({ client_id: client.id, client_secret: secret }).toString();
    return { id: client.id, secret, basic: basic(client.id, secret), post };
  };
}

/** `Basic` with these bytes, nothing encoded but by base64. */
export function rawBasic(userPass: string | Buffer): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(userPass as string).toString('base64')}` };
}

export interface TokenBody {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly scope: string;
}

const TEXT = expect.any(String) as unknown;
const NUMBER = expect.any(Number) as unknown;

/** Tok(). */
export function expectToken(answer: Answer): TokenBody {
  expect(answer, answer.text).toMatchObject({
    status: 200,
    json: { access_token: TEXT, token_type: 'Bearer', expires_in: NUMBER },
  });
  expectNoStore(answer);
  expect(answer.headers['content-type']).toMatch(/^application\/json(?:;\s*charset=utf-8)?$/i);
  return answer.json as unknown as TokenBody;
}

/** E(status, code). */
export function expectError(
  answer: Answer | undefined,
  status: number | readonly number[],
  code: string,
): void {
  expect(answer, 'no answer').toBeDefined();
  if (!answer) return;
  const statuses = [status].flat();
  expect(statuses, `${answer.status} ${answer.text}`).toContain(answer.status);
  expect(answer.json, answer.text).toMatchObject({ error: code });
  expectErrorShape(answer);
}

/** What every error of the token endpoint has: JSON, no-store, clean text, no token, a challenge exactly on 401. */
export function expectErrorShape(answer: Answer): void {
  const { error, error_description: description = '', error_uri: uri = '' } = answer.json ?? {};
  expect(answer.headers['content-type'], answer.text).toMatch(/^application\/json(?:;\s*charset=utf-8)?$/i);
  expectNoStore(answer);
  expect(error).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  expect(description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
  expect(uri).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]*$/);
  expect(answer.text).not.toMatch(/access_token|<html|\n\s+at |node_modules|SELECT|sqlite/i);
  if (answer.status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Basic realm="[^"\\]+"/);
  else expect(answer.headers['www-authenticate']).toBeUndefined();
}

function expectNoStore(answer: Answer): void {
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.headers['pragma']).toBe('no-cache');
}
