import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort, HTTP_ADAPTERS, startSampleApp } from '../support/sample-app.js';

const folder = mkdtempSync(join(tmpdir(), 'oauth-start-'));
let files = 0;

function file(content: string | Buffer): string {
  const path = join(folder, `file-${(files += 1)}`);
  writeFileSync(path, content);
  return path;
}

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Starts the sample app and waits until it ends by itself. */
async function end(env: Readonly<Record<string, string>>): Promise<Ending> {
  const port = await freePort();
  const child = spawn(process.execPath, ['sample-app/dist/main.js'], {
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      DATABASE_URL: `sqlite:${join(folder, `start-${(files += 1)}.sqlite`)}`,
      NO_COLOR: '1',
      ...env,
    },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  try {
    return await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`The sample app goes on:\n${output}`)), 15_000);
      child.once('close', (code, signal) => {
        clearTimeout(late);
        resolve({ code, signal, output });
      });
    });
  } finally {
    child.kill('SIGKILL');
  }
}

const weakRsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const strong = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = { type: 'pkcs8', format: 'pem' } as const;
const strongJwk = strong.privateKey.export({ format: 'jwk' });
const symmetric = { kty: 'oct', k: randomBytes(32).toString('base64url'), alg: 'HS256' };
const garbage = randomBytes(300);
const shortSecret = 'hunter2-hunter2';

const ISSUER = /issuer/i;
const KEYS = /signingKeys|SIGNING_KEYS_FILE/;
const LIFETIME = /accessTokenLifetime|ACCESS_TOKEN_LIFETIME/;
const ENCRYPTION = /keyEncryptionSecret|KEY_ENCRYPTION_SECRET/;

const jwks = (...keys: unknown[]) => file(JSON.stringify({ keys }));
const mistakes: [
  what: string,
  env: Record<string, string>,
  names: RegExp,
  secrets: (string | undefined)[],
][] = [
  ['META-005 an http issuer off loopback', { ISSUER: 'http://example.com' }, ISSUER, []],
  ['META-005 an issuer with a query', { ISSUER: 'http://127.0.0.1:3000?a=b' }, ISSUER, []],
  ['META-005 an issuer with a fragment', { ISSUER: 'http://127.0.0.1:3000/#x' }, ISSUER, []],
  [
    'META-005 an issuer with a password',
    { ISSUER: 'http://user:hunter2@127.0.0.1:3000' },
    ISSUER,
    ['hunter2'],
  ],
  ['META-005 an issuer that looks like loopback', { ISSUER: 'http://127.0.0.1.evil.example' }, ISSUER, []],
  ['ROB-032 ACCESS_TOKEN_LIFETIME=0', { ACCESS_TOKEN_LIFETIME: '0' }, LIFETIME, []],
  ['ROB-032 ACCESS_TOKEN_LIFETIME=1h', { ACCESS_TOKEN_LIFETIME: '1h' }, LIFETIME, []],
  ['ROB-032 HTTP_ADAPTER=foo', { HTTP_ADAPTER: 'foo' }, /HTTP_ADAPTER/, []],
  ['ROB-032 PORT=70000', { PORT: '70000' }, /port/i, []],
  [
    'ROB-032 DATABASE_URL of an unknown kind',
    { DATABASE_URL: 'oracle://scott:tiger9@h/d' },
    /DATABASE_URL/,
    ['tiger9'],
  ],
  [
    'ROB-032 a short KEY_ENCRYPTION_SECRET',
    { KEY_ENCRYPTION_SECRET: shortSecret },
    ENCRYPTION,
    [shortSecret],
  ],
  [
    'ROB-032 an https issuer without KEY_ENCRYPTION_SECRET',
    { ISSUER: 'https://auth.example.com' },
    ENCRYPTION,
    [],
  ],
  [
    'JWKS-012 an RSA key of 1024 bits',
    { SIGNING_KEYS_FILE: file(weakRsa.export(pem)) },
    KEYS,
    [weakRsa.export({ format: 'jwk' }).d],
  ],
  [
    'JWKS-012 a weak key behind a good one',
    { SIGNING_KEYS_FILE: jwks(strongJwk, weakRsa.export({ format: 'jwk' })) },
    KEYS,
    [strongJwk.d],
  ],
  ['JWKS-012 a symmetric key', { SIGNING_KEYS_FILE: jwks(symmetric) }, KEYS, [symmetric.k]],
  [
    'JWKS-012 a public JWK',
    { SIGNING_KEYS_FILE: jwks(strong.publicKey.export({ format: 'jwk' })) },
    KEYS,
    [],
  ],
  [
    'JWKS-012 a key for the wrong algorithm',
    { SIGNING_KEYS_FILE: jwks({ ...strongJwk, alg: 'RS256' }) },
    KEYS,
    [strongJwk.d],
  ],
  [
    'JWKS-012 a private part of another key',
    { SIGNING_KEYS_FILE: jwks({ ...strongJwk, d: randomBytes(32).toString('base64url') }) },
    KEYS,
    [],
  ],
  ['JWKS-012 garbage', { SIGNING_KEYS_FILE: file(garbage) }, KEYS, [garbage.toString('utf8').slice(0, 20)]],
  ['JWKS-012 a missing file', { SIGNING_KEYS_FILE: join(folder, 'missing.pem') }, KEYS, []],
];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function expectRefusal(
  { code, output }: Ending,
  names: RegExp,
  secrets: readonly (string | undefined)[],
): void {
  expect(code, output).not.toBe(0);
  expect(code, output).not.toBeNull();
  expect(output).toMatch(names);
  expect(output).not.toMatch(/PRIVATE KEY|"d":/);
  for (const secret of secrets) if (secret) expect(output).not.toContain(secret);
}

