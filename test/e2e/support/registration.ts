import { spawn, type ChildProcess } from 'node:child_process';
import { expect } from 'vitest';
import { basic } from '../../support/echo.js';
import type { Headers, TestClient } from './server.js';
import { send, type Answer } from './wire.js';

export const REGISTER = '/oauth/register';
/** The sample's own initial access token. */
export const INITIAL = 'an-initial-access-token-0123456789';
export const OPEN = { REGISTRATION_ACCESS_TOKEN: INITIAL };

export const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });

type Document = Readonly<Record<string, unknown>>;

/** A registration; the metadata is sent as JSON, a text or bytes as they are. */
export function register(port: number, metadata: unknown = {}, headers?: Headers, path = REGISTER) {
  const raw = typeof metadata === 'string' || Buffer.isBuffer(metadata);
  const body = raw ? metadata : JSON.stringify(metadata);
  return send(port, { method: 'POST', path, headers: headers ?? json(INITIAL), body });
}

/** The headers of a JSON document sent with this token. */
export const json = (token: string): { authorization: string; 'content-type': string } => ({
  ...bearer(token),
  'content-type': 'application/json',
});

/** A request to the client configuration endpoint. */
export function manage(
  port: number,
  method: string,
  { id, token }: Pick<Registered, 'id' | 'token'>,
  document?: Document,
): Promise<Answer> {
  const path = `${REGISTER}/${encodeURIComponent(id)}`;
  const body = document && { body: JSON.stringify(document) };
  return send(port, { method, path, headers: document ? json(token) : bearer(token), ...body });
}

/** A client that has registered itself. */
export interface Registered extends TestClient {
  /** Its registration access token. */
  readonly token: string;
  readonly uri: string;
  readonly document: Document;
}

/** What a good registration, reading (200) or update (200) says. */
export function expectRegistered(answer: Answer, status: 200 | 201 = 201): Registered {
  expect(answer.status, answer.text).toBe(status);
  expectJson(answer);
  const document = answer.json ?? {};
  const text = (name: string) => {
    expect(document[name], `${name} of ${answer.text}`).toMatch(/./);
    return String(document[name]);
  };
  const [id, token, uri] = [
    text('client_id'),
    text('registration_access_token'),
    text('registration_client_uri'),
  ];
  const secret = document['client_secret'] === undefined ? '' : text('client_secret');
  const post = new URLSearchParams({ client_id: id, client_secret: secret }).toString();
  return { id, token, uri, secret, post, document, basic: basic(id, secret) };
}

/** What every refusal has: JSON with two members, no-store, clean text, a Bearer challenge exactly on 401. */
export function expectRefusal(answer: Answer | undefined, status: number, code: string): string {
  expect(answer, 'no answer').toBeDefined();
  if (!answer) return '';
  expect(answer.status, answer.text).toBe(status);
  expectJson(answer);
  expect(Object.keys(answer.json ?? {}), answer.text).toEqual(['error', 'error_description']);
  expect(answer.json?.['error'], answer.text).toBe(code);
  const description = String(answer.json?.['error_description']);
  expect(description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  expect(answer.text).not.toMatch(/<html|\n\s+at |node_modules|SELECT|sqlite/i);
  const challenge = answer.headers['www-authenticate'];
  if (status === 401) expect(challenge).toMatch(/^Bearer realm="[^"\\]+"/);
  else if (code !== 'invalid_request') expect(challenge).toBeUndefined();
  return description;
}

/** 401 for a token that is wrong, whatever the reason. */
export function expectWrongToken(answer: Answer | undefined): void {
  expectRefusal(answer, 401, 'invalid_token');
  expect(answer?.headers['www-authenticate']).toMatch(/^Bearer realm="[^"]+", error="invalid_token", /);
}

/** 401 for a request without a token: RFC 6750 §3.1 has no error in its challenge. */
export function expectNoToken(answer: Answer | undefined): void {
  expectRefusal(answer, 401, 'invalid_token');
  expect(answer?.headers['www-authenticate']).toMatch(/^Bearer realm="[^"]+"$/);
}

function expectJson({ headers, text }: Answer): void {
  expect(headers['content-type'], text).toMatch(/^application\/json(?:;\s*charset=utf-8)?$/i);
  expect(headers['cache-control'], text).toBe('no-store');
  expect(headers['pragma'], text).toBe('no-cache');
}

/** A command that has ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as the one JSON document that it is. */
  json<T = Record<string, unknown>>(): T;
}

export interface RunningCommand {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** The operator's command on the sample app, as a process of its own. It sees nothing of this process' environment. */
export function startCommand(
  env: Readonly<Record<string, string>>,
  words: readonly string[],
  input = '',
): RunningCommand {
  const app = 'sample-app/dist/app.module.js';
  const child = spawn(process.execPath, ['dist/cli/main.js', '--app', app, ...words], {
    env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env },
  });
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
  child.stdin.on('error', () => undefined).end(input);
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (code, signal) => {
      const stdout = Buffer.concat(chunks.stdout).toString('utf8');
      const stderr = Buffer.concat(chunks.stderr).toString('utf8');
      resolve({ code, signal, stdout, stderr, json: <T>() => JSON.parse(stdout) as T });
    }),
  );
  return { process: child, ended };
}

/** The command, which has to go well. */
export async function command(
  env: Readonly<Record<string, string>>,
  words: readonly string[],
  input?: string,
): Promise<Ended> {
  const ended = await startCommand(env, words, input).ended;
  expect(ended.code, ended.stderr + ended.stdout).toBe(0);
  return ended;
}
