import { readFileSync } from 'node:fs';

/** The environment, read once. See the table in the README. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly issuer: string;
  readonly databaseUrl: string;
  readonly httpAdapter: 'express' | 'fastify';
  /** The first encrypts, all of them decrypt. */
  readonly keyEncryptionSecret: readonly string[] | undefined;
  readonly signingKeys: string | undefined;
  readonly accessTokenLifetime: number;
  readonly jwksUriAllowLoopback: boolean;
  /** What clients may register themselves with. */
  readonly registrationAccessToken: string | undefined;
  /** Where the reports are (see reports/), whose tokens are issued here. */
  readonly reportsUrl: string | undefined;
}

export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const host = env['HOST'] || '127.0.0.1';
  const port = wholeNumber(env, 'PORT', 3000, 65_535);
  const httpAdapter = env['HTTP_ADAPTER'] || 'express';
  if (httpAdapter !== 'express' && httpAdapter !== 'fastify') {
    throw new Error(`HTTP_ADAPTER is "${httpAdapter}", it must be express or fastify`);
  }
  return {
    host,
    port,
    issuer: env['ISSUER'] || `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    databaseUrl: env['DATABASE_URL'] || 'sqlite:./data/sample.sqlite',
    httpAdapter,
    keyEncryptionSecret: readEncryptionSecrets(env),
    signingKeys: env['SIGNING_KEYS_FILE'] ? readKeys(env['SIGNING_KEYS_FILE']) : undefined,
    accessTokenLifetime: wholeNumber(env, 'ACCESS_TOKEN_LIFETIME', 3600, 86_400),
    registrationAccessToken: env['REGISTRATION_ACCESS_TOKEN'] || undefined,
    jwksUriAllowLoopback: env['JWKS_URI_ALLOW_LOOPBACK'] === '1',
    reportsUrl: env['REPORTS_URL'] ? readUrl('REPORTS_URL', env['REPORTS_URL']) : undefined,
  };
}

function wholeNumber(env: NodeJS.ProcessEnv, name: string, standard: number, most: number): number {
  const text = env[name] || String(standard);
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= 1 && number <= most) return number;
  throw new Error(`${name} is "${text}", it must be a whole number from 1 to ${most}`);
}

/** KEY_ENCRYPTION_SECRET_OLD is the one before a change. */
function readEncryptionSecrets(env: NodeJS.ProcessEnv): string[] | undefined {
  const { KEY_ENCRYPTION_SECRET: current, KEY_ENCRYPTION_SECRET_OLD: old } = env;
  if (current) return old ? [current, old] : [current];
  if (old) throw new Error('KEY_ENCRYPTION_SECRET_OLD is set without KEY_ENCRYPTION_SECRET');
  return undefined;
}

function readUrl(name: string, text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text.replace(/\/$/, '');
  throw new Error(`${name} is "${text}", it must be a URL such as http://127.0.0.1:3001`);
}

function readKeys(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`SIGNING_KEYS_FILE is "${file}", it must be a file that can be read`, { cause });
  }
}