describe('a wrong configuration', () => {
  it.concurrent.each(mistakes)('stops the start: %s', { timeout: 60_000 }, async (_, env, names, secrets) => {
    expectRefusal(await end(env), names, secrets);
  });

  it.concurrent.each<[string, Record<string, string>]>([
    ['the issuer', { ISSUER: 'http://example.com' }],
    ['the adapter', { HTTP_ADAPTER: 'foo' }],
    ['the signing keys', { SIGNING_KEYS_FILE: jwks() }],
  ])('ROB-032 tells a mistake of %s without a stack', { timeout: 60_000 }, async (_, env) => {
    const { output } = await end(env);
    expect(output).not.toMatch(/\n\s+at /);
  });

  it.concurrent('ROB-032 stops the start on Fastify as well', { timeout: 60_000 }, async () => {
    expectRefusal(await end({ HTTP_ADAPTER: 'fastify', ISSUER: 'http://example.com' }), ISSUER, []);
  });

  it.concurrent(
    'JWKS-012 stops the start where the stored keys do not open',
    { timeout: 60_000 },
    async () => {
      const [right, wrong] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
      const databaseUrl = `sqlite:${join(folder, 'sealed.sqlite')}`;
      const app = await startSampleApp({ databaseUrl, env: { KEY_ENCRYPTION_SECRET: right } });
      await app.stop();
      const ending = await end({ DATABASE_URL: databaseUrl, KEY_ENCRYPTION_SECRET: wrong });
      expectRefusal(ending, ENCRYPTION, [right, wrong]);
      expectRefusal(await end({ DATABASE_URL: databaseUrl }), ENCRYPTION, [right]);
      const again = await startSampleApp({ databaseUrl, env: { KEY_ENCRYPTION_SECRET: right } });
      await again.stop();
    },
  );

  it.concurrent('ROB-032 stops the start where the port is taken', { timeout: 60_000 }, async () => {
    const app = await startSampleApp();
    try {
      expectRefusal(await end({ PORT: String(app.port) }), /EADDRINUSE|port/i, []);
    } finally {
      await app.stop();
    }
  });

  it.concurrent(
    'ROB-032 stops the start where the database does not answer',
    { timeout: 60_000 },
    async () => {
      const port = await freePort();
      const ending = await end({ DATABASE_URL: `postgres://user:hunter2pw@127.0.0.1:${port}/x` });
      expect(ending.code).not.toBe(0);
      expect(ending.code).not.toBeNull();
      expect(ending.output).not.toContain('hunter2pw');
    },
  );
});

describe.each(HTTP_ADAPTERS)('a right configuration on %s', (httpAdapter) => {
  it.each([
    [
      'an https issuer with KEY_ENCRYPTION_SECRET',
      { ISSUER: 'https://auth.example.com', KEY_ENCRYPTION_SECRET: 'x'.repeat(32) },
    ],
    [
      'an https issuer with keys of its own',
      { ISSUER: 'https://auth.example.com', SIGNING_KEYS_FILE: file(strong.privateKey.export(pem)) },
    ],
  ])('META-005 starts with %s', async (_, env) => {
    const app = await startSampleApp({ httpAdapter, env });
    onTestFinished(async () => void (await app.stop()));
    const answer = await fetch(`http://127.0.0.1:${app.port}/.well-known/oauth-authorization-server`);
    expect(await answer.json()).toMatchObject({ issuer: 'https://auth.example.com' });
  });
});
